-- name: insert_attempts
-- Nothing is written for an id that is there already, or for a checkout that has another live attempt. In the order of
-- the checkouts, because two processes that insert for the same ones wait for each other.
with clock as (select clock_timestamp() + make_interval(secs => offset_s) as now from test_clock)
insert into attempt (id, checkout_id, market, method, gateway, state, amount_minor, currency, locale,
                     authorised_minor, captured_minor, provider_ref, decline_code, request, request_hash,
                     expires_at, due_at, started_at, updated_at)
select id, checkout_id, market, method, gateway, state, amount_minor, currency, locale,
       authorised_minor, captured_minor, provider_ref, decline_code, decode(request, 'base64'),
       decode(request_hash, 'base64'), now + make_interval(secs => expires_after_s),
       now + make_interval(secs => due_after_s), now, now
from clock, json_to_recordset(%(rows)s)
     as new(id uuid, checkout_id uuid, market text, method text, gateway text, state text, amount_minor bigint,
            currency text, locale text, authorised_minor bigint, captured_minor bigint, provider_ref text,
            decline_code text, request text, request_hash text, expires_after_s float8, due_after_s float8)
order by checkout_id, id
on conflict do nothing
returning id, started_at, expires_at

-- name: lock_attempts
-- The columns in the order of the row's class.
select id, checkout_id, market, method, gateway, state, amount_minor, currency, locale, authorised_minor,
       captured_minor, refunded_minor, released_minor, lowered_minor, version, provider_ref, redirect_url,
       decline_code, late, ending, undo_reason, request, request_hash, expires_at, due_at, tries, started_at, updated_at
from attempt where id = any(%(ids)s) order by id for update

-- name: parked_for_attempts
select gateway, event_id, merchant_reference, provider_refs, received_at, tries
from message where merchant_reference = any(%(merchant_references)s) and due_at is not null

-- name: save_attempts
update attempt
set gateway = new.gateway, state = new.state, authorised_minor = new.authorised_minor,
    captured_minor = new.captured_minor, refunded_minor = new.refunded_minor, released_minor = new.released_minor,
    lowered_minor = new.lowered_minor, version = new.version, provider_ref = new.provider_ref,
    redirect_url = new.redirect_url, decline_code = new.decline_code, late = new.late, ending = new.ending,
    undo_reason = new.undo_reason, due_at = new.due_at, tries = new.tries, updated_at = %(now)s
from json_to_recordset(%(rows)s)
     as new(id uuid, gateway text, state text, authorised_minor bigint, captured_minor bigint, refunded_minor bigint,
            released_minor bigint, lowered_minor bigint, version bigint, provider_ref text, redirect_url text,
            decline_code text, late boolean, ending text, undo_reason text, due_at timestamptz, tries int)
where attempt.id = new.id

-- name: append_ledger_rows
insert into ledger (id, at, attempt_id, checkout_id, gateway, kind, amount_minor, currency, provider_ref, cause)
select id, %(at)s, attempt_id, checkout_id, gateway, kind, amount_minor, currency, provider_ref, cause
from json_to_recordset(%(rows)s)
     as new(id uuid, attempt_id uuid, checkout_id uuid, gateway text, kind text, amount_minor bigint, currency text,
            provider_ref text, cause text)

-- name: find_attempt
select * from attempt where id = %(id)s

-- name: lock_attempt
select * from attempt where id = %(id)s for update

-- name: live_attempt
-- The one attempt of a checkout that may hold or bring money.
select * from attempt
where checkout_id = %(checkout_id)s and not late
  and state in ('starting', 'awaiting_buyer', 'unknown', 'authorised', 'captured')

-- name: lock_money_attempts
-- Attempts of a checkout with money in them: the live one first, then late ones.
select * from attempt
where checkout_id = %(checkout_id)s and state in ('authorised', 'captured')
order by late, id for update

-- name: attempts_of_checkout
select * from attempt where checkout_id = %(checkout_id)s order by id desc

