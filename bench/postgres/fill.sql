-- As many practices, patients and appointments as the store has that it is compared with; see bench/fill.c.
INSERT INTO practice SELECT bench_id(1, p), 'Practice ' || p, true FROM generate_series(0, :practices - 1) p;

INSERT INTO session
SELECT bench_id(1, p), weekday, 480, 1110, 15, 8, '{routine,urgent,follow_up,consultation,vaccination}'
FROM generate_series(0, :practices - 1) p, generate_series(1, 7) weekday;

INSERT INTO patient
SELECT bench_id(2, n), 'Sam', 'Ashford', date '1980-01-01' + (n % 10000)::int, true
FROM generate_series(0, :practices * :patients - 1) n;

INSERT INTO relation SELECT bench_id(2, n), bench_id(1, n / :patients) FROM generate_series(0, :practices * :patients - 1) n;
INSERT INTO agenda SELECT bench_id(2, n), 3 FROM generate_series(0, :practices * :patients - 1) n;
INSERT INTO usage SELECT bench_id(2, n), bench_id(1, n / :patients), 3 FROM generate_series(0, :practices * :patients - 1) n;

INSERT INTO day
SELECT bench_id(1, p), current_date + d, :per_day FROM generate_series(0, :practices - 1) p, generate_series(1, :days) d;
INSERT INTO usage_by_practice SELECT practice_id, date, entries FROM day;

INSERT INTO appointment (reference, patient_id, practice_id, starts, ends, type, channel, status, reason, created_at,
                         updated_at, created_by, version)
SELECT to_hex(n), bench_id(2, p * :patients + i % :patients), bench_id(1, p), at, at + interval '15 minutes', 'routine',
       'in_person', 'booked', 'Something that has to be seen to before long', now(), now(),
       bench_id(2, p * :patients + i % :patients), 1
FROM generate_series(0, :practices - 1) p, generate_series(0, :days * :per_day - 1) i,
     LATERAL (SELECT p * :days * :per_day + i AS n,
                     current_date + (1 + i / :per_day)::int + interval '8 hours' + (i % 20) * interval '15 minutes' AS at) x;

CREATE UNIQUE INDEX ON appointment (reference);
CREATE INDEX ON appointment (patient_id, starts);
CREATE INDEX ON appointment (practice_id, starts);
VACUUM ANALYZE;
CHECKPOINT;
