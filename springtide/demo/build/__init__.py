"""How the shipped demo data was made: run `python -m springtide.demo.build --help`."""
