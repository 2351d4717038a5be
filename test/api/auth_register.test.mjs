// auth_register.test.mjs - POST /auth/register: somebody becomes a patient.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { storedBytes } from './lib/dynamodb.mjs';
import { ADMIN, PASSWORD, PATIENT, startServer } from './lib/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const register = (body, headers = {}) => server.request('POST', '/auth/register', { body, headers });

// A 422 with exactly these problems: { pointer: code }.
function assertProblems(answer, expected) {
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.code, 'invalid');
    const found = Object.fromEntries(answer.json.errors.map(({ pointer, code }) => [pointer, code]));
    assert.deepEqual(found, expected);
}

test('the example of the original document, with a valid NHS number', async () => {
    const answer = await register({ email: 'user@example.com', password: 'SecurePass123!', nhs_number: '9434765919',
        role: 'patient' });
    assert.equal(answer.status, 201, answer.text);
    const { data } = answer.json;
    assert.equal(data.role, 'patient');
    assert.equal(data.user_id, data.patient_id);
    assert.equal(answer.headers.location, `/patients/${data.patient_id}`);
    for (const secret of ['password', 'password_hash', 'tokens_after', 'reset_hash']) assert.ok(!(secret in data), secret);

    const login = await server.request('POST', '/auth/login',
        { body: { email: 'user@example.com', password: 'SecurePass123!' } });
    assert.equal(login.status, 200);
    const record = await server.request('GET', answer.headers.location, { token: login.json.token });
    assert.equal(record.status, 200);
    assert.equal(record.json.data.nhs_number, '9434765919');
    assert.equal(record.json.data.nhs_number_status, 'unverified');
});

test('the curl example: test@example.com', async () => {
    const answer = await register({ email: 'test@example.com', password: 'TestPass123!', role: 'patient' });
    assert.equal(answer.status, 201, answer.text);
});

test('what may be told at once', async () => {
    const answer = await register({ email: 'full@example.org', password: PASSWORD, first_name: ' Zoë', last_name: "O'Brien",
        date_of_birth: '1990-01-15', phone: '(020) 7946 0123' });
    assert.equal(answer.status, 201, answer.text);
    const token = await server.login('full@example.org', PASSWORD);
    const { json } = await server.request('GET', answer.headers.location, { token });
    assert.equal(json.data.last_name, "O'Brien");
    assert.equal(json.data.date_of_birth, '1990-01-15');
    assert.equal(json.data.phone, '+442079460123');
    assert.equal(json.data.email, 'full@example.org');
});

test('a claimed NHS number attaches to nobody else', async () => {
    const one = await server.newPatient({ nhs_number: '9434765919' });
    const two = await server.newPatient({ nhs_number: '9434765919' });
    assert.notEqual(one.patientId, two.patientId);
    assert.notEqual(one.patientId, 'patient-123');
    const john = await server.request('GET', '/patients/patient-123', { token: one.token });
    assert.equal(john.status, 404);
});

for (const role of ['staff', 'admin']) {
    test(`nobody registers as ${role}`, async () => {
        const answer = await register({ email: `${role}@example.org`, password: PASSWORD, role });
        assert.equal(answer.status, 403);
        assert.equal(answer.json.code, 'role_forbidden');
        const login = await server.request('POST', '/auth/login', { body: { email: `${role}@example.org`, password: PASSWORD } });
        assert.equal(login.status, 401);
    });
}

test('every mistake is named at once', async () => {
    assertProblems(await register({ email: 'nobody', password: 'short', role: 'king', nhs_number: '1234567890', age: 7,
        date_of_birth: '2023-02-30', phone: '12', first_name: '' }), {
        '/email': 'email_invalid', '/password': 'too_short', '/role': 'not_allowed_value', '/nhs_number': 'nhs_number_invalid',
        '/age': 'unknown_member', '/date_of_birth': 'date_invalid', '/phone': 'phone_invalid', '/first_name': 'empty',
    });
    assertProblems(await register({}), { '/email': 'required', '/password': 'required' });
    assertProblems(await register({ email: null, password: 12345678901 }), { '/email': 'required', '/password': 'wrong_type' });
});

test('passwords that are refused', async () => {
    const email = 'annabel@example.org';
    assertProblems(await register({ email, password: 'Password123' }), { '/password': 'password_common' });
    assertProblems(await register({ email, password: ' '.repeat(10) }), { '/password': 'password_common' });
    assertProblems(await register({ email, password: '' }), { '/password': 'empty' });
    assertProblems(await register({ email, password: 'my-ANNABEL-word' }), { '/password': 'password_contains_email' });
    assertProblems(await register({ email, password: 'x'.repeat(129) }), { '/password': 'too_long' });
    assertProblems(await register({ email, password: 'good\u0000password' }), { '/password': 'control_character' });
    const answer = await register({ email, password: '🐎 battery staple ✓' });
    assert.equal(answer.status, 201, answer.text);
});

test('the same letters typed in another way are the same password', async () => {
    assert.equal((await register({ email: 'cafe@example.org', password: 'café-au-lait!' })).status, 201);
    assert.ok(await server.login('cafe@example.org', 'cafe\u0301-au-lait!'));
});

test('an address has one account; its domain is compared without case', async () => {
    assert.equal((await register({ email: 'once@example.org', password: PASSWORD })).status, 201);
    for (const email of ['once@example.org', 'once@EXAMPLE.ORG', PATIENT, ADMIN]) {
        const answer = await register({ email, password: PASSWORD });
        assert.equal(answer.status, 409, email);
        assert.equal(answer.json.code, 'email_taken');
    }
    assert.equal((await register({ email: 'Once@example.org', password: PASSWORD })).status, 201);
});

test('the same Idempotency-Key gives the first answer', async () => {
    const body = { email: 'twice@example.org', password: PASSWORD };
    const first = await register(body, { 'idempotency-key': 'key-1' });
    const again = await register(body, { 'idempotency-key': 'key-1' });
    assert.equal(first.status, 201);
    assert.equal(again.status, 201);
    assert.equal(again.json.data.user_id, first.json.data.user_id);
});

test('an old token does not stop somebody from registering', async () => {
    const answer = await register({ email: 'stale@example.org', password: PASSWORD }, { authorization: 'Bearer x.y.z' });
    assert.equal(answer.status, 201, answer.text);
});

test('nothing of it is readable on disk or in the log', async () => {
    await register({ email: 'secret.person@example.org', password: 'Whisper it 99', first_name: 'Xanthippe',
        nhs_number: '9990000018' });
    const stored = await storedBytes(server.dataDir);
    assert.ok(stored.some(([, bytes]) => bytes.length > 10_000));
    const places = [...stored, ['the log', Buffer.from(server.stderr)]];
    for (const [name, bytes] of places) {
        for (const text of ['secret.person', 'Whisper', 'Xanthippe', '9990000018', 'argon2id', PASSWORD]) {
            assert.equal(bytes.indexOf(text), -1, `${text} in ${name}`);
        }
    }
});
