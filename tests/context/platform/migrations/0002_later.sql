alter table fact add column note text not null default '';
