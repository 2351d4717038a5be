// appointment_create.test.mjs - POST /appointments: one place for one person, every rule with its own code.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, PATIENT, STAFF, startServer } from './lib/server.mjs';
import { addDays, addMinutes, londonInstant, londonToday, nextWeekday, slotAt } from './lib/time.mjs';

const PRACTICE = 'practice-002';
let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

function body(patientId, start, more = {}) {
    return { patient_id: patientId, practice_id: PRACTICE, appointment_datetime: start, appointment_type: 'routine', ...more };
}

async function book(who, start, more = {}, options = {}) {
    return server.request('POST', '/appointments', { token: who.token, body: body(who.patientId, start, more), ...options });
}

test('a booking answers 201 with the whole resource, its address and its version', async () => {
    const who = await server.newPatient();
    const start = slotAt(3, '09:00');
    const answer = await book(who, start, { duration_minutes: 30, reason: 'Annual check-up', notes: 'First line\nsecond' });
    assert.equal(answer.status, 201, answer.text);
    const { data, message, timestamp } = answer.json;
    assert.equal(answer.headers.location, `/appointments/${data.appointment_id}`);
    assert.equal(answer.headers.etag, '"1"');
    assert.match(timestamp, /Z$/);
    assert.ok(message.length > 0);
    assert.equal(data.appointment_datetime, start);
    assert.equal(data.duration_minutes, 30);
    assert.equal(data.status, 'booked');
    assert.equal(data.delivery_channel, 'in_person');
    assert.equal(data.created_by, who.userId);
    assert.equal(data.notes, 'First line\nsecond');
    assert.match(data.reference, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    const read = await server.request('GET', answer.headers.location, { token: who.token });
    assert.deepEqual(read.json.data, data);
});

test('the duration is the slot length if it is left out, and an offset is understood', async () => {
    const who = await server.newPatient();
    const start = slotAt(4, '10:00');
    const shifted = new Date(Date.parse(start) + 3_600_000).toISOString().replace(/\.\d+Z$/, '+01:00');
    const answer = await book(who, shifted);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json.data.duration_minutes, 15);
    assert.equal(answer.json.data.appointment_datetime, start);
});

test('every time rule has its own code and points at the member', async () => {
    const who = await server.newPatient();
    const today = londonToday();
    const open = nextWeekday(5);
    const rows = [
        ['in the past', addMinutes(new Date().toISOString(), -60), {}, 'in_past', '/appointment_datetime'],
        ['sooner than the minimum notice', addMinutes(new Date().toISOString(), 30), {}, 'too_soon', '/appointment_datetime'],
        ['further than the maximum advance', londonInstant(addDays(today, 60), '10:00'), {}, 'too_far', '/appointment_datetime'],
        ['before it opens', londonInstant(open, '03:00'), {}, 'outside_session', '/appointment_datetime'],
        ['off the slot boundary', londonInstant(open, '10:07'), {}, 'off_slot_boundary', '/appointment_datetime'],
        ['no whole number of slots', londonInstant(open, '10:00'), { duration_minutes: 20 }, 'duration_not_whole_slots', '/duration_minutes'],
        ['a channel that is not offered', londonInstant(open, '10:00'), { delivery_channel: 'home_visit' }, 'channel_not_offered', '/delivery_channel'],
        ['a practitioner who is not there', londonInstant(open, '10:00'), { practitioner_id: 'nobody' }, 'practitioner_not_available', '/practitioner_id'],
    ];
    for (const [what, start, more, code, pointer] of rows) {
        const answer = await book(who, start, more);
        assert.equal(answer.status, 422, `${what}: ${answer.text}`);
        assert.equal(answer.json.code, code, `${what}: ${answer.text}`);
        assert.equal(answer.json.errors[0].pointer, pointer, what);
        assert.equal(answer.json.errors[0].code, code, what);
    }
    const mine = await server.request('GET', '/appointments', { token: who.token });
    assert.deepEqual(mine.json.data, [], 'a refused booking leaves nothing behind');
});

