"""The errands that the worker can do, one a file, found by folder."""
