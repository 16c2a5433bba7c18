-- Texts are compared byte by byte whatever the database's collation is: plates are found
-- by their beginning, and both engines order alike.

create table journals (
	ord   bigint generated always as identity primary key, -- the order in which journals came
	epoch text collate "C" not null unique,
	n     bigint not null                                  -- newest row put
);

create table passages (
	num      bigint generated always as identity primary key,
	journal  bigint not null references journals (ord),
	id       text collate "C" not null,
	version  bigint not null,
	lane     text collate "C" not null,
	opened   timestamptz not null,
	closed   timestamptz,
	verdict  text collate "C" not null,
	phase    text collate "C" not null,
	decision text collate "C" not null,
	body     json not null,
	unique (id, journal)
);

create index passages_newest on passages (opened, num);
create index passages_lane on passages (lane, opened, num);
create index passages_verdict on passages (verdict, opened, num);
create index passages_lane_verdict on passages (lane, verdict, opened, num);

-- The folded plates of passages, with all by which a search for plates is limited: it
-- reads a passage only when it is on the page.
create table plates (
	num     bigint not null,
	plate   text collate "C" not null,
	opened  timestamptz not null,
	lane    text collate "C" not null,
	verdict text collate "C" not null,
	primary key (num, plate)
);

create index plates_text on plates (plate, opened, num) include (lane, verdict);

-- Every plate that the archive has had, with each of its endings: what stands within a
-- plate is the beginning of one of them. Plates of which no passage is left do no harm.
create table suffixes (
	suffix text collate "C" not null,
	plate  text collate "C" not null,
	primary key (suffix, plate)
);

create table events (
	journal bigint not null references journals (ord),
	n       bigint not null,
	i       integer not null,
	lane    text collate "C" not null,
	at      timestamptz not null,
	passage text collate "C" not null,
	kind    text collate "C" not null,
	body    json not null,
	primary key (journal, n, i)
);
