-- Lock order: cart, then process. Nothing else is locked here.

-- name: insert_cart
insert into cart (id, version, state, market, locale, customer_id, channel, agent, lines, vouchers, quote,
                  quote_expires_at, created_at, updated_at)
values (%(id)s, 1, 'open', %(market)s, %(locale)s, %(customer_id)s, %(channel)s, %(agent)s, %(lines)s, '{}', %(quote)s,
        %(quote_expires_at)s, %(now)s, %(now)s)

-- name: get_cart
select id, version, state, market, locale, customer_id, channel, agent, lines, contact, delivery, vouchers, quote,
       quote_expires_at, checkout_id
from cart where id = %(id)s

-- name: lock_cart
select id, version, state, market, locale, customer_id, channel, agent, lines, contact, delivery, vouchers, quote,
       quote_expires_at, checkout_id
from cart where id = %(id)s for update

-- name: find_customer_cart
select id, version, state, market, locale, customer_id, channel, agent, lines, contact, delivery, vouchers, quote,
       quote_expires_at, checkout_id
from cart where customer_id = %(customer_id)s and market = %(market)s and state in ('open', 'completing')

-- name: change_cart
-- Guarded by version: a change that was priced for another state of the cart touches no row.
update cart set version = version + 1, lines = %(lines)s, contact = %(contact)s, delivery = %(delivery)s,
       vouchers = %(vouchers)s, quote = %(quote)s, quote_expires_at = %(quote_expires_at)s,
       customer_id = %(customer_id)s, updated_at = %(now)s
where id = %(id)s and version = %(version)s and state = 'open'

-- name: absorb_cart
-- Guarded: a guest's cart that changed or is being bought is not taken over. It has given its details, and keeps none.
update cart set state = 'merged', version = version + 1, contact = null, delivery = null, updated_at = %(now)s
where id = %(id)s and version = %(version)s and state = 'open'

-- name: set_cart_state
update cart set state = %(state)s, checkout_id = coalesce(%(checkout_id)s, checkout_id), version = version + 1,
       updated_at = %(now)s
where id = %(id)s

-- name: get_process
select * from process where checkout_id = %(checkout_id)s

-- name: lock_process
select * from process where checkout_id = %(checkout_id)s for update

-- name: insert_process
insert into process (checkout_id, cart_id, market, locale, customer_id, channel, agent, step, step_no, try_no, due_at,
                     method, return_url, awaits_buyer_s, total_minor, currency, quote, lines, contact, delivery,
                     attempt_id, principal, request_key, request_hash, created_at, updated_at)
values (%(checkout_id)s, %(cart_id)s, %(market)s, %(locale)s, %(customer_id)s, %(channel)s, %(agent)s, 'hold', 1, 1,
        %(due_at)s, %(method)s, %(return_url)s, %(awaits_buyer_s)s, %(total_minor)s, %(currency)s, %(quote)s, %(lines)s,
        %(contact)s, %(delivery)s, %(attempt_id)s, %(principal)s, %(request_key)s, %(request_hash)s, %(now)s, %(now)s)

-- name: restart_process
-- A new try after a failed one: same checkout (and so the same order id), another attempt.
update process set step = 'hold', step_no = step_no + 1, try_no = try_no + 1, due_at = %(due_at)s, deadline_at = null,
       locale = %(locale)s, customer_id = %(customer_id)s, method = %(method)s, return_url = %(return_url)s,
       awaits_buyer_s = %(awaits_buyer_s)s, total_minor = %(total_minor)s, currency = %(currency)s, quote = %(quote)s,
       lines = %(lines)s, contact = %(contact)s, delivery = %(delivery)s, attempt_id = %(attempt_id)s,
       authorised_minor = 0, captured_minor = 0, redirect_url = '', allocations = '[]', reason = '', message = '',
       principal = %(principal)s, request_key = %(request_key)s, request_hash = %(request_hash)s, updated_at = %(now)s
where checkout_id = %(checkout_id)s

-- name: insert_attempt
insert into process_attempt (attempt_id, checkout_id, try_no, at)
values (%(attempt_id)s, %(checkout_id)s, %(try_no)s, %(now)s)

-- name: get_attempt_try
select checkout_id, try_no, undone from process_attempt where attempt_id = %(attempt_id)s

