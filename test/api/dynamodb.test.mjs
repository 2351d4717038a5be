// What each endpoint costs on DynamoDB: requests, counted by the program and asserted, because they are what a
// caller waits for and what the bill is made of. Runs on DynamoDB alone (tools/with-dynamodb, OPENDOOR_STORE).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PATIENT, STAFF, STORE, startServer } from './lib/server.mjs';
import { slotAt } from './lib/time.mjs';

const only = { skip: STORE === 'dynamodb' ? false : 'OPENDOOR_STORE is not dynamodb' };

let server;
let token;
let staff;

before(async () => {
    if (only.skip) return;
    // Background jobs ask too; they look once a second, so a cost is the least of a few.
    server = await startServer();
    token = await server.login(PATIENT);
    staff = await server.login(STAFF);
});
after(() => server?.stop());

async function metric(name) {
    const { text } = await server.request('GET', '/metrics', { validate: false });
    return Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))[1]);
}

async function cost(status, method, target, options) {
    const trips = await metric('opendoor_store_round_trips_total');
    const answer = await server.request(method, target, options);
    const took = await metric('opendoor_store_round_trips_total') - trips;
    assert.equal(answer.status, status, answer.text);
    return { took, answer };
}

async function least(times, status, call) {
    const costs = [];
    for (let i = 0; i < times; i++) costs.push((await cost(status, ...call(i))).took);
    return Math.min(...costs);
}

const booking = (n, extra = {}) => ['POST', '/appointments', { token, ...extra,
    body: { patient_id: 'patient-123', practice_id: 'practice-001', appointment_type: 'routine',
        appointment_datetime: slotAt(20 + n, '08:00') } }];

test('a booking costs two requests, its write included', only, async () => {
    await cost(201, ...booking(0)); // opens what stays open: keys
    const took = [];
    for (let i = 1; i <= 3; i++) took.push((await cost(201, ...booking(i))).took);
    // On a day that nobody has touched yet the sessions are read too.
    assert.ok(Math.min(...took) <= 3, `first bookings of a day: ${took}`);
    const second = await least(3, 201, (i) => ['POST', '/appointments', { token, body: { patient_id: 'patient-123',
        practice_id: 'practice-001', appointment_type: 'routine', appointment_datetime: slotAt(21 + i, '10:00') } }]);
    assert.ok(second <= 2, `${second} requests`);
});

test('a booking with an Idempotency-Key costs no more', only, async () => {
    const took = await least(3, 201, (i) => ['POST', '/appointments', { token, headers: { 'idempotency-key': `cost-${i}` },
        body: { patient_id: 'patient-123', practice_id: 'practice-001', appointment_type: 'routine',
            appointment_datetime: slotAt(21 + i, '11:00') } }]);
    assert.ok(took <= 2, `${took} requests`);
});

test('what is read by its id costs one request', only, async () => {
    const made = (await cost(201, ...booking(4))).answer.json.data;
    for (const target of ['/auth/me', '/patients/patient-123', `/appointments/${made.appointment_id}`])
        assert.equal(await least(3, 200, () => ['GET', target, { token }]), 1, target);
    assert.equal(await least(3, 200, () => ['GET', '/practices/practice-001', {}]), 1);
    assert.ok(await least(3, 200, () => ['GET', '/patients/patient-123/usage', { token }]) <= 2);
    assert.ok((await cost(200, 'DELETE', `/appointments/${made.appointment_id}`, { token })).took <= 4); // 3, and a job's look
});

test('availability costs two requests at most', only, async () => {
    assert.ok(await least(3, 200, () => ['GET', '/practices/practice-001/availability', {}]) <= 2);
    assert.ok(await least(3, 200, () => ['GET', `/practices/practice-001/availability?start_date=${slotAt(20, '08:00').slice(0, 10)}`,
        { token }]) <= 2);
});

test('a page of appointments costs the same however long it is', only, async () => {
    const one = await least(3, 200, () => ['GET', '/appointments?patient_id=patient-123&limit=2', { token }]);
    const many = await least(3, 200, () => ['GET', '/appointments?patient_id=patient-123&limit=50', { token }]);
    assert.ok(many <= one + 1 && many <= 6, `${one}, then ${many} requests`);
    const practice = await least(3, 200, () => ['GET', '/appointments?practice_id=practice-001&limit=50', { token: staff }]);
    assert.ok(practice <= 7, `${practice} requests`);
});
