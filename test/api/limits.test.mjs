// limits.test.mjs - how large, how slow, how many: every limit is told about, and none of them stops the others.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';

import { checkProblem } from './lib/openapi.mjs';
import { startServer } from './lib/server.mjs';

const HOST = 'Host: localhost\r\n';
const POST = `POST /auth/login HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const BODY_MAX = 256 * 1024;
const TARGET_MAX = 8000;

function check(answer, status, code) {
    assert.equal(answer?.status, status);
    const json = JSON.parse(answer.body);
    checkProblem({ ...answer, json, text: answer.body }, code);
    assert.equal(json.code, code);
    return answer;
}

// ---- sizes ------------------------------------------------------------------------------------------------

let server;
before(async () => { server = await startServer({ demo: false }); });
after(() => server?.stop());

// A JSON object of exactly that many bytes.
const bodyOf = (size) => `{"email":"${'a'.repeat(size - 12)}"}`;

test('a body of 256 KiB is read, one byte more is not', async () => {
    const largest = await server.request('POST', '/auth/login', { body: bodyOf(BODY_MAX) });
    assert.equal(largest.status, 422);
    const { answers, closed } = await server.rawRequest(`${POST}Content-Length: ${BODY_MAX + 1}\r\n\r\n`);
    assert.equal(check(answers[0], 413, 'body_too_large').headers.connection, 'close');
    assert.ok(closed); // at once: not a byte of the body was sent
});

test('a body is JSON in UTF-8, and as it is', async (t) => {
    const server = await startServer({ demo: false });
    t.after(() => server.stop());
    const send = async (headers) => (await server.request('POST', '/auth/login', { body: '{}', headers })).status;
    for (const type of ['application/json', 'APPLICATION/JSON; charset="utf-8"'])
        assert.equal(await send({ 'content-type': type }), 422, type);
    for (const type of ['text/plain', 'application/json; charset=latin1', 'application/merge-patch+json'])
        assert.equal(await send({ 'content-type': type }), 415, type);
    assert.equal(await send({ 'content-encoding': 'identity' }), 422);
    assert.equal(await send({ 'content-encoding': 'gzip' }), 415);
});

test('a body that is too large is refused though the client sends it all', async () => {
    const answer = await server.request('POST', '/auth/login', { body: bodyOf(1024 * 1024) });
    assert.equal(answer.status, 413);
});

const chunksOf = (body, size) => {
    let text = '';
    for (let at = 0; at < body.length; at += size) {
        const piece = body.slice(at, at + size);
        text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
    }
    return `${text}0\r\n\r\n`;
};

test('a chunked body is counted', async () => {
    const head = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
    const largest = await server.rawRequest(head + chunksOf(bodyOf(BODY_MAX), 1000));
    assert.equal(largest.answers[0].status, 422);
    const larger = await server.rawRequest(head + chunksOf(bodyOf(BODY_MAX + 1), 1000));
    check(larger.answers[0], 413, 'body_too_large');
    assert.ok(larger.closed);
    const extensions = await server.rawRequest(`${head}1;${'a'.repeat(5000)}\r\n{\r\n0\r\n\r\n`);
    check(extensions.answers[0], 400, 'bad_request');
});

test('an address of 8,000 bytes is read, one byte more is not', async () => {
    const at = (size) => `GET /${'a'.repeat(size - 1)} HTTP/1.1\r\n${HOST}\r\n`;
    check((await server.rawRequest(at(TARGET_MAX))).answers[0], 404, 'not_found');
    check((await server.rawRequest(at(TARGET_MAX + 1))).answers[0], 414, 'uri_too_long');
    check((await server.rawRequest(at(100000))).answers[0], 414, 'uri_too_long');
});

test('headers beyond 16 KiB or beyond 64', async () => {
    const large = `GET /health HTTP/1.1\r\n${HOST}X: ${'a'.repeat(17000)}\r\n\r\n`;
    check((await server.rawRequest(large)).answers[0], 431, 'headers_too_large');
    const many = (count) => `GET /health HTTP/1.1\r\n${HOST}${'X: a\r\n'.repeat(count - 1)}\r\n`;
    assert.equal((await server.rawRequest(many(64))).answers[0].status, 200);
    check((await server.rawRequest(many(65))).answers[0], 431, 'headers_too_large');
});

// ---- slowness ---------------------------------------------------------------------------------------------

test('slow senders', async (t) => {
    const hasty = await startServer({ demo: false, env: { REQUEST_TIMEOUT_SECONDS: '1' } });
    t.after(() => hasty.stop());
    const dripped = (text, each) => [...text].flatMap((byte) => [byte, each]);

    await t.test('a head that drips', async () => {
        const { answers, closed, ms } = await hasty.rawRequest(dripped(`GET /health HTTP/1.1\r\n${HOST}X: ${'a'.repeat(99)}`, 60));
        check(answers[0], 408, 'request_timeout');
        assert.ok(closed && ms < 3000, `${ms} ms`);
    });
    await t.test('a body that drips', async () => {
        const { answers, closed, ms } = await hasty.rawRequest([`${POST}Content-Length: 100\r\n\r\n`, ...dripped('{'.repeat(99), 60)]);
        check(answers[0], 408, 'request_timeout');
        assert.ok(closed && ms < 3000, `${ms} ms`);
    });
    await t.test('a chunked body that drips', async () => {
        const { answers } = await hasty.rawRequest([`${POST}Transfer-Encoding: chunked\r\n\r\n`, ...dripped('1\r\n{\r\n'.repeat(20), 30)]);
        check(answers[0], 408, 'request_timeout');
    });
    await t.test('a head that stops', async () => {
        const { answers, closed } = await hasty.rawRequest('GET /health HTTP/1.1\r\n');
        check(answers[0], 408, 'request_timeout');
        assert.ok(closed);
    });
    await t.test('nothing at all', async () => {
        const { text, closed, ms } = await hasty.rawRequest([]);
        assert.equal(text, '');
        assert.ok(closed && ms < 3000, `${ms} ms`);
    });
    await t.test('nothing more after an answer', async () => {
        const { answers, closed, ms } = await hasty.rawRequest(`GET /health HTTP/1.1\r\n${HOST}\r\n`, { answers: 2 });
        assert.equal(answers.length, 1); // no second one about the silence
        assert.ok(closed && ms >= 1500 && ms < 4000, `${ms} ms`);
    });
    await t.test('a reader who does not read', async () => {
        const ended = await new Promise((resolve) => {
            const socket = net.connect({ host: hasty.host, port: hasty.port });
            const started = Date.now();
            socket.pause(); // the answers fill the buffers of both sides
            socket.on('error', () => {});
            socket.write(`GET /docs/swagger-ui-bundle.js HTTP/1.1\r\n${HOST}\r\n`.repeat(20));
            const timer = setInterval(async () => {
                const open = /^opendoor_http_connections (\d+)$/m.exec((await hasty.request('GET', '/metrics')).text)[1];
                if (Number(open) > 1 && Date.now() - started < 8000) return;
                clearInterval(timer);
                socket.destroy();
                resolve(Number(open));
            }, 300);
        });
        assert.equal(ended, 1); // ours, which asks
    });
    await t.test('they are counted, and others were served meanwhile', async () => {
        const { text } = await hasty.request('GET', '/metrics');
        assert.match(text, /^opendoor_http_timeouts_total [4-9]$/m);
    });
});

// ---- numbers ----------------------------------------------------------------------------------------------

test('connections beyond the limit are told so', async (t) => {
    const small = await startServer({ demo: false, env: { MAX_CONNECTIONS: '16' } });
    t.after(() => small.stop());
    const open = await Promise.all(Array.from({ length: 16 }, () => new Promise((resolve, reject) => {
        const socket = net.connect({ host: small.host, port: small.port }, () => resolve(socket));
        socket.on('error', reject);
    })));
    await t.test('the next one is turned away', async () => {
        let refused;
        for (let i = 0; i < 50 && refused?.answers[0]?.status !== 503; i++) {
            refused = await small.rawRequest(`GET /health HTTP/1.1\r\n${HOST}\r\n`);
        }
        assert.equal(refused.answers[0].status, 503);
        assert.equal(refused.answers[0].headers['retry-after'], '1');
        assert.equal(JSON.parse(refused.answers[0].body).code, 'busy');
        assert.ok(refused.closed);
    });
    await t.test('and served when there is room again', async () => {
        for (const socket of open) socket.destroy();
        let answer;
        for (let i = 0; i < 50 && answer?.answers[0]?.status !== 200; i++) {
            answer = await small.rawRequest(`GET /health HTTP/1.1\r\n${HOST}\r\n`);
        }
        assert.equal(answer.answers[0].status, 200);
    });
});

test('a thousand connections at once', async (t) => {
    const sockets = await Promise.all(Array.from({ length: 1000 }, () => new Promise((resolve, reject) => {
        const socket = net.connect({ host: server.host, port: server.port }, () => resolve(socket));
        socket.on('error', reject);
    })));
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    const answers = await Promise.all(sockets.map((socket) => new Promise((resolve) => {
        socket.once('data', (data) => resolve(data.toString().slice(0, 15)));
        socket.write(`GET /health HTTP/1.1\r\n${HOST}\r\n`);
    })));
    assert.deepEqual([...new Set(answers)], ['HTTP/1.1 200 OK']);
});

// ---- rates ------------------------------------------------------------------------------------------------

test('requests beyond the rate', async (t) => {
    const limited = await startServer({ env: { RATE_LIMIT_PER_MINUTE: '20', TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' } });
    t.after(() => limited.stop());
    const from = (address) => ({ headers: { 'x-forwarded-for': address } });
    const many = async (count, options) => {
        const statuses = [];
        for (let i = 0; i < count; i++) statuses.push((await limited.request('GET', '/practices', options)).status);
        return statuses;
    };

    await t.test('an address', async () => {
        const statuses = await many(22, from('192.0.2.1'));
        assert.deepEqual(statuses.slice(0, 20), Array(20).fill(200));
        assert.deepEqual(statuses.slice(20), [429, 429]);
        const refused = await limited.request('GET', '/practices', from('192.0.2.1'));
        assert.equal(refused.json.code, 'rate_limited');
        assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 3);
    });
    await t.test('another address does not pay for it', async () => {
        assert.deepEqual(await many(2, from('192.0.2.2')), [200, 200]);
    });
    await t.test('what proxies that are not trusted have written does not count', async () => {
        assert.deepEqual(await many(1, from('203.0.113.9, 192.0.2.1')), [429]);
        assert.deepEqual(await many(1, from('192.0.2.1, 10.1.2.3')), [429]); // written by 10.1.2.3, which is trusted
        assert.deepEqual(await many(1, from('192.0.2.1:4711, 10.1.2.3')), [429]);
        assert.deepEqual(await many(1, from('rubbish, 192.0.2.3')), [200]);
    });
    await t.test('an IPv6 network is one', async () => {
        const statuses = [];
        for (let i = 1; i <= 21; i++) statuses.push(...await many(1, from(`2001:db8:0:1::${i.toString(16)}`)));
        assert.equal(statuses.at(-1), 429);
        assert.deepEqual(await many(1, from('[2001:db8:0:2::1]:443')), [200]);
    });
    await t.test('a user, wherever they are', async () => {
        const token = await limited.login();
        const statuses = [];
        for (let i = 0; i < 21; i++) {
            const answer = await limited.request('GET', '/auth/me', { token, ...from(`198.51.100.${i}`) });
            statuses.push(answer.status);
        }
        assert.equal(statuses.at(-1), 429);
        assert.ok(statuses.slice(0, 20).every((status) => status === 200));
    });
    await t.test('not what supervisors ask', async () => {
        for (let i = 0; i < 25; i++) {
            assert.equal((await limited.request('GET', '/health', from('192.0.2.1'))).status, 200);
        }
    });
});

test('an address that is not behind a proxy cannot choose another one', async (t) => {
    const limited = await startServer({ demo: false, env: { RATE_LIMIT_PER_MINUTE: '5' } });
    t.after(() => limited.stop());
    const statuses = [];
    for (let i = 0; i < 6; i++) {
        const answer = await limited.request('GET', '/practices', { headers: { 'x-forwarded-for': `192.0.2.${i}` } });
        statuses.push(answer.status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
});
