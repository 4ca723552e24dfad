"""Payments of the peak: attempts a second on every path, split over gateways by a linear programme.

attempts   orders -> attempts and API requests in the busiest second
split      the linear programme: least cost within the limits, and for each gateway that may be lost
plan       both on the paths, with what has to be asked for and by when
"""