-- name: mark_attempt_undone
update process_attempt set undone = true where attempt_id = %(attempt_id)s

-- name: move_process
-- Guarded by step_no: of two drivers one moves the process, the other finds it moved.
update process set step = %(step)s, step_no = step_no + 1, due_at = %(due_at)s, deadline_at = %(deadline_at)s,
       authorised_minor = %(authorised_minor)s, captured_minor = %(captured_minor)s, redirect_url = %(redirect_url)s,
       allocations = %(allocations)s, reason = %(reason)s, message = %(message)s, order_number = %(order_number)s,
       order_token = %(order_token)s, updated_at = %(now)s
where checkout_id = %(checkout_id)s and step_no = %(step_no)s
returning *

-- name: clear_due
update process set due_at = null, updated_at = %(now)s where checkout_id = %(checkout_id)s and step_no = %(step_no)s

-- name: postpone
update process set due_at = %(due_at)s where checkout_id = %(checkout_id)s and step_no = %(step_no)s

-- name: take_due
-- Recovery takes what nobody drives any more, and holds it for the length of a lease.
update process set due_at = %(lease_until)s
where checkout_id in (
    select checkout_id from process where due_at <= %(now)s order by due_at limit %(limit)s for update skip locked
)
returning checkout_id

-- name: list_processes
select checkout_id, cart_id, step, attempt_id, total_minor, currency, updated_at, reason
from process
where (%(after)s::uuid is null or checkout_id > %(after)s) and (not %(open_only)s or due_at is not null)
order by checkout_id limit %(limit)s

-- name: check_overdue
select checkout_id::text as subject, step || ' since ' || updated_at as detail
from process
where due_at < %(before)s
   or (step in ('hold', 'authorise', 'claim', 'place') and updated_at < %(before)s)

-- name: check_cart_against_process
select c.id::text as subject, 'cart is ' || c.state || ', process is ' || coalesce(p.step, 'missing') as detail
from cart c left join process p on p.cart_id = c.id
where (c.state = 'completed' and p.step is distinct from 'completed')
   or (c.state = 'completing' and (p.step is null or p.step in ('refused', 'declined', 'expired', 'undone', 'completed')))
   or (c.state = 'open' and p.step is not null and p.step not in ('refused', 'declined', 'expired', 'undone'))

-- name: check_completed_without_number
select checkout_id::text as subject, 'completed without an order number' as detail
from process where step = 'completed' and order_number = ''

-- name: forget_customer_carts
-- Erasure. A cart that is being bought is left to its process, and forgotten when that has ended.
update cart set contact = null, delivery = null where customer_id = %(customer_id)s and state <> 'completing'

-- name: forget_customer_processes
-- Erasure of processes that have ended and were tidied up; what is left still reads as a contact and a delivery.
update process set
    contact = '{"email": ""}',
    delivery = jsonb_build_object(
        'address', jsonb_build_object('name', '', 'line1', '', 'city', '', 'postcode', '',
                                      'country', delivery -> 'address' -> 'country'),
        'shipping_method', delivery -> 'shipping_method')
where customer_id = %(customer_id)s and due_at is null
  and step in ('completed', 'refused', 'declined', 'expired', 'undone')

-- name: forget_old_carts
-- Retention: a cart nobody touched for so long keeps no details. (Orders keep theirs by a rule of their own.)
update cart set contact = null, delivery = null
where id in (
    select id from cart
    where updated_at < %(before)s and state <> 'completing' and (contact is not null or delivery is not null)
    limit %(limit)s for update skip locked
)

-- name: forget_old_processes
update process set
    contact = '{"email": ""}',
    delivery = jsonb_build_object(
        'address', jsonb_build_object('name', '', 'line1', '', 'city', '', 'postcode', '',
                                      'country', delivery -> 'address' -> 'country'),
        'shipping_method', delivery -> 'shipping_method')
where checkout_id in (
    select checkout_id from process
    where updated_at < %(before)s and due_at is null and contact ->> 'email' <> ''
      and step in ('completed', 'refused', 'declined', 'expired', 'undone')
    limit %(limit)s for update skip locked
)

-- name: count_customer_processes_under_way
select count(*) from process
where customer_id = %(customer_id)s
  and (due_at is not null or step not in ('completed', 'refused', 'declined', 'expired', 'undone'))
