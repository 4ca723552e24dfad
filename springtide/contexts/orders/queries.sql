-- Statements of orders. The lock order stands at the top of store.py.

-- name: lock_attempts_of_orders
-- One transaction at a time works on what is known of an order's money, also while the order is not there yet. Every
-- batch takes these locks in the order of the ids.
select pg_advisory_xact_lock(hashtextextended(id::text, 0))
from (select id from unnest(%(ids)s::uuid[]) as asked(id) order by id) as sorted

-- name: attempts_of_orders
select order_id, attempt_id, is_voided, authorised_minor, captured_minor, refunded_minor
from attempts where order_id = any(%(ids)s::uuid[])

-- name: receipts
-- A join, not `any`: its plan is made once, and only a join looks each id up in the one piece it can be in.
select o.id, o.number, o.placed_at from unnest(%(ids)s::uuid[]) as asked(id) join orders o on o.id = asked.id

-- name: next_numbers
-- A number that is not used leaves a gap: only documents are numbered without gaps.
select nextval('order_number') from generate_series(1, %(many)s)

-- name: insert_placed_attempts
insert into attempts (attempt_id, order_id, version, is_voided, authorised_minor, captured_minor, refunded_minor)
select attempt_id, order_id, 0, false, authorised_minor, captured_minor, 0
from json_to_recordset(%(rows)s)
     as seen(attempt_id uuid, order_id uuid, authorised_minor bigint, captured_minor bigint)

-- name: insert_orders
insert into orders (
    id, number, placed_at, market, seller, locale, currency, base_currency, fx_to_base, channel, agent, customer_id,
    buyer_name, email, phone, shipping_address, billing_address, payment_method, attempt_id, quote, vouchers, units,
    goods_minor, shipping_minor, discount_minor, tax_minor, total_minor, authorised_minor, captured_minor,
    refunded_minor, is_voided, status, payment_status, fulfilment_status)
select
    id, number, %(now)s, market, seller, locale, currency, base_currency, fx_to_base, channel, agent, customer_id,
    buyer_name, email, phone, shipping_address, billing_address, payment_method, attempt_id, quote,
    array(select jsonb_array_elements_text(vouchers)), units, goods_minor, shipping_minor, discount_minor, tax_minor,
    total_minor, authorised_minor, captured_minor, refunded_minor, is_voided, status, payment_status, fulfilment_status
from json_to_recordset(%(rows)s) as sold(
    id uuid, number text, market text, seller text, locale text, currency text, base_currency text, fx_to_base numeric,
    channel text, agent text, customer_id uuid, buyer_name text, email text, phone text, shipping_address jsonb,
    billing_address jsonb, payment_method text, attempt_id uuid, quote bytea, vouchers jsonb, units bigint,
    goods_minor bigint, shipping_minor bigint, discount_minor bigint, tax_minor bigint, total_minor bigint,
    authorised_minor bigint, captured_minor bigint, refunded_minor bigint, is_voided boolean, status text,
    payment_status text, fulfilment_status text)

-- name: insert_order_lines
insert into order_lines (
    order_id, line, sku, name, unit_minor, ordered, gross_minor, net_minor, tax_minor, rate_bp, tax_category,
    discount_minor, allocations, open_allocations)
select order_id, line, sku, name, unit_minor, ordered, gross_minor, net_minor, tax_minor, rate_bp, tax_category,
       discount_minor, allocations, allocations
from json_to_recordset(%(rows)s) as sold(
    order_id uuid, line int, sku text, name text, unit_minor bigint, ordered bigint, gross_minor bigint,
    net_minor bigint, tax_minor bigint, rate_bp int, tax_category text, discount_minor bigint, allocations jsonb)

-- name: insert_shipping_rows
insert into shipping_rows (
    order_id, row, method, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor)
select order_id, row, method, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor
from json_to_recordset(%(rows)s) as sold(
    order_id uuid, row int, method text, gross_minor bigint, net_minor bigint, tax_minor bigint, rate_bp int,
    tax_category text, discount_minor bigint)

-- name: insert_placed_entries
insert into timeline (id, order_id, at, what, facts, actor)
select id, order_id, %(now)s, 'placed', '{}', actor
from json_to_recordset(%(rows)s) as entry(id uuid, order_id uuid, actor text)

-- name: sellers_of_orders
select distinct seller from orders where id = any(%(ids)s::uuid[])

