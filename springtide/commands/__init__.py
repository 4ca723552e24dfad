"""What the words of the command line do. `springtide.cli` parses, these act."""
