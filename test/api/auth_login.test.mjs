// auth_login.test.mjs - POST /auth/login, what a token is, and what happens to guesses.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, test } from 'node:test';

import { LOGIN } from './lib/cognito.mjs';
import { ADMIN, PASSWORD, PATIENT, STAFF, startServer } from './lib/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const login = (email, password = PASSWORD, headers = {}) =>
    server.request('POST', '/auth/login', { body: { email, password }, headers });
const me = (token) => server.request('GET', '/auth/me', { token });
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('the answer has the token twice, and who it is', async () => {
    const answer = await login(PATIENT);
    assert.equal(answer.status, 200);
    const { data, token } = answer.json;
    assert.equal(token, data.access_token);
    assert.equal(data.token_type, 'Bearer');
    assert.equal(data.expires_in, 900);
    assert.match(data.refresh_token, /^[\w-]{60,}$/);
    assert.deepEqual(data.user, { user_id: 'patient-123', email: PATIENT, role: 'patient', patient_id: 'patient-123' });
    assert.match(answer.headers['cache-control'], /no-store/);
});

test('staff learn where they work', async () => {
    const { json } = await login(STAFF);
    assert.equal(json.data.user.role, 'staff');
    assert.deepEqual([...json.data.user.practice_ids].sort(), ['practice-001', 'practice-123', 'practice-456']);
    assert.ok(!('patient_id' in json.data.user));
    assert.equal((await login(ADMIN)).json.data.user.role, 'admin');
});

test('the token is a JWT that anybody can check with the published key', async () => {
    const { json } = await login(PATIENT);
    const [header, payload, signature] = json.token.split('.');
    const keys = await server.request('GET', '/.well-known/jwks.json');
    assert.equal(keys.status, 200);
    assert.match(keys.headers['content-type'], /^application\/jwk-set\+json/);
    assert.match(keys.headers['cache-control'], /max-age=3600/);
    const { alg, kid, typ } = decode(header);
    assert.equal(alg, LOGIN === 'cognito' ? 'RS256' : 'ES256');
    assert.equal(typ, 'JWT');
    const jwk = keys.json.keys.find((key) => key.kid === kid);
    assert.ok(jwk);
    assert.ok(keys.json.keys.every((key) => !('d' in key)));
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url')));
    const claims = decode(payload);
    if (LOGIN === 'cognito') return; // its claims are its own
    assert.equal(claims.sub, 'patient-123');
    assert.equal(claims.role, 'patient');
    assert.equal(claims.exp - claims.iat, 900);
    assert.ok(!JSON.stringify(claims).includes('@'), 'no address in a token');
});

test('the key set is given to who accepts JSON', async () => {
    const answer = await server.request('GET', '/.well-known/jwks.json', { headers: { accept: 'application/json' } });
    assert.equal(answer.status, 200);
});

