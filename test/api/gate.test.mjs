// gate.test.mjs - what no well-behaved client sends. Every refusal is an answer like any other error, the connection is
// closed, and whatever was hidden behind the refused request is never carried out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { checkProblem } from './lib/openapi.mjs';
import { startServer } from './lib/server.mjs';

let server;
before(async () => { server = await startServer({ demo: false }); });
after(() => server?.stop());

const HOST = 'Host: localhost\r\n';
const SMUGGLED_ID = 'smuggled-request';
// If this is ever carried out, the log says so.
const SMUGGLED = `GET /health HTTP/1.1\r\n${HOST}X-Request-Id: ${SMUGGLED_ID}\r\n\r\n`;

// The log comes through a pipe of its own: what was carried out before this request stands before its own line.
let requests = 0;
async function logUpTo(id) {
    await server.request('GET', '/health', { headers: { 'x-request-id': id } });
    for (let i = 0; i < 200 && !server.stderr.includes(`"${id}"`); i++) await new Promise((done) => { setTimeout(done, 10); });
    assert.ok(server.stderr.includes(`"${id}"`), 'the request was not logged');
}

function check(answer, status, code) {
    assert.equal(answer?.status, status);
    const json = JSON.parse(answer.body);
    checkProblem({ ...answer, json, text: answer.body }, code);
    assert.equal(json.code, code);
    assert.equal(answer.headers.connection, 'close');
    return json;
}

// The bytes are refused, the connection is closed, and there is one answer only.
async function refused(bytes, { status = 400, code = 'bad_request', smuggled = SMUGGLED } = {}) {
    const { answers, closed } = await server.rawRequest([bytes + smuggled], { answers: 2 });
    assert.equal(answers.length, 1, `${answers.length} answers`);
    assert.ok(closed, 'the connection is still open');
    check(answers[0], status, code);
    await logUpTo(`after-${++requests}`);
    assert.ok(!server.stderr.includes(SMUGGLED_ID), 'the hidden request was carried out');
}