-- name: known_attempts
select attempt_id, is_voided, authorised_minor, captured_minor, refunded_minor
from attempts where attempt_id = any(%(ids)s::uuid[])

-- name: raise_attempts
-- States that tell nothing new of the money: only the version rises, and no order is touched.
update attempts set version = told.version
from unnest(%(attempts)s::uuid[], %(versions)s::bigint[], %(is_voided)s::boolean[], %(authorised_minor)s::bigint[],
            %(captured_minor)s::bigint[], %(refunded_minor)s::bigint[])
     as told(attempt_id, version, is_voided, authorised_minor, captured_minor, refunded_minor)
where attempts.attempt_id = told.attempt_id and attempts.version < told.version
  and (attempts.is_voided, attempts.authorised_minor, attempts.captured_minor, attempts.refunded_minor)
      = (told.is_voided, told.authorised_minor, told.captured_minor, told.refunded_minor)
returning attempts.attempt_id

-- name: lock_known_orders
select id from orders where id = any(%(ids)s::uuid[]) order by id for update

-- name: keep_attempts
-- Of an attempt only the newest state counts; the orders that are told more than was known come back. The row lock of an
-- order guards its attempts, the lock on its attempts (lock_attempts_of_orders) those of an order that is not there yet:
-- no state falls between `place` and an event that overtakes it.
insert into attempts (attempt_id, order_id, version, is_voided, authorised_minor, captured_minor, refunded_minor)
select * from unnest(
    %(attempts)s::uuid[], %(orders)s::uuid[], %(versions)s::bigint[], %(is_voided)s::boolean[],
    %(authorised_minor)s::bigint[], %(captured_minor)s::bigint[], %(refunded_minor)s::bigint[])
on conflict (attempt_id) do update set
    version = excluded.version, is_voided = excluded.is_voided, authorised_minor = excluded.authorised_minor,
    captured_minor = excluded.captured_minor, refunded_minor = excluded.refunded_minor
where attempts.version < excluded.version
returning order_id

-- name: sum_attempts
-- An authorisation that was given back is no money any more.
select coalesce(sum(authorised_minor) filter (where not is_voided), 0)::bigint as authorised,
       coalesce(sum(captured_minor), 0)::bigint as captured,
       coalesce(sum(refunded_minor), 0)::bigint as refunded,
       coalesce(bool_or(is_voided), false) as voided
from attempts where order_id = %(order_id)s

-- name: find_order
select id, number, version, placed_at, market, seller, locale, currency, base_currency, fx_to_base::text as fx_to_base,
       channel, agent, import_batch, external_system, external_id, customer_id, customer_ref, buyer_name, email, phone,
       shipping_address, billing_address, payment_method, attempt_id, vouchers, goods_minor, shipping_minor,
       discount_minor, tax_minor, total_minor, adjusted_minor, authorised_minor, captured_minor, refunded_minor,
       capture_asked_minor, is_voided, status, payment_status, fulfilment_status
from orders where id = %(id)s

-- name: lock_order
select id, number, version, placed_at, market, seller, locale, currency, base_currency, fx_to_base::text as fx_to_base,
       channel, agent, import_batch, external_system, external_id, customer_id, customer_ref, buyer_name, email, phone,
       shipping_address, billing_address, payment_method, attempt_id, vouchers, goods_minor, shipping_minor,
       discount_minor, tax_minor, total_minor, adjusted_minor, authorised_minor, captured_minor, refunded_minor,
       capture_asked_minor, is_voided, status, payment_status, fulfilment_status
from orders where id = %(id)s for update

-- name: find_lines
select line, sku, name, unit_minor, ordered, cancelled, fulfilled, returned, refunded, gross_minor, net_minor, tax_minor,
       rate_bp, tax_category, discount_minor, allocations, open_allocations
from order_lines where order_id = %(id)s order by line

-- name: find_shipping_rows
select row, method, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor
from shipping_rows where order_id = %(id)s order by row

-- name: find_shipments
select shipments.id, at, carrier, tracking, line, quantity, allocations
from shipments join shipment_lines on shipment_id = id where order_id = %(id)s order by id, line

-- name: find_adjustments
select id, at, kind, reason, actor from adjustments where order_id = %(id)s order by id

