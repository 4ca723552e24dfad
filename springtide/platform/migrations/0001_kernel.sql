-- The technical tables of every context: outbox, inbox, idempotency, audit, relay lease, test clock.
-- Keys are UUIDv7 (time-prefixed), final, and ready for range partitions on the id.

create table outbox (
    id                uuid        not null,
    seq               bigint      generated always as identity,
    type              text        not null,
    version           int         not null,
    aggregate_id      text        not null,
    aggregate_version bigint      not null,
    market            text        not null,
    payload           bytea       not null,
    actor             text        not null,
    cause             text        not null,
    trace             text        not null,
    occurred_at       timestamptz not null,
    sent_at           timestamptz,
    primary key (id)
) partition by range (id);
create table outbox_default partition of outbox default;
create index outbox_unsent on outbox (seq) where sent_at is null;

create table inbox (
    consumer text        not null,
    event_id uuid        not null,
    at       timestamptz not null,
    primary key (consumer, event_id)
);

create table inbox_version (
    consumer     text   not null,
    aggregate_id text   not null,
    version      bigint not null,
    primary key (consumer, aggregate_id)
);

create table idempotency (
    principal    text        not null,
    operation    text        not null,
    key          text        not null,
    request_hash bytea       not null,
    reply        bytea       not null,
    refused      boolean     not null,
    at           timestamptz not null,
    primary key (principal, operation, key)
);
create index idempotency_at on idempotency using brin (at);

create table audit (
    id           uuid        not null,
    action       text        not null,
    aggregate_id text        not null,
    difference   jsonb       not null,
    actor        text        not null,
    request_id   text        not null,
    reason       text        not null,
    at           timestamptz not null,
    primary key (id)
) partition by range (id);
create table audit_default partition of audit default;
create index audit_aggregate on audit (aggregate_id, id);

create table relay_lease (
    only_row boolean     primary key default true check (only_row),
    owner    text        not null,
    until    timestamptz not null
);
insert into relay_lease (owner, until) values ('', '-infinity');

create table test_clock (
    only_row boolean          primary key default true check (only_row),
    offset_s double precision not null default 0
);
insert into test_clock default values;
