"""Tools of this checkout that are no part of the program."""
