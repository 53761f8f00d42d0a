"""One rule a file, found by folder: see `service.analysis.rule`."""
