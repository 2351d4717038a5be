-- The same appointments in PostgreSQL, as somebody would write it who knows it well: rows with the indexes that the
-- lists need, one function for a booking, no round trips inside it.
--
-- What a booking writes here and in opendoor (bench/fill.c, src/store):
--   appointment                    the record; its three indexes are opendoor's three index records
--   day                            the row that everybody locks who books that day of that practice
--   agenda                         the row that everybody locks who books for that patient
--   usage, usage_by_practice       counts
-- Ids that opendoor makes as UUIDs are bigint here where that is cheaper for PostgreSQL.

CREATE TABLE practice (
    practice_id uuid PRIMARY KEY,
    name text NOT NULL,
    active boolean NOT NULL
);

CREATE TABLE session (
    practice_id uuid NOT NULL,
    weekday int NOT NULL,
    from_minute int NOT NULL,
    until_minute int NOT NULL,
    slot_minutes int NOT NULL,
    capacity int NOT NULL,
    types text[] NOT NULL,
    PRIMARY KEY (practice_id, weekday, from_minute)
);

CREATE TABLE patient (
    patient_id uuid PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL,
    date_of_birth date NOT NULL,
    active boolean NOT NULL
);

CREATE TABLE relation (
    patient_id uuid NOT NULL,
    practice_id uuid NOT NULL,
    PRIMARY KEY (patient_id, practice_id)
);

CREATE TABLE day (
    practice_id uuid NOT NULL,
    date date NOT NULL,
    entries int NOT NULL,
    PRIMARY KEY (practice_id, date)
);

CREATE TABLE agenda (
    patient_id uuid PRIMARY KEY,
    entries int NOT NULL
);

CREATE TABLE appointment (
    appointment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference text NOT NULL,
    patient_id uuid NOT NULL,
    practice_id uuid NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    type text NOT NULL,
    channel text NOT NULL,
    status text NOT NULL,
    reason text,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    created_by uuid NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE usage (
    patient_id uuid NOT NULL,
    practice_id uuid NOT NULL,
    total int NOT NULL,
    last_visit timestamptz,
    PRIMARY KEY (patient_id, practice_id)
);

CREATE TABLE usage_by_practice (
    practice_id uuid NOT NULL,
    date date NOT NULL,
    total int NOT NULL,
    PRIMARY KEY (practice_id, date)
);

CREATE FUNCTION bench_id(kind int, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('01a00000-' || lpad(to_hex(kind), 4, '0') || '-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
$$;
