-- A booking: the checks and the writes that opendoor makes, in one call. Everybody locks the day before the agenda, so
-- nobody can wait in a circle. It returns why nothing was booked instead of raising an error, which costs less.
CREATE FUNCTION book(of_practice uuid, of_patient uuid, at timestamptz, minutes int, of_type text, why text, by_user uuid)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    until timestamptz := at + make_interval(mins => minutes);
    of_date date := (at AT TIME ZONE 'Europe/London')::date;
    of_minute int := extract(hour FROM at AT TIME ZONE 'Europe/London') * 60 + extract(minute FROM at);
    found_session session;
    random_reference text := upper(substr(md5(gen_random_uuid()::text), 1, 10)); -- 40 bits, as many as opendoor's
BEGIN
    PERFORM 1 FROM practice WHERE practice_id = of_practice AND active;
    IF NOT FOUND THEN RETURN 'practice'; END IF;
    PERFORM 1 FROM patient WHERE patient_id = of_patient AND active;
    IF NOT FOUND THEN RETURN 'patient'; END IF;
    IF at <= now() THEN RETURN 'past'; END IF;

    SELECT * INTO found_session FROM session
    WHERE practice_id = of_practice AND weekday = extract(isodow FROM of_date) AND of_minute >= from_minute
      AND of_minute + minutes <= until_minute AND (of_minute - from_minute) % slot_minutes = 0
      AND minutes % slot_minutes = 0 AND of_type = ANY (types)
    LIMIT 1;
    IF NOT FOUND THEN RETURN 'session'; END IF;

    INSERT INTO day VALUES (of_practice, of_date, 0) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM day WHERE practice_id = of_practice AND date = of_date FOR UPDATE;
    IF (SELECT count(*) FROM appointment
        WHERE practice_id = of_practice AND starts < until AND starts > at - interval '2 hours' AND ends > at
          AND status = 'booked') >= found_session.capacity THEN
        RETURN 'full';
    END IF;

    INSERT INTO agenda VALUES (of_patient, 0) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM agenda WHERE patient_id = of_patient FOR UPDATE;
    PERFORM 1 FROM appointment
    WHERE patient_id = of_patient AND starts < until AND starts > at - interval '2 hours' AND ends > at
      AND status = 'booked';
    IF FOUND THEN RETURN 'busy'; END IF;

    INSERT INTO appointment (reference, patient_id, practice_id, starts, ends, type, channel, status, reason, created_at,
                             updated_at, created_by, version)
    VALUES (random_reference, of_patient, of_practice, at, until, of_type, 'in_person', 'booked', why, now(), now(),
            by_user, 1);
    UPDATE day SET entries = entries + 1 WHERE practice_id = of_practice AND date = of_date;
    UPDATE agenda SET entries = entries + 1 WHERE patient_id = of_patient;
    INSERT INTO usage VALUES (of_patient, of_practice, 1)
    ON CONFLICT (patient_id, practice_id) DO UPDATE SET total = usage.total + 1;
    INSERT INTO usage_by_practice VALUES (of_practice, of_date, 1)
    ON CONFLICT (practice_id, date) DO UPDATE SET total = usage_by_practice.total + 1;
    INSERT INTO relation VALUES (of_patient, of_practice) ON CONFLICT DO NOTHING;
    RETURN 'booked';
END
$$;
