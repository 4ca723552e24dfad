-- A plan is frozen as files; what was sold is kept by hour and by product; both together are looked at while a season runs.

alter table plan add column snapshot_sha256 text not null default '';

create table plan_file (
    plan_id uuid  not null references plan (id) on delete cascade,
    name    text  not null,
    page    int   not null,
    body    bytea not null check (octet_length(body) <= 262144),
    primary key (plan_id, name, page)
);
alter table plan_file alter column body set storage external;  -- these bytes are compressed already

-- What has been frozen stays what it was, whatever a program tries.
create function refuse_thaw() returns trigger language plpgsql as $$
begin
    if exists (select from plan where id = coalesce(old.plan_id, new.plan_id) and state = 'done') then
        raise exception 'the plan % is frozen', coalesce(old.plan_id, new.plan_id) using errcode = 'integrity_constraint_violation';
    end if;
    return coalesce(new, old);
end $$;
create trigger frozen_file before insert or update or delete on plan_file for each row execute function refuse_thaw();
create trigger frozen_part before insert or update or delete on part for each row execute function refuse_thaw();

create function refuse_other_inputs() returns trigger language plpgsql as $$
begin
    if old.state = 'done' or (old.settings, old.inputs, old.inputs_sha256, old.overrides, old.evidence)
        is distinct from (new.settings, new.inputs, new.inputs_sha256, new.overrides, new.evidence) then
        raise exception 'the plan % is frozen', old.id using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger frozen_plan before update on plan for each row execute function refuse_other_inputs();

-- What was sold in each hour of the shop's own clock. A file's hours stand above those the shop's orders tell.
create table actual_hour (
    hour          timestamp   primary key,
    orders        bigint      not null check (orders >= 0),
    units         bigint      not null,
    revenue_minor bigint      not null,
    source        text        not null,
    told_at       timestamptz not null
);

create table actual_day (
    day    date   not null,
    sku    text   not null,
    units  bigint not null,
    source text   not null,
    primary key (day, sku)
);

-- Up to which moment each source has told everything, from which on.
create table actual_feed (
    source     text        primary key,
    from_hour  timestamp   not null,
    until_hour timestamp   not null,
    told_at    timestamptz not null
);

-- How a plan's season stands, or stood at `asked_until`; made by a process of its own.
create table season (
    plan_id     uuid        primary key references plan (id) on delete cascade,
    asked_at    timestamptz,             -- somebody waits for a new look
    asked_until timestamp,               -- ... at the season as it was known then; null: now
    taken_at    timestamptz,             -- a process is looking
    looked_at   timestamptz,
    until_hour  timestamp,               -- what was known when it was looked at
    live        bytea,
    review      bytea,
    mistakes    jsonb       not null default '[]'
);
