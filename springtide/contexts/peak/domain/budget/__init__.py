"""The budget of a peak: costs by path, one buffer of the total.

lines      what each step of the plan costs, per path and day
plan       the total, its buffer, who may release what, cash by week
"""