test('tokens that somebody else has made or changed', async () => {
    const { json: { token } } = await login(PATIENT);
    const [header, payload, signature] = token.split('.');
    const claims = { ...decode(payload), role: 'admin' };
    const forged = [
        `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
        `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`,
        `${encode({ ...decode(header), alg: 'HS256' })}.${payload}.${signature}`,
        `${encode({ alg: 'ES256', typ: 'JWT' })}.${payload}.${signature}`,
        `${header}.${encode(claims)}.${signature}`,
        `${header}.${payload}.${'A'.repeat(86)}`,
        `${header}.${payload}.`,
        `${header}.${payload}`,
        `${token}x`,
        'x',
        'a.b.c',
        'A'.repeat(3000),
    ];
    for (const bad of forged) {
        const answer = await me(bad);
        assert.equal(answer.status, 401, bad.slice(0, 40));
        assert.equal(answer.json.code, 'unauthenticated');
        assert.equal(answer.headers['www-authenticate'], 'Bearer realm="opendoor", error="invalid_token"');
    }
});

test('how a token may be sent', async () => {
    const { json: { token } } = await login(PATIENT);
    const send = (authorization) => server.request('GET', '/auth/me', { headers: { authorization } });
    assert.equal((await send(`Bearer ${token}`)).status, 200);
    assert.equal((await send(`bearer ${token}`)).status, 200);
    assert.equal((await send(token)).status, 401);
    assert.equal((await send(`Basic ${token}`)).status, 401);
    assert.equal((await send('Bearer')).status, 401);
    assert.equal((await send('')).status, 401);
    const none = await server.request('GET', '/auth/me');
    assert.equal(none.status, 401);
    assert.equal(none.headers['www-authenticate'], 'Bearer realm="opendoor"');
    const two = await server.rawRequest(`GET /auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n`
        + `Authorization: Bearer ${token}\r\nConnection: close\r\n\r\n`);
    assert.ok(two.answers[0].status === 401 || two.answers[0].status === 400, `two headers: ${two.answers[0].status}`);
});

test('where no token is needed, a bad one does no harm unless it would change the answer', async () => {
    const ended = (await login(PATIENT)).json.token;
    assert.equal((await server.request('POST', '/auth/logout', { token: ended })).status, 200);
    const everybody = ['/', '/health', '/ready', '/metrics', '/docs', '/openapi.yaml', '/.well-known/jwks.json', '/practices?limit=1',
        '/practices/practice-123', '/availability?postcode=LS1+4AP'];
    for (const authorization of ['Bearer x.y.z', `Bearer ${ended}`, 'Basic dXNlcjpwYXNz', 'Bearer', '']) {
        const headers = { authorization };
        for (const target of everybody) {
            const answer = await server.request('GET', target, { headers, validate: false });
            assert.equal(answer.status, 200, `${target} with ${authorization.slice(0, 20)}: ${answer.text}`);
        }
        const asked = await server.request('GET', '/practices/practice-123/availability', { headers });
        assert.equal(asked.status, 401, authorization);
        assert.match(asked.headers['www-authenticate'], /error="invalid_token"/);
        assert.equal((await login(PATIENT, PASSWORD, headers)).status, 200);
    }
    const token = await server.login(PATIENT); // and a list goes on when a login has ended meanwhile
    const first = await server.request('GET', '/practices?limit=1', { token });
    const next = await server.request('GET', `/practices?limit=1&cursor=${first.json.next_cursor}`);
    assert.equal(next.status, 200, next.text);
});

test('a wrong password and an unknown address get the same answer', async () => {
    const wrong = await login(PATIENT, 'WrongPass123!');
    const unknown = await login('nobody@example.org', 'WrongPass123!');
    const same = ({ status, json }) => [status, { ...json, timestamp: '', request_id: '' }];
    assert.deepEqual(same(wrong), same(unknown));
    assert.equal(wrong.status, 401);
    assert.equal(wrong.json.code, 'bad_credentials');
    await login(PATIENT); // forgotten
});

test('what a login needs', async () => {
    const answer = await server.request('POST', '/auth/login', { body: { email: 'x', role: 'admin' } });
    assert.equal(answer.status, 422);
    assert.deepEqual(answer.json.errors.map(({ pointer }) => pointer).sort(), ['/email', '/password', '/role']);
    const long = await server.request('POST', '/auth/login', { body: { email: PATIENT, password: 'x'.repeat(1001) } });
    assert.equal(long.status, 422);
    assert.equal((await server.request('GET', '/auth/login')).status, 405);
});

// Limits on requests are off in these tests (RATE_LIMIT_PER_MINUTE=0); this one stays.
test('guesses slow down, whether there is an account or not, and sixty-four at once are worth a few', async () => {
    const who = await server.newPatient();
    for (const email of [who.email, 'nobody.else@example.org']) {
        const answers = await Promise.all(Array.from({ length: 64 }, () => login(email, 'WrongPass123!')));
        const count = (status) => answers.filter((answer) => answer.status === status).length;
        assert.ok(count(401) >= 1 && count(401) <= 6, `${count(401)} guesses were looked at`);
        assert.equal(count(401) + count(429) + count(503), 64);
        for (const answer of answers) {
            if (answer.status !== 429) continue;
            assert.equal(answer.json.code, 'login_locked');
            assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
        }
    }
});

test('nobody else is slowed down by it', async () => {
    assert.equal((await login(STAFF)).status, 200);
});

test('no secret and no address is in the log', () => {
    assert.ok(server.stderr.includes('auth_login'));
    for (const text of [PATIENT, STAFF, 'nobody', PASSWORD, 'WrongPass', 'eyJ']) assert.ok(!server.stderr.includes(text), text);
});
