"""People for the season: contacts and work content on the paths, then agents, hours, shifts, names and hires.

opening     which half hours and days are open
contacts    orders on the paths -> contacts per day and channel
desk        contacts -> agents per half hour, for P90 of the paths
mail        e-mails -> hours per day so that all are answered in time
centre      what the external call centre takes, and what it costs on every path
floor       lines and parcels on the paths -> hours per stage of the warehouse
hiring      seasonal colleagues, planned backwards
roster      shifts and names
plan        all of it in order
"""
