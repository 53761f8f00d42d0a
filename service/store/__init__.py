"""Rows in, rows out: everything that is kept. Knows no sport, no HTTP and no time of day.

Every function takes the transaction (`db`) from the door that opened it, and never commits. Every function that reads
an athlete's data takes that athlete's id, or a `Scope` that says whose data the caller may see.
"""
