"""Shifts and names, by constraint programming in two steps.

problem    what a roster is asked for, and what it answers
counts     first step: what has to be covered -> how many of each shift on each day
names      second step: shifts -> people, under the rules of law and house
conflict   when not all rules can be kept: the few that contradict each other, by name

CP-SAT runs with one worker, a fixed seed and a limit in deterministic time: same input, same roster.
"""