-- name: find_attempt_by_refs
select id from attempt where gateway = %(gateway)s and provider_ref <> '' and provider_ref = any(%(provider_refs)s)

-- name: save_attempt
update attempt
set gateway = %(gateway)s, state = %(state)s, authorised_minor = %(authorised_minor)s,
    captured_minor = %(captured_minor)s, refunded_minor = %(refunded_minor)s, released_minor = %(released_minor)s,
    lowered_minor = %(lowered_minor)s, version = %(version)s, provider_ref = %(provider_ref)s,
    redirect_url = %(redirect_url)s, decline_code = %(decline_code)s, late = %(late)s, ending = %(ending)s,
    undo_reason = %(undo_reason)s, due_at = %(due_at)s, tries = %(tries)s, updated_at = %(now)s
where id = %(id)s

-- name: take_due_attempts
-- Leases attempts somebody has to look at: two processes never look at the same one at once.
update attempt set due_at = %(now)s + make_interval(secs => %(lease_s)s), tries = tries + 1
where id in (select id from attempt where due_at <= %(now)s order by due_at limit %(limit)s for update skip locked)
returning id

-- name: append_ledger
insert into ledger (id, at, attempt_id, checkout_id, gateway, kind, amount_minor, currency, provider_ref, cause)
values (%(id)s, %(at)s, %(attempt_id)s, %(checkout_id)s, %(gateway)s, %(kind)s, %(amount_minor)s, %(currency)s,
        %(provider_ref)s, %(cause)s)

-- name: ledger_of_checkout
select id, at, attempt_id, checkout_id, gateway, kind, amount_minor, currency, provider_ref, cause
from ledger where checkout_id = %(checkout_id)s order by id

-- name: insert_operation
insert into operation (id, attempt_id, checkout_id, kind, amount_minor, state, reason, cause, due_at, ordered_at,
                       settled_at)
values (%(id)s, %(attempt_id)s, %(checkout_id)s, %(kind)s, %(amount_minor)s, %(state)s, %(reason)s, %(cause)s,
        %(due_at)s, %(now)s, %(settled_at)s)

-- name: pending_operations
select * from operation where attempt_id = %(attempt_id)s and state = 'pending' order by id

-- name: operations_of_checkout
select * from operation where checkout_id = %(checkout_id)s order by id

-- name: take_operation
-- Leases one order, and only the oldest open one of its attempt: the gateway is asked in the order of the orders.
update operation set due_at = %(now)s + make_interval(secs => %(lease_s)s), tries = tries + 1
where id = (
    select o.id from operation o
    where o.attempt_id = %(attempt_id)s and o.state = 'pending'
    order by o.id limit 1 for update
) and due_at <= %(now)s
returning *

-- name: due_operation_attempts
-- Attempts whose oldest open order is due: the ones behind it wait for it.
select attempt_id from (
    select distinct on (attempt_id) attempt_id, due_at from operation
    where state = 'pending' order by attempt_id, id
) as oldest
where due_at <= %(now)s limit %(limit)s

-- name: postpone_operation
update operation set due_at = %(due_at)s, why = %(why)s where id = %(id)s and state = 'pending'

-- name: settle_operation
update operation set state = %(state)s, why = %(why)s, due_at = null, settled_at = %(now)s
where id = %(id)s and state = 'pending'

-- name: insert_messages
-- One that came before is known: its row is not returned.
with clock as (select clock_timestamp() + make_interval(secs => offset_s) as now from test_clock)
insert into message (gateway, event_id, kind, merchant_reference, provider_refs, received_at, due_at)
select gateway, event_id, kind, merchant_reference, array(select json_array_elements_text(provider_refs)), now,
       now + make_interval(secs => due_after_s)
from clock, json_to_recordset(%(rows)s)
     as new(gateway text, event_id text, kind text, merchant_reference text, provider_refs json, due_after_s float8)
order by gateway, event_id -- two processes that are sent the same wait for each other in one direction only
on conflict (gateway, event_id) do nothing
returning gateway, event_id, received_at

