"""What may go wrong in a season.

priority   severity, likelihood, detection -> whether to act, by a printed table
outages    outages drawn on the same paths, and the orders they cost
plan       the list, worst first, with what to do
"""
