-- What comparisons found: for contexts that keep differences as rows people can see and resolve. No personal data.

create table difference (
    id          uuid        primary key,
    task        text        not null,   -- the comparison that found it and says when it is gone
    rule        text        not null,
    subject     text        not null,
    detail      text        not null,
    state       text        not null check (state in ('open', 'resolved', 'gone')),
    first_seen  timestamptz not null,   -- of this time: one that was gone and is back starts anew
    last_seen   timestamptz not null,
    compared_at timestamptz not null,   -- when it was last looked at again
    resolved_by text        not null default '',
    resolved_at timestamptz,
    note        text        not null default '',
    unique (task, rule, subject)
);
create index difference_state on difference (state, id);
create index difference_live on difference (task, compared_at) where state <> 'gone';

-- Seen, and perhaps only something under way: it becomes a difference when it is still there after the settling age.
create table suspicion (
    task        text        not null,
    rule        text        not null,
    subject     text        not null,
    detail      text        not null,
    since       timestamptz not null,
    compared_at timestamptz not null,
    primary key (task, rule, subject)
);

-- How far each comparison has come. A turn belongs to one process; who comes late with an old turn writes nothing.
create table reconciliation (
    task     text        primary key,
    turn     bigint      not null default 0,
    due_at   timestamptz not null,
    position text        not null default '{}'
);
