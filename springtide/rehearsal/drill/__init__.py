"""Fault drills: buyers buy from real processes for a bounded time while a seeded schedule breaks things.

schedule   what is broken and when: pure, made from the seed alone
points     the steps at which a process can be killed, in one list
goods      the small shop that is sold out of
buyers     who buy, impatiently, and write down what they were told
clerk      who ships and cancels what was sold
gateway    the sandbox gateway, seen by the drill: its misbehaviour and its own ledger
stage      the throw-away deployment that all this happens to
faults     how each act of the schedule is done
verdict    what buyers, shop and gateway believe, compared
run        the whole drill, from the first buyer to the verdict
report     what people and programs read about it
"""
