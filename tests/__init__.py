"""The tests. A package: some libraries install one of this name, and without this file Python would take theirs."""
