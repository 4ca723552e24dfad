-- Statements of insight. Upserts go in sorted order, so that two batches never wait for each other in a circle.

-- name: add_steps
insert into step_hour (hour, market, device, step, counted)
select %(hour)s, market, device, step, counted
from unnest(%(markets)s::text[], %(devices)s::text[], %(steps)s::text[], %(counts)s::bigint[])
     as new (market, device, step, counted)
order by market, device, step
on conflict (hour, market, device, step) do update set counted = step_hour.counted + excluded.counted

-- name: add_visits
insert into visit (id, began_at, market, device, steps)
select id, %(now)s, market, device, steps
from unnest(%(ids)s::text[], %(markets)s::text[], %(devices)s::text[], %(steps)s::int[]) as new (id, market, device, steps)
order by id
on conflict (id) do update set steps = visit.steps | excluded.steps

-- name: add_pages
insert into page_day (day, market, page, views)
select %(day)s, market, page, views
from unnest(%(markets)s::text[], %(pages)s::text[], %(views)s::bigint[]) as new (market, page, views)
order by market, page
on conflict (day, market, page) do update set views = page_day.views + excluded.views

-- name: add_searches
-- Words beyond the limit of a day are one row: made-up searches fill no disk.
insert into search_day (day, market, words, searches, without_results)
select %(day)s, market, words, sum(searches), sum(without_results)
from (
    select new.market,
           case when known.words is not null or (select count(*) from search_day where day = %(day)s) < %(most)s
                then new.words else '' end as words,
           new.searches, new.without_results
    from unnest(%(markets)s::text[], %(words)s::text[], %(searches)s::bigint[], %(without)s::bigint[])
         as new (market, words, searches, without_results)
         left join search_day as known
             on known.day = %(day)s and known.market = new.market and known.words = new.words
) as bounded
group by market, words
order by market, words
on conflict (day, market, words) do update
    set searches = search_day.searches + excluded.searches,
        without_results = search_day.without_results + excluded.without_results

-- name: add_minutes
insert into answer_minute (at, good, bad)
select at, good, bad from unnest(%(at)s::timestamptz[], %(good)s::bigint[], %(bad)s::bigint[]) as new (at, good, bad)
order by at
on conflict (at) do update set good = answer_minute.good + excluded.good, bad = answer_minute.bad + excluded.bad

-- name: add_orders
insert into order_minute (at, market, currency, orders, gross_minor, rehearsed)
select at, market, currency, orders, gross, rehearsed
from unnest(%(at)s::timestamptz[], %(markets)s::text[], %(currencies)s::text[], %(orders)s::int[], %(gross)s::bigint[],
            %(rehearsed)s::int[]) as new (at, market, currency, orders, gross, rehearsed)
order by at, market, currency
on conflict (at, market, currency) do update
    set orders = order_minute.orders + excluded.orders, gross_minor = order_minute.gross_minor + excluded.gross_minor,
        rehearsed = order_minute.rehearsed + excluded.rehearsed

-- name: add_order_hours
insert into step_hour (hour, market, device, step, counted)
select date_trunc('hour', at), market, '', 'order', sum(orders)
from unnest(%(at)s::timestamptz[], %(markets)s::text[], %(orders)s::int[]) as new (at, market, orders)
group by 1, 2
order by 1, 2
on conflict (hour, market, device, step) do update set counted = step_hour.counted + excluded.counted

-- name: set_facts
insert into step_hour (hour, market, device, step, counted)
select hour, market, '', step, counted
from unnest(%(hours)s::timestamptz[], %(markets)s::text[], %(steps)s::text[], %(counts)s::bigint[])
     as new (hour, market, step, counted)
order by hour, market, step
on conflict (hour, market, device, step) do update set counted = excluded.counted

-- name: note_visits_orders
insert into purchase (order_id, noted_at, visit)
select order_id, %(now)s, visit from unnest(%(orders)s::uuid[], %(visits)s::text[]) as new (order_id, visit)
order by order_id
on conflict (order_id) do update set visit = coalesce(purchase.visit, excluded.visit)

-- name: note_placed
insert into purchase (order_id, noted_at, market, currency, total_minor, lines, placed_at)
select order_id, %(now)s, market, currency, total, lines::jsonb, at
from unnest(%(orders)s::uuid[], %(markets)s::text[], %(currencies)s::text[], %(totals)s::bigint[], %(lines)s::text[],
            %(at)s::timestamptz[]) as new (order_id, market, currency, total, lines, at)
order by order_id
on conflict (order_id) do update
    set market = excluded.market, currency = excluded.currency, total_minor = excluded.total_minor,
        lines = excluded.lines, placed_at = excluded.placed_at

-- name: order_exports
-- A purchase goes out once: when both the order and the consent are known. The primary key is the guard.
insert into export (target, order_id, state, due_at, noted_at)
select %(target)s, order_id, 'waiting', %(now)s, %(now)s
from purchase
where order_id = any(%(orders)s::uuid[]) and visit is not null and placed_at is not null
on conflict do nothing

