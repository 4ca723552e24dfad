-- What people ask the numerics besides plans: what-ifs on a plan's paths, pasts to be looked over; and what is answered.

create table question (
    id        uuid        primary key,
    kind      text        not null,   -- what_if, history
    plan_id   uuid        references plan (id) on delete cascade,
    asked     jsonb       not null,   -- the scenario, or the history's document and where it came from
    author    text        not null,   -- the principal, never a name
    asked_at  timestamptz not null,
    state     text        not null default 'queued',
    taken     int         not null default 0,   -- how often a process has taken it
    due_at    timestamptz,            -- when the process that answers has lost its time
    ended_at  timestamptz,
    mistakes  jsonb       not null default '[]'
);
create index question_waits on question (id) where state in ('queued', 'running');
create index question_of_plan on question (plan_id, id);

create table answer (
    question_id uuid  not null references question (id) on delete cascade,
    step        text  not null,
    page        int   not null,
    body        bytea not null check (octet_length(body) <= 262144),
    primary key (question_id, step, page)
);