test('all offending members are named at once', async () => {
    const who = await server.newPatient();
    const answer = await server.request('POST', '/appointments', {
        token: who.token,
        body: { patient_id: '', practice_id: 7, appointment_datetime: '2026-02-30T10:00:00Z', appointment_type: 'surgery',
            duration_minutes: 4, reason: 'x'.repeat(501), nonsense: true, status: 'arrived', delivery_channel: null },
    });
    assert.equal(answer.status, 422, answer.text);
    const codes = Object.fromEntries(answer.json.errors.map((error) => [error.pointer, error.code]));
    assert.equal(codes['/patient_id'], 'empty');
    assert.equal(codes['/practice_id'], 'wrong_type');
    assert.equal(codes['/appointment_datetime'], 'datetime_invalid');
    assert.equal(codes['/appointment_type'], 'not_allowed_value');
    assert.equal(codes['/duration_minutes'], 'out_of_range');
    assert.equal(codes['/reason'], 'too_long');
    assert.equal(codes['/nonsense'], 'unknown_member');
});

test('a time without an offset is refused and the message says so', async () => {
    const who = await server.newPatient();
    const answer = await book(who, `${nextWeekday(3)}T10:00:00`);
    assert.equal(answer.json.errors[0].code, 'datetime_needs_offset');
    assert.match(answer.json.errors[0].message, /offset/);
});

test('what does not exist is said to be missing', async () => {
    const who = await server.newPatient();
    const none = await book(who, slotAt(3, '11:00'), { practice_id: 'practice-none' });
    assert.equal(none.status, 422);
    assert.equal(none.json.errors[0].pointer, '/practice_id');
    const token = await server.login(STAFF);
    const nobody = await server.request('POST', '/appointments', { token, body: body('nobody', slotAt(3, '11:00'), { practice_id: 'practice-001' }) });
    assert.equal(nobody.status, 422);
    assert.equal(nobody.json.errors[0].pointer, '/patient_id');
});

test('a patient cannot book for somebody else, nor learn that they exist', async () => {
    const who = await server.newPatient();
    const other = await server.newPatient();
    const real = await server.request('POST', '/appointments', { token: who.token, body: body(other.patientId, slotAt(3, '11:00')) });
    const made_up = await server.request('POST', '/appointments', { token: who.token, body: body('nobody', slotAt(3, '11:00')) });
    assert.equal(real.status, 404);
    assert.equal(made_up.status, 404);
    assert.equal(real.json.detail, made_up.json.detail);
});

test('staff book for a person at their practice without the minimum notice, not elsewhere', async () => {
    const who = await server.newPatient();
    const token = await server.login(STAFF);
    const here = await server.request('POST', '/appointments', { token, body: body(who.patientId, slotAt(6, '16:00'), { practice_id: 'practice-001' }) });
    assert.equal(here.status, 201, here.text);
    const elsewhere = await server.request('POST', '/appointments', { token, body: body(who.patientId, slotAt(6, '11:00')) });
    assert.ok([403, 404].includes(elsewhere.status), elsewhere.text);
    const read = await server.request('GET', `/patients/${who.patientId}`, { token });
    assert.equal(read.status, 200, 'booking for somebody makes a relationship');
});

test('a taken slot is 409 with alternatives that can be booked', async () => {
    const start = slotAt(7, '09:30');
    const first = await server.newPatient();
    const second = await server.newPatient();
    assert.equal((await book(first, start)).status, 201);
    const lost = await book(second, start);
    assert.equal(lost.status, 409, lost.text);
    assert.equal(lost.json.code, 'slot_unavailable');
    assert.ok(lost.json.alternatives.length > 0 && lost.json.alternatives.length <= 5);
    const starts = lost.json.alternatives.map((slot) => slot.start);
    assert.ok(!starts.includes(start));
    assert.deepEqual(starts, [...starts].sort());
    const again = await book(second, starts[0]);
    assert.equal(again.status, 201, again.text);
});

test('one patient never has two appointments that overlap, at whatever practices', async () => {
    const who = await server.newPatient();
    const start = slotAt(8, '09:00');
    assert.equal((await book(who, start, { duration_minutes: 30 })).status, 201);
    const clash = await book(who, addMinutes(start, 15), { practice_id: 'practice-001' });
    assert.equal(clash.status, 409, clash.text);
    assert.equal(clash.json.code, 'patient_busy');
    const next = await book(who, addMinutes(start, 30), { practice_id: 'practice-001' });
    assert.equal(next.status, 201, next.text);
});

