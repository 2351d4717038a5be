// problems.test.mjs - GET /problems and /problems/{code}: what the `type` of a problem leads to.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from './lib/server.mjs';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
let server;
before(async () => { server = await startServer({ demo: false }); });
after(() => server?.stop());

const get = (target, accept) => server.request('GET', target, { headers: accept === undefined ? {} : { accept } });

test('every problem leads to what it means', async () => {
    const refused = await get('/appointments');
    assert.equal(refused.status, 401);
    const answer = await get(refused.json.type);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.data, { type: '/problems/unauthenticated', code: 'unauthenticated', title: refused.json.title, status: 401,
        retry: false, explanation: refused.json.detail, operations: [] });
    const taken = (await get('/problems/slot_unavailable')).json.data;
    assert.deepEqual([taken.status, taken.title], [409, 'Slot unavailable']);
    assert.ok(taken.operations.includes('POST /appointments'));
    assert.equal((await get('/problems/nhs_number_taken')).json.data.title, 'NHS number taken');
    assert.equal((await get('/problems/busy')).json.data.retry, true);
});

test('the list has all of them, each once, and each can be read', async () => {
    const { json } = await get('/problems');
    const codes = json.data.map((kind) => kind.code);
    assert.ok(codes.length > 80);
    assert.equal(new Set(codes).size, codes.length);
    for (const kind of json.data) {
        assert.deepEqual((await get(kind.type)).json.data, kind);
        const page = await get(kind.type, BROWSER);
        assert.equal(page.status, 200, kind.code);
        assert.ok(page.text.includes(`<h1>${kind.title}</h1>`), kind.code);
    }
});

test('what only the command line says, and what is none', async () => {
    for (const code of ['key_wrong', 'setting_invalid', 'ok', 'none', 'Invalid', '%3Cb%3E']) {
        for (const accept of [undefined, BROWSER]) {
            const answer = await get(`/problems/${code}`, accept);
            assert.equal(answer.status, 404, code);
            assert.equal(answer.json.code, 'not_found');
        }
    }
});

test('a page for those who would rather have one', async () => {
    for (const [accept, type] of [[undefined, 'application/json'], ['*/*', 'application/json'], ['application/json', 'application/json'],
        ['text/html, application/json', 'application/json'], ['application/json;q=0.5, text/html', 'text/html'], ['text/html', 'text/html'], [BROWSER, 'text/html']]) {
        for (const target of ['/problems', '/problems/invalid']) {
            const answer = await get(target, accept);
            assert.equal(answer.headers['content-type'], `${type}; charset=utf-8`, `${target} ${accept}`);
            assert.equal(answer.headers.vary, 'Accept');
        }
    }
    assert.equal((await get('/problems', 'image/png')).status, 406);
    const { text } = await get('/problems/unauthenticated', 'text/html');
    assert.match(text, /Send a valid access token as "Authorization: Bearer \.\.\."; get one from POST \/auth\/login\./);
    assert.match((await get('/problems', 'text/html')).text, /<h2>422 Unprocessable Content<\/h2>/);
});
