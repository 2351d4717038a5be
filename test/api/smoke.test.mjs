// smoke.test.mjs - the program starts, says that it is well, answers wrong addresses properly, and stops.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, PATIENT, STAFF, startServer } from './lib/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

test('GET /health', async () => {
    const answer = await server.request('GET', '/health');
    assert.equal(answer.status, 200);
});

test('GET /ready', async () => {
    const answer = await server.request('GET', '/ready');
    assert.equal(answer.status, 200);
});

test('an address that does not exist', async () => {
    const answer = await server.request('GET', '/no-such-thing');
    assert.equal(answer.status, 404);
    assert.equal(answer.json.code, 'not_found');
});

test('the demo logins', async () => {
    for (const email of [PATIENT, STAFF, ADMIN]) assert.ok(await server.login(email));
});

test('a new patient', async () => {
    const patient = await server.newPatient();
    assert.equal(patient.patientId, patient.userId);
    const answer = await server.request('GET', `/patients/${patient.patientId}`, { token: patient.token });
    assert.equal(answer.status, 200);
});

test('a second server on the same data is refused', async () => {
    await assert.rejects(startServer({ data: server.dataDir }), /before it was ready/);
});

test('bytes that are not HTTP', async () => {
    const { answers, closed } = await server.rawRequest('BLAH\r\n\r\n');
    assert.equal(answers[0]?.status, 400);
    assert.ok(closed);
});
