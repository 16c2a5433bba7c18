-- Searches take: 1 from, 2 and 3 the place (opened, num) before which the page begins,
-- 4 rows; newest_*: 5 and on lane and verdict; window*: 5 pattern, 6 passages to look
-- through, 7 and on lane and verdict; plates_*: 5 plates or pattern, 6 lane and 7 verdict
-- ('' does not limit), 8 and 9 the range of texts, the last an instrument ('' does not
-- limit); newest_device: 5 instrument, 6 lane, 7 verdict. The indexes are named because the right
-- one is known and SQLite has no statistics of a table that grows.

-- name: schema_table
create table if not exists archive_schema (version integer primary key, applied integer not null) strict

-- name: schema_version
select coalesce(max(version), 0) from archive_schema

-- name: schema_applied
insert into archive_schema (version, applied) values (?1, ?2)

-- name: journal_put
insert into journals (epoch, n) values (?1, ?2)
on conflict (epoch) do update set n = max(n, excluded.n)
returning ord

-- name: passage_put
insert into passages (journal, id, version, lane, opened, closed, verdict, phase, decision, body)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
on conflict (id, journal) do update set version = excluded.version, lane = excluded.lane, opened = excluded.opened,
	closed = excluded.closed, verdict = excluded.verdict, phase = excluded.phase, decision = excluded.decision, body = excluded.body
where excluded.version >= passages.version
returning num

-- name: plates_drop
delete from plates where num = ?1

-- name: plate_put
insert into plates (num, plate, opened, lane, verdict) values (?1, ?2, ?3, ?4, ?5)

-- name: instruments_drop
delete from instruments where num = ?1

-- name: instrument_put
insert into instruments (num, name, opened, lane, verdict) values (?1, ?2, ?3, ?4, ?5)

-- name: suffix_put
insert into suffixes (suffix, plate) values (?1, ?2) on conflict do nothing

-- name: event_put
insert into events (journal, n, i, lane, at, passage, kind, body)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
on conflict (journal, n, i) do update set lane = excluded.lane, at = excluded.at, passage = excluded.passage,
	kind = excluded.kind, body = excluded.body
where excluded.body <> events.body

-- name: position
select n from journals where epoch = ?1

-- name: passage
select body from passages where id = ?1 order by journal desc limit 1

-- name: log
with this as (
	select coalesce((select ord from journals where epoch = ?1), iif(?1 = '', (select max(ord) from journals), null)) as journal
), page as (
	select distinct n from events where journal = (select journal from this) and n > ?2 order by n limit ?3
)
select n, i, lane, at, passage, kind, body from events
where journal = (select journal from this) and n > ?2 and n <= (select max(n) from page)
order by n, i

-- name: newest
select opened, num, body from passages indexed by passages_newest
where opened between ?1 and ?2 and (opened < ?2 or num < ?3)
order by opened desc, num desc limit ?4

-- name: newest_lane
select opened, num, body from passages indexed by passages_lane
where lane = ?5 and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
order by opened desc, num desc limit ?4

-- name: newest_verdict
select opened, num, body from passages indexed by passages_verdict
where verdict = ?5 and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
order by opened desc, num desc limit ?4

-- name: newest_lane_verdict
select opened, num, body from passages indexed by passages_lane_verdict
where lane = ?5 and verdict = ?6 and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
order by opened desc, num desc limit ?4

-- name: newest_device
with page as materialized (
	select opened, num from instruments indexed by instruments_name
	where name = ?5 and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
		and (?6 = '' or lane = ?6) and (?7 = '' or verdict = ?7)
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc

-- name: window
with recent as (
	select opened, num from passages indexed by passages_newest
	where opened between ?1 and ?2 and (opened < ?2 or num < ?3)
	order by opened desc, num desc limit ?6
), page as materialized (
	select opened, num from recent
	where exists (select 1 from plates where plates.num = recent.num and plate glob ?5)
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc

-- name: window_lane
with recent as (
	select opened, num from passages indexed by passages_lane
	where lane = ?7 and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
	order by opened desc, num desc limit ?6
), page as materialized (
	select opened, num from recent
	where exists (select 1 from plates where plates.num = recent.num and plate glob ?5)
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc

-- name: window_verdict
with recent as (
	select opened, num from passages indexed by passages_verdict
	where verdict = ?7 and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
	order by opened desc, num desc limit ?6
), page as materialized (
	select opened, num from recent
	where exists (select 1 from plates where plates.num = recent.num and plate glob ?5)
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc

-- name: window_lane_verdict
with recent as (
	select opened, num from passages indexed by passages_lane_verdict
	where lane = ?7 and verdict = ?8 and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
	order by opened desc, num desc limit ?6
), page as materialized (
	select opened, num from recent
	where exists (select 1 from plates where plates.num = recent.num and plate glob ?5)
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc

-- name: plates_near
with page as materialized (
	select distinct opened, num from plates indexed by plates_text
	where plate in (select value from json_each(?5))
		and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
		and (?6 = '' or lane = ?6) and (?7 = '' or verdict = ?7)
		and (?8 = '' or exists (select 1 from instruments where instruments.num = plates.num and name = ?8))
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc

-- name: plates_prefix
with page as materialized (
	select distinct opened, num from plates indexed by plates_text
	where plate >= ?8 and plate < ?9 and plate glob ?5
		and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
		and (?6 = '' or lane = ?6) and (?7 = '' or verdict = ?7)
		and (?10 = '' or exists (select 1 from instruments where instruments.num = plates.num and name = ?10))
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc

-- name: plates_within
with fit as materialized (
	select distinct plate from suffixes where suffix >= ?8 and suffix < ?9 and plate glob ?5
), page as materialized (
	select distinct opened, num from fit cross join plates indexed by plates_text
	where plates.plate = fit.plate
		and opened between ?1 and ?2 and (opened < ?2 or num < ?3)
		and (?6 = '' or lane = ?6) and (?7 = '' or verdict = ?7)
		and (?10 = '' or exists (select 1 from instruments where instruments.num = plates.num and name = ?10))
	order by opened desc, num desc limit ?4
)
select page.opened, page.num, body from page cross join passages on passages.num = page.num
order by page.opened desc, page.num desc
