// session_create.test.mjs - POST and GET of /practices/{practice_id}/sessions: what can be booked comes from sessions.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';

import { bookAt, errorsOf, freeStarts, newPractice } from './lib/practices.mjs';
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
const weekdayOf = (day) => WEEKDAY_NAMES[new Date(`${day}T00:00:00Z`).getUTCDay()];

function create(practice, body, { token = admin, query = '', headers } = {}) {
    return server.request('POST', `/practices/${practice.practice_id}/sessions${query}`, { token, body, headers });
}

test('201 with the whole session, its address and its version; defaults are filled in', async () => {
    const practice = await newPractice(server, { booking_rules: { slot_minutes: 20 } });
    const answer = await create(practice, { weekday: 'Monday', from: '09:00', until: '12:30' });
    assert.equal(answer.status, 201, answer.text);
    const { affected, affected_count: count, ...session } = answer.json.data;
    assert.equal(answer.headers.location, `/practices/${practice.practice_id}/sessions/${session.session_id}`);
    assert.equal(answer.headers.etag, '"1"');
    assert.deepEqual([count, affected], [0, []]);
    assert.equal(session.weekday, 'monday');
    assert.equal(session.slot_minutes, 20);
    assert.equal(session.capacity, 1);
    assert.equal(session.delivery_channel, 'in_person');
    assert.equal(session.status, 'active');
    assert.equal('services' in session, false, 'none named: all that the practice offers');
    const read = await server.request('GET', answer.headers.location, { token: admin });
    assert.equal(read.headers.etag, '"1"');
    assert.deepEqual(read.json.data, session);
});

test('sessions take the place of the opening hours, and follow weekday, range, capacity and cancelled days', async () => {
    const practice = await newPractice(server);
    const day = nextWeekday(8);
    const weekday = weekdayOf(day);
    const body = { weekday, from: '14:00', until: '15:00', capacity: 3, slot_minutes: 30, services: ['routine'] };
    await create(practice, body);
    assert.deepEqual(await freeStarts(server, practice.practice_id, day), [slotAt(day, '14:00'), slotAt(day, '14:30')]);
    const other = [1, 2, 3, 4, 5].map((n) => addDays(day, n)).find((d) => weekdayOf(d) !== weekday);
    assert.deepEqual(await freeStarts(server, practice.practice_id, other), []);
    for (let i = 0; i < 3; i += 1) await bookAt(server, practice.practice_id, slotAt(day, '14:00'));
    assert.deepEqual(await freeStarts(server, practice.practice_id, day), [slotAt(day, '14:30')]);
    for (const more of [{ first_date: addDays(day, 1) }, { last_date: addDays(day, -1) }, { cancelled_dates: [{ date: day }] }, { status: 'cancelled' }]) {
        const two = await newPractice(server, { opening_hours: {} });
        await create(two, { ...body, ...more });
        assert.deepEqual(await freeStarts(server, two.practice_id, day), [], JSON.stringify(more));
    }
    const dated = await newPractice(server);
    await create(dated, { date: day, from: '07:00', until: '07:45' });
    assert.deepEqual(await freeStarts(server, dated.practice_id, day), ['07:00', '07:15', '07:30'].map((t) => slotAt(day, t)));
});

test('a practitioner is made once and then known by id, within the practice', async () => {
    const practice = await newPractice(server);
    const base = { weekday: 'tuesday', from: '09:00', until: '10:00' };
    const first = await create(practice, { ...base, practitioner: { name: 'Dr One', role: 'GP', gender: 'female', professional_number: 'GMC 7654321' } });
    const { practitioner } = first.json.data;
    assert.ok(practitioner.practitioner_id);
    const second = await create(practice, { ...base, from: '10:00', until: '11:00', practitioner: { practitioner_id: practitioner.practitioner_id } });
    assert.deepEqual(second.json.data.practitioner, practitioner);
    const named = await create(practice, { ...base, from: '11:00', until: '12:00', practitioner: { practitioner_id: 'nurse-2', name: 'Nurse Two' } });
    assert.equal(named.json.data.practitioner.practitioner_id, 'nurse-2');
    const renamed = await create(practice, { ...base, from: '12:00', until: '13:00', practitioner: { practitioner_id: 'nurse-2', name: 'Nurse Tu' } });
    assert.equal(renamed.status, 201);
    const earlier = await server.request('GET', named.headers.location, { token: admin });
    assert.equal(earlier.json.data.practitioner.name, 'Nurse Tu', 'details are shared by all sessions');
    assert.deepEqual(errorsOf(await create(practice, { ...base, practitioner: { practitioner_id: 'nobody' } })), [['/practitioner/name', 'required']]);
    assert.deepEqual(errorsOf(await create(practice, { ...base, practitioner: { practitioner_id: 'a b', name: 'x' } })), [['/practitioner/practitioner_id', 'practitioner_id_invalid']]);
    const elsewhere = await newPractice(server);
    assert.deepEqual(errorsOf(await create(elsewhere, { ...base, practitioner: { practitioner_id: 'nurse-2' } })), [['/practitioner/name', 'required']]);
});

