"""Partners in one register: what was booked and promised, what was measured, who takes over.

register   the company's documents and partners.toml -> one line each, with lookups for the other steps
needs      what the steps of a plan ask of each partner
review     what is weak, what to do about it, and by when
"""
