-- Times are microseconds since 1970-01-01 UTC.

create table journals (
	ord   integer primary key autoincrement, -- the order in which journals came
	epoch text not null unique,
	n     integer not null                   -- newest row put
) strict;

create table passages (
	num      integer primary key autoincrement,
	journal  integer not null references journals (ord),
	id       text not null,
	version  integer not null,
	lane     text not null,
	opened   integer not null,
	closed   integer,
	verdict  text not null,
	phase    text not null,
	decision text not null,
	body     text not null,
	unique (id, journal)
) strict;

create index passages_newest on passages (opened, num);
create index passages_lane on passages (lane, opened, num);
create index passages_verdict on passages (verdict, opened, num);
create index passages_lane_verdict on passages (lane, verdict, opened, num);

-- The folded plates of passages, with all by which a search for plates is limited: it
-- reads a passage only when it is on the page.
create table plates (
	num     integer not null,
	plate   text not null,
	opened  integer not null,
	lane    text not null,
	verdict text not null,
	primary key (num, plate)
) strict, without rowid;

create index plates_text on plates (plate, opened, num, lane, verdict);

-- Every plate that the archive has had, with each of its endings: what stands within a
-- plate is the beginning of one of them. Plates of which no passage is left do no harm.
create table suffixes (
	suffix text not null,
	plate  text not null,
	primary key (suffix, plate)
) strict, without rowid;

create table events (
	journal integer not null references journals (ord),
	n       integer not null,
	i       integer not null,
	lane    text not null,
	at      integer not null,
	passage text not null,
	kind    text not null,
	body    text not null,
	primary key (journal, n, i)
) strict, without rowid;