-- name: find_adjustment_lines
select adjustment_id, line, quantity
from adjustment_lines join adjustments on adjustments.id = adjustment_id where order_id = %(id)s order by adjustment_id, line

-- name: find_adjustment_money
select adjustment_id, line, shipping_row, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor
from adjustment_money join adjustments on adjustments.id = adjustment_id
where order_id = %(id)s order by adjustment_id, row

-- name: find_documents
select number, kind, issued_on, gross_minor, adjustment_id
from documents where order_id = %(id)s order by issued_on, kind desc, sequence

-- name: find_timeline
select at, what, facts, actor from timeline where order_id = %(id)s order by id

-- name: list_money
select id as order_id, number, currency, total_minor, adjusted_minor, authorised_minor, captured_minor, refunded_minor,
       attempt_id,
       coalesce((select jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity) order by sku)
                 from (select sku, sum(ordered - cancelled - fulfilled)::bigint as quantity from order_lines
                       where order_id = orders.id and ordered > cancelled + fulfilled group by sku) as waiting), '[]')
           as unshipped
from orders
where not exempt and id > %(after)s
order by id
limit %(limit)s

-- name: list_sales
-- A line of the bulk port that took money back is one of negative units: nobody knows the sale it belongs to.
select id as order_id, number, placed_at, currency, base_currency, fx_to_base::float8,
       coalesce(shipping_address ->> 'country', '') as country,
       coalesce((select jsonb_agg(jsonb_build_object(
                     'sku', sku, 'units', case when gross_minor < 0 then -ordered else ordered end,
                     'cancelled', cancelled, 'unit_minor', unit_minor) order by line)
                 from order_lines where order_id = orders.id), '[]') as lines
from orders
where id > %(after)s and not channel = any(%(trials)s) and (%(with_imported)s or import_batch = '')
order by id
limit %(limit)s

-- name: check_totals
-- Total, goods, shipping and tax of a live order are the sums of its rows.
with sums as (
    select order_id, sum(gross_minor)::bigint as gross, sum(tax_minor)::bigint as tax, 0::bigint as shipping
    from order_lines where not imported group by order_id
    union all
    select order_id, sum(gross_minor)::bigint, sum(tax_minor)::bigint, sum(gross_minor)::bigint
    from shipping_rows group by order_id
), totals as (
    select order_id, sum(gross) as gross, sum(tax) as tax, sum(shipping) as shipping from sums group by order_id
)
select 'order_total' as rule, id::text as subject,
       format('total %%s, tax %%s, shipping %%s; its rows say %%s, %%s, %%s', total_minor, tax_minor, shipping_minor, gross, tax,
              shipping) as detail
from orders left join totals on order_id = id
where not exempt
  and (total_minor, tax_minor, shipping_minor, goods_minor)
      is distinct from (gross, tax, shipping, gross - shipping)

-- name: check_rows
-- gross = net + tax in every row of money of a live order.
select 'row_gross' as rule, order_id::text as subject,
       format('%%s %%s: gross %%s, net %%s, tax %%s', source, row, gross_minor, net_minor, tax_minor) as detail
from (
    select order_id, 'line' as source, line as row, gross_minor, net_minor, tax_minor from order_lines where not imported
    union all
    select order_id, 'shipping', row, gross_minor, net_minor, tax_minor from shipping_rows
        where not exists (select from orders where id = order_id and exempt)
    union all
    select order_id, 'adjustment', row, gross_minor, net_minor, tax_minor
        from adjustment_money join adjustments on id = adjustment_id
) as money
where gross_minor <> net_minor + tax_minor

-- name: check_counts
-- 0 <= returned <= refunded <= fulfilled, fulfilled + cancelled <= ordered; what is open is allocated.
select 'line_counts' as rule, order_id::text as subject,
       format('line %%s: ordered %%s, cancelled %%s, fulfilled %%s, returned %%s, refunded %%s', line, ordered, cancelled,
              fulfilled, returned, refunded) as detail
from order_lines
where not imported
  and not (ordered > 0 and cancelled >= 0 and returned >= 0 and returned <= refunded and refunded <= fulfilled
           and fulfilled + cancelled <= ordered)
union all
select 'line_allocations', order_id::text, format('line %%s: %%s units open, %%s allocated', line,
       ordered - cancelled - fulfilled, allocated)
from order_lines,
     lateral (select coalesce(sum((value ->> 'quantity')::bigint), 0) as allocated
              from jsonb_array_elements(open_allocations)) as open
