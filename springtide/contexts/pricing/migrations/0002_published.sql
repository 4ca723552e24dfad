alter table item add column published boolean not null default true;
