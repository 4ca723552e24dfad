-- Statements every context's schema answers: the tables are made by migrations/0001_kernel.sql.

-- name: kernel_now
-- The one clock: the database's time, plus the offset that only tests set.
select clock_timestamp() + make_interval(secs => offset_s) from test_clock

-- name: kernel_append_outbox
insert into outbox (id, type, version, aggregate_id, aggregate_version, market, payload, actor, cause, trace, occurred_at)
select id, type, version, aggregate_id, aggregate_version, market, payload,
       %(actor)s, %(cause)s, %(trace)s, %(at)s
from unnest(%(ids)s::uuid[], %(types)s::text[], %(versions)s::int[], %(aggregates)s::text[],
            %(aggregate_versions)s::bigint[], %(markets)s::text[], %(payloads)s::bytea[])
     as pending(id, type, version, aggregate_id, aggregate_version, market, payload)

-- name: kernel_append_audit
insert into audit (id, action, aggregate_id, difference, actor, request_id, reason, at)
select id, action, aggregate_id, difference, %(actor)s, %(request_id)s, %(reason)s, %(at)s
from unnest(%(ids)s::uuid[], %(actions)s::text[], %(aggregates)s::text[], %(differences)s::jsonb[])
     as pending(id, action, aggregate_id, difference)

-- name: kernel_list_audit
select id, action, aggregate_id, difference, actor, request_id, reason, at
from audit
where (%(aggregate_id)s::text is null or aggregate_id = %(aggregate_id)s)
  and (%(before)s::uuid is null or id < %(before)s)
order by id desc
limit %(limit)s

-- name: kernel_find_idempotent
select request_hash, reply, refused from idempotency
where principal = %(principal)s and operation = %(operation)s and key = %(key)s

-- name: kernel_keep_idempotent
insert into idempotency (principal, operation, key, request_hash, reply, refused, at)
values (%(principal)s, %(operation)s, %(key)s, %(request_hash)s, %(reply)s, %(refused)s, %(at)s)
on conflict (principal, operation, key) do nothing

-- name: kernel_find_idempotent_many
-- The answers that are kept under any of a batch's keys.
select principal, operation, key, request_hash, reply, refused
from json_to_recordset(%(rows)s) as asked(principal text, operation text, keys text[])
join idempotency using (principal, operation)
where key = any(keys)

-- name: kernel_keep_many
-- Without "on conflict": a twin that committed meanwhile makes the batch fail and look again.
insert into idempotency (principal, operation, key, request_hash, reply, refused, at)
select kept ->> 0, kept ->> 1, kept ->> 2, (kept ->> 3)::bytea, (kept ->> 4)::bytea, (kept ->> 5)::boolean, %(at)s
from jsonb_array_elements(%(rows)s) as kept
order by 1, 2, 3 -- twins of what is written together then wait for each other in one direction only

-- name: kernel_keep_many_first
-- Answers kept for other calls: the first one kept stays.
insert into idempotency (principal, operation, key, request_hash, reply, refused, at)
select kept ->> 0, kept ->> 1, kept ->> 2, (kept ->> 3)::bytea, (kept ->> 4)::bytea, (kept ->> 5)::boolean, %(at)s
from jsonb_array_elements(%(rows)s) as kept
order by 1, 2, 3
on conflict (principal, operation, key) do nothing

-- name: kernel_append_outbox_many
insert into outbox (id, type, version, aggregate_id, aggregate_version, market, payload, actor, cause, trace, occurred_at)
select id, type, version, aggregate_id, aggregate_version, market, convert_to(payload, 'UTF8'), actor, cause, trace,
       %(at)s
from json_to_recordset(%(rows)s)
     as pending(id uuid, type text, version int, aggregate_id text, aggregate_version bigint, market text,
                payload text, actor text, cause text, trace text)

-- name: kernel_append_audit_many
insert into audit (id, action, aggregate_id, difference, actor, request_id, reason, at)
select id, action, aggregate_id, difference, actor, request_id, reason, %(at)s
from json_to_recordset(%(rows)s)
     as pending(id uuid, action text, aggregate_id text, difference jsonb, actor text, request_id text, reason text)

