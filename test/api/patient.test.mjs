// patient.test.mjs - POST, GET, PUT /patients, medical information in both forms, finding people, usage.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, PATIENT, STAFF, startLater, startServer } from './lib/server.mjs';
import { addDays, londonToday, slotAt } from './lib/time.mjs';

let server;
let staff;
let admin;
before(async () => {
    server = await startServer();
    staff = await server.login(STAFF);
    admin = await server.login(ADMIN);
});
after(() => server?.stop());

const create = (token, body, query = '') => server.request('POST', `/patients${query}`, { token, body });
const put = (token, id, body, query = '', headers = {}) => server.request('PUT', `/patients/${id}${query}`, { token, body, headers });
const get = (token, id, query = '') => server.request('GET', `/patients/${id}${query}`, { token });
const person = (more = {}) => ({ first_name: 'Ada', last_name: 'Example', date_of_birth: '1985-12-10', ...more });

function codes(answer) {
    return Object.fromEntries((answer.json.errors ?? []).map((error) => [error.pointer, error.code]));
}

test('staff create a patient; their practices have a relationship from then on', async () => {
    const answer = await create(staff, person({ nhs_number: '999 000 0018', phone: '07700 900123', email: 'Ada@EXAMPLE.org',
        gender: 'female', address: { line1: '1 Example Street', postcode: 'm11ae' }, preferred_language: 'cy',
        emergency_contact: { name: 'Bea Example', phone: '020 7946 0123' }, reasonable_adjustments: ['Step-free access'],
        contact_preferences: { email: true, sms: false, reminders: ['24_hours'] } }));
    assert.equal(answer.status, 201, answer.text);
    const { data } = answer.json;
    assert.equal(answer.headers.location, `/patients/${data.patient_id}`);
    assert.equal(data.nhs_number, '9990000018');
    assert.equal(data.nhs_number_status, 'unverified');
    assert.equal(data.phone, '+447700900123');
    assert.equal(data.email, 'Ada@example.org');
    assert.equal(data.address.postcode, 'M1 1AE');
    assert.equal(data.emergency_contact.phone, '+442079460123');
    assert.equal(data.status, 'active');
    assert.equal(data.version, 1);
    assert.equal((await get(staff, data.patient_id)).status, 200);
    assert.deepEqual((await get(admin, data.patient_id)).json.data, data);
});

test('a patient who registered is told of the record that exists, and completes it with PUT', async () => {
    const who = await server.newPatient();
    const again = await create(who.token, person());
    assert.equal(again.status, 409);
    assert.equal(again.json.code, 'patient_exists');
    assert.equal(again.json.patient_id, who.patientId);
    const done = await put(who.token, who.patientId, person({ address: { line1: '2 Example Street', city: 'Leeds' } }));
    assert.equal(done.status, 200, done.text);
    const merged = await put(who.token, who.patientId, { address: { city: 'York', line1: null } });
    assert.deepEqual(merged.json.data.address, { city: 'York' });
    assert.equal(merged.json.data.first_name, 'Ada');
});

test('a status that is cleared is active again', async () => {
    const { patient_id: id } = (await create(staff, person({ status: null }))).json.data;
    assert.equal((await put(staff, id, { status: 'inactive' })).json.data.status, 'inactive');
    const cleared = await put(staff, id, { status: null });
    assert.equal(cleared.status, 200, cleared.text);
    assert.equal(cleared.json.data.status, 'active');
});

test('mistakes that hang on the day or on what is stored are named together', async () => {
    const answer = await create(staff, person({ date_of_birth: '2099-01-01', registered_practice_id: 'nowhere', nhs_number: null,
        nhs_number_status: 'verified' }));
    assert.equal(answer.status, 422, answer.text);
    assert.deepEqual(codes(answer), { '/date_of_birth': 'out_of_range', '/nhs_number': 'required', '/registered_practice_id': 'not_found' });
});

test('a name of blanks that nobody sees is no name', async () => {
    for (const name of [' ', '\u00a0', '\u3000 ', '\u200b'])
        assert.deepEqual(codes(await create(staff, person({ first_name: name }))), { '/first_name': 'empty' }, JSON.stringify(name));
    assert.deepEqual(codes(await create(staff, person({ preferred_language: 'x' }))), { '/preferred_language': 'format' });
});

