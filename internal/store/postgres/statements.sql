-- Searches take: 1 from, 2 and 3 the place (opened, num) before which the page begins,
-- 4 rows, 5 lane, 6 verdict ('' does not limit), 7 and on the plate. They are planned with
-- their values at every call, so that ($5 = '' or ...) costs nothing. What few rows fit is found
-- first and put in order after: with both in one, the planner may hope for early matches and
-- walk through the whole archive in order of time.

-- name: schema_lock
select pg_advisory_xact_lock(4707196017204887622)

-- name: schema_table
create table if not exists archive_schema (version integer primary key, applied timestamptz not null default now())

-- name: schema_version
select coalesce(max(version), 0) from archive_schema

-- name: schema_applied
insert into archive_schema (version) values ($1)

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

-- name: plates_near
with found as materialized (
	select distinct opened, num from plates
	where plate = any($7::text[])
		and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
		and ($5 = '' or lane = $5) and ($6 = '' or verdict = $6)
), page as materialized (
	select opened, num from found order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: plates_window
with recent as materialized (
	select opened, num, plate, lane, verdict from plates
	where opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
	order by opened desc, num desc limit $8
), page as materialized (
	select distinct opened, num from recent
	where plate like replace($7, '*', '%') and ($5 = '' or lane = $5) and ($6 = '' or verdict = $6)
	order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: plates_all
with page as materialized (
	select distinct opened, num from plates
	where opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
		and plate like replace($7, '*', '%') and ($5 = '' or lane = $5) and ($6 = '' or verdict = $6)
	order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc

-- name: plates_prefix
with found as materialized (
	select distinct opened, num from plates
	where plate >= $8 and plate < $9 and plate like replace($7, '*', '%')
		and opened >= $1 and (opened, num) < ($2::timestamptz, $3::bigint)
		and ($5 = '' or lane = $5) and ($6 = '' or verdict = $6)
), page as materialized (
	select opened, num from found order by opened desc, num desc limit $4
)
select page.opened, page.num, (select body from passages where passages.num = page.num) from page
order by page.opened desc, page.num desc
