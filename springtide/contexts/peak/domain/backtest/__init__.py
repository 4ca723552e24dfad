"""Forecasts of the past, made with what was known then, beside what happened."""
