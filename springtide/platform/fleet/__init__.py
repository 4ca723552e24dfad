"""Several processes of a kind on one machine: how many there should be, what they say, and the balancer before them.

Knows no shop: which processes there are and what they serve is the business of `springtide.commands.fleet`.
"""
