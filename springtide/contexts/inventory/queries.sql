-- Statements of inventory. The lock order stands in store/__init__.py.

-- name: take_turns
-- Also checkouts that have no row yet have a turn: their insert must not be what waits for another call of the same
-- checkout, because SKUs are locked by then.
select count(pg_advisory_xact_lock(hashtextextended(checkout_id::text, 0)))
from (select checkout_id from unnest(%(ids)s::uuid[]) as wanted(checkout_id) order by checkout_id) sorted

-- name: lock_promises
select checkout_id, market, state, lines::text as lines, expires_at, version
from promise where checkout_id = any(%(ids)s::uuid[])
order by checkout_id for update

-- name: lock_skus
-- SKUs asked for (`skus`) and those of the promises that the checkouts have (`ids`).
select sku from sku
where sku = any(array(
    select json_array_elements_text(%(skus)s)
    union all
    select line ->> 'sku' from promise, jsonb_array_elements(lines) as line where checkout_id = any(%(ids)s::uuid[])
))
order by sku for update

-- name: places_of
-- After `lock_skus`, with the same parameters: all places of the SKUs. Ranks decide who is asked first, never whether
-- units are there: locations are not locked. Nothing on its way is null: an empty array is dearer to read.
select sku, location, supply, on_hand, held, claimed, low_stock_at,
       nullif(inbound_days, '{}') as inbound_days, nullif(inbound_units, '{}') as inbound_units from stock
where sku = any(array(
    select json_array_elements_text(%(skus)s)
    union all
    select line ->> 'sku' from promise, jsonb_array_elements(lines) as line where checkout_id = any(%(ids)s::uuid[])
))

-- name: location_ranks
select key, ranks from location

-- name: move_counters
-- The SKUs of a place that move by the same: a batch has few different moves, and their rows are found together.
update stock set held = stock.held + move.held, claimed = stock.claimed + move.claimed
from json_to_recordset(%(rows)s) as move(location text, held int, claimed int, skus text[])
where stock.sku = any(move.skus) and stock.location = move.location

-- name: tell_skus
update sku set version = state.version, bands = state.bands
from json_to_recordset(%(rows)s) as state(sku text, version bigint, bands jsonb)
where sku.sku = state.sku

-- name: add_promises
-- Without "on conflict": whoever has the turns of the checkouts knows that they have no promise. Rows come as arrays
-- in the order of `Promise`, and as JSONB: lines inside of records would be taken apart twice.
insert into promise (checkout_id, market, state, lines, expires_at, version)
select (added ->> 0)::uuid, added ->> 1, added ->> 2, added -> 3, (added ->> 4)::timestamptz, (added ->> 5)::bigint
from jsonb_array_elements(%(rows)s) as added

-- name: change_promises
update promise set market = changed.market, state = changed.state, lines = changed.lines,
                   expires_at = changed.expires_at, version = changed.version
from json_to_recordset(%(rows)s)
     as changed(checkout_id uuid, market text, state text, lines jsonb, expires_at timestamptz, version bigint)
where promise.checkout_id = changed.checkout_id

-- name: drop_promises
delete from promise where checkout_id = any(%(ids)s::uuid[])

-- name: lock_expired_promises
-- Skip what somebody is working on: it is being claimed, extended or released right now.
select checkout_id, market, state, lines::text as lines, expires_at, version
from promise where state = 'held' and expires_at <= %(now)s
order by expires_at limit %(limit)s for update skip locked

-- name: forget_lapsed_promises
delete from promise where checkout_id in (
    select checkout_id from promise where state = 'lapsed' and expires_at <= %(before)s
    order by expires_at limit %(limit)s for update skip locked)

-- name: lock_shelf
-- All places of the SKUs, in lock order. The location's row is not locked: ranks decide who is asked first, never
-- whether units are there.
select s.sku, k.version, k.bands, s.location, s.supply, s.on_hand, s.held, s.claimed, s.low_stock_at,
       s.inbound_days, s.inbound_units, coalesce(l.ranks, '{}'::jsonb) as ranks
from sku k join stock s using (sku) left join location l on l.key = s.location
where s.sku = any(%(skus)s)
order by s.sku, s.location
for update of k, s

