"""Readiness from evidence.

items      what has to hold, who answers for it, how long evidence counts
proofs     what measured runs show, compared with what this plan needs
judge      evidence -> verdict, score, gates, the owner's questions
findings   what servers, gateways and budget of a plan show by themselves
people_and_goods  what stock, houses, staff, partners and risks show by themselves
of_plan    all of it, and what the plan needs of measured runs
words      phrases of the page
"""