where not imported and ordered - cancelled - fulfilled <> allocated

-- name: check_adjusted
-- The counts of a line are the sums of its shipments and adjustments, and the order's adjusted sum is that of its money rows.
with shipped as (
    select order_id, line, sum(quantity)::bigint as units
    from shipment_lines join shipments on id = shipment_id group by order_id, line
), adjusted as (
    select order_id, line,
           coalesce(-sum(quantity) filter (where kind = 'cancel'), 0)::bigint as cancelled,
           coalesce(-sum(quantity) filter (where kind = 'return'), 0)::bigint as returned,
           coalesce(-sum(paid_back) filter (where kind <> 'cancel'), 0)::bigint as refunded
    from adjustment_lines join adjustments on id = adjustment_id group by order_id, line
), money as (
    select order_id, sum(gross_minor)::bigint as gross
    from adjustment_money join adjustments on id = adjustment_id group by order_id
)
select 'line_history' as rule, order_id::text as subject,
       format('line %%s: cancelled %%s, fulfilled %%s, returned %%s, refunded %%s; shipments and adjustments say %%s, %%s, %%s, %%s',
              line, lines.cancelled, fulfilled, lines.returned, lines.refunded, coalesce(adjusted.cancelled, 0),
              coalesce(shipped.units, 0), coalesce(adjusted.returned, 0), coalesce(adjusted.refunded, 0)) as detail
from order_lines as lines
     left join shipped using (order_id, line)
     left join adjusted using (order_id, line)
where not imported
  and (lines.cancelled, fulfilled, lines.returned, lines.refunded)
      <> (coalesce(adjusted.cancelled, 0), coalesce(shipped.units, 0), coalesce(adjusted.returned, 0),
          coalesce(adjusted.refunded, 0))
union all
select 'adjusted_sum', id::text, format('adjusted %%s, money rows say %%s', adjusted_minor, coalesce(gross, 0))
from orders left join money on order_id = id
where not exempt and adjusted_minor <> coalesce(gross, 0)
union all
select 'adjusted_too_much', id::text, format('total %%s, adjusted %%s', total_minor, adjusted_minor)
from orders where not exempt and (adjusted_minor > 0 or total_minor + adjusted_minor < 0)

-- name: check_orphans
-- No key points at partitioned tables: look for rows whose order is not there.
select 'orphan' as rule, order_id::text as subject, source || ' without an order' as detail
from (
    select order_id, 'line' as source from order_lines
    union all select order_id, 'shipping row' from shipping_rows
    union all select order_id, 'timeline entry' from timeline
    union all select order_id, 'shipment' from shipments
    union all select order_id, 'adjustment' from adjustments
    union all select order_id, 'document' from documents
) as rows
where not exists (select from orders where id = order_id)

-- name: check_origin
-- A live order was paid by an attempt and carries no import batch; an imported one has neither.
select 'origin' as rule, id::text as subject, 'import batch ' || quote_literal(import_batch) as detail
from orders where (attempt_id is not null) <> (import_batch = '')

-- name: check_numbers
-- Documents are numbered without gaps per seller, year and kind, up to the counter.
select 'document_numbers' as rule, format('%%s %%s %%s', seller, year, kind) as subject,
       format('%%s documents, numbers %%s to %%s, counter %%s', count(sequence), coalesce(min(sequence), 0),
              coalesce(max(sequence), 0), coalesce(max(last), 0)) as detail
from documents full join document_counters using (seller, year, kind)
group by seller, year, kind
having count(sequence) <> coalesce(max(last), 0) or coalesce(max(sequence), 0) <> coalesce(max(last), 0)
    or (count(sequence) > 0 and min(sequence) <> 1)

-- name: check_documents
-- What is printed is what is owed: an order's documents sum up to its total and adjustments, once all are issued.
select 'document_sum' as rule, order_id::text as subject,
       format('documents say %%s, total and adjustments %%s', printed, owed) as detail
from (
    select documents.order_id, sum(gross_minor)::bigint as printed,
           max(orders.total_minor + orders.adjusted_minor) as owed,
           count(*) as issued, 1 + max(caused.many) as due
    from documents
         join orders on orders.id = documents.order_id,
         lateral (select count(*) as many from adjustments
                  where adjustments.order_id = orders.id
                    and exists (select from adjustment_money where adjustment_id = adjustments.id)) as caused
    group by documents.order_id
) as sums
where issued >= due and printed <> owed

