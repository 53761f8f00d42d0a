"""Both sides of every figure, measured in one go: `make bench` writes docs/performance.md."""
