// appointment_update.test.mjs - PUT and DELETE /appointments/{appointment_id}: move, confirm, attend, cancel.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { STAFF, startLater, startServer } from './lib/server.mjs';
import { addMinutes, slotAt } from './lib/time.mjs';

const PRACTICE = 'practice-001';
let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

async function book(who, start, more = {}) {
    const answer = await server.request('POST', '/appointments', {
        token: who.token,
        body: { patient_id: who.patientId, practice_id: PRACTICE, appointment_datetime: start, appointment_type: 'routine', ...more },
    });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.data;
}

const put = (token, id, body, headers = {}) => server.request('PUT', `/appointments/${id}`, { token, body, headers });
const cancel = (token, id, headers = {}) => server.request('DELETE', `/appointments/${id}`, { token, headers });

async function isFree(start) {
    const day = start.slice(0, 10);
    const answer = await server.request('GET', `/practices/${PRACTICE}/availability?start_date=${day}&end_date=${day}`);
    return answer.json.data.slots.some((slot) => slot.start === start);
}

test('a move frees the old slot, takes the new one and goes up in version', async () => {
    const who = await server.newPatient();
    const start = slotAt(3, '08:30');
    const made = await book(who, start);
    const moved = await put(who.token, made.appointment_id, { appointment_datetime: addMinutes(start, 30), notes: 'Updated appointment time' });
    assert.equal(moved.status, 200, moved.text);
    assert.equal(moved.json.data.appointment_datetime, addMinutes(start, 30));
    assert.equal(moved.json.data.notes, 'Updated appointment time');
    assert.equal(moved.json.data.version, 2);
    assert.equal(moved.headers.etag, '"2"');
    assert.equal(moved.json.data.reference, made.reference);
    assert.ok(await isFree(start));
    assert.ok(!(await isFree(addMinutes(start, 30))));
});

test('a move to a taken slot changes nothing', async () => {
    const mover = await server.newPatient();
    const other = await server.newPatient();
    const start = slotAt(4, '08:30');
    const made = await book(mover, start);
    await book(other, addMinutes(start, 15));
    const lost = await put(mover.token, made.appointment_id, { appointment_datetime: addMinutes(start, 15) });
    assert.equal(lost.status, 409, lost.text);
    assert.equal(lost.json.code, 'slot_unavailable');
    assert.ok(Array.isArray(lost.json.alternatives));
    const read = await server.request('GET', `/appointments/${made.appointment_id}`, { token: mover.token });
    assert.deepEqual(read.json.data, made);
    assert.ok(!(await isFree(start)));
});

test('a move into its own old time works: longer, and overlapping itself', async () => {
    const who = await server.newPatient();
    const start = slotAt(5, '08:30');
    const made = await book(who, start);
    const longer = await put(who.token, made.appointment_id, { duration_minutes: 45 });
    assert.equal(longer.status, 200, longer.text);
    const later = await put(who.token, made.appointment_id, { appointment_datetime: addMinutes(start, 15) });
    assert.equal(later.status, 200, later.text);
    assert.ok(await isFree(start));
});

test('a move to another day keeps the appointment and frees the first day', async () => {
    const who = await server.newPatient();
    const made = await book(who, slotAt(6, '08:30'));
    const moved = await put(who.token, made.appointment_id, { appointment_datetime: slotAt(7, '08:30') });
    assert.equal(moved.status, 200, moved.text);
    assert.ok(await isFree(slotAt(6, '08:30')));
    assert.ok(!(await isFree(slotAt(7, '08:30'))));
    const list = await server.request('GET', '/appointments', { token: who.token });
    assert.deepEqual(list.json.data.map((row) => row.appointment_id), [made.appointment_id]);
});

