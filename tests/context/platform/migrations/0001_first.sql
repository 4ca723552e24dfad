create table fact (
    id      text   primary key,
    value   int    not null,
    version bigint not null default 1
);
