"""Checking and rehearsing: the invariant checker and the drills."""
