-- The instruments of passages that were put before there was a table for them, from the
-- passages themselves: the instruments that have measured it where it names them, else the
-- cameras that have read its plates, for more is not known of it. PostgreSQL reads no part of
-- a body with the escape of NUL: such a one is left out.
insert into instruments (num, name, opened, lane, verdict)
select p.num, coalesce(e ->> 'name', e ->> 'device'), p.opened, p.lane, p.verdict
from passages p, json_array_elements(case
	when p.body::text like '%\\u0000%' then '[]'
	when json_typeof(p.body -> 'instruments') = 'array' then p.body -> 'instruments'
	when p.body -> 'instruments' is null and json_typeof(p.body -> 'plates') = 'array' then p.body -> 'plates'
	else '[]' end) e
where json_typeof(e -> 'name') = 'string' or json_typeof(e -> 'device') = 'string'
on conflict do nothing;
