-- What the product measured, documents that were handed in, and evidence that was taken back with a reason.

create table measured_run (
    id       uuid        primary key,
    kind     text        not null,
    at       timestamptz not null,   -- when the run ended
    source   text        not null,   -- "product" where the seal held, else "hand"
    author   text        not null,
    filed_at timestamptz not null,
    body     jsonb       not null
);
create index measured_run_kind on measured_run (kind, at);

create table attachment (
    sha256     text        primary key,
    name       text        not null,
    media_type text        not null,
    body       bytea       not null check (octet_length(body) <= 393216),
    author     text        not null,
    kept_at    timestamptz not null
);

alter table evidence add column filed_at timestamptz;   -- null: only its day is known
alter table evidence add column attachment text;
alter table evidence add column withdrawn_at timestamptz;
alter table evidence add column withdrawn_by text;
alter table evidence add column withdrawn_why text;

alter table plan add column runs jsonb not null default '[]';
