-- Orders that a rehearsal placed: shown, but neither sold nor money.
alter table order_minute add column rehearsed int not null default 0;
