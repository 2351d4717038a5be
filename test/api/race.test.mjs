// race.test.mjs - many at once: exactly the capacity wins, and every loser is told where else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, startServer } from './lib/server.mjs';
import { addMinutes, slotAt } from './lib/time.mjs';

const CLIENTS = 64;
let server;
let people;
before(async () => {
    server = await startServer();
    people = [];
    for (let i = 0; i < CLIENTS; i += 8) {
        people.push(...await Promise.all(Array.from({ length: 8 }, () => server.newPatient())));
    }
});
after(() => server?.stop());

const book = (who, start, more = {}) => server.request('POST', '/appointments', {
    token: who.token,
    body: { patient_id: who.patientId, practice_id: 'practice-001', appointment_datetime: start, appointment_type: 'routine', ...more },
});

function tally(answers) {
    const counts = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
}

test('64 clients, one place: one wins', async () => {
    const start = slotAt(3, '08:00');
    const answers = await Promise.all(people.map((who) => book(who, start)));
    assert.deepEqual(tally(answers), { 201: 1, 409: CLIENTS - 1 });
    for (const answer of answers.filter(({ status }) => status === 409)) {
        assert.equal(answer.json.code, 'slot_unavailable');
        assert.ok(answer.json.alternatives.length > 0);
    }
});

test('64 clients, a session for five: five win', async () => {
    const admin = await server.login(ADMIN);
    const day = slotAt(4, '08:00').slice(0, 10);
    const made = await server.request('POST', '/practices/practice-002/sessions', { token: admin, body: { date: day, from: '08:00',
        until: '12:00', services: ['vaccination'], slot_minutes: 10, capacity: 5, delivery_channel: 'in_person' } });
    assert.equal(made.status, 201, made.text);
    const start = slotAt(4, '09:00');
    const more = { practice_id: 'practice-002', appointment_type: 'vaccination' };
    const answers = await Promise.all(people.map((who) => book(who, start, more)));
    assert.deepEqual(tally(answers), { 201: 5, 409: CLIENTS - 5 });
});

test('one patient, two places at the same time: one is given', async () => {
    for (let round = 0; round < 5; round++) {
        const start = slotAt(5 + round, '08:00');
        const [a, b] = await Promise.all([book(people[round], start), book(people[round], start, { practice_id: 'practice-123' })]);
        assert.deepEqual([a.status, b.status].sort(), [201, 409]);
        assert.equal((a.status === 409 ? a : b).json.code, 'patient_busy');
    }
});

test('a move against bookings of the place that it wants: one has it', async () => {
    const start = slotAt(10, '08:00');
    const mover = people[20];
    const made = await book(mover, start);
    assert.equal(made.status, 201, made.text);
    const target = addMinutes(start, 60);
    const move = server.request('PUT', `/appointments/${made.json.data.appointment_id}`, { token: mover.token, body: { appointment_datetime: target } });
    const answers = await Promise.all([move, ...people.slice(21, 53).map((who) => book(who, target))]);
    const won = answers.filter(({ status }) => status === 200 || status === 201);
    assert.equal(won.length, 1, JSON.stringify(tally(answers)));
    const old = await book(people[60], start);
    assert.equal(old.status, answers[0].status === 200 ? 201 : 409, 'the old place is free only if the move won');
});

test('confirming a hold against cancelling it: one outcome, and the place agrees', async () => {
    for (let round = 0; round < 5; round++) {
        const start = slotAt(11 + round, '08:00');
        const who = people[30 + round];
        const made = await book(who, start, { status: 'pending' });
        const id = made.json.data.appointment_id;
        const [confirm, cancel] = await Promise.all([
            server.request('PUT', `/appointments/${id}`, { token: who.token, body: { status: 'booked' } }),
            server.request('DELETE', `/appointments/${id}`, { token: who.token }),
        ]);
        assert.equal(cancel.status, 200, cancel.text);
        assert.ok([200, 409].includes(confirm.status), confirm.text);
        const read = await server.request('GET', `/appointments/${id}`, { token: who.token });
        assert.equal(read.json.data.status, 'cancelled');
        assert.equal((await book(people[40 + round], start)).status, 201);
    }
});

test('the same Idempotency-Key at once: one booking, one answer', async () => {
    const who = people[50];
    const start = slotAt(16, '08:00');
    const headers = { 'idempotency-key': 'at-once' };
    const answers = await Promise.all(Array.from({ length: 16 }, () => server.request('POST', '/appointments', { token: who.token, headers,
        body: { patient_id: who.patientId, practice_id: 'practice-001', appointment_datetime: start, appointment_type: 'routine' } })));
    assert.deepEqual(tally(answers), { 201: 16 });
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
});
