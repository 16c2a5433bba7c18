-- Which instruments have measured a passage, with all by which a search for one is limited:
-- every case made by one sensor in a period must be found. Passages that were put before
-- this table was there get theirs in 0003.
create table instruments (
	num     bigint not null,
	name    text collate "C" not null,
	opened  timestamptz not null,
	lane    text collate "C" not null,
	verdict text collate "C" not null,
	primary key (num, name)
);

create index instruments_name on instruments (name, opened, num) include (lane, verdict);
