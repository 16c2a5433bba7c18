-- Searches take: 1 from, 2 and 3 the place (opened, num) before which the page begins,
-- 4 rows; newest_*: 5 and on lane and verdict; window*: 5 pattern, 6 passages to look
-- through, 7 and on lane and verdict; plates_*: 5 plates or pattern, 6 lane and 7 verdict
-- ('' does not limit), 8 and 9 the range of texts, the last an instrument ('' does not
-- limit); newest_device: 5 instrument, 6 lane, 7 verdict. They are planned with their values at
-- every call. What few rows fit is found first and put in order after: with both in one,
-- the planner may hope for early matches and walk through the whole archive in order of
-- time. Limit 1 and offset 0 in a lateral part keep it from reading a whole table to hash.

-- name: schema_lock
select pg_advisory_xact_lock(4707196017204887622)

-- name: schema_table
create table if not exists archive_schema (version integer primary key, applied timestamptz not null default now())

-- name: schema_version
select coalesce(max(version), 0) from archive_schema

-- name: schema_applied
insert into archive_schema (version) values ($1)

-- name: session
-- Half a second of compiling does not pay for questions of milliseconds, and without
-- statistics the server believes that it does.
set jit = off

-- name: encoding
select current_setting('server_encoding')

-- name: journal_put
insert into journals (epoch, n) values ($1, $2)
on conflict (epoch) do update set n = greatest(journals.n, excluded.n)
returning ord

-- name: passages_put
insert into passages (journal, id, version, lane, opened, closed, verdict, phase, decision, body)
select $1, id, version, lane, opened, closed, verdict, phase, decision, body::json
from unnest($2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[])
	as r (id, version, lane, opened, closed, verdict, phase, decision, body)
on conflict (id, journal) do update set version = excluded.version, lane = excluded.lane, opened = excluded.opened,
	closed = excluded.closed, verdict = excluded.verdict, phase = excluded.phase, decision = excluded.decision, body = excluded.body
where excluded.version >= passages.version
returning id, num

-- name: plates_drop
delete from plates where num = any($1::bigint[])

-- name: plates_put
insert into plates (num, plate, opened, lane, verdict)
select * from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])

-- name: instruments_drop
delete from instruments where num = any($1::bigint[])

-- name: instruments_put
insert into instruments (num, name, opened, lane, verdict)
select * from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])

-- name: suffixes_put
insert into suffixes (suffix, plate)
select * from unnest($1::text[], $2::text[])
on conflict do nothing

-- name: events_put
insert into events (journal, n, i, lane, at, passage, kind, body)
select $1, n, i, lane, at, passage, kind, body::json
from unnest($2::bigint[], $3::integer[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
	as r (n, i, lane, at, passage, kind, body)
on conflict (journal, n, i) do update set lane = excluded.lane, at = excluded.at, passage = excluded.passage,
	kind = excluded.kind, body = excluded.body
where excluded.body::text <> events.body::text

-- name: position
select n from journals where epoch = $1

-- name: passage
select body from passages where id = $1 order by journal desc limit 1

-- name: log
with this as materialized (
	select coalesce((select ord from journals where epoch = $1::text), case when $1::text = '' then (select max(ord) from journals) end) as journal
), page as materialized (
	select distinct n from events where journal = (select journal from this) and n > $2 order by n limit $3
)
select n, i, lane, at, passage, kind, body from events
where journal = (select journal from this) and n > $2 and n <= (select max(n) from page)
order by n, i

-- name: newest
select opened, num, body from passages
where opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
order by opened desc, num desc limit $4

-- name: newest_lane
select opened, num, body from passages
where lane = $5 and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
order by opened desc, num desc limit $4

-- name: newest_verdict
select opened, num, body from passages
where verdict = $5 and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
order by opened desc, num desc limit $4

-- name: newest_lane_verdict
select opened, num, body from passages
where lane = $5 and verdict = $6 and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
order by opened desc, num desc limit $4

-- name: newest_device
with page as materialized (
	select opened, num from instruments
	where name = $5 and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
		and ($6 = '' or lane = $6) and ($7 = '' or verdict = $7)
	order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: window
with recent as materialized (
	select opened, num from passages
	where opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
	order by opened desc, num desc limit $6
), page as materialized (
	select opened, num from recent
	cross join lateral (select from plates where plates.num = recent.num and plate like replace($5, '*', '%') limit 1) as fit
	order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: window_lane
with recent as materialized (
	select opened, num from passages
	where lane = $7 and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
	order by opened desc, num desc limit $6
), page as materialized (
	select opened, num from recent
	cross join lateral (select from plates where plates.num = recent.num and plate like replace($5, '*', '%') limit 1) as fit
	order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: window_verdict
with recent as materialized (
	select opened, num from passages
	where verdict = $7 and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
	order by opened desc, num desc limit $6
), page as materialized (
	select opened, num from recent
	cross join lateral (select from plates where plates.num = recent.num and plate like replace($5, '*', '%') limit 1) as fit
	order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: window_lane_verdict
with recent as materialized (
	select opened, num from passages
	where lane = $7 and verdict = $8 and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
	order by opened desc, num desc limit $6
), page as materialized (
	select opened, num from recent
	cross join lateral (select from plates where plates.num = recent.num and plate like replace($5, '*', '%') limit 1) as fit
	order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: plates_near
with found as materialized (
	select distinct opened, num from plates
	where plate = any($5::text[])
		and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
		and ($6 = '' or lane = $6) and ($7 = '' or verdict = $7)
		and ($8 = '' or exists (select from instruments where instruments.num = plates.num and name = $8))
), page as materialized (
	select opened, num from found order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: plates_prefix
with found as materialized (
	select distinct opened, num from plates
	where plate >= $8 and plate < $9 and plate like replace($5, '*', '%')
		and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
		and ($6 = '' or lane = $6) and ($7 = '' or verdict = $7)
		and ($10 = '' or exists (select from instruments where instruments.num = plates.num and name = $10))
), page as materialized (
	select opened, num from found order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: plates_within
with fit as materialized (
	select distinct plate from suffixes where suffix >= $8 and suffix < $9 and plate like replace($5, '*', '%')
), found as materialized (
	select distinct opened, num from fit
	cross join lateral (select opened, num from plates where plates.plate = fit.plate
		and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
		and ($6 = '' or lane = $6) and ($7 = '' or verdict = $7)
		and ($10 = '' or exists (select from instruments where instruments.num = plates.num and name = $10)) offset 0) as of_plate
), page as materialized (
	select opened, num from found order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc
