-- Lock order: carts, then processes, each in the order of their ids. Nothing else is locked here.

-- name: insert_carts
insert into cart (id, version, state, market, locale, customer_id, channel, agent, lines, contact, delivery, vouchers,
                  quote, quote_expires_at, created_at, updated_at)
select id, version, state, market, locale, customer_id, channel, agent, lines, contact, delivery,
       array(select jsonb_array_elements_text(vouchers)), quote, quote_expires_at, %(now)s, %(now)s
from json_to_recordset(%(rows)s)
     as made(id uuid, version bigint, state text, market text, locale text, customer_id uuid, channel text, agent text,
             lines jsonb, contact jsonb, delivery jsonb, vouchers jsonb, quote bytea, quote_expires_at timestamptz)

-- name: get_cart
select id, version, state, market, locale, customer_id, channel, agent, lines, contact, delivery, vouchers, quote,
       quote_expires_at, checkout_id
from cart where id = %(id)s

-- name: lock_carts
-- Without the cart's contents: who changes it has read them, and the version says whether they are still the same.
select id, version, state, checkout_id from cart where id = any(%(ids)s) order by id for update

-- name: find_customer_cart
select id, version, state, market, locale, customer_id, channel, agent, lines, contact, delivery, vouchers, quote,
       quote_expires_at, checkout_id
from cart where customer_id = %(customer_id)s and market = %(market)s and state in ('open', 'completing')

-- name: change_carts
update cart set version = changed.version, lines = changed.lines, contact = changed.contact,
       delivery = changed.delivery, vouchers = array(select jsonb_array_elements_text(changed.vouchers)),
       quote = changed.quote, quote_expires_at = changed.quote_expires_at, customer_id = changed.customer_id,
       updated_at = %(now)s
from json_to_recordset(%(rows)s)
     as changed(id uuid, version bigint, lines jsonb, contact jsonb, delivery jsonb, vouchers jsonb, quote bytea,
                quote_expires_at timestamptz, customer_id uuid)
where cart.id = changed.id

-- name: absorb_carts
-- A guest's cart that was taken over has given its details, and keeps none.
update cart set state = 'merged', version = version + 1, contact = null, delivery = null, updated_at = %(now)s
where id = any(%(ids)s)

-- name: set_cart_states
update cart set state = changed.state, version = changed.version, checkout_id = changed.checkout_id,
       updated_at = %(now)s
from json_to_recordset(%(rows)s) as changed(id uuid, version bigint, state text, checkout_id uuid)
where cart.id = changed.id

-- name: get_process
select * from process where checkout_id = %(checkout_id)s

-- name: lock_processes
select checkout_id, step, step_no, try_no, due_at from process
where checkout_id = any(%(ids)s) order by checkout_id for update

-- name: insert_processes
insert into process (checkout_id, cart_id, market, locale, customer_id, channel, agent, step, step_no, try_no, due_at,
                     method, return_url, awaits_buyer_s, total_minor, currency, quote, lines, contact, delivery,
                     attempt_id, principal, request_key, request_hash, created_at, updated_at)
select checkout_id, cart_id, market, locale, customer_id, channel, agent, step, step_no, try_no, due_at, method,
       return_url, awaits_buyer_s, total_minor, currency, quote, lines, contact, delivery, attempt_id, principal,
       request_key, request_hash, %(now)s, %(now)s
from json_to_recordset(%(rows)s)
     as begun(checkout_id uuid, cart_id uuid, market text, locale text, customer_id uuid, channel text, agent text,
              step text, step_no bigint, try_no int, due_at timestamptz, method text, return_url text,
              awaits_buyer_s int, total_minor bigint, currency text, quote bytea, lines jsonb, contact jsonb,
              delivery jsonb, attempt_id uuid, principal text, request_key text, request_hash bytea)