-- name: take_due_messages
update message set due_at = %(now)s + make_interval(secs => %(lease_s)s), tries = tries + 1
where (gateway, event_id) in (
    select gateway, event_id from message where due_at <= %(now)s order by due_at limit %(limit)s
    for update skip locked
)
returning gateway, event_id, merchant_reference, provider_refs, received_at, tries

-- name: settle_message
update message set due_at = null, attempt_id = %(attempt_id)s where gateway = %(gateway)s and event_id = %(event_id)s

-- name: settle_messages
update message set due_at = null, attempt_id = settled.attempt_id
from json_to_recordset(%(rows)s) as settled(gateway text, event_id text, attempt_id uuid)
where message.gateway = settled.gateway and message.event_id = settled.event_id

-- name: park_message
update message set due_at = %(due_at)s where gateway = %(gateway)s and event_id = %(event_id)s

-- name: money_of_checkouts
-- Sums by checkout over all attempts; open: something is still being settled.
with page as (
    select distinct checkout_id from attempt
    where %(after)s::uuid is null or checkout_id > %(after)s::uuid
    order by checkout_id limit %(limit)s
)
select page.checkout_id, min(attempt.currency) as currency,
       sum(authorised_minor)::bigint as authorised_minor, sum(captured_minor)::bigint as captured_minor,
       sum(refunded_minor)::bigint as refunded_minor, sum(released_minor)::bigint as voided_minor,
       bool_or(state in ('starting', 'awaiting_buyer', 'unknown')
               or exists (select 1 from operation where operation.attempt_id = attempt.id
                          and operation.state = 'pending')) as open
from page join attempt using (checkout_id)
group by page.checkout_id
order by page.checkout_id

-- name: check_gateway_sums
-- Our sums by attempt at one gateway, with what the ledger rows add up to; for comparison with the gateway's own books.
select attempt.id as attempt_id, attempt.provider_ref,
       attempt.authorised_minor, attempt.captured_minor, attempt.refunded_minor, attempt.released_minor,
       coalesce(sum(ledger.amount_minor) filter (where ledger.kind = 'authorised'), 0)::bigint as ledger_authorised_minor,
       coalesce(sum(ledger.amount_minor) filter (where ledger.kind = 'captured'), 0)::bigint as ledger_captured_minor,
       coalesce(sum(ledger.amount_minor) filter (where ledger.kind = 'refunded'), 0)::bigint as ledger_refunded_minor,
       coalesce(sum(ledger.amount_minor) filter (where ledger.kind = 'voided'), 0)::bigint as ledger_voided_minor,
       attempt.state in ('starting', 'awaiting_buyer', 'unknown')
           or exists (select 1 from operation where operation.attempt_id = attempt.id and operation.state = 'pending')
           as is_open
from attempt left join ledger on ledger.attempt_id = attempt.id
where attempt.gateway = %(gateway)s
group by attempt.id

-- name: check_orphan_ledger
select distinct ledger.attempt_id from ledger
where not exists (select 1 from attempt where attempt.id = ledger.attempt_id)

-- name: check_paid_twice
-- Two attempts of one checkout that both kept money.
select checkout_id, count(*) as attempts, sum(captured_minor - refunded_minor)::bigint as kept_minor
from attempt
where authorised_minor - released_minor - refunded_minor > 0
group by checkout_id having count(*) > 1

-- name: check_stuck_attempts
select id, state from attempt
where state in ('starting', 'unknown') and started_at < %(before)s
   or state = 'awaiting_buyer' and expires_at < %(before)s

-- name: check_stuck_operations
select id, attempt_id, kind, why from operation where state = 'pending' and ordered_at < %(before)s

-- name: check_not_undone
-- Money that was to go back, is still here, and nobody is asked for it.
select id, undo_reason from attempt
where undo_reason <> '' and authorised_minor - released_minor - refunded_minor > 0
  and not exists (select 1 from operation where operation.attempt_id = attempt.id and operation.state = 'pending')