test('a dry run of the first session says whom it would leave without a place', async () => {
    const practice = await newPractice(server);
    const day = nextWeekday(9);
    const appointment = await bookAt(server, practice.practice_id, slotAt(day, '10:00'));
    const headers = { 'idempotency-key': randomUUID() };
    const body = { weekday: weekdayOf(day), from: '14:00', until: '15:00' };
    const dry = await create(practice, body, { query: '?dry_run=true', headers });
    assert.equal(dry.status, 200, dry.text);
    assert.equal(dry.headers.location, undefined);
    assert.deepEqual(dry.json.data.affected.map((a) => a.appointment_id), [appointment.appointment_id]);
    const none = await server.request('GET', `/practices/${practice.practice_id}/sessions`, { token: admin });
    assert.deepEqual(none.json.data, []);
    assert.ok((await freeStarts(server, practice.practice_id, day)).includes(slotAt(day, '09:00')));
    const real = await create(practice, body);
    assert.equal(real.status, 201);
    assert.deepEqual(real.json.data.affected, dry.json.data.affected);
});

test('rules between members', async () => {
    const practice = await newPractice(server, { services: ['routine'] });
    const base = { weekday: 'monday', from: '09:00', until: '10:00' };
    const rows = [
        [{ ...base, weekday: null }, [['/weekday', 'required']]],
        [{ ...base, date: '2027-01-01' }, [['/date', 'not_allowed_value']]],
        [{ date: '2027-01-01', from: '09:00', until: '10:00', first_date: '2027-01-01', last_date: '2027-01-02', cancelled_dates: [{ date: '2027-01-01' }] },
            [['/first_date', 'not_allowed_value'], ['/last_date', 'not_allowed_value'], ['/cancelled_dates', 'not_allowed_value']]],
        [{ ...base, first_date: '2027-01-02', last_date: '2027-01-01' }, [['/last_date', 'out_of_range']]],
        [{ ...base, cancelled_dates: [{ date: '2027-01-04' }, { date: '2027-01-05' }] }, [['/cancelled_dates/1/date', 'not_allowed_value']]],
        [{ ...base, until: '09:00' }, [['/until', 'out_of_range']]],
        [{ ...base, from: '24:00' }, [['/from', 'out_of_range']]],
        [{ ...base, slot_minutes: 90 }, [['/slot_minutes', 'out_of_range']]],
        [{ ...base, from: '23:50', until: '00:20', slot_minutes: 25 }, [['/slot_minutes', 'out_of_range']]],
        [{ ...base, services: ['routine', 'urgent'] }, [['/services', 'not_allowed_value']]],
        [{ ...base, services: [] }, [['/services', 'too_short']]],
        [{ ...base, capacity: 501, slot_minutes: 4 }, [['/slot_minutes', 'out_of_range'], ['/capacity', 'out_of_range']]],
        [{ weekday: 'monday', session_id: 'mine' }, [['/session_id', 'read_only'], ['/from', 'required'], ['/until', 'required']]],
    ];
    for (const [body, expected] of rows) {
        const answer = await create(practice, body);
        assert.deepEqual(errorsOf(answer).sort(), [...expected].sort(), `${JSON.stringify(body)}: ${answer.text}`);
    }
    const dry = await create(practice, { ...base, until: '09:00' }, { query: '?dry_run=maybe' });
    assert.deepEqual(errorsOf(dry).sort(), [['/until', 'out_of_range'], ['?dry_run', 'wrong_type']]);
});

test('a list: by filter, in pages, with the practitioners', async () => {
    const practice = await newPractice(server);
    for (const weekday of ['monday', 'tuesday', 'wednesday']) {
        for (const from of ['09:00', '10:00']) {
            await create(practice, { weekday, from, until: '11:00', practitioner: { practitioner_id: 'dr-x', name: 'Dr X' } });
        }
    }
    await create(practice, { weekday: 'monday', from: '15:00', until: '16:00', status: 'cancelled' });
    const list = async (query) => (await server.request('GET', `/practices/${practice.practice_id}/sessions${query}`, { token: admin })).json;
    const all = await list('');
    assert.equal(all.data.length, 7);
    assert.equal(all.data.filter((s) => s.practitioner?.name === 'Dr X').length, 6);
    assert.equal((await list('?weekday=monday')).data.length, 3);
    assert.equal((await list('?status=cancelled')).data.length, 1);
    const monday = [1, 2, 3, 4, 5, 6, 7].map((n) => addDays(nextWeekday(1), n)).find((d) => weekdayOf(d) === 'monday');
    assert.equal((await list(`?date=${monday}`)).data.length, 2, 'a cancelled session runs on no day');
    const paged = [];
    let cursor = '';
    do {
        const json = await list(`?limit=3${cursor}`);
        paged.push(...json.data);
        cursor = json.next_cursor ? `&cursor=${json.next_cursor}` : '';
    } while (cursor);
    assert.deepEqual(paged, all.data);
});

test('for staff of the practice and admins alone', async () => {
    const staff = await server.login(STAFF);
    const patient = (await server.newPatient()).token;
    const body = { date: '2099-01-01', from: '09:00', until: '10:00' };
    const request = (method, id, token, path = '') => server.request(method, `/practices/${id}/sessions${path}`, { token, ...(method === 'POST' ? { body } : {}) });
    assert.equal((await request('GET', 'practice-123', staff)).status, 200);
    assert.equal((await request('GET', 'practice-010', staff)).status, 403);
    assert.equal((await request('POST', 'practice-010', staff)).status, 403);
    assert.equal((await request('GET', 'practice-123', patient)).status, 403);
    assert.equal((await request('POST', 'practice-123', patient)).status, 403);
    assert.equal((await request('GET', 'practice-123')).status, 401);
    assert.equal((await request('GET', 'no-such-practice', admin)).status, 404);
    assert.equal((await request('GET', 'practice-123', staff, '/no-such-session')).status, 404);
    assert.equal((await request('GET', 'practice-010', staff, '/practice-010-session-1')).status, 403);
    assert.equal((await request('GET', 'practice-010', admin, '/practice-010-session-1')).status, 200);
});
