-- Carts and completion processes.

create table cart (
    id               uuid        primary key,
    version          bigint      not null,
    state            text        not null check (state in ('open', 'completing', 'completed', 'merged')),
    market           text        not null,
    locale           text        not null,
    customer_id      uuid,
    channel          text        not null,
    agent            text        not null,
    lines            jsonb       not null,
    contact          jsonb,      -- personal data
    delivery         jsonb,      -- personal data
    vouchers         text[]      not null default '{}',
    quote            bytea,
    quote_expires_at timestamptz,
    checkout_id      uuid,
    created_at       timestamptz not null,
    updated_at       timestamptz not null
);
create unique index cart_one_open_per_customer on cart (customer_id, market)
    where customer_id is not null and state in ('open', 'completing');
create index cart_updated on cart using brin (updated_at);

-- The durable process that turns a cart into at most one order: order_id = checkout_id.
create table process (
    checkout_id      uuid        primary key,
    cart_id          uuid        not null unique,
    market           text        not null,
    locale           text        not null,
    customer_id      uuid,
    channel          text        not null,
    agent            text        not null,
    step             text        not null,
    step_no          bigint      not null,   -- rises with every transition: names the keys of a step's calls
    try_no           int         not null,   -- rises with every new complete after a failed one
    due_at           timestamptz,            -- when somebody has to look again; null: nothing left to do
    deadline_at      timestamptz,            -- of the buyer at the bank
    method           text        not null,
    return_url       text        not null,
    awaits_buyer_s   int         not null,
    total_minor      bigint      not null,
    currency         text        not null,
    quote            bytea       not null,
    lines            jsonb       not null,
    contact          jsonb       not null,   -- personal data
    delivery         jsonb       not null,   -- personal data
    attempt_id       uuid        not null,
    authorised_minor bigint      not null default 0,
    captured_minor   bigint      not null default 0,
    redirect_url     text        not null default '',
    allocations      jsonb       not null default '[]',
    reason           text        not null default '',
    message          text        not null default '',
    order_number     text        not null default '',
    order_token      text        not null default '',
    principal        text        not null,   -- who asked for this try, under which key: its final answer is kept there
    request_key      text        not null,
    request_hash     bytea       not null,
    created_at       timestamptz not null,
    updated_at       timestamptz not null
);
create index process_due on process (due_at) where due_at is not null;

-- Every attempt ever started for a checkout: late money of an old one is given back.
create table process_attempt (
    attempt_id  uuid        primary key,
    checkout_id uuid        not null,
    try_no      int         not null,
    undone      boolean     not null default false,
    at          timestamptz not null
);