-- name: check_parked_messages
select gateway, event_id, merchant_reference from message where due_at is not null and received_at < %(before)s

-- name: gateway_switches
-- Every switch that was ever moved, with where it stood before.
select gateway, state, reason, changed_by, changed_at,
       (select before from gateway_switch_history history where history.gateway = gateway_switch.gateway
        order by id desc limit 1) as before
from gateway_switch

-- name: lock_gateway_switch
-- The first move has no row to lock: it makes one, standing at "on".
insert into gateway_switch (gateway, state, reason, changed_by, changed_at)
values (%(gateway)s, 'on', '', '', %(now)s)
on conflict (gateway) do update set gateway = excluded.gateway
returning state

-- name: move_gateway_switch
update gateway_switch set state = %(state)s, reason = %(reason)s, changed_by = %(by)s, changed_at = %(now)s
where gateway = %(gateway)s

-- name: append_gateway_switch
insert into gateway_switch_history (id, gateway, before, state, reason, by, at)
values (%(id)s, %(gateway)s, %(before)s, %(state)s, %(reason)s, %(by)s, %(now)s)

-- name: gateway_switch_history
select gateway, before, state, reason, by as changed_by, at as changed_at
from gateway_switch_history where gateway = %(gateway)s order by id desc limit %(limit)s

-- name: add_gateway_entries
-- Each entry counts once; sums move with it, and are compared after the settling age.
with fresh as (
    insert into gateway_entry (gateway, entry_id, occurred_at_s)
    select %(gateway)s, entry_id, occurred_at_s
    from unnest(%(entry_ids)s::text[], %(times)s::float8[]) as entry(entry_id, occurred_at_s)
    on conflict (gateway, entry_id) do nothing
    returning entry_id
)
insert into gateway_sum as known (gateway, subject, authorised_minor, captured_minor, refunded_minor, voided_minor,
                                  read_at, compare_at)
select %(gateway)s, subject,
       coalesce(sum(amount_minor) filter (where kind = 'authorised'), 0),
       coalesce(sum(amount_minor) filter (where kind = 'captured'), 0),
       coalesce(sum(amount_minor) filter (where kind = 'refunded'), 0),
       coalesce(sum(amount_minor) filter (where kind = 'voided'), 0),
       %(now)s, %(compare_at)s
from unnest(%(entry_ids)s::text[], %(subjects)s::text[], %(kinds)s::text[], %(amounts)s::bigint[])
     as entry(entry_id, subject, kind, amount_minor)
join fresh using (entry_id)
group by subject
order by subject
on conflict (gateway, subject) do update
    set authorised_minor = known.authorised_minor + excluded.authorised_minor,
        captured_minor = known.captured_minor + excluded.captured_minor,
        refunded_minor = known.refunded_minor + excluded.refunded_minor,
        voided_minor = known.voided_minor + excluded.voided_minor,
        read_at = excluded.read_at, compare_at = excluded.compare_at

-- name: forget_gateway_entries
delete from gateway_entry where gateway = %(gateway)s and occurred_at_s < %(since_s)s

-- name: take_gateway_sums
-- What moved at the gateway and has settled; to be put back with `compare_gateway_sums_at` when it is under way here.
update gateway_sum set compare_at = null
where gateway = %(gateway)s and subject in (
    select subject from gateway_sum
    where gateway = %(gateway)s and compare_at <= %(now)s order by compare_at limit %(limit)s)
returning subject

-- name: compare_gateway_sums_at
update gateway_sum set compare_at = %(at)s where gateway = %(gateway)s and subject = any(%(subjects)s)

-- name: ledger_after
-- What moved here, in the order of the ledger.
select id, at, attempt_id, gateway from ledger where id > %(after)s order by id limit %(limit)s

-- name: attempts_after
select id, gateway from attempt where id > %(after)s order by id limit %(limit)s

