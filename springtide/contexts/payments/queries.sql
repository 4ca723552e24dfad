-- name: insert_attempt
-- Nothing is written when the id is there already, or when the checkout has another live attempt.
insert into attempt (id, checkout_id, market, method, gateway, state, amount_minor, currency, locale, request,
                     request_hash, expires_at, due_at, started_at, updated_at)
values (%(id)s, %(checkout_id)s, %(market)s, %(method)s, %(gateway)s, 'starting', %(amount_minor)s, %(currency)s,
        %(locale)s, %(request)s, %(request_hash)s, %(expires_at)s, %(due_at)s, %(now)s, %(now)s)
on conflict do nothing

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

-- name: insert_message
insert into message (gateway, event_id, kind, merchant_reference, provider_refs, received_at, due_at)
values (%(gateway)s, %(event_id)s, %(kind)s, %(merchant_reference)s, %(provider_refs)s, %(now)s, %(due_at)s)
on conflict (gateway, event_id) do nothing

-- name: take_due_messages
update message set due_at = %(now)s + make_interval(secs => %(lease_s)s), tries = tries + 1
where (gateway, event_id) in (
    select gateway, event_id from message where due_at <= %(now)s order by due_at limit %(limit)s
    for update skip locked
)
returning gateway, event_id, merchant_reference, provider_refs, received_at, tries

-- name: parked_for_attempt
select gateway, event_id, merchant_reference, provider_refs, received_at, tries
from message where merchant_reference = %(merchant_reference)s and due_at is not null

-- name: settle_message
update message set due_at = null, attempt_id = %(attempt_id)s where gateway = %(gateway)s and event_id = %(event_id)s

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
