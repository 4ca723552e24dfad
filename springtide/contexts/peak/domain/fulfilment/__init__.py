"""From order to carrier: which house, which hours, which crew, which collection.

hours       clock times of the company as hours of the season's days
lanes       where parcels go, who carries them, who else could
crews       shifts, crews and the external share, planned for P90 of what is due
flow        the hourly fluid model of the whole season on all paths at once
carriers    bookings, caps, back-up and punctuality
worst_days  the busiest days order by order
plan        all of it; report: in words and figures for people
"""
