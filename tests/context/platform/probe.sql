-- name: add_fact
insert into fact (id, value) values (%(id)s, %(value)s)

-- name: put_fact
insert into fact (id, value) values (%(id)s, %(value)s)
on conflict (id) do update set value = excluded.value, version = fact.version + 1

-- name: lock_fact
select id, value, version from fact where id = %(id)s for update

-- name: facts
select id, value, version from fact order by id

-- name: count_facts
select count(*) from fact

-- name: count_outbox
select count(*) from outbox

-- name: count_unsent
select count(*) from outbox where sent_at is null

-- name: count_audit
select count(*) from audit

-- name: count_kept
select count(*) from idempotency

-- name: count_jobs
select count(*) from procrastinate_jobs

-- name: count_taken
select count(*) from inbox

-- name: age_outbox
update outbox set occurred_at = occurred_at - interval '7 days'

-- name: take_lease_as_before
-- A relay that tells nothing of its session.
update relay_lease set owner = 'another', until = clock_timestamp() + interval '5 seconds'

-- name: free_lease
update relay_lease set until = '-infinity'

-- name: sleep
select pg_sleep(%(for_s)s)

-- name: lock_facts
select id, value, version from fact where id = any(%(ids)s::text[]) order by id for update

-- name: put_facts
insert into fact (id, value) select id, value from json_to_recordset(%(rows)s) as wanted(id text, value int)
on conflict (id) do update set value = excluded.value, version = fact.version + 1
