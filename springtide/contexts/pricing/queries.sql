-- Statements of pricing. The lock order stands at the top of store.py.

-- name: bump_revision
-- Held until the commit: revisions become visible in order, so a book that has read up to N misses nothing below it.
update book_state set revision = revision + 1 returning revision

-- name: bump_front
update book_state set revision = revision + 1, front_version = front_version + 1 returning revision, front_version

-- name: read_revision
select b.revision, clock_timestamp() + make_interval(secs => c.offset_s) as now
from book_state b, test_clock c

-- name: read_sellers
select body from seller order by key

-- name: read_markets
select key, body from market order by key

-- name: lock_markets
select key, body, settled_until, version from market where key = any(%(keys)s) order by key for update

-- name: lock_all_markets
select key, body, settled_until, version from market order by key for update

-- name: read_seller
select body from seller where key = %(key)s

-- name: upsert_seller
insert into seller (key, body) values (%(key)s, %(body)s::jsonb)
on conflict (key) do update set body = excluded.body

-- name: upsert_market
insert into market (key, seller, body, settled_until) values (%(key)s, %(seller)s, %(body)s::jsonb, %(now)s)
on conflict (key) do update set seller = excluded.seller, body = excluded.body

-- name: set_market_progress
update market set settled_until = %(settled_until)s, version = %(version)s where key = %(key)s

-- name: ensure_base_list
insert into price_list (key, market, revision) values (%(key)s, %(market)s, %(revision)s)
on conflict (key) do nothing

-- name: read_lists
select key, market, priority, customer_group, starts_at, ends_at from price_list
where %(market)s::text is null or market = %(market)s
order by market, key

-- name: upsert_list
insert into price_list (key, market, priority, customer_group, starts_at, ends_at, revision)
values (%(key)s, %(market)s, %(priority)s, %(customer_group)s, %(starts_at)s, %(ends_at)s, %(revision)s)
on conflict (key) do update set
    priority = excluded.priority, customer_group = excluded.customer_group, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, revision = excluded.revision

-- name: read_entries
-- Entries of some SKUs of a market that can still matter at or after a moment.
select market, list_key, sku, amount_minor, valid_from, valid_to, is_reduction
from price_entry
where market = %(market)s and sku = any(%(skus)s) and (valid_to is null or valid_to > %(at)s)
order by market, sku, valid_from, id

-- name: read_changed_entries
-- All entries that still matter of every SKU that a later revision touched.
select e.market, e.list_key, e.sku, e.amount_minor, e.valid_from, e.valid_to, e.is_reduction
from price_entry e
where (e.market, e.sku) in (select market, sku from price_entry where revision > %(revision)s)
  and (e.valid_to is null or e.valid_to > %(at)s)
order by e.market, e.sku, e.valid_from, e.id

-- name: read_changed_skus
select distinct market, sku from price_entry where revision > %(revision)s

-- name: close_entries
-- A new open-ended price ends what began before it (or with it) in the same list: a regular one everything open-ended,
-- a reduction only open-ended reductions.
update price_entry e set valid_to = n.valid_from, revision = %(revision)s
from unnest(%(lists)s::text[], %(skus)s::text[], %(froms)s::timestamptz[], %(reductions)s::boolean[])
     as n(list_key, sku, valid_from, is_reduction)
where e.market = %(market)s and e.list_key = n.list_key and e.sku = n.sku
  and e.valid_to is null and e.valid_from <= n.valid_from and (e.is_reduction or not n.is_reduction)

-- name: copy_entries
copy price_entry (id, market, list_key, sku, amount_minor, valid_from, valid_to, is_reduction, revision) from stdin

-- name: read_prices_now
select market, sku, list_minor, effective_minor, gross_minor, was_minor, lowest_30d_minor, is_for_sale, listed_since,
       version
from price_now where market = %(market)s and sku = any(%(skus)s)

-- name: read_priced_skus
-- Also those whose first price is still to come.
select sku from price_now where market = %(market)s
union
select sku from price_entry where market = %(market)s
order by sku

-- name: read_changed_prices
select market, sku, listed_since, case when was_minor is not null then effective_minor end as announced_minor
from price_now where revision > %(revision)s

-- name: page_prices
select market, sku, list_minor, effective_minor, gross_minor, was_minor, lowest_30d_minor, is_for_sale, listed_since,
       version
from price_now
where is_for_sale and (market, sku) > (%(after_market)s, %(after_sku)s)
order by market, sku
limit %(limit)s

-- name: upsert_prices_now
insert into price_now (market, sku, list_minor, effective_minor, gross_minor, was_minor, lowest_30d_minor, is_for_sale,
                       listed_since, version, revision)
