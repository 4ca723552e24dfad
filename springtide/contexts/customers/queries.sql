-- Statements of customers. The lock order stands at the top of store.py.

-- name: insert_customer
insert into customers (id, email, email_key, name, locale, password_hash, created_at, channel, agent)
values (%(id)s, %(email)s, %(email_key)s, %(name)s, %(locale)s, %(password_hash)s, %(created_at)s, %(channel)s, %(agent)s)

-- name: find_customer
select id, email, name, locale, version, created_at, customer_group from customers where id = %(id)s and erased_at is null

-- name: lock_customer
select id, email, name, locale, version, created_at, customer_group from customers
where id = %(id)s and erased_at is null for update

-- name: find_addresses
select id, address, is_default from addresses where customer_id = %(id)s order by id

-- name: find_consents
select purpose, given, at, text_version from consents where customer_id = %(id)s order by id

-- name: is_email_taken
select exists (select from customers where email_key = %(email_key)s)

-- name: change_customer
update customers set name = %(name)s, locale = %(locale)s, version = version + 1 where id = %(id)s

-- name: raise_customer_version
update customers set version = version + 1 where id = %(id)s

-- name: clear_default_address
update addresses set is_default = false where customer_id = %(customer_id)s and is_default and id <> %(id)s

-- name: insert_address
insert into addresses (id, customer_id, address, is_default)
values (%(id)s, %(customer_id)s, %(address)s, %(is_default)s)

-- name: change_address
update addresses set address = %(address)s, is_default = %(is_default)s where id = %(id)s and customer_id = %(customer_id)s

-- name: delete_address
delete from addresses where id = %(id)s and customer_id = %(customer_id)s

-- name: insert_consent
insert into consents (id, customer_id, purpose, given, at, text_version)
values (%(id)s, %(customer_id)s, %(purpose)s, %(given)s, %(at)s, %(text_version)s)

-- name: erase_customer
update customers set email = '', email_key = 'erased:' || id, name = '', password_hash = '', external_id = '',
       erased_at = %(at)s, version = version + 1
where id = %(id)s and erased_at is null
returning version

-- name: is_customer_known
select exists (select from customers where id = %(id)s)

-- name: delete_addresses
delete from addresses where customer_id = %(id)s

-- name: delete_sessions
delete from sessions where account_id = %(id)s

-- name: delete_resets
delete from resets where account_id = %(id)s

-- name: delete_kept_replies
-- Replies kept for repeats hold the customer's data too.
delete from idempotency where principal = 'customer:' || %(id)s

-- name: list_customers
select id, email, name, created_at from customers
where erased_at is null and (%(before)s::uuid is null or id < %(before)s)
order by id desc limit %(limit)s

-- name: list_customers_by_text
select id, email, name, created_at from customers
where erased_at is null and (%(before)s::uuid is null or id < %(before)s) and search @@ %(words)s::tsquery
order by id desc limit %(limit)s

-- name: take_notice
-- At most one unasked mail an hour to the owner of an address that somebody else typed in.
update customers set notified_at = %(now)s
where email_key = %(email_key)s and notified_at < %(now)s::timestamptz - interval '1 hour'
returning id

-- name: find_customer_account
select id, name, password_hash from customers where email_key = %(email_key)s and erased_at is null

-- name: find_staff_account
select id, name, password_hash from staff where email_key = %(email_key)s and active

-- name: lock_throttles
select key, tries, last_at, blocked_until from throttles where key = any(%(keys)s) order by key for update

-- name: keep_throttle
insert into throttles (key, tries, last_at, blocked_until) values (%(key)s, %(tries)s, %(last_at)s, %(blocked_until)s)
on conflict (key) do update set tries = excluded.tries, last_at = excluded.last_at, blocked_until = excluded.blocked_until

-- name: make_throttles
-- Rows must be there to be locked: two first tries at once count as two.
insert into throttles (key, tries, last_at, blocked_until)
select key, 0, %(now)s, %(now)s from unnest(%(keys)s::bytea[]) as key order by key
on conflict (key) do nothing

-- name: forgive_account
delete from throttles where key = %(key)s

-- name: forgive_source
-- Only the try itself: an attacker with an account of their own must not wash all others away.
update throttles set tries = greatest(tries - 1, 0), blocked_until = last_at where key = %(key)s

-- name: insert_session
insert into sessions (token_hash, kind, account_id, created_at, expires_at)
values (%(token_hash)s, %(kind)s, %(account_id)s, %(created_at)s, %(expires_at)s)

-- name: find_session
-- Judged by the owning database's time, in one statement: this is on the way of every page of a signed-in person.
select sessions.kind, account_id, expires_at, clock.now as now, coalesce(customers.name, staff.name) as name,
       coalesce(staff.roles, '{}') as roles
from (select clock_timestamp() + make_interval(secs => offset_s) as now from test_clock) as clock,
     sessions
     left join customers on sessions.kind = 'customer' and customers.id = account_id and customers.erased_at is null
     left join staff on sessions.kind = 'staff' and staff.id = account_id and staff.active
where token_hash = %(token_hash)s and expires_at > clock.now and (customers.id is not null or staff.id is not null)

-- name: extend_session
update sessions set expires_at = %(expires_at)s where token_hash = %(token_hash)s

-- name: end_session
delete from sessions where token_hash = %(token_hash)s returning kind, account_id

-- name: drop_expired
-- Sessions, resets and throttles that nobody needs any more.
with gone as (delete from sessions where expires_at < %(now)s),
     old as (delete from resets where requested_at < %(now)s::timestamptz - interval '2 days')
delete from throttles where last_at < %(now)s::timestamptz - interval '2 days'

-- name: set_customer_password
update customers set password_hash = %(password_hash)s where id = %(id)s and erased_at is null returning email_key

-- name: set_staff_password
update staff set password_hash = %(password_hash)s where id = %(id)s and active returning email_key

-- name: insert_reset
insert into resets (id, kind, account_id, requested_at) values (%(id)s, %(kind)s, %(account_id)s, %(at)s)

-- name: arm_reset
update resets set token_hash = %(token_hash)s, expires_at = %(expires_at)s
where id = %(id)s and account_id is not null and used_at is null
returning kind, account_id

-- name: lock_reset
select id, kind, account_id from resets
where token_hash = %(token_hash)s and used_at is null and expires_at > %(now)s for update

-- name: find_reset
select kind, account_id from resets where token_hash = %(token_hash)s and used_at is null and expires_at > %(now)s

-- name: use_resets
-- One link used makes all links of the account useless.
update resets set used_at = %(now)s where account_id = %(account_id)s and used_at is null

-- name: find_recipient
select email, name, locale from customers where id = %(id)s and erased_at is null and %(kind)s = 'customer'
union all
select email, name, 'en' from staff where id = %(id)s and active and %(kind)s = 'staff'

-- name: insert_staff
insert into staff (id, email, email_key, name, roles, active, password_hash, created_at)
values (%(id)s, %(email)s, %(email_key)s, %(name)s, %(roles)s, true, %(password_hash)s, %(created_at)s)

-- name: is_staff_email_taken
select exists (select from staff where email_key = %(email_key)s)

-- name: lock_all_staff
-- All of them, in one order: that an owner stays is a fact about the whole table.
select id, email, name, roles, active from staff order by id for update

-- name: change_staff
update staff set name = %(name)s, roles = %(roles)s, active = %(active)s, version = version + 1 where id = %(id)s

-- name: list_staff
select id, email, name, roles, active from staff order by name, id
