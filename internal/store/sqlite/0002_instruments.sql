-- Which instruments have measured a passage, with all by which a search for one is limited:
-- every case made by one sensor in a period must be found. Passages that were put before
-- this table was there get theirs in 0003.
create table instruments (
	num     integer not null,
	name    text not null,
	opened  integer not null,
	lane    text not null,
	verdict text not null,
	primary key (num, name)
) strict, without rowid;

create index instruments_name on instruments (name, opened, num, lane, verdict);
