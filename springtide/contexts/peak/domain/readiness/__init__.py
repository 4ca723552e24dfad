"""Readiness from evidence.

items      what has to hold, who answers for it, how long evidence counts
judge      evidence -> verdict, score, gates, the owner's questions
findings   what a plan itself shows, as evidence
"""
