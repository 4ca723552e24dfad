-- Documents are read by key and never searched, so nobody pays for a search:
-- analyse does not take them apart (it took a quarter of PostgreSQL's time under load), and a row that fits a page is
-- stored as it came instead of being compressed when it is longer than 2 KB.
do $$
declare
    wide record;
begin
    for wide in
        select attribute.attrelid::regclass as name, attribute.attname as field, relation.relkind as kind,
            attribute.attstattarget is null as is_sampled,
            coalesce(relation.reloptions::text, '') not like '%toast_tuple_target%' as is_compressed
        from pg_attribute as attribute
        join pg_class as relation on relation.oid = attribute.attrelid
        where relation.relnamespace = current_schema()::regnamespace
            and relation.relkind in ('r', 'p')
            and attribute.attnum > 0
            and not attribute.attisdropped
            and attribute.atttypid in ('jsonb'::regtype, 'json'::regtype, 'bytea'::regtype)
            and not exists (
                select from pg_index as key
                where key.indrelid = relation.oid and attribute.attnum = any(key.indkey)
            )
    loop
        if wide.is_sampled then
            execute format('alter table %s alter column %I set statistics 0', wide.name, wide.field);
        end if;
        if wide.kind = 'r' and wide.is_compressed then
            execute format('alter table %s set (toast_tuple_target = 8160)', wide.name);
        end if;
    end loop;
end
$$;
