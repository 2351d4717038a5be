// appointment_list.test.mjs - GET /appointments: filters, pages, who sees what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, PATIENT, STAFF, startServer } from './lib/server.mjs';
import { addDays, londonToday, slotAt } from './lib/time.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const list = (token, query = '') => server.request('GET', `/appointments${query}`, { token });

async function book(token, patientId, practiceId, start) {
    const answer = await server.request('POST', '/appointments', {
        token,
        body: { patient_id: patientId, practice_id: practiceId, appointment_datetime: start, appointment_type: 'routine' },
    });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.data;
}

test('a patient sees their own, in order, with every status', async () => {
    const who = await server.newPatient();
    const later = await book(who.token, who.patientId, 'practice-002', slotAt(6, '09:00'));
    const sooner = await book(who.token, who.patientId, 'practice-001', slotAt(5, '09:00'));
    await server.request('DELETE', `/appointments/${later.appointment_id}`, { token: who.token });
    const mine = await list(who.token);
    assert.deepEqual(mine.json.data.map((row) => [row.appointment_id, row.status]),
        [[sooner.appointment_id, 'booked'], [later.appointment_id, 'cancelled']]);
    const booked = await list(who.token, '?status=booked');
    assert.deepEqual(booked.json.data.map((row) => row.appointment_id), [sooner.appointment_id]);
    const there = await list(who.token, '?practice_id=practice-002');
    assert.deepEqual(there.json.data.map((row) => row.appointment_id), [later.appointment_id]);
    const both = await list(who.token, '?status=booked,cancelled');
    assert.equal(both.json.data.length, 2);
});

test('dates are London days, both included', async () => {
    const who = await server.newPatient();
    const start = slotAt(4, '09:00');
    await book(who.token, who.patientId, 'practice-001', start);
    const day = start.slice(0, 10);
    const rows = [[day, day, 1], [addDays(day, 1), addDays(day, 9), 0], [addDays(day, -9), addDays(day, -1), 0], [addDays(day, -1), day, 1]];
    for (const [from, until, count] of rows) {
        const answer = await list(who.token, `?start_date=${from}&end_date=${until}`);
        assert.equal(answer.json.data.length, count, `${from} ${until}`);
    }
});

test('pages: every row once, in order, and the cursor is bound to the filter', async () => {
    const staff = await server.login(STAFF);
    const whole = await list(staff, '?limit=200&practice_id=practice-123');
    assert.ok(whole.json.data.length >= 5, 'the demo has appointments there');
    const seen = [];
    let query = '?limit=2&practice_id=practice-123';
    let cursor;
    do {
        const page = await list(staff, query + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''));
        assert.equal(page.status, 200, page.text);
        assert.ok(page.json.data.length <= 2);
        seen.push(...page.json.data.map((row) => row.appointment_id));
        cursor = page.json.next_cursor;
        if (cursor && seen.length === 2) {
            const elsewhere = await list(staff, `?limit=2&practice_id=practice-001&cursor=${encodeURIComponent(cursor)}`);
            assert.equal(elsewhere.status, 422);
            assert.equal(elsewhere.json.errors[0].code, 'cursor_invalid');
        }
    } while (cursor);
    assert.deepEqual(seen, whole.json.data.map((row) => row.appointment_id));
    assert.equal((await list(staff, '?practice_id=practice-123&cursor=garbage')).status, 422);
});

test('staff without a filter see all their practices merged in order of time', async () => {
    const staff = await server.login(STAFF);
    const answer = await list(staff, '?limit=200');
    assert.equal(answer.status, 200);
    const times = answer.json.data.map((row) => row.appointment_datetime);
    assert.deepEqual(times, [...times].sort());
    const practices = new Set(answer.json.data.map((row) => row.practice_id));
    for (const practice of practices) assert.ok(['practice-001', 'practice-123', 'practice-456'].includes(practice), practice);
    assert.ok(practices.size > 1);
    const paged = [];
    for (let cursor, n = 0; n < 200 && (cursor || n === 0); n++) {
        const page = await list(staff, `?limit=7${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
        paged.push(...page.json.data.map((row) => row.appointment_id));
        cursor = page.json.next_cursor;
        if (!cursor) break;
    }
    assert.deepEqual(paged.slice(0, answer.json.data.length), answer.json.data.map((row) => row.appointment_id));
});

test('who may not see', async () => {
    const patient = await server.login(PATIENT);
    const staff = await server.login(STAFF);
    const stranger = await server.newPatient();
    assert.equal((await list(stranger.token, '?patient_id=patient-123')).status, 404);
    assert.ok([403, 404].includes((await list(staff, '?practice_id=practice-002')).status));
    const own = await list(patient, '?patient_id=patient-123');
    assert.equal(own.status, 200);
    assert.ok(own.json.data.length > 0);
    const seenByStaff = await list(staff, '?patient_id=patient-123&limit=200');
    for (const row of seenByStaff.json.data) assert.ok(['practice-001', 'practice-123', 'practice-456'].includes(row.practice_id));
});

test('an admin must say which', async () => {
    const admin = await server.login(ADMIN);
    const all = await list(admin);
    assert.equal(all.status, 422);
    assert.equal(all.json.code, 'filter_needed');
    assert.equal((await list(admin, '?patient_id=patient-123')).status, 200);
    assert.equal((await list(admin, '?practice_id=practice-456')).status, 200);
});

test('a reference that somebody reads out is found however it is typed', async () => {
    const who = await server.newPatient();
    const staff = await server.login(STAFF);
    const made = await book(who.token, who.patientId, 'practice-001', slotAt(7, '09:15'));
    for (const typed of [made.reference, made.reference.toLowerCase(), made.reference.replace('-', ' ')]) {
        const answer = await list(staff, `?reference=${encodeURIComponent(typed)}`);
        assert.deepEqual(answer.json.data.map((row) => row.appointment_id), [made.appointment_id], typed);
    }
    const stranger = await server.newPatient();
    assert.deepEqual((await list(stranger.token, `?reference=${made.reference}`)).json.data, []);
    assert.equal((await list(staff, '?reference=no')).status, 422);
});

test('bad parameters are named', async () => {
    const patient = await server.login(PATIENT);
    const today = londonToday();
    const rows = [['?limit=0', '?limit'], ['?limit=201', '?limit'], ['?limit=x', '?limit'], ['?status=done', '?status'],
        ['?start_date=2026-02-30', '?start_date'], ['?wat=1', '?wat'], [`?start_date=${today}&end_date=${addDays(today, -1)}`, '?end_date'],
        ['?limit=1&limit=2', '?limit']];
    for (const [query, pointer] of rows) {
        const answer = await list(patient, query);
        assert.equal(answer.status, 422, `${query}: ${answer.text}`);
        assert.equal(answer.json.errors[0].pointer, pointer, query);
    }
});