-- name: kernel_drop_old_idempotent
delete from idempotency where ctid in (
    select ctid from idempotency where at < %(before)s limit %(limit)s for update skip locked
)

-- name: kernel_drop_old_outbox
delete from outbox where id in (
    select id from outbox where sent_at < %(before)s limit %(limit)s for update skip locked
)

-- name: kernel_drop_old_inbox
delete from inbox where ctid in (
    select ctid from inbox where at < %(before)s limit %(limit)s for update skip locked
)

-- name: kernel_take_relay_lease
-- One relay at a time publishes a schema's rows, so that they leave in order. A second relay is harmless: the bus and
-- the inbox both drop repeats. `owner` names the relay and the session that took the lease: when that session has ended
-- (its process was killed, or the database was), nobody waits for the rest of the five seconds. Behind a pooler the
-- session is the pooler's and lives on: then the time decides.
with me as (
    select pid || '@' || extract(epoch from backend_start) as session from pg_stat_activity where pid = pg_backend_pid()
)
update relay_lease set owner = %(owner)s || ' ' || me.session, until = clock_timestamp() + interval '5 seconds'
from me
where split_part(owner, ' ', 1) = %(owner)s or until < clock_timestamp()
   or (split_part(owner, ' ', 2) <> '' and not exists (
        select from pg_stat_activity
        where pid || '@' || extract(epoch from backend_start) = split_part(owner, ' ', 2)))

-- name: kernel_give_relay_lease_back
update relay_lease set until = '-infinity' where split_part(owner, ' ', 1) = %(owner)s

-- name: kernel_unsent
-- With the age of each row, in seconds.
select id, type, version, aggregate_id, aggregate_version, market, payload, actor, cause, trace, occurred_at,
       extract(epoch from clock_timestamp() - occurred_at)::float8
from outbox where sent_at is null order by seq limit %(limit)s

-- name: kernel_mark_sent
update outbox set sent_at = clock_timestamp() where id = any(%(ids)s) and sent_at is null

-- name: kernel_sent_lately
-- Events of some types that were sent in the seven days before the newest was, in pages: after a restore.
select id from outbox
where sent_at > (select max(sent_at) from outbox) - interval '7 days'
  and type = any(%(types)s) and id > %(after)s
order by id limit %(limit)s

-- name: kernel_not_taken
select asked.id from unnest(%(ids)s::uuid[]) as asked(id)
where not exists (select from inbox where consumer = %(consumer)s and event_id = asked.id)

-- name: kernel_send_again
update outbox set sent_at = null where id = any(%(ids)s) and sent_at is not null

-- name: kernel_remember_taken
-- What is sent again must not have been forgotten by those who took it: their row counts from now.
update inbox set at = %(at)s where event_id = any(%(ids)s)

-- name: kernel_outbox_lag
select count(*), coalesce(extract(epoch from clock_timestamp() - min(occurred_at)), 0)::float8
from outbox where sent_at is null

-- name: kernel_take_inbox
-- A consumer takes an event once: no row back means it was taken before.
insert into inbox (consumer, event_id, at) values (%(consumer)s, %(event_id)s, %(at)s)
on conflict (consumer, event_id) do nothing

-- name: kernel_take_inbox_many
insert into inbox (consumer, event_id, at)
select %(consumer)s, event_id, %(at)s from unnest(%(event_ids)s::uuid[]) as delivered(event_id)
on conflict (consumer, event_id) do nothing
returning event_id

-- name: kernel_raise_inbox_versions
insert into inbox_version (consumer, aggregate_id, version)
select %(consumer)s, aggregate_id, version
from unnest(%(aggregates)s::text[], %(versions)s::bigint[]) as delivered(aggregate_id, version)
on conflict (consumer, aggregate_id) do update set version = excluded.version
where inbox_version.version < excluded.version
returning aggregate_id

-- name: kernel_raise_inbox_version
-- Of an aggregate's state only the newest version counts: no row touched means an equal or newer one was seen.
insert into inbox_version (consumer, aggregate_id, version) values (%(consumer)s, %(aggregate_id)s, %(version)s)
on conflict (consumer, aggregate_id) do update set version = excluded.version
where inbox_version.version < excluded.version
