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
from input where name = %(name)s and (%(version)s::int is null or version = %(version)s) order by version desc limit 1

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
select id, author, item, passed, source, owner, filed_on, document, expires_on, note
from evidence where %(item)s = '' or item = %(item)s order by id desc limit %(limit)s

-- name: newest_evidence
select distinct on (item) id, author, item, passed, source, owner, filed_on, document, expires_on, note
from evidence order by item, id desc

-- name: insert_evidence
insert into evidence (id, item, passed, source, owner, document, expires_on, note, author, filed_on)
values (%(id)s, %(item)s, %(passed)s, %(source)s, %(owner)s, %(document)s, %(expires_on)s, %(note)s, %(author)s, %(filed_on)s)

-- name: insert_plan
insert into plan (id, number, title, state, author, ordered_at, settings, inputs, inputs_sha256, overrides, evidence)
values (%(id)s, %(number)s, %(title)s, 'queued', %(author)s, %(at)s, %(settings)s, %(inputs)s, %(inputs_sha256)s,
        %(overrides)s, %(evidence)s)

-- name: list_plans
select id, number, title, state, stage, share, author, ordered_at, ended_at
from plan where %(before)s::bigint is null or number < %(before)s order by number desc limit %(limit)s

-- name: find_plan
select id, number, title, state, stage, share, author, ordered_at, ended_at, started_at, settings, inputs, inputs_sha256,
       overrides, evidence, stages, figures, mistakes, snapshot_sha256
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
