-- Orders as they were sold, and everything that happened to them since.
-- Amounts are minor units of the order's currency. Ids are UUIDv7 (imported orders carry the time of the sale), so that
-- the partitioned tables can be cut by time without a change of keys. No foreign keys point at partitioned tables: a
-- partition can be detached on its own; `check` looks for what a key would have refused.

create sequence order_number start 100001;

create table orders (
    id                  uuid        not null,
    number              text        not null,
    version             bigint      not null default 1,
    placed_at           timestamptz not null,
    market              text        not null,
    seller              text        not null,
    locale              text        not null,
    currency            text        not null,
    base_currency       text        not null,
    fx_to_base          numeric     not null,
    channel             text        not null,
    agent               text        not null,
    import_batch        text        not null default '',
    external_system     text        not null default '',
    external_id         text        not null default '',
    -- The one rule by which an order is exempt from money and stock checks: it came by the bulk port.
    exempt              boolean     generated always as (import_batch <> '') stored,
    customer_id         uuid,
    customer_ref        text        not null default '',
    buyer_name          text        not null,
    email               text        not null,
    phone               text        not null,
    shipping_address    jsonb       not null,
    billing_address     jsonb       not null,
    payment_method      text        not null,
    attempt_id          uuid,
    quote               bytea,
    notes               text[]      not null default '{}',
    vouchers            text[]      not null default '{}',
    units               bigint      not null,
    goods_minor         bigint      not null,
    shipping_minor      bigint      not null,
    discount_minor      bigint      not null,
    tax_minor           bigint      not null,
    total_minor         bigint      not null,
    adjusted_minor      bigint      not null default 0,
    authorised_minor    bigint      not null default 0,
    captured_minor      bigint      not null default 0,
    refunded_minor      bigint      not null default 0,
    capture_asked_minor bigint      not null default 0,
    is_voided           boolean     not null default false,
    status              text        not null,
    payment_status      text        not null,
    fulfilment_status   text        not null,
    erase_due_at        timestamptz,
    erased_at           timestamptz,
    -- What people search by, cut into words; word beginnings are found by index.
    search              tsvector    generated always as (
        to_tsvector('simple', translate(number || ' ' || buyer_name || ' ' || email || ' ' || customer_ref, '@.-+_/', '      '))
    ) stored,
    primary key (id),
    -- A live order was paid by an attempt and can never carry an import batch; an imported one has neither.
    constraint live_or_imported check ((attempt_id is not null) = (import_batch = ''))
) partition by range (id);
create table orders_default partition of orders default;
create index orders_status on orders (status, id);
create index orders_payment on orders (payment_status, id);
create index orders_fulfilment on orders (fulfilment_status, id);
create index orders_customer on orders (customer_id, id) where customer_id is not null;
create index orders_placed on orders (placed_at);
create index orders_search on orders using gin (search);
create index orders_erase on orders (erase_due_at) where erase_due_at is not null;

create table order_lines (
    order_id         uuid    not null,
    line             int     not null,
    sku              text    not null,
    name             text    not null,
    unit_minor       bigint  not null,
    ordered          bigint  not null,
    cancelled        bigint  not null default 0,
    fulfilled        bigint  not null default 0,
    returned         bigint  not null default 0,
    -- Shipped units whose money went back, with or without the goods.
    refunded         bigint  not null default 0,
    gross_minor      bigint  not null,
    net_minor        bigint  not null,
    tax_minor        bigint  not null,
    rate_bp          int     not null,
    tax_category     text    not null,
    discount_minor   bigint  not null,
    imported         boolean not null default false,
    -- Where the units come from: as sold, and what of it is neither shipped nor cancelled.
    allocations      jsonb   not null default '[]',
    open_allocations jsonb   not null default '[]',
    primary key (order_id, line),
    constraint counts_in_bounds check (imported or (
        ordered > 0 and cancelled >= 0 and returned >= 0 and returned <= refunded and refunded <= fulfilled
        and fulfilled + cancelled <= ordered)),
    constraint gross_is_net_and_tax check (imported or gross_minor = net_minor + tax_minor)
) partition by range (order_id);
create table order_lines_default partition of order_lines default;

create table shipping_rows (
    order_id       uuid   not null,
    row            int    not null,
    method         text   not null,
    gross_minor    bigint not null,
    net_minor      bigint not null,
    tax_minor      bigint not null,
    rate_bp        int    not null,
    tax_category   text   not null,
    discount_minor bigint not null,
    primary key (order_id, row)
) partition by range (order_id);
create table shipping_rows_default partition of shipping_rows default;