-- name: save_lines
update order_lines as line
set cancelled = new.cancelled, fulfilled = new.fulfilled, returned = new.returned, refunded = new.refunded,
    open_allocations = new.open_allocations
from unnest(%(lines)s::int[], %(cancelled)s::bigint[], %(fulfilled)s::bigint[], %(returned)s::bigint[],
            %(refunded)s::bigint[], %(open_allocations)s::jsonb[])
     as new(line, cancelled, fulfilled, returned, refunded, open_allocations)
where line.order_id = %(order_id)s and line.line = new.line

-- name: save_order
update orders
set version = %(version)s, adjusted_minor = %(adjusted_minor)s, capture_asked_minor = %(capture_asked_minor)s,
    authorised_minor = %(authorised_minor)s, captured_minor = %(captured_minor)s, refunded_minor = %(refunded_minor)s,
    is_voided = %(is_voided)s, status = %(status)s, payment_status = %(payment_status)s,
    fulfilment_status = %(fulfilment_status)s
where id = %(id)s

-- name: insert_entry
insert into timeline (id, order_id, at, what, facts, actor)
values (%(id)s, %(order_id)s, %(at)s, %(what)s, %(facts)s, %(actor)s)

-- name: insert_shipment
insert into shipments (id, order_id, at, carrier, tracking, actor)
values (%(id)s, %(order_id)s, %(at)s, %(carrier)s, %(tracking)s, %(actor)s)

-- name: insert_shipment_lines
insert into shipment_lines (shipment_id, line, quantity, allocations)
select %(id)s, line, quantity, allocations
from unnest(%(lines)s::int[], %(quantities)s::bigint[], %(allocations)s::jsonb[]) as shipped(line, quantity, allocations)

-- name: insert_adjustment
insert into adjustments (id, order_id, at, kind, restocked, reason, actor)
values (%(id)s, %(order_id)s, %(at)s, %(kind)s, %(restocked)s, %(reason)s, %(actor)s)

-- name: insert_adjustment_lines
insert into adjustment_lines (adjustment_id, line, quantity, paid_back)
select %(id)s, line, quantity, paid_back
from unnest(%(lines)s::int[], %(quantities)s::bigint[], %(paid_back)s::bigint[]) as changed(line, quantity, paid_back)

-- name: insert_adjustment_money
insert into adjustment_money (
    adjustment_id, row, line, shipping_row, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor)
select %(id)s, row, line, shipping_row, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor
from unnest(%(rows)s::int[], %(lines)s::int[], %(shipping_rows)s::int[], %(gross_minor)s::bigint[],
            %(net_minor)s::bigint[], %(tax_minor)s::bigint[], %(rate_bp)s::int[], %(tax_category)s::text[],
            %(discount_minor)s::bigint[])
     as money(row, line, shipping_row, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor)

-- name: refunded_shipping_rows
select shipping_row from adjustment_money join adjustments on adjustments.id = adjustment_id
where order_id = %(id)s and shipping_row is not null

-- name: list_orders
select id, number, placed_at, market, coalesce(nullif(buyer_name, ''), customer_ref) as buyer, currency, total_minor,
       status, payment_status, fulfilment_status, exempt as imported
from orders
where id < %(before)s and (%(with_imported)s or not exempt)
  and (%(market)s::text is null or market = %(market)s)
order by id desc limit %(limit)s

-- name: list_orders_by_status
select id, number, placed_at, market, coalesce(nullif(buyer_name, ''), customer_ref) as buyer, currency, total_minor,
       status, payment_status, fulfilment_status, exempt as imported
from orders
where id < %(before)s and (%(with_imported)s or not exempt) and status = %(status)s
  and (%(market)s::text is null or market = %(market)s)
order by id desc limit %(limit)s

-- name: list_orders_by_payment
select id, number, placed_at, market, coalesce(nullif(buyer_name, ''), customer_ref) as buyer, currency, total_minor,
       status, payment_status, fulfilment_status, exempt as imported
from orders
where id < %(before)s and (%(with_imported)s or not exempt) and payment_status = %(payment_status)s
  and (%(market)s::text is null or market = %(market)s)
  and (%(status)s::text is null or status = %(status)s)
  and (%(fulfilment_status)s::text is null or fulfilment_status = %(fulfilment_status)s)
