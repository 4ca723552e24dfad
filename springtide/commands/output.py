"""Where commands write: results to standard output, problems and progress to standard error."""

import sys


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def aside(line: str) -> None:
    """Print a line beside the results: progress of the engines."""
    sys.stderr.write(line + "\n")


def fail(problem: object) -> int:
    """Print a problem in one line; return exit code 1."""
    sys.stderr.write(f"springtide: {problem}\n")
    return 1