const GET = 'GET /health HTTP/1.1\r\n';
const POST = 'POST /auth/login HTTP/1.1\r\nContent-Type: application/json\r\n';
const CASES = {
    'no address': 'BLAH\r\n\r\n',
    'HTTP/0.9': `GET /health\r\n${HOST}\r\n`,
    'a blank before the method': ` ${GET}${HOST}\r\n`,
    'two blanks in the request line': `GET  /health HTTP/1.1\r\n${HOST}\r\n`,
    'a tab in the request line': `GET\t/health HTTP/1.1\r\n${HOST}\r\n`,
    'a blank in the address': `GET /he alth HTTP/1.1\r\n${HOST}\r\n`,
    'a method that is no token': `G(T /health HTTP/1.1\r\n${HOST}\r\n`,
    'a method that is far too long': `${'G'.repeat(40)} /health HTTP/1.1\r\n${HOST}\r\n`,
    'a lower-case version': `GET /health http/1.1\r\n${HOST}\r\n`,
    'NUL in the address': `GET /health\0 HTTP/1.1\r\n${HOST}\r\n`,
    'a control character in the address': `GET /health\x01 HTTP/1.1\r\n${HOST}\r\n`,
    'a fragment in the address': `GET /health#a HTTP/1.1\r\n${HOST}\r\n`,
    'no Host': `${GET}\r\n`,
    'two Hosts': `${GET}${HOST}Host: other\r\n\r\n`,
    'two equal Hosts': `${GET}${HOST}${HOST}\r\n`,
    'a Host with a slash': `${GET}Host: a/b\r\n\r\n`,
    'bare LF behind the request line': `GET /health HTTP/1.1\n${HOST}\r\n`,
    'bare LF behind a header': `${GET}Host: localhost\n\r\n`,
    'bare LF at the end of the headers': `${GET}${HOST}\n`,
    'NUL and LF at the end of a header': `${GET}Host: localhost\0\n\r\n`,
    'bare CR in a value': `${GET}${HOST}X: a\rContent-Length: 5\r\n\r\n`,
    'bare CR at the end of a header': `${GET}Host: localhost\r\r\n\r\n`,
    'NUL in a value': `${GET}${HOST}X: a\0b\r\n\r\n`,
    'NUL in a name': `${GET}${HOST}X\0: a\r\n\r\n`,
    'a NUL in front of a header': `${GET}${HOST}\0Content-Length: 5\r\n\r\n`,
    'a control character in a value': `${GET}${HOST}X: a\x08b\r\n\r\n`,
    'a blank before the colon': `${GET}${HOST}X : a\r\n\r\n`,
    'a blank in a name': `${GET}${HOST}X Y: a\r\n\r\n`,
    'a header without a name': `${GET}${HOST}: a\r\n\r\n`,
    'a header without a colon': `${GET}${HOST}X\r\n\r\n`,
    'a folded header': `${GET}${HOST}X: a\r\n b\r\n\r\n`,
    'a folded first header': `${GET} X: a\r\n${HOST}\r\n`,
    'two equal lengths': `${POST}${HOST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
    'two lengths': `${POST}${HOST}Content-Length: 2\r\nContent-Length: ${2 + SMUGGLED.length}\r\n\r\n{}`,
    'a list of lengths': `${POST}${HOST}Content-Length: 2, 2\r\n\r\n{}`,
    'a length with a plus': `${POST}${HOST}Content-Length: +2\r\n\r\n{}`,
    'a length with a minus': `${POST}${HOST}Content-Length: -2\r\n\r\n{}`,
    'a hexadecimal length': `${POST}${HOST}Content-Length: 0x2\r\n\r\n{}`,
    'a length with a blank in it': `${POST}${HOST}Content-Length: 2 2\r\n\r\n{}`,
    'a length with a fraction': `${POST}${HOST}Content-Length: 2.0\r\n\r\n{}`,
    'an empty length': `${POST}${HOST}Content-Length:\r\n\r\n{}`,
    'a length that wraps around': `${POST}${HOST}Content-Length: 18446744073709551618\r\n\r\n{}`,
    'a length with a blank before its colon': `${POST}${HOST}Content-Length : 2\r\n\r\n{}`,
    'both framings': `${POST}${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'both framings in the other order': `${POST}${HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    'chunked twice': `${POST}${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'two codings': `${POST}${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    'a list of codings': `${POST}${HOST}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n`,
    'an unknown coding': `${POST}${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    'a coding with a control character': `${POST}${HOST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
    'a coding with a blank before its colon': `${POST}${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    'a folded coding': `${POST}${HOST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
    'chunked in HTTP/1.0': `POST /auth/login HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a chunk size with a bare LF': `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n`,
    'a bare LF in a chunk extension': `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\n{}\r\n0\r\n\r\n`,
    'a chunk that is longer than it says': `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`,
    'a chunk size with a plus': `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n`,
    'a chunk size with 0x': `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n`,
    'a chunk size that wraps around': `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n`,
    'a bare LF at the end of the chunks': `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\n\n`,
    'two Authorizations': `${GET}${HOST}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n`,
    'two Content-Types': `${POST}${HOST}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}`,
};

for (const [name, bytes] of Object.entries(CASES)) test(`refused: ${name}`, () => refused(bytes));

test('refused: another version of HTTP', () => refused(`GET /health HTTP/3.0\r\n${HOST}\r\n`,
    { status: 505, code: 'http_version_not_supported' }));

test('refused before the rest has come', async () => {
    for (const bytes of ['\x16\x03\x01\x00\xa5', 'GET / HTTP/1.1\n', `${GET}${HOST}X: \0`]) {
        const { answers, closed } = await server.rawRequest(bytes);
        check(answers[0], 400, 'bad_request');
        assert.ok(closed);
    }
});

test('refused however it drips', async () => {
    const text = `${POST}${HOST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n`;
    const { answers, closed } = await server.rawRequest([...text].flatMap((byte) => [byte, 1]));
    check(answers[0], 400, 'bad_request');
    assert.ok(closed);
});

test('a refusal says what is wrong', async () => {
    const { answers } = await server.rawRequest(`${GET}${HOST}X : a\r\n\r\n`);
    assert.match(check(answers[0], 400, 'bad_request').detail, /name/);
});

// ---- what must pass ---------------------------------------------------------------------------------------

const statuses = (answers) => answers.map((answer) => answer.status);

test('requests one behind the other', async () => {
    const many = 200; // more than have their turn at once
    const { answers } = await server.rawRequest(`${GET}${HOST}\r\n`.repeat(many), { answers: many });
    assert.deepEqual(statuses(answers), Array(many).fill(200));
});

test('requests with bodies one behind the other', async () => {
    const bodies = `${POST}${HOST}Content-Length: 2\r\n\r\n{}`
        + `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: a\r\n\r\n${GET}${HOST}\r\n`;
    const { answers } = await server.rawRequest(bodies.repeat(3), { answers: 9 });
    assert.deepEqual(statuses(answers), [422, 422, 200, 422, 422, 200, 422, 422, 200]);
});

test('a request in single bytes', async () => {
    const text = `${POST}${HOST}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n${GET}${HOST}\r\n`;
    const { answers } = await server.rawRequest([...text].flatMap((byte) => [byte, 1]), { answers: 2 });
    assert.deepEqual(statuses(answers), [422, 200]);
});

test('a few empty lines before a request', async () => {
    const { answers } = await server.rawRequest(`\r\n${GET}${HOST}\r\n\r\n\r\n\r\n${GET}${HOST}\r\n`, { answers: 2 });
    assert.deepEqual(statuses(answers), [200, 200]);
    const many = await server.rawRequest(`${'\r\n'.repeat(5)}${GET}${HOST}\r\n`);
    assert.deepEqual(statuses(many.answers), [400]);
});

test('HTTP/1.0, and Connection', async () => {
    const one = await server.rawRequest('GET /health HTTP/1.0\r\n\r\n');
    assert.equal(one.answers[0].status, 200);
    assert.ok(one.closed);
    const kept = await server.rawRequest('GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'.repeat(2), { answers: 2 });
    assert.deepEqual(statuses(kept.answers), [200, 200]);
    assert.equal(kept.answers[1].headers.connection, 'keep-alive');
    assert.ok(!kept.closed);
    const last = await server.rawRequest(`${GET}${HOST}Connection: close\r\n\r\n${GET}${HOST}\r\n`, { answers: 2 });
    assert.equal(last.answers.length, 1);
    assert.ok(last.closed);
});

test('an absolute address, and one for the whole server', async () => {
    const absolute = await server.rawRequest(`GET http://localhost/health HTTP/1.1\r\n${HOST}\r\n`);
    assert.equal(absolute.answers[0].status, 200);
    const star = await server.rawRequest(`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`);
    assert.equal(star.answers[0].status, 204);
    assert.ok(star.answers[0].headers.allow);
});

test('a client that sends and closes its half is answered', async () => {
    const { answers } = await server.rawRequest(`${GET}${HOST}\r\n`, { end: true });
    assert.equal(answers[0].status, 200);
});

test('100-continue', async () => {
    const { text } = await server.rawRequest(
        [`${POST}${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`, 100, '{}'], { answers: 2 });
    assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 422 /);
});

test('%00 and encoded slashes stay what they are', async () => {
    for (const target of ['/health%00', '/health%00/x', '/%2fhealth', '/practices/a%2f..%2fb', '/../health']) {
        const { answers } = await server.rawRequest(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`);
        assert.equal(answers[0].status, 404, target);
    }
});

test('HEAD has the headers of GET and no body', async () => {
    const get = await server.request('GET', '/health');
    const head = await server.request('HEAD', '/health');
    assert.equal(head.status, 200);
    assert.equal(head.headers['content-length'], get.headers['content-length']);
    const both = await server.rawRequest(`HEAD /health HTTP/1.1\r\n${HOST}\r\n${GET}${HOST}\r\n`, { limitMs: 1000, answers: 9 });
    assert.equal(both.text.match(/HTTP\/1\.1 200 OK/g).length, 2);
    assert.equal(both.text.match(/"status":"ok"/g).length, 1);
});

test('request ids', async () => {
    const sane = await server.request('GET', '/health', { headers: { 'x-request-id': 'Abc-1_2.3' } });
    assert.equal(sane.headers['x-request-id'], 'Abc-1_2.3');
    for (const id of ['a b', 'a"b', 'x'.repeat(65), '', 'caf\xe9']) {
        const own = await server.request('GET', '/health', { headers: { 'x-request-id': id } });
        assert.match(own.headers['x-request-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
});

test('every answer has the security headers', async () => {
    for (const target of ['/health', '/nothing', '/metrics']) {
        const { headers } = await server.request('GET', target);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['referrer-policy'], 'no-referrer');
        assert.equal(headers['cache-control'], 'no-store');
        assert.match(headers['content-security-policy'], /default-src 'none'/);
        assert.ok(headers.date);
        assert.equal(headers.server, undefined);
    }
});