select %(market)s, sku, list_minor, effective_minor, gross_minor, was_minor, lowest_30d_minor, is_for_sale,
       listed_since, version, %(revision)s
from unnest(%(skus)s::text[], %(lists)s::bigint[], %(effectives)s::bigint[], %(grosses)s::bigint[], %(wases)s::bigint[],
            %(lowests)s::bigint[], %(for_sales)s::boolean[], %(sinces)s::timestamptz[], %(versions)s::bigint[])
     as n(sku, list_minor, effective_minor, gross_minor, was_minor, lowest_30d_minor, is_for_sale, listed_since, version)
on conflict (market, sku) do update set
    list_minor = excluded.list_minor, effective_minor = excluded.effective_minor, gross_minor = excluded.gross_minor,
    was_minor = excluded.was_minor, lowest_30d_minor = excluded.lowest_30d_minor, is_for_sale = excluded.is_for_sale,
    listed_since = excluded.listed_since, version = excluded.version, revision = excluded.revision

-- name: copy_history
copy price_history (id, market, sku, at, amount_minor, list_minor, cause) from stdin

-- name: read_history
-- Entries since a moment, and for every SKU the one that held when it began.
select h.sku, h.at, h.list_minor, h.amount_minor
from unnest(%(skus)s::text[]) as wanted(sku)
join price_history h on h.market = %(market)s and h.sku = wanted.sku
where h.at >= coalesce((select max(b.at) from price_history b
                        where b.market = %(market)s and b.sku = wanted.sku and b.at < %(since)s), '-infinity')
order by h.sku, h.at, h.id

-- name: page_history
select at, amount_minor, list_minor, cause from price_history
where market = %(market)s and sku = %(sku)s
order by at desc, id desc
limit %(limit)s

-- name: due_moments
-- Starts and ends of a market's prices, lists and promotions that have not written their history yet.
-- `is_wide`: not only the SKUs of entries that start or end just then may change.
select moment, bool_or(is_wide) as is_wide
from (
    select valid_from as moment, false as is_wide from price_entry
    where market = %(market)s and valid_from > %(after)s and valid_from <= %(until)s
    union all
    select valid_to, false from price_entry
    where market = %(market)s and valid_to > %(after)s and valid_to <= %(until)s
    union all
    select starts_at, true from price_list where market = %(market)s and starts_at > %(after)s and starts_at <= %(until)s
    union all
    select ends_at, true from price_list where market = %(market)s and ends_at > %(after)s and ends_at <= %(until)s
    union all
    select starts_at, true from promotion where starts_at > %(after)s and starts_at <= %(until)s
    union all
    select ends_at, true from promotion where ends_at > %(after)s and ends_at <= %(until)s
) due
group by moment
order by moment

-- name: markets_due
-- Markets with a start or an end since they were settled; asked twice a second. The shown prices of net markets also
-- hang on VAT, which changes at a midnight: they are looked at every hour.
select key from market m
where exists (select from price_entry e where e.market = m.key
              and (e.valid_from > m.settled_until and e.valid_from <= %(now)s
                   or e.valid_to > m.settled_until and e.valid_to <= %(now)s))
   or exists (select from price_list l where l.market = m.key
              and (l.starts_at > m.settled_until and l.starts_at <= %(now)s
                   or l.ends_at > m.settled_until and l.ends_at <= %(now)s))
   or exists (select from promotion p
              where p.starts_at > m.settled_until and p.starts_at <= %(now)s
                 or p.ends_at > m.settled_until and p.ends_at <= %(now)s)
   or (m.body->>'price_mode' = 'net' and m.settled_until < %(now)s - interval '1 hour')
order by key

-- name: skus_changing_at
select distinct sku from price_entry where market = %(market)s and (valid_from = %(at)s or valid_to = %(at)s) order by sku

-- name: read_items
select sku, tax_category, category, published from item where sku = any(%(skus)s)

-- name: read_changed_items
select sku, tax_category, category, published from item where revision > %(revision)s

-- name: upsert_items_from_prices
-- What the catalogue said about a SKU is never overwritten by a price.
insert into item (sku, tax_category, revision)
select sku, tax_category, %(revision)s from unnest(%(skus)s::text[], %(tax_categories)s::text[]) as n(sku, tax_category)
order by sku
on conflict (sku) do update set tax_category = excluded.tax_category, revision = excluded.revision
where not item.from_catalog and item.tax_category <> excluded.tax_category

