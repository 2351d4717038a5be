// user_manage.test.mjs - POST, GET, PUT, DELETE /users: an admin's management of staff and admins.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';

import { ADMIN, PASSWORD, PATIENT, STAFF, startServer } from './lib/server.mjs';

let server;
let admin;
before(async () => {
    server = await startServer();
    admin = await server.login(ADMIN);
});
after(() => server?.stop());

const create = (body, token = admin) => server.request('POST', '/users', { token, body });
const read = (id, token = admin) => server.request('GET', `/users/${id}`, { token });
const update = (id, body, headers = {}) => server.request('PUT', `/users/${id}`, { token: admin, body, headers });
const remove = (id, headers = {}) => server.request('DELETE', `/users/${id}`, { token: admin, headers });
const list = (query = '', token = admin) => server.request('GET', `/users${query}`, { token });
const somebody = (more = {}) => ({ email: `u-${randomUUID()}@example.org`, password: PASSWORD, role: 'staff', name: 'Sam Jones',
    practice_ids: ['practice-001'], ...more });

function problems(answer) {
    assert.equal(answer.status, 422, answer.text);
    return Object.fromEntries(answer.json.errors.map(({ pointer, code }) => [pointer, code]));
}

test('an admin makes a member of staff, who can work at once', async () => {
    const body = somebody();
    const made = await create(body);
    assert.equal(made.status, 201, made.text);
    const { data } = made.json;
    assert.equal(made.headers.location, `/users/${data.user_id}`);
    assert.equal(made.headers.etag, '"1"');
    assert.deepEqual(data.practice_ids, ['practice-001']);
    assert.equal(data.status, 'active');
    assert.ok(!('password' in data) && !('password_hash' in data));
    const token = await server.login(body.email, PASSWORD);
    const mine = await server.request('GET', '/appointments?practice_id=practice-001', { token });
    assert.equal(mine.status, 200, mine.text);
    assert.deepEqual((await read(data.user_id)).json.data, data);
});

test('the same Idempotency-Key makes one user', async () => {
    const body = somebody();
    const headers = { 'idempotency-key': 'user-1' };
    const first = await server.request('POST', '/users', { token: admin, body, headers });
    const again = await server.request('POST', '/users', { token: admin, body, headers });
    assert.equal(first.status, 201);
    assert.equal(again.json.data.user_id, first.json.data.user_id);
    const other = await server.request('POST', '/users', { token: admin, body: somebody(), headers });
    assert.equal(other.status, 422);
    assert.equal(other.json.code, 'idempotency_key_reused');
});

test('only admins', async () => {
    for (const who of [STAFF, PATIENT]) {
        const token = await server.login(who);
        for (const answer of [await list('', token), await read('patient-123', token), await create(somebody(), token),
            await create({}, token)]) {
            assert.equal(answer.status, 403, who);
            assert.equal(answer.json.code, 'forbidden');
        }
    }
    assert.equal((await server.request('GET', '/users')).status, 401);
});

test('what a user needs', async () => {
    assert.deepEqual(problems(await create({})), { '/email': 'required', '/password': 'required', '/role': 'required' });
    assert.deepEqual(problems(await create(somebody({ practice_ids: ['nope', 'practice-001', 'practice-001'] }))),
        { '/practice_ids/0': 'not_allowed_value', '/practice_ids/2': 'duplicate' });
    assert.deepEqual(problems(await create(somebody({ practice_ids: [] }))), { '/practice_ids': 'required' });
    assert.deepEqual(problems(await create(somebody({ role: 'admin' }))), { '/practice_ids': 'not_allowed_value' });
    assert.deepEqual(problems(await create(somebody({ role: 'patient' }))), { '/role': 'not_allowed_value' });
    assert.deepEqual(problems(await create(somebody({ password: 'Password123' }))), { '/password': 'password_common' });
    assert.deepEqual(problems(await create(somebody({ status: 'active' }))), { '/status': 'unknown_member' });
    const taken = await create(somebody({ email: PATIENT }));
    assert.equal(taken.status, 409);
    assert.equal(taken.json.code, 'email_taken');
});

test('changing a user, with and without If-Match', async () => {
    const body = somebody();
    const { user_id: id } = (await create(body)).json.data;
    const token = await server.login(body.email, PASSWORD);
    assert.equal((await update(id, { name: 'New' }, { 'if-match': '"2"' })).status, 412);
    const named = await update(id, { name: 'New' }, { 'if-match': '"1"' });
    assert.equal(named.headers.etag, '"2"');
    assert.equal(named.json.data.name, 'New');
    assert.deepEqual(named.json.data.practice_ids, ['practice-001']);
    assert.equal((await update(id, { name: null })).json.data.name, undefined);
    assert.equal((await server.request('GET', '/auth/me', { token })).status, 200, 'a name changes no session');
    const moved = await update(id, { practice_ids: ['practice-456'] });
    assert.deepEqual(moved.json.data.practice_ids, ['practice-456']);
    assert.deepEqual(problems(await update(id, { role: 'patient' })), { '/role': 'not_allowed_value' });
    assert.deepEqual(problems(await update(id, { email: null })), { '/email': 'required' });
    assert.deepEqual(problems(await update(id, { user_id: 'x', version: 7 })), { '/user_id': 'read_only', '/version': 'read_only' });
    assert.equal((await update(id, { password_hash: 'x', tokens_after: 0 })).json.errors.length, 2);
    assert.equal((await update('nobody', { name: 'x' })).status, 404);
});

