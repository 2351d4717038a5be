// proxy.test.mjs - a parent or carer acts for somebody: made, used, bounded, ended.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, startServer } from './lib/server.mjs';
import { addDays, londonToday, slotAt } from './lib/time.mjs';

let server;
let admin;
before(async () => { server = await startServer(); admin = await server.login(ADMIN); });
after(() => server?.stop());

const yearsAgo = (years) => `${Number(londonToday().slice(0, 4)) - years}-01-01`;

async function aged(years) {
    const who = await server.newPatient();
    const put = await server.request('PUT', `/patients/${who.patientId}`, { token: who.token,
        body: { first_name: 'Pat', last_name: 'Proxy', date_of_birth: yearsAgo(years) } });
    assert.equal(put.status, 200, put.text);
    return who;
}

const make = (token, patientId, body) => server.request('POST', `/patients/${patientId}/proxies`, { token, body });
const book = (token, patientId, start) => server.request('POST', '/appointments', { token, body: { patient_id: patientId,
    practice_id: 'practice-001', appointment_datetime: start, appointment_type: 'vaccination' } });

test('a parent books, sees, moves and cancels for a child, and nothing more', async () => {
    const child = await aged(8);
    const parent = await aged(40);
    const start = slotAt(3, '08:00');
    assert.equal((await book(parent.token, child.patientId, start)).status, 404);
    const made = await make(admin, child.patientId, { proxy_id: parent.patientId, relationship: 'mother', basis: 'parental_responsibility' });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json.data.until.slice(0, 4), String(Number(yearsAgo(8).slice(0, 4)) + 15), 'the day before the 16th birthday');
    const booked = await book(parent.token, child.patientId, start);
    assert.equal(booked.status, 201, booked.text);
    assert.equal(booked.json.data.created_by, parent.userId);
    const id = booked.json.data.appointment_id;
    assert.equal((await server.request('GET', `/appointments/${id}`, { token: parent.token })).status, 200);
    const list = await server.request('GET', `/appointments?patient_id=${child.patientId}`, { token: parent.token });
    assert.deepEqual(list.json.data.map((row) => row.appointment_id), [id]);
    assert.equal((await server.request('PUT', `/appointments/${id}`, { token: parent.token, body: { appointment_datetime: slotAt(4, '08:00') } })).status, 200);
    assert.equal((await server.request('PUT', `/appointments/${id}`, { token: parent.token, body: { status: 'fulfilled' } })).status, 403);
    assert.equal((await server.request('GET', `/patients/${child.patientId}`, { token: parent.token })).status, 200);
    assert.equal((await server.request('GET', `/patients/${child.patientId}?include_medical=true`, { token: parent.token })).status, 403);
    assert.equal((await server.request('PUT', `/patients/${child.patientId}`, { token: parent.token, body: { phone: null } })).status, 403);
    assert.equal((await server.request('DELETE', `/appointments/${id}`, { token: parent.token })).status, 200);
    const acting = await server.request('GET', `/patients/${parent.patientId}/proxies?acting=true`, { token: parent.token });
    assert.deepEqual(acting.json.data.map((row) => row.patient_id), [child.patientId]);
});

test('a family is booked by the parent in one commit', async () => {
    const child = await aged(9);
    const parent = await aged(41);
    await make(admin, child.patientId, { proxy_id: parent.patientId, relationship: 'father', basis: 'parental_responsibility' });
    const answer = await server.request('POST', '/appointments/group', { token: parent.token, body: { practice_id: 'practice-001',
        appointment_datetime: slotAt(5, '08:00'), appointment_type: 'vaccination', people: [{ patient_id: parent.patientId }, { patient_id: child.patientId }] } });
    assert.equal(answer.status, 201, answer.text);
});

test('a patient consents for themselves, and ends it', async () => {
    const patient = await aged(80);
    const carer = await aged(50);
    const body = { proxy_id: carer.patientId, relationship: 'neighbour', basis: 'patient_consent', until: addDays(londonToday(), 100) };
    assert.equal((await make(patient.token, patient.patientId, body)).status, 201);
    assert.equal((await make(patient.token, patient.patientId, body)).status, 409);
    assert.equal((await book(carer.token, patient.patientId, slotAt(6, '08:00'))).status, 201);
    const ended = await server.request('DELETE', `/patients/${patient.patientId}/proxies/${carer.patientId}`, { token: patient.token });
    assert.equal(ended.status, 200, ended.text);
    assert.ok(ended.json.data.ended_at);
    assert.equal((await book(carer.token, patient.patientId, slotAt(7, '08:00'))).status, 404);
    const kept = await server.request('GET', `/patients/${patient.patientId}/proxies`, { token: patient.token });
    assert.equal(kept.json.data.length, 1, 'the record stays');
});

test('who acts may stop, and cannot hand it on', async () => {
    const patient = await aged(80);
    const carer = await aged(50);
    const third = await aged(30);
    const body = { proxy_id: carer.patientId, relationship: 'daughter', basis: 'patient_consent', until: addDays(londonToday(), 10) };
    await make(patient.token, patient.patientId, body);
    assert.equal((await make(carer.token, patient.patientId, { ...body, proxy_id: third.patientId })).status, 403);
    assert.equal((await server.request('DELETE', `/patients/${patient.patientId}/proxies/${carer.patientId}`, { token: third.token })).status, 404);
    assert.equal((await server.request('DELETE', `/patients/${patient.patientId}/proxies/${carer.patientId}`, { token: carer.token })).status, 200);
});

test('what is refused, and where it points', async () => {
    const child = await aged(8);
    const teenager = await aged(15);
    const adult = await aged(40);
    const until = addDays(londonToday(), 10);
    const rows = [
        [admin, adult, { proxy_id: teenager.patientId, relationship: 'son', basis: 'patient_consent', until }, 'proxy_age'],
        [admin, adult, { proxy_id: adult.patientId, relationship: 'me', basis: 'patient_consent', until }, '/proxy_id'],
        [admin, child, { proxy_id: adult.patientId, relationship: 'aunt', basis: 'patient_consent', until }, 'proxy_age'],
        [admin, adult, { proxy_id: 'nobody', relationship: 'x', basis: 'patient_consent', until }, '/proxy_id'],
        [admin, adult, { proxy_id: child.patientId, relationship: 'x', basis: 'legal_authority', until }, '/evidence'],
        [teenager.token, teenager, { proxy_id: adult.patientId, relationship: 'mother', basis: 'parental_responsibility' }, '/basis'],
        [teenager.token, teenager, { proxy_id: adult.patientId, relationship: 'mother', basis: 'patient_consent' }, '/until'],
    ];
    for (const [token, patient, body, where] of rows) {
        const answer = await make(token, patient.patientId, body);
        assert.equal(answer.status, 422, answer.text);
        assert.equal(where.startsWith('/') ? answer.json.errors[0].pointer : answer.json.code, where, answer.text);
    }
});