-- name: lapsed_units
-- Units of others' holds that ran out and were not swept. Asked after the rows are locked, by the clock of this moment:
-- on one place such judgements follow each other in time, so no two of them can give the same units away.
select line.sku, line.location, sum(line.quantity)::int as units
from promise, jsonb_to_recordset(promise.lines) as line(sku text, location text, quantity int)
where promise.state = 'held' and promise.checkout_id <> all(%(own)s::uuid[]) and line.sku = any(%(skus)s)
  and promise.expires_at <= (select clock_timestamp() + make_interval(secs => offset_s) from test_clock)
group by line.sku, line.location

-- name: book
-- Everything one decision changes, in one statement. A promise is put under the version it was locked with.
with moved as (
    update stock set on_hand = stock.on_hand + move.on_hand, held = stock.held + move.held,
                     claimed = stock.claimed + move.claimed
    from unnest(%(move_skus)s::text[], %(move_locations)s::text[], %(move_on_hand)s::int[], %(move_held)s::int[],
                %(move_claimed)s::int[]) as move(sku, location, on_hand, held, claimed)
    where stock.sku = move.sku and stock.location = move.location
    returning 1
), told as (
    update sku set version = state.version, bands = state.bands
    from unnest(%(state_skus)s::text[], %(state_versions)s::bigint[], %(state_bands)s::jsonb[])
         as state(sku, version, bands)
    where sku.sku = state.sku
), entered as (
    insert into ledger (id, at, sku, location, kind, quantity, reason, reference, actor)
    select id, at, sku, location, kind, quantity, reason, reference, %(actor)s
    from unnest(%(entry_ids)s::uuid[], %(entry_times)s::timestamptz[], %(entry_skus)s::text[], %(entry_locations)s::text[], %(entry_kinds)s::text[],
                %(entry_quantities)s::int[], %(entry_reasons)s::text[], %(entry_references)s::text[])
         as entry(id, at, sku, location, kind, quantity, reason, reference)
), put as (
    insert into promise (checkout_id, market, state, lines, expires_at, version)
    select checkout_id, market, state, lines, expires_at, version
    from unnest(%(put_ids)s::uuid[], %(put_markets)s::text[], %(put_states)s::text[], %(put_lines)s::jsonb[],
                %(put_expiries)s::timestamptz[], %(put_versions)s::bigint[])
         as put(checkout_id, market, state, lines, expires_at, version)
    on conflict (checkout_id) do update
        set market = excluded.market, state = excluded.state, lines = excluded.lines,
            expires_at = excluded.expires_at, version = excluded.version
        where promise.version = excluded.version - 1
    returning 1
), dropped as (
    delete from promise where checkout_id = any(%(drops)s::uuid[])
)
select (select count(*) from moved)::int as moves, (select count(*) from put)::int as puts

-- name: ensure_skus
insert into sku (sku) select distinct sku from unnest(%(skus)s::text[]) as wanted(sku) order by sku
on conflict (sku) do nothing

-- name: ensure_places
insert into stock (sku, location)
select distinct sku, location from unnest(%(skus)s::text[], %(locations)s::text[]) as wanted(sku, location)
order by sku, location
on conflict (sku, location) do nothing

-- name: set_policies
update stock set supply = policy.supply, low_stock_at = policy.low_stock_at
from unnest(%(skus)s::text[], %(locations)s::text[], %(supplies)s::text[], %(levels)s::int[])
     as policy(sku, location, supply, low_stock_at)
where stock.sku = policy.sku and stock.location = policy.location

-- name: places_with_ledger
select distinct sku, location from ledger where sku = any(%(skus)s)

-- name: availability
select sku, version, bands from sku where sku = any(%(skus)s)

-- name: snapshot_page
select sku, version, bands from sku where sku > %(after)s order by sku limit %(limit)s

-- name: list_stock
-- Holds that ran out do not count, swept or not.
select s.sku, s.location, s.supply, s.on_hand, s.held - s.lapsed as held, s.claimed, s.inbound,
       greatest(0, s.sellable - s.held - s.claimed + s.lapsed) as available, s.low_stock_at
