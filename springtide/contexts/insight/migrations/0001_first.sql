-- Counts of what was looked at and sold. Nothing here says who somebody is: a visit's id is a keyed hash of one that was
-- made up and lasts a day at most, and only there when the visitor agreed.

create table order_minute (
    at          timestamptz not null,
    market      text        not null,
    currency    text        not null,
    orders      int         not null,
    gross_minor bigint      not null,
    primary key (at, market, currency)
);

-- Steps of everybody. device '' where a fact does not know it: carts and completions of checkout, orders.
create table step_hour (
    hour    timestamptz not null,
    market  text        not null,
    device  text        not null,
    step    text        not null,
    counted bigint      not null,
    primary key (hour, market, device, step)
);

create table visit (
    id       text        primary key,   -- keyed hash
    began_at timestamptz not null,
    market   text        not null,
    device   text        not null,
    steps    int         not null       -- a bit for each step
);
create index visit_began on visit (began_at);

create table page_day (
    day    date   not null,
    market text   not null,
    page   text   not null,
    views  bigint not null,
    primary key (day, market, page)
);

create table search_day (
    day             date   not null,
    market          text   not null,
    words           text   not null,
    searches        bigint not null,
    without_results bigint not null,
    primary key (day, market, words)
);

create table answer_minute (
    at   timestamptz primary key,
    good bigint      not null,
    bad  bigint      not null
);

-- A purchase that may be told to others: known from orders.placed, agreed to by its visit. Either may come first.
create table purchase (
    order_id    uuid        primary key,
    noted_at    timestamptz not null,
    visit       text,       -- keyed hash; null: nobody agreed
    market      text,       -- null: the order has not been heard of yet
    currency    text,
    total_minor bigint,
    lines       jsonb,      -- SKUs, quantities, amounts
    placed_at   timestamptz
);
create index purchase_noted on purchase (noted_at);

create table export (
    target   text        not null,
    order_id uuid        not null,
    state    text        not null check (state in ('waiting', 'done', 'refused', 'given_up')),
    attempts int         not null default 0,
    due_at   timestamptz not null,
    noted_at timestamptz not null,
    problem  text        not null default '',
    primary key (target, order_id)
);
create index export_due on export (due_at) where state = 'waiting';

create table monitor (
    source      text        not null,
    id          text        not null,
    name        text        not null,
    state       text        not null,
    up_30d      text        not null,
    response_ms int,
    read_at     timestamptz not null,
    problem     text        not null default '',
    primary key (source, id)
);
