"""The pure middle: an Activity, an athlete's profile, history and conditions in; an Assessment out.

No clock, no network, no database, no randomness: two machines give the same bits.
"""
