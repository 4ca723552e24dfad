-- Products as whole documents, and beside them what has to be unique or listed. No personal data.

-- Writers of the catalogue take turns on this row: slugs and SKUs are decided over all products at once.
create table catalogue (
    only_row           boolean primary key default true check (only_row),
    categories_version bigint  not null default 0
);
insert into catalogue default values;

-- state: the product as events carry it. The other columns repeat what is searched or listed by.
create table product (
    id        uuid    primary key,
    version   bigint  not null,
    published boolean not null,
    category  text    not null,
    search    text    not null,
    state     jsonb   not null
);
create index product_published on product (id) where published;
create index product_category on product (category);

create table variant (
    sku        text primary key,
    product_id uuid not null references product
);
create index variant_product on variant (product_id);

create table external_ref (
    system     text not null,
    id         text not null,
    product_id uuid not null references product,
    primary key (system, id)
);
create index external_ref_product on external_ref (product_id);

-- Every slug that is or was somebody's; rows are never taken away, so that old addresses go on redirecting.
-- stem: the slug without the number that made it unique.
create table slug (
    language text not null,
    slug     text not null,
    stem     text not null,
    owner    text not null,
    primary key (language, slug)
);
create index slug_slug on slug (slug);
create index slug_stem on slug (stem);

create table category (
    key      text  primary key,
    parent   text  not null,
    position int   not null,
    names    jsonb not null,
    slugs    jsonb not null
);
