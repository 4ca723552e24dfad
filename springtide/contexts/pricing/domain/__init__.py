"""Decisions on money as pure functions: values in, rows or a refusal out."""