order by id desc limit %(limit)s

-- name: list_orders_by_fulfilment
select id, number, placed_at, market, coalesce(nullif(buyer_name, ''), customer_ref) as buyer, currency, total_minor,
       status, payment_status, fulfilment_status, exempt as imported
from orders
where id < %(before)s and (%(with_imported)s or not exempt) and fulfilment_status = %(fulfilment_status)s
  and (%(market)s::text is null or market = %(market)s)
  and (%(status)s::text is null or status = %(status)s)
order by id desc limit %(limit)s

-- name: list_orders_by_text
select id, number, placed_at, market, coalesce(nullif(buyer_name, ''), customer_ref) as buyer, currency, total_minor,
       status, payment_status, fulfilment_status, exempt as imported
from orders
where id < %(before)s and (%(with_imported)s or not exempt) and search @@ %(words)s::tsquery
  and (%(market)s::text is null or market = %(market)s)
  and (%(status)s::text is null or status = %(status)s)
  and (%(payment_status)s::text is null or payment_status = %(payment_status)s)
  and (%(fulfilment_status)s::text is null or fulfilment_status = %(fulfilment_status)s)
order by id desc limit %(limit)s

-- name: list_orders_of_customer
select id, number, placed_at, market, buyer_name as buyer, currency, total_minor, status, payment_status,
       fulfilment_status, exempt as imported
from orders where customer_id = %(customer_id)s and id < %(before)s
order by id desc limit %(limit)s

-- name: next_document_sequence
-- The lock on this row, held until the commit, is what makes numbers gapless.
insert into document_counters (seller, year, kind, last) values (%(seller)s, %(year)s, %(kind)s, 1)
on conflict (seller, year, kind) do update set last = document_counters.last + 1
returning last

-- name: find_document
select number from documents where order_id = %(order_id)s and adjustment_id is not distinct from %(adjustment_id)s

-- name: find_credited_rows
-- What an adjustment took back, with the name of the line and the units paid back (neither for shipping).
select coalesce(sold.name, '') as text, -changed.paid_back as quantity, money.gross_minor, money.net_minor,
       money.tax_minor, money.rate_bp, money.tax_category, money.discount_minor
from adjustment_money as money
     join adjustments on adjustments.id = money.adjustment_id
     left join order_lines as sold on sold.order_id = adjustments.order_id and sold.line = money.line
     left join adjustment_lines as changed on changed.adjustment_id = money.adjustment_id and changed.line = money.line
where money.adjustment_id = %(adjustment_id)s
order by money.row

-- name: insert_document
insert into documents (order_id, adjustment_id, seller, year, kind, sequence, number, issued_on, currency, gross_minor)
values (%(order_id)s, %(adjustment_id)s, %(seller)s, %(year)s, %(kind)s, %(sequence)s, %(number)s, %(issued_on)s,
        %(currency)s, %(gross_minor)s)

-- name: insert_document_page
insert into document_pages (order_id, number, html) values (%(order_id)s, %(number)s, %(html)s)

-- name: orders_to_invoice
-- Imported orders have no documents of ours, and those of health checks and rehearsals none at all.
select id, seller, number, placed_at, locale, currency, shipping_address ->> 'country' as destination, billing_address
from orders where id = any(%(ids)s::uuid[]) and not exempt and channel not in ('health', 'rehearsal')
order by id

-- name: make_invoice_counters
insert into document_counters (seller, year, kind, last)
select seller, %(year)s, 'invoice', 0 from unnest(%(sellers)s::text[]) as series(seller)
on conflict (seller, year, kind) do nothing

-- name: lock_invoice_counters
-- Held until the commit: a number is used if and only if its document exists.
select seller, last from document_counters
where seller = any(%(sellers)s::text[]) and year = %(year)s and kind = 'invoice' order by seller for update

-- name: invoiced_orders
select order_id from documents where order_id = any(%(ids)s::uuid[]) and adjustment_id is null

-- name: sold_rows
-- What orders sold, lines before shipping (no name, no quantity).
select order_id, text, quantity, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor
from (
    select order_id, 0 as part, line as row, name as text, ordered as quantity, gross_minor, net_minor, tax_minor, rate_bp,
           tax_category, discount_minor
    from order_lines where order_id = any(%(ids)s::uuid[])
    union all
    select order_id, 1, row, '', null, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor
    from shipping_rows where order_id = any(%(ids)s::uuid[])
) as sold
order by order_id, part, row

