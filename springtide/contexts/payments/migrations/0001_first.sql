-- Attempts to be paid, what was ordered of their money, what moved, and what gateways told us.

create table attempt (
    id               uuid        primary key,
    checkout_id      uuid        not null,
    market           text        not null,
    method           text        not null,
    gateway          text        not null,   -- the only gateway that may have been asked
    state            text        not null check (state in ('starting', 'awaiting_buyer', 'unknown', 'authorised',
                                 'captured', 'declined', 'expired', 'closed', 'voided', 'refunded')),
    amount_minor     bigint      not null check (amount_minor > 0),
    currency         text        not null,
    locale           text        not null,
    authorised_minor bigint      not null default 0,
    captured_minor   bigint      not null default 0,
    refunded_minor   bigint      not null default 0,
    released_minor   bigint      not null default 0,
    lowered_minor    bigint      not null default 0,   -- authorised, and promised never to be captured
    version          bigint      not null default 1,
    provider_ref     text        not null default '',
    redirect_url     text        not null default '',
    decline_code     text        not null default '',
    late             boolean     not null default false,
    ending           text        not null default '' check (ending in ('', 'closed', 'expired')),
    undo_reason      text        not null default '',   -- not empty: money of this attempt goes back, whenever it comes
    request          bytea       not null,              -- what the gateway was asked, to ask exactly the same again
    request_hash     bytea       not null,
    expires_at       timestamptz not null,
    due_at           timestamptz,                       -- when somebody has to look again; null: nothing is open
    tries            int         not null default 0,
    started_at       timestamptz not null,
    updated_at       timestamptz not null,
    check (captured_minor + released_minor <= authorised_minor),
    check (refunded_minor <= captured_minor)
);
-- One live attempt per checkout; late money of an old one is not a second attempt.
create unique index attempt_one_live on attempt (checkout_id)
    where state in ('starting', 'awaiting_buyer', 'unknown', 'authorised', 'captured') and not late;
create index attempt_checkout on attempt (checkout_id, id);
create index attempt_provider_ref on attempt (gateway, provider_ref) where provider_ref <> '';
create index attempt_due on attempt (due_at) where due_at is not null;

-- What moved, append-only. Ready for range partitions on the id.
create table ledger (
    id           uuid        not null,
    at           timestamptz not null,
    attempt_id   uuid        not null,
    checkout_id  uuid        not null,
    gateway      text        not null,
    kind         text        not null check (kind in ('authorised', 'captured', 'voided', 'refunded')),
    amount_minor bigint      not null check (amount_minor > 0),
    currency     text        not null,
    provider_ref text        not null,
    cause        text        not null,
    primary key (id)
) partition by range (id);
create table ledger_default partition of ledger default;
create index ledger_attempt on ledger (attempt_id, id);
create index ledger_checkout on ledger (checkout_id, id);

create function ledger_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only';
end $$;
create trigger ledger_keep before update or delete on ledger
    for each row execute function ledger_is_append_only();

-- Orders to a gateway: asked outside any transaction, in the order of their ids per attempt, until it has answered.
create table operation (
    id           uuid        primary key,
    attempt_id   uuid        not null references attempt,
    checkout_id  uuid        not null,
    kind         text        not null check (kind in ('capture', 'void', 'refund', 'lower')),
    amount_minor bigint      not null check (amount_minor > 0),
    state        text        not null check (state in ('pending', 'done', 'failed')),
    reason       text        not null,
    cause        text        not null,
    why          text        not null default '',
    due_at       timestamptz,
    tries        int         not null default 0,
    ordered_at   timestamptz not null,
    settled_at   timestamptz
);
create index operation_attempt on operation (attempt_id, id);
create index operation_checkout on operation (checkout_id, id);
create index operation_due on operation (due_at) where state = 'pending';

-- Messages of gateways, each taken once. Parked while nobody here knows the payment they speak of.
create table message (
    gateway            text        not null,
    event_id           text        not null,
    kind               text        not null,
    merchant_reference text        not null,
    provider_refs      text[]      not null,
    attempt_id         uuid,
    received_at        timestamptz not null,
    due_at             timestamptz,
    tries              int         not null default 0,
    primary key (gateway, event_id)
);
create index message_due on message (due_at) where due_at is not null;
create index message_reference on message (merchant_reference) where due_at is not null;
