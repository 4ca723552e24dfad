-- The table of mails is their queue: how often one was tried, and which are due.
alter table mails add column attempts int not null default 0;
create index mails_due on mails (due_at) where sent_at is null;

-- What was ordered as a job is sent from the table; a job of the release before would send the same mail again.
delete from procrastinate_jobs where task_name = 'orders.send_mail' and status = 'todo';
