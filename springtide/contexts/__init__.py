"""The contexts: each owns its facts, its schema and its rules; none imports another."""
