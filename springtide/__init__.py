"""Springtide: the commerce platform that plans for, rehearses and survives its own peak."""
