"""Servers of the peak: from visits and orders to processes, and the settings that bring them in time.

law        the Universal Scalability Law, fitted to rehearsals: what the shared part (database) can carry
need       requests a second per service on the paths, and the processes that takes
replay     the autoscaler's own rules against a path, 15 seconds at a time
plan       all of it: least and most processes, hours to be there early, costs, advice
"""