-- name: insert_invoices
-- The invoices and their pages.
with issued as materialized (
    select * from json_to_recordset(%(rows)s)
        as issued(order_id uuid, seller text, sequence bigint, number text, currency text, gross_minor bigint, html text)
), registered as (
    insert into documents (order_id, adjustment_id, seller, year, kind, sequence, number, issued_on, currency, gross_minor)
    select order_id, null, seller, %(year)s, 'invoice', sequence, number, %(issued_on)s, currency, gross_minor from issued
)
insert into document_pages (order_id, number, html) select order_id, number, html from issued

-- name: set_invoice_counters
update document_counters set last = reached.last
from unnest(%(sellers)s::text[], %(lasts)s::bigint[]) as reached(seller, last)
where document_counters.seller = reached.seller and year = %(year)s and kind = 'invoice'

-- name: find_document_page
select html, customer_id from document_pages join orders on id = order_id
where order_id = %(order_id)s and document_pages.number = %(number)s

-- name: insert_mails
insert into mails (id, order_id, kind, cause_id, due_at)
select id, order_id, %(kind)s, cause_id, %(due_at)s
from unnest(%(ids)s::uuid[], %(orders)s::uuid[], %(causes)s::uuid[]) as ordered(id, order_id, cause_id)
where not exists (select from orders where orders.id = order_id and channel in ('health', 'rehearsal'))
on conflict (kind, cause_id) do nothing

-- name: take_due_mails
-- Who takes a mail has until `again_at` to send it; then it is due again.
update mails set due_at = %(again_at)s, attempts = attempts + 1
where id in (
    select id from mails where sent_at is null and due_at <= %(now)s order by due_at limit %(limit)s
    for update skip locked
)
returning id, order_id, kind, cause_id, attempts

-- name: mark_mails_sent
update mails set sent_at = %(at)s where id = any(%(ids)s::uuid[]) and sent_at is null

-- name: put_off_mails
update mails set due_at = put_off.until
from unnest(%(ids)s::uuid[], %(until)s::timestamptz[]) as put_off(id, until)
where mails.id = put_off.id and sent_at is null

-- name: orders_to_write_about
select id, number, version, placed_at, market, seller, locale, currency, base_currency, fx_to_base::text as fx_to_base,
       channel, agent, import_batch, external_system, external_id, customer_id, customer_ref, buyer_name, email, phone,
       shipping_address, billing_address, payment_method, attempt_id, vouchers, goods_minor, shipping_minor,
       discount_minor, tax_minor, total_minor, adjusted_minor, authorised_minor, captured_minor, refunded_minor,
       capture_asked_minor, is_voided, status, payment_status, fulfilment_status
from orders where id = any(%(ids)s::uuid[])

-- name: lines_to_write_about
select order_id, line, sku, name, unit_minor, ordered, cancelled, fulfilled, returned, refunded, gross_minor, net_minor,
       tax_minor, rate_bp, tax_category, discount_minor, allocations, open_allocations
from order_lines where order_id = any(%(ids)s::uuid[]) order by order_id, line

-- name: shipping_to_write_about
select order_id, row, method, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor
from shipping_rows where order_id = any(%(ids)s::uuid[]) order by order_id, row

-- name: schedule_erasure
-- Orders are kept as long as the law wants the books kept.
update orders set erase_due_at = placed_at + make_interval(days => %(kept_days)s)
where customer_id = %(customer_id)s and erased_at is null and erase_due_at is null

-- name: erase_due
with due as (
    select id from orders where erase_due_at <= %(now)s order by erase_due_at limit %(limit)s for update skip locked
), pages as (
    update document_pages set html = '' from due where order_id = due.id
), unsent as (
    update mails set sent_at = %(now)s from due where order_id = due.id and sent_at is null
)
update orders set buyer_name = '', email = '', phone = '', customer_ref = '', customer_id = null, erased_at = %(now)s,
       erase_due_at = null, shipping_address = %(blank)s::jsonb || jsonb_build_object('country', shipping_address -> 'country'),
       billing_address = %(blank)s::jsonb || jsonb_build_object('country', billing_address -> 'country')
from due where orders.id = due.id
returning orders.id

