-- Statements of the peak desk. The lock order stands at the top of store.py.

-- name: lock_desk
select plans from desk where id = 1 for update

-- name: next_plan_number
update desk set plans = plans + 1 where id = 1 returning plans

-- name: newest_inputs
select distinct on (name) name, version, sha256, octet_length(body) as size_bytes, author, reason, saved_at, body as text
from input order by name, version desc

-- name: input_versions
select name, version, sha256, octet_length(body) as size_bytes, author, reason, saved_at
from input where name = %(name)s order by version desc limit %(limit)s

-- name: find_input
select name, version, sha256, octet_length(body) as size_bytes, author, reason, saved_at, body as text
from input where name = %(name)s and (%(version)s::bigint is null or version = %(version)s) order by version desc limit 1

-- name: inputs_of_plan
select name, version, sha256, octet_length(body) as size_bytes, author, reason, saved_at, body as text
from input join unnest(%(names)s::text[], %(versions)s::int[]) as wanted (name, version) using (name, version)
order by name

-- name: insert_input
insert into input (name, version, body, sha256, author, reason, saved_at)
values (%(name)s, %(version)s, %(text)s, %(sha256)s, %(author)s, %(reason)s, %(at)s)

-- name: list_overrides
select id::text, multiplier, scope, key, first_day as first, last_day as last, reason, author, expires_on
from override where expires_on >= %(since)s order by id

-- name: lock_override
select id::text, multiplier, scope, key, first_day as first, last_day as last, reason, author, expires_on
from override where id = %(id)s for update

-- name: insert_override
insert into override (id, multiplier, scope, key, first_day, last_day, reason, author, expires_on, added_at)
values (%(id)s, %(multiplier)s, %(scope)s, %(key)s, %(first)s, %(last)s, %(reason)s, %(author)s, %(expires_on)s, %(at)s)

-- name: expire_override
update override set expires_on = %(on)s where id = %(id)s

-- name: list_evidence
select id, author, item, passed, source, owner, filed_on, document, expires_on, note, filed_at, attachment, withdrawn_at,
       withdrawn_by, withdrawn_why
from evidence where %(item)s = '' or item = %(item)s order by id desc limit %(limit)s

-- name: newest_evidence
-- Of every item the last word that nobody took back.
select distinct on (item) id, author, item, passed, source, owner, filed_on, document, expires_on, note, filed_at, attachment, withdrawn_at,
       withdrawn_by, withdrawn_why
from evidence where withdrawn_at is null order by item, id desc

-- name: insert_evidence
insert into evidence (id, item, passed, source, owner, document, expires_on, note, author, filed_on, filed_at, attachment)
values (%(id)s, %(item)s, %(passed)s, %(source)s, %(owner)s, %(document)s, %(expires_on)s, %(note)s, %(author)s,
        %(filed_on)s, %(filed_at)s, %(attachment)s)

-- name: lock_evidence
select id, author, item, passed, source, owner, filed_on, document, expires_on, note, filed_at, attachment, withdrawn_at,
       withdrawn_by, withdrawn_why
from evidence where id = %(id)s for update

-- name: withdraw_evidence
update evidence set withdrawn_at = %(at)s, withdrawn_by = %(by)s, withdrawn_why = %(why)s where id = %(id)s

-- name: keep_attachment
insert into attachment (sha256, name, media_type, body, author, kept_at)
values (%(sha256)s, %(name)s, %(media_type)s, %(body)s, %(author)s, %(at)s)
on conflict (sha256) do nothing

-- name: find_attachment
select sha256, name, media_type, body from attachment where sha256 = %(sha256)s

-- name: file_run
insert into measured_run (id, kind, at, source, author, filed_at, body)
values (%(id)s, %(kind)s, %(at)s, %(source)s, %(author)s, %(filed_at)s, %(run)s)
on conflict (id) do nothing

-- name: find_run
select body as run, source, author, filed_at from measured_run where id = %(id)s

-- name: newest_runs
-- The last runs of each kind, newest first.
select run, source, author, filed_at from (
    select body as run, source, author, filed_at, at, id,
           row_number() over (partition by kind order by at desc, id desc) as place
    from measured_run
) as numbered where place <= %(most)s order by at desc, id desc

