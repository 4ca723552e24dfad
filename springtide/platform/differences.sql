-- Statements of contexts that keep differences (`platform.differences`); the tables are made by
-- migrations/differences_tables.sql.

-- name: differences_ensure_task
insert into reconciliation (task, due_at) values (%(task)s, %(now)s) on conflict (task) do nothing

-- name: differences_take_turn
update reconciliation set turn = turn + 1, due_at = %(now)s + make_interval(secs => %(every_s)s)
where task = %(task)s and due_at <= %(now)s
returning turn, position

-- name: differences_keep_position
update reconciliation set position = %(position)s where task = %(task)s and turn = %(turn)s

-- name: differences_take_subjects
-- What has to be looked at again, the longest unseen first.
with rows_due as (
    select id from difference where task = %(task)s and state <> 'gone' order by compared_at limit %(limit)s
), suspicions_due as (
    select rule, subject from suspicion where task = %(task)s order by compared_at limit %(limit)s
), looked as (
    update difference set compared_at = %(now)s where id in (select id from rows_due) returning subject
), suspected as (
    update suspicion set compared_at = %(now)s
    where task = %(task)s and (rule, subject) in (select rule, subject from suspicions_due) returning subject
)
select subject from looked union select subject from suspected

-- name: differences_lock_known
-- What was there before of what was compared now.
select id, rule, subject, detail, state, first_seen, last_seen, resolved_by, resolved_at, note from difference
where task = %(task)s and state <> 'gone' and (%(all)s or subject = any(%(subjects)s))
order by rule, subject for update

-- name: differences_lock_suspicions
select rule, subject, detail, since from suspicion
where task = %(task)s and (%(all)s or subject = any(%(subjects)s)) order by rule, subject for update

-- name: differences_see_again
update difference set last_seen = %(now)s, detail = seen.detail
from unnest(%(ids)s::uuid[], %(details)s::text[]) as seen(id, detail) where difference.id = seen.id

-- name: differences_open
-- Also what was gone or resolved: it counts as new, or as another thing than what was resolved.
insert into difference (id, task, rule, subject, detail, state, first_seen, last_seen, compared_at)
select id, %(task)s, rule, subject, detail, 'open', first_seen, %(now)s, %(now)s
from unnest(%(ids)s::uuid[], %(rules)s::text[], %(subjects)s::text[], %(details)s::text[],
            %(first_seens)s::timestamptz[]) as opened(id, rule, subject, detail, first_seen)
on conflict (task, rule, subject) do update
    set detail = excluded.detail, state = 'open', first_seen = excluded.first_seen, last_seen = excluded.last_seen,
        resolved_by = '', resolved_at = null, note = ''

-- name: differences_gone
update difference set state = 'gone' where id = any(%(ids)s)

-- name: differences_suspect
insert into suspicion (task, rule, subject, detail, since, compared_at)
select %(task)s, rule, subject, detail, since, %(now)s
from unnest(%(rules)s::text[], %(subjects)s::text[], %(details)s::text[], %(sinces)s::timestamptz[])
     as suspected(rule, subject, detail, since)
on conflict (task, rule, subject) do update set detail = excluded.detail, since = excluded.since

-- name: differences_drop_suspicions
delete from suspicion where task = %(task)s
  and (rule, subject) in (select * from unnest(%(rules)s::text[], %(subjects)s::text[]))

-- name: differences_forget_gone
delete from difference where id in (
    select id from difference where state = 'gone' and last_seen < %(before)s limit %(limit)s)

-- name: differences_count_open
select count(*) from difference where state = 'open'

-- name: differences_page
select id, rule, subject, detail, state, first_seen, last_seen, resolved_by, resolved_at, note from difference
where (%(state)s = '' or state = %(state)s) and (%(after)s::uuid is null or id < %(after)s)
order by id desc limit %(limit)s

-- name: differences_lock_one
select id, rule, subject, detail, state, first_seen, last_seen, resolved_by, resolved_at, note from difference
where id = %(id)s for update

-- name: differences_resolve
update difference set state = 'resolved', resolved_by = %(resolved_by)s, resolved_at = %(now)s, note = %(note)s
where id = %(id)s

-- name: differences_position
select position from reconciliation where task = %(task)s
