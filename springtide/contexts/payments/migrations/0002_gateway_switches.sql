-- A switch per gateway, read by every process at least once a second. Without a row a gateway is on.
create table gateway_switch (
    gateway    text        primary key,
    state      text        not null check (state in ('on', 'drain', 'off')),
    reason     text        not null,
    changed_by text        not null,
    changed_at timestamptz not null
);

-- Who moved which switch, when and why; append-only.
create table gateway_switch_history (
    id      uuid        primary key,
    gateway text        not null,
    before  text        not null,
    state   text        not null,
    reason  text        not null,
    by      text        not null,
    at      timestamptz not null
);
create index gateway_switch_history_gateway on gateway_switch_history (gateway, id);