test('every offending member is named', async () => {
    const answer = await create(staff, { first_name: '', last_name: 'x'.repeat(101), date_of_birth: '1990-02-30', nhs_number: '6304695787',
        phone: '12345', email: 'nobody', gender: 'robot', address: { postcode: 'XX1 1XX1', wat: 1 }, version: 3, extra: null });
    assert.equal(answer.status, 422);
    const found = codes(answer);
    assert.equal(found['/first_name'], 'empty');
    assert.equal(found['/last_name'], 'too_long');
    assert.equal(found['/date_of_birth'], 'date_invalid');
    assert.equal(found['/nhs_number'], 'nhs_number_invalid');
    assert.equal(found['/phone'], 'phone_invalid');
    assert.equal(found['/email'], 'email_invalid');
    assert.equal(found['/gender'], 'not_allowed_value');
    assert.equal(found['/address/postcode'], 'postcode_invalid');
    assert.equal(found['/address/wat'], 'unknown_member');
    assert.equal(found['/version'], 'read_only');
    assert.equal(found['/extra'], 'unknown_member');
    const missing = codes(await create(staff, {}));
    for (const name of ['/first_name', '/last_name', '/date_of_birth']) assert.equal(missing[name], 'required', name);
});

test('a NUL or another control character is pointed at', async () => {
    const answer = await create(staff, person({ first_name: 'A\u0000B', last_name: 'C\u0007D' }));
    assert.equal(answer.status, 422);
    assert.deepEqual(codes(answer), { '/first_name': 'control_character', '/last_name': 'control_character' });
});

test('born in the future or too long ago', async () => {
    const today = londonToday();
    for (const date_of_birth of [addDays(today, 1), '1880-01-01']) {
        assert.equal(codes(await create(staff, person({ date_of_birth })))['/date_of_birth'], 'out_of_range', date_of_birth);
    }
    assert.equal((await create(staff, person({ date_of_birth: today }))).status, 201);
});

test('text is kept in NFC', async () => {
    const answer = await create(staff, person({ last_name: 'Mu\u0308ller' }));
    assert.equal(answer.json.data.last_name, 'M\u00fcller');
});

test('an NHS number that a patient types is a claim; only verified ones are unique', async () => {
    const one = await server.newPatient();
    const two = await server.newPatient();
    for (const who of [one, two]) {
        const claim = await put(who.token, who.patientId, { nhs_number: '9990000026' });
        assert.equal(claim.json.data.nhs_number_status, 'unverified');
    }
    assert.equal(codes(await put(one.token, one.patientId, { nhs_number_status: 'verified' }))['/nhs_number_status'], 'read_only');
    const verified = await put(admin, one.patientId, { nhs_number_status: 'verified' });
    assert.equal(verified.json.data.nhs_number_status, 'verified');
    const taken = await put(admin, two.patientId, { nhs_number_status: 'verified' });
    assert.equal(taken.status, 409);
    assert.equal(taken.json.code, 'nhs_number_taken');
    const changed = await put(one.token, one.patientId, { nhs_number: '9990000034' });
    assert.equal(changed.status, 422);
    const byStaff = await put(admin, one.patientId, { nhs_number: '9990000034' });
    assert.equal(byStaff.json.data.nhs_number_status, 'unverified', 'a new number is a claim again');
    assert.equal((await put(admin, two.patientId, { nhs_number_status: 'verified' })).status, 200, 'and the old one is free');
    const none = await server.newPatient();
    assert.equal((await put(admin, none.patientId, { nhs_number_status: 'verified' })).status, 422);
});

