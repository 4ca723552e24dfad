-- Everything of pricing. Money is bigint minor units of the market's currency, in its price mode unless said otherwise.
-- Documents that are only ever read and replaced whole (seller, market, promotion) are jsonb in the contract's words.

-- The revision counts changes of anything a quote is made of; rows carry the revision that wrote them, so that a price
-- book in memory fetches only what is new. `front_version` counts changes of sellers and markets.
create table book_state (
    only_row      boolean primary key default true check (only_row),
    revision      bigint  not null default 0,
    front_version bigint  not null default 0
);
insert into book_state default values;

create table seller (
    key  text  primary key,
    body jsonb not null
);

-- `settled_until`: scheduled starts and ends up to here have written their history.
-- `version`: version of the last event about this market's prices.
create table market (
    key           text        primary key,
    seller        text        not null references seller (key),
    body          jsonb       not null,
    settled_until timestamptz not null,
    version       bigint      not null default 0
);

create table price_list (
    key            text        primary key,
    market         text        not null references market (key),
    priority       int         not null default 0,
    customer_group text        not null default '',
    starts_at      timestamptz,
    ends_at        timestamptz,
    revision       bigint      not null default 0,
    check (starts_at < ends_at)
);

create table price_entry (
    id           uuid        primary key,
    market       text        not null references market (key),
    list_key     text        not null references price_list (key),
    sku          text        not null,
    amount_minor bigint      not null check (amount_minor >= 0),
    valid_from   timestamptz not null,
    valid_to     timestamptz,
    is_reduction boolean     not null,
    revision     bigint      not null
);
create index price_entry_sku on price_entry (market, sku);
create index price_entry_revision on price_entry (revision);
create index price_entry_from on price_entry (valid_from);
create index price_entry_to on price_entry (valid_to) where valid_to is not null;

-- What a SKU costs everybody in a market since its last change. `gross_minor`, `was_minor` and `lowest_30d_minor` are
-- with VAT of the market's first country, as shown to buyers.
create table price_now (
    market           text        not null references market (key),
    sku              text        not null,
    list_minor       bigint      not null,
    effective_minor  bigint      not null,
    gross_minor      bigint      not null,
    was_minor        bigint,
    lowest_30d_minor bigint,
    is_for_sale      boolean     not null,
    listed_since     timestamptz not null,
    version          bigint      not null,
    revision         bigint      not null,
    primary key (market, sku),
    check ((was_minor is null) = (lowest_30d_minor is null))
);
create index price_now_revision on price_now (revision);

-- Append-only: the runtime role may neither change nor delete a row.
create table price_history (
    id           uuid        not null,
    market       text        not null,
    sku          text        not null,
    at           timestamptz not null,
    amount_minor bigint      not null,
    list_minor   bigint      not null,
    cause        text        not null,
    primary key (market, sku, at, id)
);
revoke update, delete on price_history from springtide_pricing;

create table item (
    sku          text    primary key,
    tax_category text    not null,
    category     text    not null default '',
    from_catalog boolean not null default false,
    revision     bigint  not null
);
create index item_revision on item (revision);

create table category (
    key    text primary key,
    parent text not null
);

create table promotion (
    key       text        primary key,
    body      jsonb       not null,
    priority  int         not null,
    starts_at timestamptz,
    ends_at   timestamptz
);

-- `use_limit` null: unlimited. used = rows of voucher_hold in state claimed; used + live holds never exceed the limit.
create table voucher (
    code      text        primary key,
    promotion text        not null references promotion (key),
    use_limit bigint      check (use_limit >= 0),
    used      bigint      not null default 0 check (used >= 0 and (use_limit is null or used <= use_limit)),
    starts_at timestamptz,
    ends_at   timestamptz,
    revision  bigint      not null
) with (fillfactor = 70);
create index voucher_revision on voucher (revision);

create table voucher_hold (
    checkout_id uuid        not null,
    code        text        not null references voucher (code),
    state       text        not null check (state in ('held', 'claimed', 'released')),
    expires_at  timestamptz,
    changed_at  timestamptz not null,
    primary key (checkout_id, code),
    check ((state = 'held') = (expires_at is not null))
);
create index voucher_hold_live on voucher_hold (code, expires_at) where state = 'held';
create index voucher_hold_changed on voucher_hold using brin (changed_at);