test('If-Match: a stale version is 412 and changes nothing', async () => {
    const who = await server.newPatient();
    const made = await book(who, slotAt(8, '08:30'));
    const first = await put(who.token, made.appointment_id, { reason: 'one' }, { 'if-match': '"1"' });
    assert.equal(first.status, 200, first.text);
    for (const tag of ['"1"', 'W/"2"', '"x"', '2']) {
        const stale = await put(who.token, made.appointment_id, { reason: 'two' }, { 'if-match': tag });
        assert.equal(stale.status, 412, tag);
    }
    assert.equal((await cancel(who.token, made.appointment_id, { 'if-match': '"1"' })).status, 412);
    assert.equal((await put(who.token, made.appointment_id, { reason: 'three' }, { 'if-match': '*' })).status, 200);
    const lines = (tags) => server.rawRequest(`PUT /appointments/${made.appointment_id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${who.token}\r\n`
        + `Content-Type: application/json\r\n${tags.map((tag) => `If-Match: ${tag}\r\n`).join('')}Content-Length: 2\r\nConnection: close\r\n\r\n{}`);
    for (const [tags, status] of [[['"1"', '"2"'], 412], [['"1"', '"3"'], 200]]) {
        assert.equal((await lines(tags)).answers[0].status, status, tags.join());
    }
    assert.equal((await put(who.token, made.appointment_id, { reason: 'four' }, { 'if-match': '"1", W/"3"' })).status, 412);
    assert.equal((await cancel(who.token, made.appointment_id, { 'if-match': '"a,b", "4"' })).status, 200);
});

test('a hold is confirmed once, and cancelled by whoever holds it', async () => {
    const who = await server.newPatient();
    const made = await book(who, slotAt(9, '08:30'), { status: 'pending' });
    const confirmed = await put(who.token, made.appointment_id, { status: 'booked' });
    assert.equal(confirmed.status, 200, confirmed.text);
    assert.equal(confirmed.json.data.status, 'booked');
    assert.equal(confirmed.json.data.expires_at, undefined);
    const other = await book(who, slotAt(9, '09:30'), { status: 'pending' });
    assert.equal((await cancel(who.token, other.appointment_id)).json.data.status, 'cancelled');
    assert.ok(await isFree(slotAt(9, '09:30')));
});

test('cancelling frees the slot at once, for the patient too; twice is the same', async () => {
    const who = await server.newPatient();
    const start = slotAt(10, '08:30');
    const made = await book(who, start);
    const gone = await cancel(who.token, made.appointment_id);
    assert.equal(gone.status, 200, gone.text);
    assert.equal(gone.json.data.status, 'cancelled');
    const again = await cancel(who.token, made.appointment_id);
    assert.deepEqual(again.json.data, gone.json.data);
    await book(who, start);
    const back = await put(who.token, made.appointment_id, { status: 'booked' });
    assert.notEqual(back.status, 200, 'what is cancelled stays cancelled');
});

test('a cancellation with a reason; a reason without one is refused', async () => {
    const who = await server.newPatient();
    const made = await book(who, slotAt(11, '08:30'));
    const wrong = await put(who.token, made.appointment_id, { cancellation_reason: 'on holiday' });
    assert.equal(wrong.status, 422);
    assert.equal(wrong.json.errors[0].pointer, '/cancellation_reason');
    const right = await put(who.token, made.appointment_id, { status: 'cancelled', cancellation_reason: 'on holiday' });
    assert.equal(right.status, 200, right.text);
    assert.equal(right.json.data.cancellation_reason, 'on holiday');
});

test('who came is for staff to say; a patient may not', async () => {
    const who = await server.newPatient();
    const made = await book(who, slotAt(12, '08:30'));
    for (const status of ['arrived', 'fulfilled', 'noshow', 'entered-in-error']) {
        const answer = await put(who.token, made.appointment_id, { status });
        assert.ok([403, 404].includes(answer.status), `${status}: ${answer.text}`);
    }
});

