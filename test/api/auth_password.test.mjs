// auth_password.test.mjs - POST /auth/password/change, /auth/password/reset-request and /auth/password/reset. What happens with
// the link of a message is in test/unit/identity_test.c, because no message leaves the program yet.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { LOGIN } from './lib/cognito.mjs';
import { PASSWORD, PATIENT, startServer } from './lib/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const login = (email, password) => server.request('POST', '/auth/login', { body: { email, password } });
const change = (token, body) => server.request('POST', '/auth/password/change', { token, body });
const ask = (body) => server.request('POST', '/auth/password/reset-request', { body });
const reset = (body) => server.request('POST', '/auth/password/reset', { body });
const me = (token) => server.request('GET', '/auth/me', { token });

test('another password ends every other session', async () => {
    const who = await server.newPatient();
    const other = (await login(who.email, PASSWORD)).json.data;
    const answer = await change(who.token, { current_password: PASSWORD, new_password: 'another good one' });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await me(answer.json.token)).status, 200);
    assert.equal((await me(who.token)).status, 401);
    assert.equal((await me(other.access_token)).status, 401);
    assert.equal((await server.request('POST', '/auth/refresh', { body: { refresh_token: other.refresh_token } })).status, 401);
    assert.equal((await login(who.email, PASSWORD)).status, 401);
    assert.equal((await login(who.email, 'another good one')).status, 200);
});

test('what a change needs', async () => {
    const who = await server.newPatient();
    const problems = async (body) => {
        const answer = await change(who.token, body);
        assert.equal(answer.status, 422, answer.text);
        return Object.fromEntries(answer.json.errors.map(({ pointer, code }) => [pointer, code]));
    };
    assert.deepEqual(await problems({}), { '/current_password': 'required', '/new_password': 'required' });
    assert.deepEqual(await problems({ current_password: PASSWORD, new_password: 'short' }), { '/new_password': 'too_short' });
    assert.deepEqual(await problems({ current_password: PASSWORD, new_password: 'Password123' }),
        { '/new_password': 'password_common' });
    assert.deepEqual(await problems({ current_password: 'WrongPass123!', new_password: 'another good one' }),
        { '/current_password': 'password_wrong' });
    assert.equal((await change(undefined, { current_password: PASSWORD, new_password: 'another good one' })).status, 401);
});

test('wrong current passwords count as failed logins', async () => {
    const who = await server.newPatient();
    const answers = await Promise.all(Array.from({ length: 8 }, () =>
        change(who.token, { current_password: 'WrongPass123!', new_password: 'another good one' })));
    assert.ok(answers.filter(({ status }) => status === 422).length <= 5);
    assert.ok(answers.some(({ status, json }) => status === 429 && json.code === 'login_locked'));
});

test('asking for a reset tells nothing', async () => {
    const who = await server.newPatient();
    const known = await ask({ email: who.email });
    const unknown = await ask({ email: 'nobody@example.org' });
    assert.equal(known.status, 200);
    assert.equal(unknown.status, 200);
    assert.deepEqual({ ...known.json, timestamp: '' }, { ...unknown.json, timestamp: '' });
    assert.equal(known.json.data, null);
    assert.equal((await login(who.email, PASSWORD)).status, 200, 'the old password stays good');
});

test('what a reset needs', async () => {
    const whose = LOGIN === 'cognito' ? { email: PATIENT } : {}; // a code says less than a token of a link
    const answer = await reset({ token: 'nonsense', password: 'another good one', ...whose });
    assert.equal(answer.status, 422);
    assert.deepEqual(answer.json.errors.map(({ pointer, code }) => [pointer, code]), [['/token', 'reset_token_invalid']]);
    assert.equal((await reset({})).json.errors.length, 2);
    assert.equal((await ask({ email: 'x' })).json.errors[0].code, 'email_invalid');
});
