"""What to order, when and how much: for a season on its paths, or one review at a time on files.

newsvendor, lots, service_tree   closed forms of the textbooks: checks, baselines and instant what-ifs
calendar    order days, closures, lead times -> when an order placed on a day is on the shelf
needs       paths -> the units that are lost between one arrival and the next if nothing is ordered
benefit     needs and costs -> what each further pack is worth
until_sold  what keeping a unit costs: until a buyer comes, through the season and after it
choose      packs, minimum orders, budget and storage in one optimisation
articles, weigh, season   all of it for a company's season; returns: of its money; report: in words
forecaster  a robust forecast with its spread for series that come without paths
review      one review on files: history, stock, orders, calendar, costs -> quantities
simulate    any policy replayed on weeks it has not seen; policies: ours and those it has to beat
"""