-- name: books_of
-- Attempts of a gateway by our id or by the gateway's name: their sums, their ledger's, and the gateway's as we read it.
select attempt.id as attempt_id, attempt.provider_ref,
       attempt.authorised_minor, attempt.captured_minor, attempt.refunded_minor, attempt.released_minor,
       ours.authorised as ledger_authorised_minor, ours.captured as ledger_captured_minor,
       ours.refunded as ledger_refunded_minor, ours.voided as ledger_voided_minor,
       theirs.authorised as gateway_authorised_minor, theirs.captured as gateway_captured_minor,
       theirs.refunded as gateway_refunded_minor, theirs.voided as gateway_voided_minor,
       greatest(attempt.updated_at, ours.at) as moved_at, theirs.read_at,
       attempt.state in ('starting', 'awaiting_buyer', 'unknown')
           or exists (select 1 from operation where operation.attempt_id = attempt.id and operation.state = 'pending')
           as is_open
from attempt
cross join lateral (
    select coalesce(sum(amount_minor) filter (where kind = 'authorised'), 0)::bigint as authorised,
           coalesce(sum(amount_minor) filter (where kind = 'captured'), 0)::bigint as captured,
           coalesce(sum(amount_minor) filter (where kind = 'refunded'), 0)::bigint as refunded,
           coalesce(sum(amount_minor) filter (where kind = 'voided'), 0)::bigint as voided,
           max(at) as at
    from ledger where ledger.attempt_id = attempt.id
) ours
cross join lateral (
    select coalesce(sum(authorised_minor), 0)::bigint as authorised,
           coalesce(sum(captured_minor), 0)::bigint as captured,
           coalesce(sum(refunded_minor), 0)::bigint as refunded,
           coalesce(sum(voided_minor), 0)::bigint as voided,
           max(read_at) as read_at
    from gateway_sum
    where gateway_sum.gateway = attempt.gateway and subject in (attempt.id::text, nullif(attempt.provider_ref, ''))
) theirs
where attempt.gateway = %(gateway)s
  and (attempt.id = any(%(ids)s) or attempt.provider_ref <> '' and attempt.provider_ref = any(%(names)s))

-- name: gateway_sums_of
select subject, authorised_minor, captured_minor, refunded_minor, voided_minor, read_at from gateway_sum
where gateway = %(gateway)s and subject = any(%(subjects)s)

-- name: tell_sights
insert into gateway_sight (process, gateway, seen_at, breaker, diverted, in_flight, attempts, failures, slow, bins)
select %(process)s, gateway, %(now)s, breaker, diverted, in_flight, attempts, failures, slow, bins
from json_to_recordset(%(rows)s)
     as seen(gateway text, breaker text, diverted bigint, in_flight int, attempts int, failures int, slow int, bins jsonb)
on conflict (process, gateway) do update set
    seen_at = excluded.seen_at, breaker = excluded.breaker, diverted = excluded.diverted,
    in_flight = excluded.in_flight, attempts = excluded.attempts, failures = excluded.failures, slow = excluded.slow,
    bins = excluded.bins

-- name: forget_sights
delete from gateway_sight where (process, gateway) in (
    select process, gateway from gateway_sight where seen_at < %(before)s for update skip locked)

-- name: sights_of_others
select process, gateway, seen_at, breaker, diverted, in_flight, attempts, failures, slow, bins
from gateway_sight where process <> %(process)s and seen_at > %(since)s order by process

-- name: attempt_days
-- Ids begin with their time, so that a season is a range of the primary key.
with begun as materialized (
    select gateway, state, (started_at at time zone %(timezone)s)::date as day, date_trunc('second', started_at) as second
    from attempt
    where id >= %(from_id)s and id < %(until_id)s and started_at >= %(from_at)s and started_at < %(until_at)s
), seconds as (
    select day, max(attempts) as most from (select day, count(*) as attempts from begun group by day, second) as counted
    group by day
)
select begun.day, gateway, count(*)::bigint as attempts, count(*) filter (where state = 'declined')::bigint as declined,
       max(most)::bigint as busiest_second
from begun join seconds on seconds.day = begun.day group by begun.day, gateway order by 1, 2