test('nobody has come, or has stayed away, before it can be', async (t) => {
    const early = await startServer();
    let later;
    t.after(() => (later ?? early).stop());
    const start = slotAt(12, '08:30');
    const ids = [];
    for (const time of ['08:30', '10:00', '14:00']) {
        const who = await early.newPatient();
        const body = { patient_id: who.patientId, practice_id: PRACTICE, appointment_datetime: slotAt(12, time), appointment_type: 'routine' };
        const made = await early.request('POST', '/appointments', { token: who.token, body });
        assert.equal(made.status, 201, made.text);
        ids.push(made.json.data.appointment_id);
    }
    const mark = async (at, id, status, expected) => {
        const answer = await at.request('PUT', `/appointments/${id}`, { token: await at.login(STAFF), body: { status } });
        const found = answer.status === 200 ? 200 : answer.json.code;
        assert.equal(found, expected, `${status}: ${answer.text}`);
        if (answer.status === 422) assert.deepEqual(answer.json.errors.map((e) => [e.pointer, e.code]), [['/status', expected]]);
    };
    await mark(early, ids[0], 'arrived', 'not_the_day');
    await mark(early, ids[0], 'fulfilled', 'before_start');
    await mark(early, ids[0], 'noshow', 'before_start');

    later = await startLater(early, addMinutes(start, 20));
    await mark(later, ids[2], 'arrived', 200); // early, on the right day
    await mark(later, ids[2], 'fulfilled', 'before_start');
    for (const [status, expected] of [['arrived', 200], ['fulfilled', 200], ['pending', 'status_change_not_allowed'],
        ['cancelled', 'status_change_not_allowed'], ['entered-in-error', 200], ['booked', 'status_change_not_allowed']]) {
        await mark(later, ids[0], status, expected);
    }
    later = await startLater(later, addMinutes(start, 180));
    await mark(later, ids[1], 'noshow', 200); // came late after all
    await mark(later, ids[1], 'arrived', 200);

    later = await startLater(later, addMinutes(start, 24 * 60));
    await mark(later, ids[2], 'booked', 200);
    await mark(later, ids[2], 'arrived', 'not_the_day'); // what was not written down that day
    await mark(later, ids[2], 'fulfilled', 200);
});

test('members: unknown, read-only, cleared and emptied', async () => {
    const who = await server.newPatient();
    const made = await book(who, slotAt(14, '08:30'), { reason: 'a', notes: 'b' });
    const refused = await put(who.token, made.appointment_id, { patient_id: 'x', wat: 1, appointment_datetime: null, reason: '' });
    assert.equal(refused.status, 422);
    const codes = Object.fromEntries(refused.json.errors.map((error) => [error.pointer, error.code]));
    assert.equal(codes['/patient_id'], 'read_only');
    assert.equal(codes['/wat'], 'unknown_member');
    assert.ok(codes['/appointment_datetime']);
    assert.equal(codes['/reason'], 'empty');
    const cleared = await put(who.token, made.appointment_id, { reason: null });
    assert.equal(cleared.status, 200, cleared.text);
    assert.equal(cleared.json.data.reason, undefined);
    assert.equal(cleared.json.data.notes, 'b');
});

test('somebody else\'s appointment is not there', async () => {
    const who = await server.newPatient();
    const other = await server.newPatient();
    const made = await book(who, slotAt(15, '08:30'));
    for (const answer of [await put(other.token, made.appointment_id, { reason: 'x' }), await cancel(other.token, made.appointment_id),
        await server.request('GET', `/appointments/${made.appointment_id}`, { token: other.token })]) {
        assert.equal(answer.status, 404, answer.text);
    }
});

test('a hold that has expired frees its place and cannot be confirmed', async () => {
    const quick = await startServer({ env: { HOLD_MINUTES: '0' } }).catch((error) => error);
    if (!(quick instanceof Error)) {
        await quick.stop();
        assert.fail('a hold of no length must be refused as a setting');
    }
    assert.match(quick.message, /HOLD_MINUTES/);
});
