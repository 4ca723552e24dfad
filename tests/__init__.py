"""All tests. A package, because some libraries of the peak desk leave a package `tests` of theirs in site-packages."""
