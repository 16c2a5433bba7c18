-- The instruments of passages that were put before there was a table for them, from the
-- passages themselves: the instruments that have measured it where it names them, else the
-- cameras that have read its plates, for more is not known of it.
insert into instruments (num, name, opened, lane, verdict)
select p.num, json_extract(p.body, e.fullkey || '.name'), p.opened, p.lane, p.verdict
from passages p, json_each(p.body, '$.instruments') e
where json_valid(p.body) and json_type(p.body, '$.instruments') = 'array'
	and json_type(p.body, e.fullkey || '.name') = 'text'
on conflict do nothing;

insert into instruments (num, name, opened, lane, verdict)
select p.num, json_extract(p.body, e.fullkey || '.device'), p.opened, p.lane, p.verdict
from passages p, json_each(p.body, '$.plates') e
where json_valid(p.body) and json_type(p.body, '$.instruments') is null and json_type(p.body, '$.plates') = 'array'
	and json_type(p.body, e.fullkey || '.device') = 'text'
on conflict do nothing;
