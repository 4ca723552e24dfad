"""The same work done by another platform beside ours, on the same machine in one run: `make bench-peers`."""
