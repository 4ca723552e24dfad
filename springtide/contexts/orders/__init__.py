"""Orders: what was sold, as it was sold, and everything that happened to it since."""
