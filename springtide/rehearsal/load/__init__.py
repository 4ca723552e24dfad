"""Load tests of a running deployment: visitors arrive as they do, look, buy and leave; then there is a verdict.

scenario      what is asked for: arrivals, markets, baskets, limits (TOML)     `scenario.py`, `traffic.py`, `baskets.py`
plan          everything a worker needs to know, in one message                `plan.py`, `goods.py`, `guard.py`
visit         one visitor as a generator: yields requests and pauses           `visit.py`, `buying.py`
swarm         Locust: a master, workers, its web page; the only importers      `master.py`, `worker.py`, `swarm.py`
tally         what happened, as counts that can be added up                    `tally.py`
watch         what the deployment said of itself meanwhile                     `samples.py`, `watch.py`
verdict       limits and criteria against the tally; the first bottleneck      `verdict.py`, `bottleneck.py`
report        JSON, and a page without script or other hosts                   `report.py`, `page.py`, `drawing.py`
evidence      reports filed by date, runs by schedule, missed ones named       `evidence.py`, `schedule.py`
"""