test('medical information: both forms side by side, codes checked, shown only when asked for', async () => {
    const who = await server.newPatient();
    const medical_info = {
        allergies_legacy: ['Penicillin', 'Nuts'],
        allergies: [{ display_text: 'Penicillin allergy', code: '294505008', system: 'http://snomed.info/sct', severity: 'moderate',
            reaction: ['rash', 'swelling'], onset_date: '2018-03-10' }],
        conditions: [{ display_text: 'Asthma', clinical_status: 'active', onset_date: '2009-06-01' }],
        medications: [{ display_text: 'Salbutamol inhaler', dosage: '2 puffs', frequency: 'when needed', route: 'inhaled' }],
        notes: 'Free-text clinical notes\npreserved', data_source: 'gp_records',
    };
    const done = await put(admin, who.patientId, { medical_info }, '?include_medical=true');
    assert.equal(done.status, 200, done.text);
    const { last_updated, ...kept } = done.json.data.medical_info;
    assert.match(last_updated, /Z$/);
    assert.deepEqual(kept, medical_info);
    assert.equal((await get(who.token, who.patientId)).json.data.medical_info, undefined);
    assert.deepEqual((await get(who.token, who.patientId, '?include_medical=true')).json.data.medical_info, done.json.data.medical_info);
    const merged = await put(admin, who.patientId, { medical_info: { allergies_legacy: ['Dust'] } }, '?include_medical=true');
    assert.deepEqual(merged.json.data.medical_info.allergies_legacy, ['Dust']);
    assert.deepEqual(merged.json.data.medical_info.allergies, medical_info.allergies, 'the coded form is not touched');
    const wrong = await put(admin, who.patientId, { medical_info: {
        allergies: [{ display_text: 'x', code: '294505009', severity: 'awful' }, { code: '294505008' }],
        conditions: [{ display_text: 'y', system: 'http://loinc.org', onset_date: '2020-01-02' }, { display_text: 'z', onset_date: '2020-01-02', resolved_date: '2020-01-01' }],
    } });
    const found = codes(wrong);
    assert.equal(found['/medical_info/allergies/0/code'], 'snomed_invalid');
    assert.equal(found['/medical_info/allergies/0/severity'], 'not_allowed_value');
    assert.equal(found['/medical_info/allergies/1/display_text'], 'required');
    assert.equal(found['/medical_info/conditions/0/system'], 'not_allowed_value');
    const order = codes(await put(admin, who.patientId, { medical_info: { conditions: [{ display_text: 'z', onset_date: '2020-01-02', resolved_date: '2020-01-01' }] } }));
    assert.equal(order['/medical_info/conditions/0/resolved_date'], 'out_of_range');
});

test('include_appointments adds them', async () => {
    const patient = await server.login(PATIENT);
    const answer = await get(patient, 'patient-123', '?include_medical=true&include_appointments=true');
    assert.equal(answer.status, 200);
    assert.ok(answer.json.data.appointments.length > 0);
    for (const row of answer.json.data.appointments) assert.equal(row.patient_id, 'patient-123');
    assert.equal((await get(patient, 'patient-123')).json.data.appointments, undefined);
});

test('who is not entitled sees nothing', async () => {
    const stranger = await server.newPatient();
    assert.equal((await get(stranger.token, 'patient-123')).status, 404);
    assert.equal((await put(stranger.token, 'patient-123', { first_name: 'x' })).status, 404);
    assert.equal((await get(staff, stranger.patientId)).status, 404);
    assert.equal((await get(staff, stranger.patientId, '?include_medical=true')).status, 404);
    assert.equal((await get(admin, 'nobody')).status, 404);
    assert.equal((await get(undefined, 'patient-123')).status, 401);
});

test('If-Match on PUT', async () => {
    const who = await server.newPatient();
    const { headers } = await get(who.token, who.patientId);
    assert.equal((await put(who.token, who.patientId, { first_name: 'A' }, '', { 'if-match': headers.etag })).status, 200);
    assert.equal((await put(who.token, who.patientId, { first_name: 'B' }, '', { 'if-match': headers.etag })).status, 412);
});

test('staff find people by the beginning of the surname, accents and case aside', async () => {
    const surname = 'O\u2019Br\u00eantish';
    const made = await create(staff, person({ last_name: surname, date_of_birth: '2001-02-03' }));
    assert.equal(made.status, 201, made.text);
    const find = (query) => server.request('GET', `/patients?${query}`, { token: staff });
    for (const q of ['obr', 'OBRENT', 'o\u2019brentish', 'O Bren']) {
        const answer = await find(`q=${encodeURIComponent(q)}`);
        assert.ok(answer.json.data.some((row) => row.patient_id === made.json.data.patient_id), q);
        assert.equal(answer.json.data[0].address, undefined, 'minimal fields');
    }
    assert.deepEqual((await find('q=obrentishx')).json.data, []);
    assert.equal((await find('q=obrentish&date_of_birth=2001-02-03')).json.data.length, 1);
    assert.deepEqual((await find('q=obrentish&date_of_birth=2001-02-04')).json.data, []);
    const renamed = await put(staff, made.json.data.patient_id, { last_name: 'Zquillon' });
    assert.equal(renamed.status, 200, renamed.text);
    assert.deepEqual((await find('q=obrent')).json.data, []);
    assert.equal((await find('q=zqu')).json.data.length, 1);
    assert.equal((await find('')).status, 422);
    assert.equal((await find('q=..')).status, 422);
});