-- name: known_orders
select id from orders where id = any(%(ids)s)

-- name: raise_batch
insert into import_batches (batch, version, orders, first_day, last_day)
values (%(batch)s, 1, %(orders)s, %(first_day)s, %(last_day)s)
on conflict (batch) do update set
    version = import_batches.version + 1, orders = import_batches.orders + excluded.orders,
    first_day = least(import_batches.first_day, excluded.first_day),
    last_day = greatest(import_batches.last_day, excluded.last_day)
returning version, orders, first_day, last_day

-- name: copy_orders
copy orders (id, number, placed_at, market, seller, locale, currency, base_currency, fx_to_base, channel, agent,
             import_batch, external_system, external_id, customer_ref, buyer_name, email, phone, shipping_address,
             billing_address, payment_method, notes, units, goods_minor, shipping_minor, discount_minor, tax_minor,
             total_minor, adjusted_minor, authorised_minor, captured_minor, refunded_minor, status, payment_status,
             fulfilment_status) from stdin

-- name: copy_lines
copy order_lines (order_id, line, sku, name, unit_minor, ordered, cancelled, fulfilled, returned, refunded, gross_minor,
                  net_minor, tax_minor, rate_bp, tax_category, discount_minor, imported) from stdin

-- name: copy_shipping_rows
copy shipping_rows (order_id, row, method, gross_minor, net_minor, tax_minor, rate_bp, tax_category, discount_minor)
from stdin

-- name: history
-- Days in UTC, money as it was ordered, by base currency. A rate is of units, so minor units are changed by the
-- exponents of both currencies too: 1,500 yen at 0.0052 are 780 pence. `exponents`: those that are not 2.
select day, sum(orders)::bigint as orders, sum(units)::bigint as units,
       jsonb_object_agg(base_currency, gross_minor) as gross_minor
from (
    select (placed_at at time zone 'UTC')::date as day, base_currency, count(*) as orders, sum(units) as units,
           sum(round(total_minor * fx_to_base * power(
               10::numeric,
               coalesce((%(exponents)s::jsonb ->> base_currency)::int, 2)
               - coalesce((%(exponents)s::jsonb ->> currency)::int, 2))))::bigint as gross_minor
    from orders
    where placed_at >= %(from_at)s and placed_at < %(as_of_at)s
      and channel not in ('health', 'rehearsal')
    group by 1, 2
) as sold
group by day order by day

-- name: first_and_last_placed
-- Live orders only: what was imported says nothing about the shop's own pace. Both ends come from the index on time.
select (select placed_at from orders where not exempt order by placed_at limit 1) as first_at,
       (select placed_at from orders where not exempt order by placed_at desc limit 1) as last_at

-- name: pace_of_weeks
-- What was placed around this moment of the weeks before: an hour before and an hour after, by currency.
select currency, count(*)::bigint as orders, sum(total_minor)::bigint as total_minor
from orders, generate_series(1, %(weeks)s::int) as week
where placed_at >= %(now)s::timestamptz - week * interval '7 days' - interval '1 hour'
  and placed_at < %(now)s::timestamptz - week * interval '7 days' + interval '1 hour'
  and not exempt and channel not in ('health', 'rehearsal')
group by currency order by currency

-- name: count_exempt
select count(*) from orders where exempt

-- name: rhythm
-- Weeks count backwards from the end, those before the first sale not at all: a young shop is no quiet one.
with sold as (
    select extract(isodow from placed_at at time zone 'UTC')::int as weekday,
           extract(hour from placed_at at time zone 'UTC')::int as hour,
           floor(extract(epoch from %(as_of_at)s - placed_at) / 604800)::int as week
    from orders
    where placed_at >= %(from_at)s and placed_at < %(as_of_at)s and channel <> 'health'
), span as (
    select max(week) + 1 as weeks from sold
)
select weekday, hour, count(*)::float8 / weeks as orders
from sold cross join span
group by weekday, hour, weeks order by weekday, hour

-- name: shipped_days
-- Ids begin with their time, so that a season is a range of the primary key.
select (at at time zone %(timezone)s)::date as day, count(*)::bigint as shipments
from shipments join orders on orders.id = order_id
where shipments.id >= %(from_id)s and shipments.id < %(until_id)s and at >= %(from_at)s and at < %(until_at)s
  and channel not in ('health', 'rehearsal')
group by 1 order by 1
