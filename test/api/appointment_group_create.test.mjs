// appointment_group_create.test.mjs - POST /appointments/group: a family in consecutive slots, all or none.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { STAFF, startServer } from './lib/server.mjs';
import { addMinutes, slotAt } from './lib/time.mjs';

let server;
let staff;
before(async () => { server = await startServer(); staff = await server.login(STAFF); });
after(() => server?.stop());

const group = (token, start, people, more = {}) => server.request('POST', '/appointments/group', {
    token,
    body: { practice_id: 'practice-001', appointment_datetime: start, appointment_type: 'vaccination', people, ...more },
});

async function family(size) {
    const people = [];
    for (let i = 0; i < size; i++) people.push(await server.newPatient());
    return people;
}

test('each gets a slot of their own, one after the other', async () => {
    const people = await family(3);
    const start = slotAt(3, '08:00');
    const answer = await group(staff, start, people.map((who, i) => ({ patient_id: who.patientId, reason: `child ${i}` })));
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual(answer.json.data.map((row) => row.appointment_datetime), [start, addMinutes(start, 15), addMinutes(start, 30)]);
    assert.deepEqual(answer.json.data.map((row) => row.patient_id), people.map((who) => who.patientId));
    assert.equal(answer.json.data[2].reason, 'child 2');
});

test('what is booked for a group is booked like any other', async () => {
    const people = await family(2);
    const start = slotAt(7, '08:00');
    const answer = await group(staff, start, people.map((who) => ({ patient_id: who.patientId })));
    assert.equal(answer.status, 201, answer.text);
    assert.ok(answer.json.data.every((row) => row.status === 'booked' && !('expires_at' in row)), answer.text);
    // Nobody is in two places at once.
    for (const [i, who] of people.entries()) {
        const elsewhere = await server.request('POST', '/appointments', { token: who.token, body: { patient_id: who.patientId,
            practice_id: 'practice-456', appointment_datetime: addMinutes(start, 15 * i), appointment_type: 'routine' } });
        assert.equal(elsewhere.status, 409, elsewhere.text);
        assert.equal(elsewhere.json.code, 'patient_busy');
        const usage = await server.request('GET', `/patients/${who.patientId}/usage`, { token: who.token });
        assert.deepEqual(usage.json.data.map((row) => [row.practice_id, row.total_appointments]), [['practice-001', 1]]);
    }
});

test('if one cannot have a place nobody gets one', async () => {
    const people = await family(3);
    const start = slotAt(4, '08:00');
    const other = await server.newPatient();
    const taken = await server.request('POST', '/appointments', { token: other.token, body: { patient_id: other.patientId,
        practice_id: 'practice-001', appointment_datetime: addMinutes(start, 30), appointment_type: 'routine' } });
    assert.equal(taken.status, 201, taken.text);
    const answer = await group(staff, start, people.map((who) => ({ patient_id: who.patientId })));
    assert.equal(answer.status, 409, answer.text);
    assert.equal(answer.json.code, 'slot_unavailable');
    for (const who of people) {
        const mine = await server.request('GET', '/appointments', { token: who.token });
        assert.deepEqual(mine.json.data, []);
    }
});

test('mistakes are pointed at', async () => {
    const [who] = await family(1);
    const start = slotAt(5, '08:00');
    const rows = [
        [[{ patient_id: who.patientId }], '/people'],
        [[{ patient_id: who.patientId }, { patient_id: who.patientId }], '/people/1/patient_id'],
        [[{ patient_id: who.patientId }, { reason: 'x' }], '/people/1/patient_id'],
        [[{ patient_id: who.patientId }, { patient_id: 'nobody' }], '/people/1/patient_id'],
    ];
    for (const [people, pointer] of rows) {
        const answer = await group(staff, start, people);
        assert.equal(answer.status, 422, answer.text);
        assert.equal(answer.json.errors[0].pointer, pointer, answer.text);
    }
});

test('consecutive of the availability finds where it fits', async () => {
    const people = await family(4);
    const day = slotAt(6, '08:00').slice(0, 10);
    const free = await server.request('GET', `/practices/practice-001/availability?start_date=${day}&end_date=${day}&consecutive=4`);
    assert.ok(free.json.data.slots.length > 0);
    const answer = await group(staff, free.json.data.slots[0].start, people.map((who) => ({ patient_id: who.patientId })));
    assert.equal(answer.status, 201, answer.text);
});
