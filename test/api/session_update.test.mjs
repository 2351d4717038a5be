// session_update.test.mjs - PUT and DELETE of a session, whole or for some days.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { bookAt, errorsOf, freeStarts, hours, newPractice } from './lib/practices.mjs';
import { ADMIN, STAFF, startServer } from './lib/server.mjs';
import { addDays, nextWeekday, slotAt } from './lib/time.mjs';

let server;
let admin;
before(async () => {
    server = await startServer();
    admin = await server.login(ADMIN);
});
after(() => server?.stop());

const WEEKDAY_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const day = nextWeekday(4);
const weekday = WEEKDAY_NAMES[new Date(`${day}T00:00:00Z`).getUTCDay()];
const other = WEEKDAY_NAMES[(new Date(`${day}T00:00:00Z`).getUTCDay() + 1) % 7];

// A practice with one weekly session from 9 to 10, and its address.
async function scene(more = {}) {
    const practice = await newPractice(server, { booking_rules: { max_advance_days: 60 },
        opening_hours: { ...hours('09:00', '12:00'), bank_holiday: [{ opens: '00:00', closes: '24:00' }] } });
    const answer = await server.request('POST', `/practices/${practice.practice_id}/sessions`, { token: admin,
        body: { weekday, from: '09:00', until: '10:00', ...more } });
    assert.equal(answer.status, 201, answer.text);
    return { practice, id: practice.practice_id, session: answer.json.data, at: answer.headers.location };
}

const put = (at, body, { query = '', token = admin, headers } = {}) => server.request('PUT', `${at}${query}`, { token, body, headers });
const remove = (at, query = '', { token = admin, headers } = {}) => server.request('DELETE', `${at}${query}`, { token, headers });

test('only named members change; null clears; a weekly session can become one on a date', async () => {
    const { id, session, at } = await scene({ services: ['routine'], practitioner: { practitioner_id: 'dr-a', name: 'Dr A', role: 'GP' } });
    const wider = await put(at, { until: '10:30', capacity: 2, practitioner: { role: 'Partner' } });
    assert.equal(wider.status, 200, wider.text);
    assert.equal(wider.headers.etag, '"2"');
    const { affected, affected_count: count, ...after } = wider.json.data;
    assert.deepEqual([count, affected], [0, []]);
    assert.deepEqual(after.practitioner, { practitioner_id: 'dr-a', name: 'Dr A', role: 'Partner' });
    assert.equal(after.until, '10:30');
    assert.deepEqual(after.services, session.services);
    assert.deepEqual((await server.request('GET', at, { token: admin })).json.data, after);
    assert.equal((await freeStarts(server, id, day)).length, 6);
    const someone = await put(at, { practitioner: { practitioner_id: 'dr-b', name: 'Dr B' } });
    assert.deepEqual(someone.json.data.practitioner, { practitioner_id: 'dr-b', name: 'Dr B' }, 'nothing of Dr A is taken over');
    const nobody = await put(at, { practitioner: null, services: null });
    assert.equal('practitioner' in nobody.json.data, false);
    assert.equal('services' in nobody.json.data, false);
    const dated = await put(at, { weekday: null, date: addDays(day, 1) });
    assert.equal(dated.status, 200, dated.text);
    assert.deepEqual(await freeStarts(server, id, day), []);
});

test('rules count for what comes out', async () => {
    const { at } = await scene();
    assert.deepEqual(errorsOf(await put(at, { until: '09:00' })), [['/until', 'out_of_range']]);
    assert.deepEqual(errorsOf(await put(at, { date: day })), [['/date', 'not_allowed_value']]);
    assert.deepEqual(errorsOf(await put(at, { weekday: null })), [['/weekday', 'required']]);
    assert.deepEqual(errorsOf(await put(at, { from: null, version: 2 })).sort(), [['/from', 'required'], ['/version', 'read_only']]);
    assert.deepEqual(errorsOf(await put(at, { cancelled_dates: [{ date: addDays(day, 1) }] })), [['/cancelled_dates/0/date', 'not_allowed_value']]);
});

test('If-Match on PUT and DELETE', async () => {
    const { at } = await scene();
    assert.equal((await put(at, { capacity: 2 }, { headers: { 'if-match': '"7"' } })).status, 412);
    assert.equal((await put(at, { capacity: 2 }, { headers: { 'if-match': '"1"' } })).status, 200);
    assert.equal((await remove(at, '', { headers: { 'if-match': '"1"' } })).status, 412);
    assert.equal((await remove(at, '', { headers: { 'if-match': '"2"' } })).status, 200);
    assert.equal((await remove(at)).status, 404);
    assert.equal((await put(at, { capacity: 2 })).status, 404);
});

