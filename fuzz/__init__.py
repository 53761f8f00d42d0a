"""Fuzzing: files that no watch wrote, made from those that watches did, and what must hold for each of them.

`python -m fuzz` (`make fuzz`) runs many; `tests/fuzz` runs a bounded batch of them. A case is a kind, a seed and a
number, and always makes the same bytes from the same seed files. What ever escaped lies under `fixtures/fuzz/`.
"""
