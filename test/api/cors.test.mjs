// cors.test.mjs - pages of other origins: those that are configured may call, others may not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from './lib/server.mjs';

const ORIGIN = 'https://booking.example.org';

let server;
before(async () => { server = await startServer({ demo: false, env: { CORS_ORIGINS: `${ORIGIN}, http://localhost:8080` } }); });
after(() => server?.stop());

const preflight = (target, origin, method, headers) => server.request('OPTIONS', target, { headers: { origin,
    'access-control-request-method': method, ...(headers ? { 'access-control-request-headers': headers } : {}) } });
const listed = (text) => text.split(',').map((entry) => entry.trim().toLowerCase());

test('preflight of a configured origin', async () => {
    for (const origin of [ORIGIN, 'http://localhost:8080']) {
        const { status, headers, text } = await preflight('/appointments', origin, 'POST', 'authorization, content-type');
        assert.equal(status, 204);
        assert.equal(text, '');
        assert.equal(headers['access-control-allow-origin'], origin);
        assert.ok(listed(headers['access-control-allow-methods']).includes('post'));
        for (const name of ['authorization', 'content-type', 'idempotency-key', 'if-match']) {
            assert.ok(listed(headers['access-control-allow-headers']).includes(name), name);
        }
        assert.ok(Number(headers['access-control-max-age']) > 0);
        assert.ok(listed(headers.vary).includes('origin'));
    }
});

test('an answer to a configured origin', async () => {
    const { status, headers } = await server.request('GET', '/practices', { headers: { origin: ORIGIN } });
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], ORIGIN);
    assert.ok(listed(headers.vary).includes('origin'));
    for (const name of ['etag', 'location', 'retry-after', 'x-request-id']) {
        assert.ok(listed(headers['access-control-expose-headers']).includes(name), name);
    }
    assert.equal(headers['access-control-allow-credentials'], undefined); // no cookies
});

test('an error can be read too', async () => {
    const { status, headers } = await server.request('GET', '/auth/me', { headers: { origin: ORIGIN } });
    assert.equal(status, 401);
    assert.equal(headers['access-control-allow-origin'], ORIGIN);
});

test('other origins get nothing', async () => {
    const others = ['https://evil.example', `${ORIGIN}.evil.example`, `${ORIGIN}:444`, 'http://booking.example.org', 'null',
        ORIGIN.slice(0, -1)];
    for (const origin of others) {
        const before = await preflight('/appointments', origin, 'POST');
        const answer = await server.request('GET', '/practices', { headers: { origin } });
        for (const { headers } of [before, answer]) {
            assert.equal(headers['access-control-allow-origin'], undefined, origin);
            assert.ok(listed(headers.vary).includes('origin'));
        }
    }
});

test('an address that does not exist has no preflight', async () => {
    assert.equal((await preflight('/nothing', ORIGIN, 'GET')).status, 404);
});

test('OPTIONS says what an address takes', async () => {
    const { status, headers } = await server.request('OPTIONS', '/appointments');
    assert.equal(status, 204);
    assert.deepEqual(listed(headers.allow).sort(), ['get', 'head', 'options', 'post']);
});

test('every origin, and none', async (t) => {
    const open = await startServer({ demo: false, env: { CORS_ORIGINS: '*' } });
    t.after(() => open.stop());
    assert.equal((await open.request('GET', '/practices', { headers: { origin: ORIGIN } })).headers['access-control-allow-origin'], '*');
    const closed = await startServer({ demo: false });
    t.after(() => closed.stop());
    const { headers } = await closed.request('GET', '/practices', { headers: { origin: ORIGIN } });
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers.vary, undefined);
});