test('another role ends the sessions of the old one', async () => {
    const body = somebody();
    const { user_id: id } = (await create(body)).json.data;
    const token = await server.login(body.email, PASSWORD);
    const answer = await update(id, { role: 'admin' });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(!('practice_ids' in answer.json.data));
    assert.equal((await server.request('GET', '/auth/me', { token })).status, 401);
    const fresh = await server.login(body.email, PASSWORD, { fresh: true });
    assert.equal((await list('', fresh)).status, 200);
    assert.equal((await remove(id)).status, 200);
});

test('a user who is disabled is out at once, and can come back', async () => {
    const body = somebody();
    const { user_id: id } = (await create(body)).json.data;
    const token = await server.login(body.email, PASSWORD);
    assert.equal((await remove(id, { 'if-match': '"9"' })).status, 412);
    const gone = await remove(id);
    assert.equal(gone.status, 200);
    assert.equal(gone.json.data.status, 'disabled');
    assert.equal((await remove(id)).json.data.version, gone.json.data.version, 'a second time changes nothing');
    assert.equal((await server.request('GET', '/auth/me', { token })).status, 401);
    const refused = await server.request('POST', '/auth/login', { body: { email: body.email, password: PASSWORD } });
    assert.equal(refused.status, 401);
    assert.equal(refused.json.code, 'bad_credentials');
    assert.equal((await update(id, { status: 'active' })).status, 200);
    assert.ok(await server.login(body.email, PASSWORD, { fresh: true }));
});

test('a patient can be disabled too, but stays a patient', async () => {
    const who = await server.newPatient();
    assert.deepEqual(problems(await update(who.userId, { role: 'staff', practice_ids: ['practice-001'] })),
        { '/role': 'not_allowed_value' });
    assert.equal((await update(who.userId, { status: 'disabled' })).status, 200);
    assert.equal((await server.request('GET', `/patients/${who.patientId}`, { token: who.token })).status, 401);
});

test('the last active admin stays', async () => {
    const { user_id: id } = (await server.request('GET', '/auth/me', { token: admin })).json.data;
    for (const answer of [await remove(id), await update(id, { status: 'disabled' }),
        await update(id, { role: 'staff', practice_ids: ['practice-001'] })]) {
        assert.equal(answer.status, 409, answer.text);
        assert.equal(answer.json.code, 'last_admin');
    }
    assert.equal((await read(id)).json.data.status, 'active');
});

test('two admins who remove each other at once: one stays', async () => {
    const one = somebody({ role: 'admin', practice_ids: undefined });
    const other = (await create(one)).json.data;
    const token = await server.login(one.email, PASSWORD);
    const { user_id: id } = (await server.request('GET', '/auth/me', { token: admin })).json.data;
    const answers = await Promise.all([remove(other.user_id), server.request('DELETE', `/users/${id}`, { token })]);
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    const left = (await list('?role=admin', answers[0].status === 200 ? admin : token)).json.data;
    assert.equal(left.filter(({ status }) => status === 'active').length, 1);
    if (answers[0].status !== 200) { // the others need the usual one
        await server.request('PUT', `/users/${id}`, { token, body: { status: 'active' } });
        admin = await server.login(ADMIN, PASSWORD, { fresh: true });
        await remove(other.user_id);
    }
});

test('the list comes in pages, and a cursor belongs to its filter', async () => {
    const ids = new Set();
    let query = '?limit=3';
    for (let pages = 0; query && pages < 50; pages++) {
        const answer = await list(query);
        assert.equal(answer.status, 200);
        assert.ok(answer.json.data.length <= 3);
        for (const user of answer.json.data) {
            assert.ok(!ids.has(user.user_id));
            assert.notEqual(user.role, 'patient');
            ids.add(user.user_id);
        }
        query = answer.json.next_cursor && `?limit=3&cursor=${answer.json.next_cursor}`;
    }
    const all = (await list('?limit=200')).json.data;
    assert.equal(ids.size, all.length);
    assert.ok(all.some(({ email }) => email === ADMIN) && all.some(({ email }) => email === STAFF));
    const { next_cursor: cursor } = (await list('?limit=1')).json;
    assert.deepEqual(problems(await list(`?role=staff&cursor=${cursor}`)), { '?cursor': 'cursor_invalid' });
    assert.deepEqual(problems(await list('?role=patient')), { '?role': 'not_allowed_value' });
    assert.deepEqual(problems(await list('?limit=0&size=7')), { '?limit': 'out_of_range', '?size': 'unknown_member' });
});