-- name: restart_processes
-- A new try after a failed one: same checkout (and so the same order id), another attempt.
update process set step = begun.step, step_no = begun.step_no, try_no = begun.try_no, due_at = begun.due_at,
       deadline_at = null, locale = begun.locale, customer_id = begun.customer_id, method = begun.method,
       return_url = begun.return_url, awaits_buyer_s = begun.awaits_buyer_s, total_minor = begun.total_minor,
       currency = begun.currency, quote = begun.quote, lines = begun.lines, contact = begun.contact,
       delivery = begun.delivery, attempt_id = begun.attempt_id, authorised_minor = 0, captured_minor = 0,
       redirect_url = '', allocations = '[]', reason = '', message = '', principal = begun.principal,
       request_key = begun.request_key, request_hash = begun.request_hash, updated_at = %(now)s
from json_to_recordset(%(rows)s)
     as begun(checkout_id uuid, locale text, customer_id uuid, step text, step_no bigint, try_no int,
              due_at timestamptz, method text, return_url text, awaits_buyer_s int, total_minor bigint, currency text,
              quote bytea, lines jsonb, contact jsonb, delivery jsonb, attempt_id uuid, principal text,
              request_key text, request_hash bytea)
where process.checkout_id = begun.checkout_id

-- name: insert_attempts
insert into process_attempt (attempt_id, checkout_id, try_no, at)
select attempt_id, checkout_id, try_no, %(now)s
from json_to_recordset(%(rows)s) as begun(attempt_id uuid, checkout_id uuid, try_no int)

-- name: move_processes
-- Guarded by the lock and the step number that was read under it: of two drivers one moves the process.
update process set step = moved.step, step_no = moved.step_no, due_at = moved.due_at, deadline_at = moved.deadline_at,
       authorised_minor = moved.authorised_minor, captured_minor = moved.captured_minor,
       redirect_url = moved.redirect_url, allocations = moved.allocations, reason = moved.reason,
       message = moved.message, order_number = moved.order_number, order_token = moved.order_token, updated_at = %(now)s
from json_to_recordset(%(rows)s)
     as moved(checkout_id uuid, step text, step_no bigint, due_at timestamptz, deadline_at timestamptz,
              authorised_minor bigint, captured_minor bigint, redirect_url text, allocations jsonb, reason text,
              message text, order_number text, order_token text)
where process.checkout_id = moved.checkout_id

-- name: get_attempt_try
select checkout_id, try_no, undone from process_attempt where attempt_id = %(attempt_id)s

-- name: attempts_that_may_move
-- Attempts whose news may matter: their process stands where it listens, or goes on with another attempt.
select tried.attempt_id
from process_attempt as tried join process using (checkout_id)
where tried.attempt_id = any(%(ids)s::uuid[])
  and (process.step = any(%(steps)s::text[]) or process.attempt_id <> tried.attempt_id)

-- name: mark_attempt_undone
update process_attempt set undone = true where attempt_id = %(attempt_id)s

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
update cart set contact = null, delivery = null, version = version + 1
where customer_id = %(customer_id)s and state <> 'completing'

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
update cart set contact = null, delivery = null, version = version + 1
where id in (
    select id from cart
    where updated_at < %(before)s and state <> 'completing' and (contact is not null or delivery is not null)
    limit %(limit)s for update skip locked
)

-- name: drop_orphan_carts
-- A cart that never became a completion and holds nobody's details any more is of no use to anybody.
delete from cart where id in (
    select id from cart
    where updated_at < %(before)s and state in ('open', 'merged') and contact is null and delivery is null
      and not exists (select from process where cart_id = cart.id)
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

-- name: cart_hours
-- A cart never changes before it is made, so the index on the last change finds the pages to read. Those of the health
-- check are nobody's.
select date_trunc('hour', created_at) as hour, market, count(*) as carts, count(checkout_id) as begun
from cart
where updated_at >= %(since)s and created_at >= %(since)s and state <> 'merged' and lines <> '[]' and channel <> 'health'
group by 1, 2 order by 1, 2
