-- What gateways' own books say, read little by little.

-- Sums by payment: `subject` is our reference (the attempt's id), or the gateway's name where it does not know ours.
create table gateway_sum (
    gateway          text        not null,
    subject          text        not null,
    authorised_minor bigint      not null default 0,
    captured_minor   bigint      not null default 0,
    refunded_minor   bigint      not null default 0,
    voided_minor     bigint      not null default 0,
    read_at          timestamptz not null,   -- when its newest entry was read, by our clock
    compare_at       timestamptz,            -- when it has to be compared; null: it was
    primary key (gateway, subject)
);
create index gateway_sum_due on gateway_sum (gateway, compare_at) where compare_at is not null;

-- Entries that a later reading may give again, so that none is counted twice. Older ones are forgotten.
create table gateway_entry (
    gateway       text             not null,
    entry_id      text             not null,
    occurred_at_s double precision not null,   -- by the gateway's clock
    primary key (gateway, entry_id)
);
