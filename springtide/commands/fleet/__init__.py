"""`springtide fleet`: the processes of a shop on one machine behind Caddy, kept alive, scaled and replaced.

plan     what is written in fleet.toml
release  which code a process runs, and how it is started
crew     the processes that run now: started, stopped, looked at
scaling  more and fewer of them by request rate
roll     another release, canary first, and the way back
fleet    all of it together, and what the control socket asks of it
"""
