// auth_refresh.test.mjs - sessions: POST /auth/refresh, POST /auth/logout, GET /auth/me.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { PASSWORD, startServer } from './lib/server.mjs';

let server;
let who;
before(async () => {
    server = await startServer({ env: { ACCESS_TOKEN_SECONDS: '60' } });
    who = await server.newPatient();
});
after(() => server?.stop());

async function session() {
    const answer = await server.request('POST', '/auth/login', { body: { email: who.email, password: PASSWORD } });
    assert.equal(answer.status, 200);
    return answer.json.data;
}
const refresh = (token) => server.request('POST', '/auth/refresh', { body: { refresh_token: token } });
const me = (token) => server.request('GET', '/auth/me', { token });
const logout = (token, query = '') => server.request('POST', `/auth/logout${query}`, { token });

function assertEnded(answer) {
    assert.equal(answer.status, 401, answer.text);
    assert.equal(answer.json.code, 'refresh_token_invalid');
}

test('each refresh gives new tokens, as a login does', async () => {
    const first = await session();
    assert.equal(first.expires_in, 60);
    const answer = await refresh(first.refresh_token);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.token, answer.json.data.access_token);
    assert.notEqual(answer.json.data.refresh_token, first.refresh_token);
    assert.equal(answer.json.data.user.user_id, who.userId);
    assert.equal((await me(answer.json.token)).json.data.user_id, who.userId);
    assert.equal((await refresh(answer.json.data.refresh_token)).status, 200);
});

test('a token that was used before ends its session and no other', async () => {
    const other = await session();
    const first = await session();
    const second = (await refresh(first.refresh_token)).json.data;
    assertEnded(await refresh(first.refresh_token));
    assertEnded(await refresh(second.refresh_token));
    assert.equal((await me(second.access_token)).status, 401);
    assert.equal((await me(other.access_token)).status, 200);
    assert.equal((await refresh(other.refresh_token)).status, 200);
});

test('of many at once one wins, and the session is over', async () => {
    const { refresh_token: token } = await session();
    const answers = await Promise.all(Array.from({ length: 32 }, () => refresh(token)));
    const winners = answers.filter(({ status }) => status === 200);
    assert.equal(winners.length, 1);
    answers.filter(({ status }) => status !== 200).forEach(assertEnded);
    assertEnded(await refresh(winners[0].json.data.refresh_token));
    assert.equal((await me(winners[0].json.token)).status, 401);
});

test('what is no refresh token', async () => {
    const { access_token: access, refresh_token: token } = await session();
    for (const bad of ['x', access, `${token}A`, token.slice(0, -1), token.toUpperCase(), '!!!']) assertEnded(await refresh(bad));
    assert.equal((await refresh('')).status, 422);
    assert.equal((await refresh(7)).status, 422);
    assert.equal((await refresh('x'.repeat(5000))).status, 422);
    assert.equal((await refresh(token)).status, 200, 'and nobody was logged out by it');
});

test('logging out ends the session at once', async () => {
    const one = await session();
    const two = await session();
    assert.equal((await logout(one.access_token)).status, 200);
    assert.equal((await me(one.access_token)).status, 401);
    assert.equal((await logout(one.access_token)).status, 401);
    assertEnded(await refresh(one.refresh_token));
    assert.equal((await me(two.access_token)).status, 200);
});

test('and everywhere, if asked for', async () => {
    const [one, two] = [await session(), await session()];
    assert.equal((await logout(one.access_token, '?everywhere=true')).status, 200);
    assert.equal((await me(two.access_token)).status, 401);
    assertEnded(await refresh(two.refresh_token));
    const three = await session();
    const unknown = await logout(three.access_token, '?anywhere=true');
    assert.equal(unknown.status, 422);
    assert.equal(unknown.json.errors[0].pointer, '?anywhere');
});

test('who am I', async () => {
    const { access_token: token } = await session();
    const { json } = await me(token);
    assert.equal(json.data.email, who.email);
    assert.equal(json.data.role, 'patient');
    assert.equal(json.data.patient_id, who.patientId);
    assert.equal(json.data.status, 'active');
    for (const secret of ['password_hash', 'tokens_after', 'reset_hash', 'reset_expires_at']) assert.ok(!(secret in json.data));
});

test('sessions outlive a restart', async () => {
    const first = await session();
    await server.stop({ keep: true });
    server = await startServer({ data: server.dataDir });
    assert.equal((await me(first.access_token)).status, 200);
    assert.equal((await refresh(first.refresh_token)).status, 200);
});