from (
    select stock.*, units.inbound, coalesce(lapsed.units, 0) as lapsed,
           on_hand + case when supply = 'stock' then 0 else units.inbound end as sellable
    from stock
    cross join lateral (select coalesce(sum(u), 0)::int as inbound from unnest(stock.inbound_units) u) units
    left join (
        select line.sku, line.location, sum(line.quantity)::int as units
        from promise, jsonb_to_recordset(promise.lines) as line(sku text, location text, quantity int)
        where promise.state = 'held'
          and promise.expires_at <= (select clock_timestamp() + make_interval(secs => offset_s) from test_clock)
        group by line.sku, line.location
    ) lapsed on lapsed.sku = stock.sku and lapsed.location = stock.location
    where (cardinality(%(skus)s::text[]) = 0 or stock.sku = any(%(skus)s))
      and (%(location)s = '' or stock.location = %(location)s)
      and (stock.sku, stock.location) > (%(after_sku)s, %(after_location)s)
) s
where not %(low_only)s or (s.low_stock_at > 0 and s.sellable - s.held - s.claimed + s.lapsed <= s.low_stock_at)
order by s.sku, s.location
limit %(limit)s

-- name: list_ledger
select id, at, sku, location, kind, quantity, reason, reference, actor from ledger
where sku = %(sku)s and (%(before)s::uuid is null or id < %(before)s)
order by id desc limit %(limit)s

-- name: list_claims
select checkout_id, market, state, lines::text as lines, expires_at, version from promise
where state = 'claimed' and (%(after)s::uuid is null or checkout_id > %(after)s)
order by checkout_id limit %(limit)s

-- name: known_locations
select key from location where key = any(%(keys)s)

-- name: list_locations
select key, name, external, ranks from location order by key

-- name: lock_location
select key, name, external, ranks from location where key = %(key)s for update

-- name: put_location
insert into location (key, name, external, ranks) values (%(key)s, %(name)s, %(external)s, %(ranks)s::jsonb)
on conflict (key) do update set name = excluded.name, external = excluded.external, ranks = excluded.ranks

-- name: order_band_review
insert into band_review (id, after_sku) values (%(id)s, '')

-- name: lock_band_review
select id, after_sku from band_review order by id limit 1 for update skip locked

-- name: skus_after
select sku from sku where sku > %(after)s order by sku limit %(limit)s

-- name: move_band_review
update band_review set after_sku = %(after)s where id = %(id)s

-- name: end_band_review
delete from band_review where id = %(id)s

-- name: put_supplier
insert into supplier (key, name, country, lead_time_days, min_order_units)
values (%(key)s, %(name)s, %(country)s, %(lead_time_days)s, %(min_order_units)s)
on conflict (key) do update set name = excluded.name, country = excluded.country,
    lead_time_days = excluded.lead_time_days, min_order_units = excluded.min_order_units

-- name: list_suppliers
select key, name, country, lead_time_days, min_order_units from supplier order by key

-- name: is_supplier
select 1 from supplier where key = %(key)s

-- name: find_inbound
-- Inbound rows change only under the lock of their stock row, so reading one needs no lock of its own.
select id, supplier, sku, location, quantity, received, expected_on, confirmed from inbound where id = %(id)s

-- name: put_inbound
insert into inbound (id, supplier, sku, location, quantity, received, expected_on, confirmed)
values (%(id)s, %(supplier)s, %(sku)s, %(location)s, %(quantity)s, %(received)s, %(expected_on)s, %(confirmed)s)
on conflict (id) do update set supplier = excluded.supplier, quantity = excluded.quantity,
    received = excluded.received, expected_on = excluded.expected_on, confirmed = excluded.confirmed
    where inbound.sku = excluded.sku and inbound.location = excluded.location

-- name: mirror_inbound
update stock set inbound_days = days, inbound_units = units
from (
    select coalesce(array_agg(expected_on order by expected_on), '{}') as days,
           coalesce(array_agg(open order by expected_on), '{}') as units
    from (
        select expected_on, sum(quantity - received)::int as open from inbound
        where sku = %(sku)s and location = %(location)s and confirmed and received < quantity
        group by expected_on
    ) per_day
) summed
where stock.sku = %(sku)s and stock.location = %(location)s
returning stock.inbound_days as days, stock.inbound_units as units