-- name: upsert_items_from_catalog
insert into item (sku, tax_category, category, published, from_catalog, revision)
select sku, tax_category, category, published, true, %(revision)s
from unnest(%(skus)s::text[], %(tax_categories)s::text[], %(categories)s::text[], %(published)s::boolean[])
    as n(sku, tax_category, category, published)
order by sku
on conflict (sku) do update set
    tax_category = excluded.tax_category, category = excluded.category, published = excluded.published,
    from_catalog = true, revision = excluded.revision

-- name: read_categories
select key, parent from category

-- name: delete_categories
delete from category

-- name: insert_categories
insert into category (key, parent) select key, parent from unnest(%(keys)s::text[], %(parents)s::text[]) as n(key, parent)

-- name: read_promotions
select body from promotion order by priority desc, key

-- name: read_some_promotions
select body from promotion where key = any(%(keys)s)

-- name: upsert_promotion
insert into promotion (key, body, priority, starts_at, ends_at)
values (%(key)s, %(body)s::jsonb, %(priority)s, %(starts_at)s, %(ends_at)s)
on conflict (key) do update set
    body = excluded.body, priority = excluded.priority, starts_at = excluded.starts_at, ends_at = excluded.ends_at

-- name: read_changed_vouchers
select code, promotion, use_limit, used, starts_at, ends_at from voucher where revision > %(revision)s

-- name: page_vouchers
select v.code, v.promotion, v.use_limit, v.used, v.starts_at, v.ends_at,
       (select count(*) from voucher_hold h where h.code = v.code and h.state = 'held' and h.expires_at > %(now)s) as held
from voucher v
where v.code > %(after)s
order by v.code
limit %(limit)s

-- name: lock_vouchers
select code, promotion, use_limit, used, starts_at, ends_at from voucher
where code = any(%(codes)s) order by code for update

-- name: upsert_voucher
insert into voucher (code, promotion, use_limit, starts_at, ends_at, revision)
values (%(code)s, %(promotion)s, %(use_limit)s, %(starts_at)s, %(ends_at)s, %(revision)s)
on conflict (code) do update set
    promotion = excluded.promotion, use_limit = excluded.use_limit, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, revision = excluded.revision

-- name: add_voucher_uses
update voucher v set used = v.used + n.uses
from unnest(%(codes)s::text[], %(uses)s::bigint[]) as n(code, uses)
where v.code = n.code

-- name: touch_vouchers
-- Used up, or not any more: price books must hear of it.
update voucher set revision = %(revision)s where code = any(%(codes)s)

-- name: read_holds
select code, state, expires_at from voucher_hold where checkout_id = %(checkout_id)s order by code

-- name: count_live_holds
-- Promised to other checkouts and not run out.
select code, count(*) as live from voucher_hold
where code = any(%(codes)s) and state = 'held' and expires_at > %(now)s and checkout_id <> %(checkout_id)s
group by code

-- name: hold_vouchers
insert into voucher_hold (checkout_id, code, state, expires_at, changed_at)
select %(checkout_id)s, code, 'held', %(expires_at)s, %(now)s from unnest(%(codes)s::text[]) as n(code)
on conflict (checkout_id, code) do update set
    state = 'held', expires_at = excluded.expires_at, changed_at = excluded.changed_at

-- name: settle_holds
-- To a state without expiry: claimed or released.
update voucher_hold set state = %(state)s, expires_at = null, changed_at = %(now)s
where checkout_id = %(checkout_id)s and code = any(%(codes)s)

-- name: drop_old_holds
delete from voucher_hold
where (state = 'held' and expires_at < %(before)s) or (state = 'released' and changed_at < %(before)s)

-- name: check_voucher_uses
select v.code, v.used, v.use_limit,
       count(h.code) filter (where h.state = 'claimed') as claimed,
       count(h.code) filter (where h.state = 'held' and h.expires_at > %(now)s) as held
from voucher v left join voucher_hold h using (code)
group by v.code
having v.used <> count(h.code) filter (where h.state = 'claimed')
    or v.used + count(h.code) filter (where h.state = 'held' and h.expires_at > %(now)s) > v.use_limit
order by v.code

-- name: check_prices_now
select n.market, n.sku, n.effective_minor, n.list_minor, h.amount_minor, h.list_minor as history_list_minor
from price_now n
left join lateral (select amount_minor, list_minor from price_history
                   where market = n.market and sku = n.sku order by at desc, id desc limit 1) h on true
where n.is_for_sale
  and (h.amount_minor is distinct from n.effective_minor or h.list_minor is distinct from n.list_minor)
order by n.market, n.sku

-- name: check_unpriced_history
select distinct h.market, h.sku from price_history h
where not exists (select from price_now n where n.market = h.market and n.sku = h.sku)
order by 1, 2