-- name: insert_plan
insert into plan (id, number, title, state, author, ordered_at, settings, inputs, inputs_sha256, overrides, evidence, runs)
values (%(id)s, %(number)s, %(title)s, 'queued', %(author)s, %(at)s, %(settings)s, %(inputs)s, %(inputs_sha256)s,
        %(overrides)s, %(evidence)s, %(runs)s)

-- name: list_plans
select id, number, title, state, stage, share, author, ordered_at, ended_at
from plan where %(before)s::bigint is null or number < %(before)s order by number desc limit %(limit)s

-- name: find_plan
select id, number, title, state, stage, share, author, ordered_at, ended_at, started_at, settings, inputs, inputs_sha256,
       overrides, evidence, runs, stages, figures, mistakes, snapshot_sha256
from plan where id = %(id)s

-- name: lock_plan
select number, attempt from plan where id = %(id)s and state = 'running' for update

-- name: take_plan
-- The oldest that waits, or whose process has said nothing for too long; none while another one is being made.
update plan set state = 'running', started_at = %(now)s, seen_at = %(now)s, attempt = attempt + 1, stage = '', share = 0,
       stages = '[]'
where id = (
    select id from plan
    where (state = 'queued' or (state = 'running' and seen_at < %(silent_since)s))
          and not exists (select from plan where state = 'running' and seen_at >= %(silent_since)s)
    order by number limit 1
)
returning id, number, attempt

-- name: touch_plan
update plan set seen_at = %(now)s where id = %(id)s and attempt = %(attempt)s and state = 'running'

-- name: drop_parts
delete from part where plan_id = %(id)s

-- name: note_progress
update plan set stage = %(stage)s, share = %(share)s, stages = %(stages)s
where id = %(id)s and attempt = %(attempt)s and state = 'running'

-- name: insert_part
insert into part (plan_id, step, page, body) values (%(id)s, %(step)s, %(page)s, %(body)s)
on conflict (plan_id, step, page) do update set body = excluded.body

-- name: end_plan
update plan set state = %(state)s, ended_at = %(at)s, share = %(share)s, stages = %(stages)s, figures = %(figures)s,
       mistakes = %(mistakes)s, snapshot_sha256 = %(snapshot_sha256)s, version = version + 1
where id = %(id)s
returning version

-- name: parts_of
select step, count(*)::int as pages, sum(octet_length(body))::bigint as size_bytes
from part where plan_id = %(id)s group by step order by step

-- name: find_part
select body, (select count(*)::int from part as other where other.plan_id = part.plan_id and other.step = part.step) as pages
from part where plan_id = %(id)s and step = %(step)s and page = %(page)s

-- name: drop_plan_files
delete from plan_file where plan_id = %(id)s

-- name: insert_plan_file
insert into plan_file (plan_id, name, page, body) values (%(id)s, %(name)s, %(page)s, %(body)s)
on conflict (plan_id, name, page) do update set body = excluded.body

-- name: find_plan_file
select body, (select count(*)::int from plan_file as other
              where other.plan_id = plan_file.plan_id and other.name = plan_file.name) as pages
from plan_file where plan_id = %(id)s and name = %(name)s and page = %(page)s

-- name: put_hours
-- A file's hours stand above the shop's; the same again changes nothing.
insert into actual_hour (hour, orders, units, revenue_minor, source, told_at)
select hour, orders, units, revenue_minor, %(source)s, %(at)s
from unnest(%(hours)s::timestamp[], %(orders)s::bigint[], %(units)s::bigint[], %(revenues)s::bigint[])
     as told (hour, orders, units, revenue_minor)
order by hour
on conflict (hour) do update set orders = excluded.orders, units = excluded.units, revenue_minor = excluded.revenue_minor,
       source = excluded.source, told_at = excluded.told_at
where (actual_hour.source = 'shop' or excluded.source <> 'shop')
      and (actual_hour.orders, actual_hour.units, actual_hour.revenue_minor, actual_hour.source)
          is distinct from (excluded.orders, excluded.units, excluded.revenue_minor, excluded.source)

-- name: drop_hours
-- Hours of this span that the source does not tell of any more: everything in them was cancelled.
delete from actual_hour
where hour >= %(since)s and hour < %(until)s and source = %(source)s and not hour = any(%(hours)s::timestamp[])

