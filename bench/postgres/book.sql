\set practice random(0, :practices - 1)
\set patient :practice * :patients + random(0, :patients - 1)
\set day random(1, :days)
\set slot random(20, 41)
SELECT book(bench_id(1, :practice), bench_id(2, :patient), current_date + :day::int + interval '8 hours' + :slot * interval '15 minutes', 15, 'routine', 'Something that has to be seen to before long', bench_id(5, 1));
