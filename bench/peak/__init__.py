"""A made-up shop of any size, planned from its history to its readiness: `python -m bench.peak --help`."""
