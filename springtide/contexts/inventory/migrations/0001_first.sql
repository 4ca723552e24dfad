-- Stock, its ledger, promises, suppliers and inbound quantities. No personal data.

create table location (
    key      text    primary key,
    name     text    not null,
    external boolean not null,
    ranks    jsonb   not null
);

-- One row per SKU: its version for events and the bands last told. Locked before the SKU's stock rows.
create table sku (
    sku     text   primary key,
    version bigint not null default 0,
    bands   jsonb  not null default '[]'
);

-- The counters. on_hand may fall below zero by a fact from outside (a parcel left that should not exist): `check` tells.
-- No foreign key to sku: its share lock on the SKU's row, taken by every insert, would break the lock order.
-- inbound_days and inbound_units mirror the confirmed open rows of `inbound`, summed per day, earliest first.
create table stock (
    sku           text   not null,
    location      text   not null,
    supply        text   not null default 'stock' check (supply in ('stock', 'backorder', 'pre_order')),
    on_hand       int    not null default 0,
    held          int    not null default 0 constraint stock_held_not_negative check (held >= 0),
    claimed       int    not null default 0 constraint stock_claimed_not_negative check (claimed >= 0),
    low_stock_at  int    not null default 0 check (low_stock_at >= 0),
    inbound_days  date[] not null default '{}',
    inbound_units int[]  not null default '{}',
    primary key (sku, location)
) with (fillfactor = 70);
create index stock_location on stock (location, sku);

create table ledger (
    id        uuid        not null,
    at        timestamptz not null,
    sku       text        not null,
    location  text        not null,
    kind      text        not null check (kind in ('opening', 'received', 'shipped', 'returned', 'adjusted', 'moved')),
    quantity  int         not null,
    reason    text        not null,
    reference text        not null,
    actor     text        not null,
    primary key (id)
) partition by range (id);
create table ledger_default partition of ledger default;
create index ledger_sku on ledger (sku, location, id);

-- Units kept for a checkout, later for its order (same id). lines: [{sku, location, quantity, inbound, expected_on}].
create table promise (
    checkout_id uuid        primary key,
    market      text        not null,
    state       text        not null check (state in ('held', 'lapsed', 'claimed')),
    lines       jsonb       not null,
    expires_at  timestamptz not null,
    version     bigint      not null
) with (fillfactor = 70);
create index promise_running_out on promise (expires_at) where state in ('held', 'lapsed');
create index promise_claimed on promise (checkout_id) where state = 'claimed';

create table supplier (
    key             text primary key,
    name            text not null,
    country         text not null,
    lead_time_days  int  not null check (lead_time_days >= 0),
    min_order_units int  not null check (min_order_units >= 0)
);

create table inbound (
    id          uuid    primary key,
    supplier    text    not null references supplier,
    sku         text    not null,
    location    text    not null,
    quantity    int     not null check (quantity > 0),
    received    int     not null default 0 check (received >= 0),
    expected_on date    not null,
    confirmed   boolean not null
);
create index inbound_place on inbound (sku, location);
create index inbound_open on inbound (expected_on) where received < quantity;

-- Work to do after locations changed: bands of all SKUs are judged again, from `after_sku` on.
create table band_review (
    id        uuid primary key,
    after_sku text not null
);
