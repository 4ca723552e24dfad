"""Plan against fact.

live       during the peak: the fan, which path we are on, what was agreed to happen then
after      after it: errors, coverage, value of overrides, the priors of the next plan
"""