test('the same Idempotency-Key gives the first answer again, another body is 422', async () => {
    const who = await server.newPatient();
    const start = slotAt(9, '09:00');
    const headers = { 'idempotency-key': 'a-key-of-mine' };
    const first = await book(who, start, {}, { headers });
    const again = await book(who, start, {}, { headers });
    assert.equal(first.status, 201, first.text);
    assert.equal(again.status, 201);
    assert.equal(again.text, first.text);
    assert.equal(again.headers.location, first.headers.location);
    const other = await book(who, addMinutes(start, 15), {}, { headers });
    assert.equal(other.status, 422);
    assert.equal(other.json.code, 'idempotency_key_reused');
    const stranger = await server.newPatient();
    const theirs = await book(stranger, addMinutes(start, 30), {}, { headers });
    assert.equal(theirs.status, 201, 'keys of different users do not meet');
});

test('a refused request may be corrected and sent again with the same key', async () => {
    const who = await server.newPatient();
    const headers = { 'idempotency-key': 'second-try' };
    const wrong = await book(who, slotAt(9, '11:07'), {}, { headers });
    assert.equal(wrong.status, 422);
    const right = await book(who, slotAt(9, '11:00'), {}, { headers });
    assert.equal(right.status, 201, right.text);
});

test('an Idempotency-Key holds across a restart', async () => {
    const who = await server.newPatient();
    const start = slotAt(10, '09:00');
    const headers = { 'idempotency-key': 'over-night' };
    const first = await book(who, start, {}, { headers });
    assert.equal(first.status, 201, first.text);
    await server.stop({ keep: true });
    server = await startServer({ data: server.dataDir });
    const again = await book(who, start, {}, { headers });
    assert.equal(again.status, 201, again.text);
    assert.equal(again.text, first.text);
});

test('a hold takes the place, and is told when it ends', async () => {
    const holder = await server.newPatient();
    const other = await server.newPatient();
    const start = slotAt(11, '09:00');
    const hold = await book(holder, start, { status: 'pending' });
    assert.equal(hold.status, 201, hold.text);
    assert.equal(hold.json.data.status, 'pending');
    assert.ok(Date.parse(hold.json.data.expires_at) > Date.now());
    assert.equal((await book(other, start)).status, 409);
});

test('without a token it is 401 and says how to get one', async () => {
    const answer = await server.request('POST', '/appointments', { body: body('patient-123', slotAt(3, '09:00')) });
    assert.equal(answer.status, 401);
    assert.match(answer.headers['www-authenticate'], /^Bearer/);
});

test('the example of the documentation works as it is written', async () => {
    const token = await server.login(PATIENT);
    const answer = await server.request('POST', '/appointments', {
        token,
        body: { patient_id: 'patient-123', practice_id: 'practice-456', appointment_datetime: slotAt(12, '10:30'),
            appointment_type: 'routine', duration_minutes: 30, reason: 'Annual check-up' },
    });
    assert.equal(answer.status, 201, answer.text);
});

test('a practice for registered patients only turns others away', async () => {
    const admin = await server.login(ADMIN);
    const made = await server.request('POST', '/practices', {
        token: admin,
        body: { ods_code: 'X99001', name: 'Registered Only Surgery', access_point_type: 'GP_SURGERY', nation: 'england',
            requires_registration: true, services: ['routine'], address: { line1: '1 Example Street', postcode: 'M1 1AE' },
            latitude: 53.48, longitude: -2.24,
            opening_hours: { monday: [{ opens: '08:00', closes: '18:00' }], tuesday: [{ opens: '08:00', closes: '18:00' }],
                wednesday: [{ opens: '08:00', closes: '18:00' }], thursday: [{ opens: '08:00', closes: '18:00' }],
                friday: [{ opens: '08:00', closes: '18:00' }] } },
    });
    assert.equal(made.status, 201, made.text);
    const practice_id = made.json.data.practice_id;
    const who = await server.newPatient();
    const refused = await book(who, slotAt(5, '09:00'), { practice_id });
    assert.equal(refused.status, 422);
    assert.equal(refused.json.code, 'registration_required');
    const put = await server.request('PUT', `/patients/${who.patientId}`, { token: admin, body: { registered_practice_id: practice_id } });
    assert.equal(put.status, 200, put.text);
    assert.equal((await book(who, slotAt(5, '09:00'), { practice_id })).status, 201);
    const type = await book(await server.newPatient({}), slotAt(5, '09:00'), { practice_id, appointment_type: 'vaccination' });
    assert.equal(type.status, 422);
});