create table timeline (
    id       uuid        not null,
    order_id uuid        not null,
    at       timestamptz not null,
    what     text        not null,
    facts    jsonb       not null,
    actor    text        not null,
    primary key (order_id, id)
) partition by range (order_id);
create table timeline_default partition of timeline default;

-- What is known of the money, by attempt: the newest state payments told. May be there before the order is.
create table attempts (
    attempt_id       uuid    primary key,
    order_id         uuid    not null,
    version          bigint  not null,
    is_voided        boolean not null,
    authorised_minor bigint  not null,
    captured_minor   bigint  not null,
    refunded_minor   bigint  not null
);
create index attempts_order on attempts (order_id);

create table shipments (
    id       uuid        primary key,
    order_id uuid        not null,
    at       timestamptz not null,
    carrier  text        not null,
    tracking text        not null,
    actor    text        not null
);
create index shipments_order on shipments (order_id);

create table shipment_lines (
    shipment_id uuid   not null references shipments,
    line        int    not null,
    quantity    bigint not null check (quantity > 0),
    allocations jsonb  not null,
    primary key (shipment_id, line)
);

create table adjustments (
    id        uuid        primary key,
    order_id  uuid        not null,
    at        timestamptz not null,
    kind      text        not null,
    restocked boolean     not null,
    reason    text        not null,
    actor     text        not null
);
create index adjustments_order on adjustments (order_id);

-- Signed quantities: `quantity` changed the count of the adjustment's kind, `paid_back` the units whose money goes back.
create table adjustment_lines (
    adjustment_id uuid   not null references adjustments,
    line          int    not null,
    quantity      bigint not null check (quantity < 0),
    paid_back     bigint not null check (paid_back <= 0),
    primary key (adjustment_id, line)
);

-- Signed money, negative: back to the buyer. Each row points at the adjustment that caused it, and at the line or the
-- shipping row it takes money off.
create table adjustment_money (
    adjustment_id  uuid   not null references adjustments,
    row            int    not null,
    line           int,
    shipping_row   int,
    gross_minor    bigint not null,
    net_minor      bigint not null,
    tax_minor      bigint not null,
    rate_bp        int    not null,
    tax_category   text   not null,
    discount_minor bigint not null,
    primary key (adjustment_id, row),
    constraint one_source check ((line is null) <> (shipping_row is null)),
    constraint gross_is_net_and_tax check (gross_minor = net_minor + tax_minor)
);

-- One row per series: its lock makes numbers gapless.
create table document_counters (
    seller text   not null,
    year   int    not null,
    kind   text   not null,
    last   bigint not null,
    primary key (seller, year, kind)
);

create table documents (
    order_id      uuid        not null,
    adjustment_id uuid        references adjustments,
    seller        text        not null,
    year          int         not null,
    kind          text        not null,
    sequence      bigint      not null,
    number        text        not null,
    issued_on     date        not null,
    currency      text        not null,
    gross_minor   bigint      not null,
    primary key (seller, year, kind, sequence),
    constraint one_document_per_cause unique nulls not distinct (order_id, adjustment_id),
    constraint one_document_per_number unique (order_id, number)
);

-- The printed page, as issued. Apart from `documents`, because it holds personal data and is emptied when an order is erased.
create table document_pages (
    order_id uuid not null,
    number   text not null,
    html     text not null,
    primary key (order_id, number),
    foreign key (order_id, number) references documents (order_id, number)
);

-- A mail to the buyer: once per cause. Never holds an address.
create table mails (
    id       uuid        primary key,
    order_id uuid        not null,
    kind     text        not null,
    cause_id uuid        not null,
    due_at   timestamptz not null,
    sent_at  timestamptz,
    constraint one_mail_per_cause unique (kind, cause_id)
);

-- What came by the bulk port, whole; the lock on a batch's row orders its events.
create table import_batches (
    batch     text   primary key,
    version   bigint not null,
    orders    bigint not null,
    first_day date   not null,
    last_day  date   not null
);

-- Append-only means that the shop's own role cannot do otherwise.
revoke update, delete on shipments, shipment_lines, adjustments, adjustment_lines, adjustment_money, documents, timeline,
    timeline_default from springtide_orders;
revoke delete on orders, order_lines, shipping_rows, document_pages from springtide_orders;