-- name: take_exports
-- Lent for a while: whoever dies with one gives it back by not answering.
update export set attempts = attempts + 1, due_at = %(again_at)s
from (
    select target, order_id from export
    where state = 'waiting' and due_at <= %(now)s
    order by due_at limit %(limit)s for update skip locked
) as due
     join purchase using (order_id)
where export.target = due.target and export.order_id = due.order_id
returning export.target, export.order_id, export.attempts, export.noted_at, purchase.visit, purchase.currency,
          purchase.total_minor, purchase.lines, purchase.placed_at

-- name: settle_export
update export set state = %(state)s, due_at = %(due_at)s, problem = %(problem)s
where target = %(target)s and order_id = %(order_id)s

-- name: put_monitor
insert into monitor (source, id, name, state, up_30d, response_ms, read_at, problem)
values (%(source)s, %(id)s, %(name)s, %(state)s, %(up_30d)s, %(response_ms)s, %(now)s, '')
on conflict (source, id) do update
    set name = excluded.name, state = excluded.state, up_30d = excluded.up_30d, response_ms = excluded.response_ms,
        read_at = excluded.read_at, problem = ''

-- name: drop_monitors
delete from monitor where source = %(source)s and not id = any(%(ids)s::text[])

-- name: mark_monitors
-- What was known stays, with the reason why it is old; a source that never answered gets a row that says so.
with known as (update monitor set problem = %(problem)s where source = %(source)s returning 1)
insert into monitor (source, id, name, state, up_30d, read_at, problem)
select %(source)s, '', %(source)s, 'unknown', '', %(now)s, %(problem)s where not exists (select from known)

-- name: order_minutes
select at, market, currency, orders, gross_minor, rehearsed from order_minute where at >= %(since)s
order by at, market, currency

-- name: funnel_by_day
select to_char(hour, 'YYYY-MM-DD') as name, step, sum(counted)::bigint as counted from step_hour
where hour >= %(since)s and hour < %(until)s and (%(market)s = '' or market = %(market)s)
group by 1, 2 order by 1

-- name: funnel_by_hour
select to_char(hour, 'HH24') as name, step, sum(counted)::bigint as counted from step_hour
where hour >= %(since)s and hour < %(until)s and (%(market)s = '' or market = %(market)s)
group by 1, 2 order by 1

-- name: funnel_by_market
select market as name, step, sum(counted)::bigint as counted from step_hour
where hour >= %(since)s and hour < %(until)s and (%(market)s = '' or market = %(market)s)
group by 1, 2 order by 1

-- name: visits_by_device
select device as name, steps, count(*)::bigint as counted from visit
where began_at >= %(since)s and began_at < %(until)s and (%(market)s = '' or market = %(market)s)
group by 1, 2 order by 1

-- name: top_pages
select page, sum(views)::bigint as views from page_day
where day >= %(since)s and day < %(until)s and (%(market)s = '' or market = %(market)s)
group by page order by views desc, page limit %(limit)s

-- name: top_searches
select words, sum(searches)::bigint as searches, sum(without_results)::bigint as without_results from search_day
where day >= %(since)s and day < %(until)s and (%(market)s = '' or market = %(market)s) and words <> ''
group by words having sum(searches) >= %(least)s
order by searches desc, words limit %(limit)s

-- name: top_searches_without_results
select words, sum(searches)::bigint as searches, sum(without_results)::bigint as without_results from search_day
where day >= %(since)s and day < %(until)s and (%(market)s = '' or market = %(market)s) and words <> ''
group by words having sum(without_results) >= %(least)s
order by without_results desc, words limit %(limit)s

-- name: answer_days
select (at at time zone 'UTC')::date as day, sum(good)::bigint as good, sum(bad)::bigint as bad,
       count(*) filter (where bad > 0) as bad_minutes
from answer_minute where at >= %(since)s and at < %(until)s group by 1 order by 1

-- name: monitors
select source, name, state, up_30d, response_ms, read_at, problem from monitor order by source, name

-- name: export_counts
select target, state, count(*)::bigint as purchases, max(problem) as problem from export
where noted_at >= %(since)s and noted_at < %(until)s group by target, state order by target, state

-- name: forget_visits
delete from visit where id in (select id from visit where began_at < %(before)s limit %(limit)s)

-- name: forget_purchases
-- With the row goes the only place where a visit and an order stand together.
delete from purchase where order_id in (
    select order_id from purchase
    where noted_at < %(before)s
      and not exists (select from export where export.order_id = purchase.order_id and state = 'waiting')
    limit %(limit)s)

-- name: forget_exports
delete from export where (target, order_id) in (
    select target, order_id from export where state <> 'waiting' and noted_at < %(before)s limit %(limit)s)

-- name: forget_minutes
delete from order_minute where at in (select at from order_minute where at < %(before)s limit %(limit)s)

-- name: forget_searches
delete from search_day where (day, market, words) in (
    select day, market, words from search_day where day < %(before)s limit %(limit)s)
