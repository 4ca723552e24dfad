-- Actuals are cleaned as the history of plans is; what they were before stands beside them. And what people tell of a season.

create table actual_raw (
    day           date primary key,
    orders        bigint           not null check (orders >= 0),
    units         double precision not null,
    revenue_minor double precision not null,
    left_out      jsonb            not null default '[]',   -- what each rule took away: rule, lines, units, revenue_minor
    source        text             not null
);

-- A figure of a day or of a week, as somebody told it or the shop knows it. Rows are only added: the newest one counts.
create table told (
    id       uuid        primary key,
    figure   text        not null,
    of       text        not null default '',   -- a carrier, a gateway, a channel; '' where the figure has none
    day      date        not null,              -- the first day
    days     int         not null check (days in (1, 7)),
    value    double precision check (value >= 0),   -- null: taken back, nothing is known
    source   text        not null,              -- hand, shop, or the name of a file
    author   text        not null,              -- the principal, never a name
    note     text        not null default '',
    told_at  timestamptz not null
);
create index told_newest on told (figure, of, day, days, id desc);
create index told_by_day on told (day);

-- What the shop told before was not cleaned: it is read again.
delete from actual_feed where source = 'shop';