test('two letters are too few unless they are the whole surname', async () => {
    const made = await create(staff, person({ last_name: 'Ng' }));
    const answer = await server.request('GET', '/patients?q=ng', { token: staff });
    assert.deepEqual(answer.json.data.map((row) => row.patient_id), [made.json.data.patient_id]);
    const few = await server.request('GET', '/patients?q=sm', { token: staff });
    assert.ok(few.status === 422 || few.json.data.length === 0, few.text);
});

test('pages of people', async () => {
    for (let i = 0; i < 5; i++) await create(staff, person({ last_name: `Pagerson${'abcde'[i]}` }));
    const seen = [];
    for (let cursor, first = true; first || cursor; first = false) {
        const page = await server.request('GET', `/patients?q=pagerson&limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, { token: staff });
        assert.equal(page.status, 200, page.text);
        seen.push(...page.json.data.map((row) => row.last_name));
        cursor = page.json.next_cursor;
    }
    assert.equal(new Set(seen).size, 5);
    assert.equal(seen.length, 5);
});

test('an exact NHS number finds a verified patient anywhere, for staff only', async () => {
    const found = await server.request('GET', '/patients?nhs_number=943%20476%205919', { token: staff });
    assert.deepEqual(found.json.data.map((row) => row.patient_id), ['patient-123']);
    const claim = await server.newPatient({ nhs_number: '9990000042' });
    const none = await server.request('GET', '/patients?nhs_number=9990000042', { token: staff });
    assert.deepEqual(none.json.data, [], 'a claim proves nothing');
    assert.equal((await server.request('GET', '/patients?nhs_number=9434765919', { token: claim.token })).status, 403);
    const admins = await server.request('GET', '/patients?q=smi', { token: admin });
    assert.equal(admins.status, 422);
    assert.equal((await server.request('GET', '/patients?q=smi&practice_id=practice-001', { token: admin })).status, 200);
});

test('usage follows every change of an appointment', async (t) => {
    let server = await startServer();
    t.after(() => server.stop());
    const who = await server.newPatient();
    const ask = async (email, method, target, body) => server.request(method, target, { token: await server.login(email), body });
    const usage = async () => (await ask(who.email, 'GET', `/patients/${who.patientId}/usage`)).json.data;
    const total = async () => (await ask(STAFF, 'GET', '/practices/practice-001/usage')).json.data;
    const before = await total();
    assert.deepEqual(await usage(), []);
    const book = async (start, more = {}) => (await server.request('POST', '/appointments', { token: who.token, body: { patient_id: who.patientId,
        practice_id: 'practice-001', appointment_datetime: start, appointment_type: 'routine', ...more } })).json.data;
    const one = await book(slotAt(3, '08:00'));
    const two = await book(slotAt(4, '08:00'));
    const hold = await book(slotAt(5, '08:00'), { status: 'pending' });
    assert.deepEqual((await usage()).map(({ total_appointments, attended, cancelled, missed, is_primary_practice }) =>
        [total_appointments, attended, cancelled, missed, is_primary_practice]), [[2, 0, 0, 0, true]]);
    const change = (id, body) => ask(STAFF, 'PUT', `/appointments/${id}`, body);
    server = await startLater(server, one.appointment_datetime);
    assert.equal((await change(one.appointment_id, { status: 'arrived' })).status, 200);
    assert.equal((await change(one.appointment_id, { status: 'fulfilled' })).status, 200);
    server = await startLater(server, two.appointment_datetime);
    assert.equal((await change(two.appointment_id, { status: 'noshow' })).status, 200);
    await ask(who.email, 'DELETE', `/appointments/${hold.appointment_id}`);
    const [row] = await usage();
    assert.deepEqual([row.total_appointments, row.attended, row.cancelled, row.missed], [2, 1, 0, 1]);
    assert.equal(row.last_visit, one.appointment_datetime);
    assert.equal(row.practice_id, 'practice-001');
    assert.equal((await change(two.appointment_id, { status: 'entered-in-error' })).status, 200);
    assert.deepEqual((await usage()).map((r) => [r.total_appointments, r.missed]), [[1, 0]]);
    const after = await total();
    assert.equal(after.total_appointments - before.total_appointments, 1);
    assert.equal(after.attended - before.attended, 1);
    assert.equal((await ask(who.email, 'GET', '/practices/practice-001/usage')).status, 403);
    assert.ok([403, 404].includes((await ask(STAFF, 'GET', '/practices/practice-002/usage')).status));
});
