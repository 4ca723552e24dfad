-- What each payments process sees of each gateway: the sums of its window, its breaker. Told every second or few, added
-- up for people, and forgotten a minute after a process has fallen silent. Half of each page is left free, so that
-- telling again leaves the index alone.
create table gateway_sight (
    process   text        not null,
    gateway   text        not null,
    seen_at   timestamptz not null,
    breaker   text        not null,
    diverted  bigint      not null,   -- since the process started
    in_flight int         not null,
    attempts  int         not null,
    failures  int         not null,
    slow      int         not null,
    bins      jsonb       not null,   -- how many attempts took how long, by the number of the bin
    primary key (process, gateway)
) with (fillfactor = 50);