test('a dry run of a change names whom it touches, the change names the same', async () => {
    const { id, at } = await scene({ capacity: 2 });
    const first = await bookAt(server, id, slotAt(day, '09:45'));
    const second = await bookAt(server, id, slotAt(day, '09:45'));
    await bookAt(server, id, slotAt(day, '09:00'));
    const names = (answer) => answer.json.data.affected.map((a) => a.appointment_id).sort();
    const dry = await put(at, { until: '09:45' }, { query: '?dry_run=true' });
    assert.deepEqual(names(dry), [first.appointment_id, second.appointment_id].sort());
    assert.equal((await server.request('GET', at, { token: admin })).json.data.until, '10:00');
    const narrower = await put(at, { capacity: 1 }, { query: '?dry_run=true' });
    assert.equal(narrower.json.data.affected_count, 1, 'one of two keeps the only place');
    const moved = await put(at, { weekday: other }, { query: '?dry_run=true' });
    assert.equal(moved.json.data.affected_count, 3);
    const real = await put(at, { until: '09:45' });
    assert.deepEqual(names(real), names(dry));
    assert.deepEqual(await freeStarts(server, id, day), ['09:00', '09:15', '09:30'].map((t) => slotAt(day, t)));
});

test('a session can be cancelled on one day or in a range, and given back', async () => {
    const { id, at } = await scene();
    const next = addDays(day, 7);
    const booked = await bookAt(server, id, slotAt(day, '09:00'));
    const dry = await remove(at, `?start_date=${day}&dry_run=true`);
    assert.equal(dry.status, 200, dry.text);
    assert.deepEqual(dry.json.data.affected.map((a) => a.appointment_id), [booked.appointment_id]);
    assert.ok((await freeStarts(server, id, day)).length > 0);
    const one = await remove(at, `?start_date=${day}`);
    assert.deepEqual(one.json.data.cancelled_dates, [{ date: day }]);
    assert.equal(one.headers.etag, '"2"');
    assert.deepEqual(await freeStarts(server, id, day), []);
    assert.ok((await freeStarts(server, id, next)).length > 0);
    const range = await remove(at, `?start_date=${addDays(day, -3)}&end_date=${addDays(day, 15)}`);
    assert.deepEqual(range.json.data.cancelled_dates, [{ date: day }, { date: next }, { date: addDays(day, 14) }]);
    assert.equal(range.json.data.affected_count, 0, 'who had no place before loses none');
    const back = await put(at, { cancelled_dates: [] });
    assert.equal(back.status, 200);
    const free = await freeStarts(server, id, day);
    assert.equal(free.length, 3, 'who was booked has the place again');
});

test('deleting the last session brings the opening hours back', async () => {
    const { id, at } = await scene({ from: '15:00', until: '16:00' });
    const booked = await bookAt(server, id, slotAt(day, '15:00'));
    const answer = await remove(at);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.data.affected.map((a) => a.appointment_id), [booked.appointment_id]);
    assert.equal((await freeStarts(server, id, day)).length, 12);
    assert.equal((await server.request('GET', at, { token: admin })).status, 404);
});

test('what is wrong with the days is named', async () => {
    const { practice, at } = await scene();
    const dated = await server.request('POST', `/practices/${practice.practice_id}/sessions`, { token: admin, body: { date: day, from: '20:00', until: '21:00' } });
    const rows = [
        [at, `?end_date=${day}`, [['?start_date', 'required']]],
        [at, `?start_date=${day}&end_date=${addDays(day, -1)}`, [['?end_date', 'out_of_range']]],
        [at, `?start_date=${day}&end_date=${addDays(day, 400)}`, [['?end_date', 'out_of_range']]],
        [at, `?start_date=${addDays(day, 1)}&end_date=${addDays(day, 6)}`, [['?start_date', 'not_allowed_value']]],
        [dated.headers.location, `?start_date=${day}`, [['?start_date', 'not_allowed_value']]],
    ];
    for (const [where, query, expected] of rows) {
        assert.deepEqual(errorsOf(await remove(where, query)), expected, query);
    }
});

test('for staff of the practice and admins alone', async () => {
    const { at } = await scene();
    const staff = await server.login(STAFF);
    const patient = (await server.newPatient()).token;
    for (const token of [staff, patient]) {
        assert.equal((await put(at, { capacity: 2 }, { token })).status, 403);
        assert.equal((await remove(at, '', { token })).status, 403);
    }
    assert.equal((await server.request('DELETE', at)).status, 401);
});
