-- Documents with versions, what people know better, what was shown, and the plans made of all three.

-- One row: who holds it decides alone about documents and hands out the numbers of plans.
create table desk (
    id    int    primary key check (id = 1),
    plans bigint not null
);
insert into desk (id, plans) values (1, 0);

create table input (
    name     text        not null,
    version  int         not null,
    body     text        not null,
    sha256   text        not null,
    author   text        not null,   -- the principal, never a name
    reason   text        not null,
    saved_at timestamptz not null,
    primary key (name, version)
);

create table override (
    id         uuid        primary key,
    multiplier float8      not null,
    scope      text        not null,
    key        text        not null,
    first_day  date,
    last_day   date,
    reason     text        not null,
    author     text        not null,
    expires_on date        not null,
    added_at   timestamptz not null
);

create table evidence (
    id         uuid        primary key,
    item       text        not null,
    passed     boolean     not null,
    source     text        not null,
    owner      text        not null,
    document   text        not null,
    expires_on date,
    note       text        not null,
    author     text        not null,
    filed_on   date        not null
);
create index evidence_item on evidence (item, id);

create table plan (
    id            uuid        primary key,
    number        bigint      not null unique,
    title         text        not null,
    state         text        not null,
    stage         text        not null default '',
    share         float8      not null default 0,
    version       bigint      not null default 0,
    author        text        not null,
    ordered_at    timestamptz not null,
    started_at    timestamptz,
    attempt       int         not null default 0,
    seen_at       timestamptz,            -- when the process that makes it last said that it lives
    ended_at      timestamptz,
    settings      jsonb       not null,
    inputs        jsonb       not null,   -- name, version, sha256 of each document
    inputs_sha256 text        not null,
    overrides     jsonb       not null,
    evidence      jsonb       not null,
    stages        jsonb       not null default '[]',
    figures       jsonb       not null default '{}',
    mistakes      jsonb       not null default '[]'
);

create table part (
    plan_id uuid  not null references plan (id) on delete cascade,
    step    text  not null,
    page    int   not null,
    body    bytea not null check (octet_length(body) <= 262144),
    primary key (plan_id, step, page)
);