-- name: list_inbound
select id, supplier, sku, location, quantity, received, expected_on, confirmed from inbound
where (%(sku)s = '' or sku = %(sku)s) and (not %(open_only)s or received < quantity)
order by expected_on, id limit 500

-- name: check_ledger
select 'on_hand_is_ledger_sum' as rule, coalesce(s.sku, l.sku) || ' @ ' || coalesce(s.location, l.location) as subject,
       'on hand ' || coalesce(s.on_hand, 0) || ', ledger ' || coalesce(l.units, 0) as detail
from stock s
full join (select sku, location, sum(quantity) as units from ledger group by sku, location) l
     on l.sku = s.sku and l.location = s.location
where coalesce(s.on_hand, 0) <> coalesce(l.units, 0)
order by 2

-- name: check_promises
select rule, coalesce(s.sku, p.sku) || ' @ ' || coalesce(s.location, p.location) as subject,
       'counter ' || counter || ', promises ' || promised as detail
from stock s
full join (
    select line.sku, line.location,
           coalesce(sum(line.quantity) filter (where state = 'held'), 0) as held,
           coalesce(sum(line.quantity) filter (where state = 'claimed'), 0) as claimed
    from promise, jsonb_to_recordset(promise.lines) as line(sku text, location text, quantity int)
    where state in ('held', 'claimed')
    group by line.sku, line.location
) p on p.sku = s.sku and p.location = s.location
cross join lateral (values
    ('held_is_sum_of_holds', coalesce(s.held, 0), coalesce(p.held, 0)),
    ('claimed_is_sum_of_claims', coalesce(s.claimed, 0), coalesce(p.claimed, 0))
) as compared(rule, counter, promised)
where counter <> promised
order by 1, 2

-- name: check_inbound
select 'inbound_is_mirrored' as rule, s.sku || ' @ ' || s.location as subject,
       'stock ' || (select coalesce(sum(u), 0) from unnest(s.inbound_units) u) || ', inbound ' || coalesce(i.units, 0)
           as detail
from stock s
left join (
    select sku, location, sum(quantity - received) as units from inbound
    where confirmed and received < quantity group by sku, location
) i using (sku, location)
where (select coalesce(sum(u), 0) from unnest(s.inbound_units) u) <> coalesce(i.units, 0)
order by 2

-- name: check_oversold
select 'promised_within_owned' as rule, s.sku || ' @ ' || s.location as subject,
       'promised ' || promised || ', sellable ' || sellable as detail
from (
    select stock.sku, stock.location, stock.held + stock.claimed - coalesce(lapsed.units, 0) as promised,
           stock.on_hand + case when stock.supply = 'stock' then 0
               else (select coalesce(sum(u), 0) from unnest(stock.inbound_units) u) end as sellable
    from stock
    left join (
        select line.sku, line.location, sum(line.quantity)::int as units
        from promise, jsonb_to_recordset(promise.lines) as line(sku text, location text, quantity int)
        where promise.state = 'held'
          and promise.expires_at <= (select clock_timestamp() + make_interval(secs => offset_s) from test_clock)
        group by line.sku, line.location
    ) lapsed on lapsed.sku = stock.sku and lapsed.location = stock.location
) s
where promised > sellable
order by 2

-- name: check_negative
select 'nothing_is_negative' as rule, sku || ' @ ' || location as subject,
       'on hand ' || on_hand || ', held ' || held || ', claimed ' || claimed as detail
from stock where on_hand < 0 or held < 0 or claimed < 0
order by 2

-- name: ledger_sums
-- On hand beside the sum of the ledger, of every place of these SKUs.
select coalesce(s.sku, l.sku) as sku, coalesce(s.location, l.location) as location,
       coalesce(s.on_hand, 0)::bigint as on_hand, coalesce(l.units, 0)::bigint as units
from (select sku, location, on_hand from stock where sku = any(%(skus)s)) s
full join (
    select sku, location, sum(quantity) as units from ledger where sku = any(%(skus)s) group by sku, location
) l on l.sku = s.sku and l.location = s.location
order by 1, 2

-- name: stock_outs
select told.market, count(*) as skus, count(*) filter (where told.band = 'sold_out') as sold_out
from sku cross join lateral jsonb_to_recordset(bands) as told(market text, band text)
group by told.market order by told.market
