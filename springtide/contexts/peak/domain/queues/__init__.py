"""Closed forms of waiting that several steps share, over arrays, and a simulation that checks them.

delay      Erlang B and C, waits, service level, occupancy, other service times, the square-root rule
patience   Erlang A: callers hang up
required   how many agents a load needs, for millions of loads at once
lag        the load an interval really meets when the rate changes
simulate   one queue, caller by caller, with agents that come and go

Loads are in erlang (arrivals x service time), agents whole numbers, times seconds; arguments broadcast as numpy does.
"""
