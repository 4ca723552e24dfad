-- Statements of the catalogue. Every writing use case starts with lock_catalogue.

-- name: lock_catalogue
select categories_version from catalogue for update

-- name: raise_categories_version
update catalogue set categories_version = categories_version + 1

-- name: get_product
select state::text as state from product where id = %(id)s

-- name: get_by_sku
select p.state::text as state from variant v join product p on p.id = v.product_id where v.sku = %(sku)s

-- name: products_by_ref
select p.state::text as state from product p
where p.id in (
    select r.product_id from external_ref r
    join unnest(%(systems)s::text[], %(ids)s::text[]) as asked(system, id) on r.system = asked.system and r.id = asked.id)

-- name: sku_owners
select sku, product_id from variant where sku = any(%(skus)s)

-- name: ref_owners
select r.system, r.id, r.product_id from external_ref r
join unnest(%(systems)s::text[], %(ids)s::text[]) as asked(system, id) on r.system = asked.system and r.id = asked.id

-- name: slug_owners
select language, slug, owner from slug where slug = any(%(slugs)s) or stem = any(%(slugs)s)

-- name: category_keys
select key from category

-- name: list_categories
select key, parent, position, names, slugs from category order by position, key

-- name: list_products
with recursive below as (
    select key from category where key = %(category)s
    union
    select c.key from category c join below on c.parent = below.key
)
select state::text as state from product
where (%(text)s = '' or position(%(text)s in search) > 0)
  and (%(category)s = '' or category in (select key from below))
  and (%(published)s::boolean is null or published = %(published)s)
  and (%(after)s::uuid is null or id < %(after)s)
order by id desc
limit %(limit)s

-- name: snapshot_page
select state::text as state from product
where published and (%(after)s::uuid is null or id > %(after)s)
order by id
limit %(limit)s

-- name: put_products
insert into product (id, version, published, category, search, state)
select id, version, published, category, search, state
from unnest(%(ids)s::uuid[], %(versions)s::bigint[], %(published)s::boolean[], %(categories)s::text[],
            %(searches)s::text[], %(states)s::jsonb[]) as put(id, version, published, category, search, state)
on conflict (id) do update set version = excluded.version, published = excluded.published,
    category = excluded.category, search = excluded.search, state = excluded.state

-- name: drop_variants
delete from variant where product_id = any(%(ids)s)

-- name: put_variants
insert into variant (sku, product_id) select sku, product_id
from unnest(%(skus)s::text[], %(ids)s::uuid[]) as put(sku, product_id)

-- name: drop_refs
delete from external_ref where product_id = any(%(ids)s)

-- name: put_refs
insert into external_ref (system, id, product_id) select system, id, product_id
from unnest(%(systems)s::text[], %(refs)s::text[], %(ids)s::uuid[]) as put(system, id, product_id)

-- name: put_slugs
insert into slug (language, slug, stem, owner) select language, slug, stem, owner
from unnest(%(languages)s::text[], %(slugs)s::text[], %(stems)s::text[], %(owners)s::text[])
     as put(language, slug, stem, owner)
on conflict (language, slug) do nothing

-- name: put_categories
insert into category (key, parent, position, names, slugs) select key, parent, position, names, slugs
from unnest(%(keys)s::text[], %(parents)s::text[], %(positions)s::int[], %(names)s::jsonb[], %(slugs)s::jsonb[])
     as put(key, parent, position, names, slugs)
on conflict (key) do update set parent = excluded.parent, position = excluded.position, names = excluded.names,
    slugs = excluded.slugs
