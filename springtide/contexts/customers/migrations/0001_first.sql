-- Accounts of buyers and of staff, their sessions, and what buyers agreed to.
-- E-mail, name and addresses are personal data (docs/personal-data.md); everything else here is ids, times and hashes.

create table customers (
    id              uuid        primary key,
    email           text        not null,
    -- The address in the form in which two are the same; an erased account keeps its row under its id.
    email_key       text        not null,
    name            text        not null,
    locale          text        not null,
    customer_group  text        not null default '',
    password_hash   text        not null,
    version         bigint      not null default 1,
    created_at      timestamptz not null,
    channel         text        not null,
    agent           text        not null,
    import_batch    text        not null default '',
    external_system text        not null default '',
    external_id     text        not null default '',
    notified_at     timestamptz not null default '-infinity',
    erased_at       timestamptz,
    search          tsvector    generated always as (
        to_tsvector('simple', translate(name || ' ' || email, '@.-+_/', '      '))
    ) stored,
    constraint customers_email unique (email_key)
);
create index customers_search on customers using gin (search);
create index customers_external on customers (external_system, external_id) where external_system <> '';

create table addresses (
    id          uuid    primary key,
    customer_id uuid    not null references customers,
    address     jsonb   not null,
    is_default  boolean not null
);
create index addresses_customer on addresses (customer_id);
create unique index addresses_one_default on addresses (customer_id) where is_default;

create table consents (
    id           uuid        primary key,
    customer_id  uuid        not null references customers,
    purpose      text        not null,
    given        boolean     not null,
    at           timestamptz not null,
    text_version text        not null
);
create index consents_customer on consents (customer_id);

create table staff (
    id            uuid        primary key,
    email         text        not null,
    email_key     text        not null,
    name          text        not null,
    roles         text[]      not null,
    active        boolean     not null,
    password_hash text        not null,
    version       bigint      not null default 1,
    created_at    timestamptz not null,
    constraint staff_email unique (email_key)
);

-- Only the hash of a token is stored: who reads this table cannot sign in with it.
create table sessions (
    token_hash bytea       primary key,
    kind       text        not null,
    account_id uuid        not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_account on sessions (account_id);
create index sessions_expiry on sessions (expires_at);

-- A request is written whether or not there is such an account, so that both take the same time. The token is made when
-- the mail is sent; only its hash is stored.
create table resets (
    id           uuid        primary key,
    kind         text        not null,
    account_id   uuid,
    requested_at timestamptz not null,
    token_hash   bytea       unique,
    expires_at   timestamptz,
    used_at      timestamptz
);
create index resets_requested on resets (requested_at);

-- Keyed hashes of an account's name or an address of origin: neither can be read back.
create table throttles (
    key           bytea       primary key,
    tries         int         not null,
    last_at       timestamptz not null,
    blocked_until timestamptz not null
);
create index throttles_last on throttles (last_at);

revoke update, delete on consents from springtide_customers;