-- name: put_days
insert into actual_day (day, sku, units, source)
select day, sku, units, %(source)s
from unnest(%(days)s::date[], %(skus)s::text[], %(units)s::bigint[]) as told (day, sku, units)
order by day, sku
on conflict (day, sku) do update set units = excluded.units, source = excluded.source
where (actual_day.source = 'shop' or excluded.source <> 'shop')
      and (actual_day.units, actual_day.source) is distinct from (excluded.units, excluded.source)

-- name: put_feed
insert into actual_feed (source, from_hour, until_hour, told_at) values (%(source)s, %(since)s, %(until)s, %(at)s)
on conflict (source) do update set from_hour = least(actual_feed.from_hour, excluded.from_hour),
       until_hour = greatest(actual_feed.until_hour, excluded.until_hour), told_at = excluded.told_at

-- name: feeds
select source, from_hour, until_hour from actual_feed order by source

-- name: hours_between
select hour, orders, units, revenue_minor from actual_hour
where hour >= %(since)s and hour < %(until)s order by hour

-- name: days_between
select day, sku, units from actual_day where day >= %(first)s and day < %(until)s order by day, sku

-- name: find_season
select asked_at, asked_until, looked_at, until_hour, live, review, mistakes from season where plan_id = %(id)s

-- name: ask_season
insert into season (plan_id, asked_at, asked_until) values (%(id)s, %(at)s, %(until)s)
on conflict (plan_id) do update set asked_at = excluded.asked_at, asked_until = excluded.asked_until

-- name: plans_to_follow
-- The newest plans whose season may be under way anywhere on earth, or has ended lately.
select id, settings from plan
where state = 'done' and snapshot_sha256 <> '' and (settings->>'first')::date <= %(today)s::date + 1
  and (settings->>'first')::date + (settings->>'days')::int >= %(today)s::date - 3
order by number desc limit 3

-- name: take_look
-- A look that somebody waits for, and that no living process makes.
update season set taken_at = %(now)s
where plan_id = (
    select plan_id from season where asked_at is not null and (taken_at is null or taken_at < %(silent_since)s)
    order by asked_at limit 1 for update skip locked
)
returning plan_id, asked_at, asked_until

-- name: end_look
update season set looked_at = %(at)s, until_hour = %(until)s, live = coalesce(%(live)s, live),
       review = case when %(live)s::bytea is null then review else %(review)s end, mistakes = %(mistakes)s, taken_at = null,
       asked_at = case when asked_at = %(asked_at)s then null else asked_at end
where plan_id = %(id)s

-- name: insert_question
insert into question (id, kind, plan_id, asked, author, asked_at)
values (%(id)s, %(kind)s, %(plan_id)s, %(asked)s, %(author)s, %(at)s)

-- name: waiting_questions
select count(*)::int from question where state in ('queued', 'running')

-- name: find_question
select id, kind, plan_id, asked, author, asked_at, state, ended_at, mistakes from question where id = %(id)s

-- name: list_questions
select id, kind, plan_id, asked, author, asked_at, state, ended_at, mistakes
from question
where kind = %(kind)s and (%(plan_id)s::uuid is null or plan_id = %(plan_id)s)
order by id desc limit %(limit)s

-- name: take_question
-- The oldest that waits, or whose process has lost its time; none while another one is being answered.
update question set state = 'running', taken = taken + 1, due_at = %(due_at)s
where id = (
    select id from question
    where (state = 'queued' or (state = 'running' and due_at < %(now)s))
          and not exists (select from question where state = 'running' and due_at >= %(now)s)
    order by id limit 1
)
returning id, kind, plan_id, asked, taken

-- name: end_question
update question set state = %(state)s, ended_at = %(at)s, mistakes = %(mistakes)s, asked = %(asked)s
where id = %(id)s and state = 'running' and taken = %(taken)s

-- name: insert_answer
insert into answer (question_id, step, page, body) values (%(id)s, %(step)s, %(page)s, %(body)s)

-- name: find_answer
select body, (select count(*)::int from answer as other
              where other.question_id = answer.question_id and other.step = answer.step) as pages
from answer where question_id = %(id)s and step = %(step)s and page = %(page)s
