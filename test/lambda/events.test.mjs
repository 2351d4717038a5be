// events.test.mjs - `opendoor lambda` and the events that it is given: both payloads of API Gateway, schedules, and
// what is none of these. Each test talks to the Runtime API as Lambda does.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import Ajv from 'ajv';

import { event1, event2 } from '../api/lib/lambda.mjs';
import { PASSWORD, PATIENT } from '../api/lib/server.mjs';
import { startLambda } from './lib.mjs';

let lambda;
before(async () => { lambda = await startLambda({ env: { CORS_ORIGINS: 'https://www.example.org' } }); });
after(() => lambda?.stop());

const invoke = async (event, options) => (await lambda.runtime.invoke(event, options)).response;
const problemOf = (response) => JSON.parse(response.body);
const header1 = (response, name) => response.multiValueHeaders[name];

// Without what the tests' own maker of events puts in: an event as small as the documentation's examples.
const smallest1 = { httpMethod: 'GET', path: '/health', headers: null, multiValueHeaders: null,
    queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null, stageVariables: null,
    requestContext: { stage: 'Prod', identity: { sourceIp: '203.0.113.20' } }, body: null, isBase64Encoded: false };
const smallest2 = { version: '2.0', routeKey: '$default', rawPath: '/default/health', rawQueryString: '', headers: {},
    requestContext: { stage: 'default', http: { method: 'GET', path: '/default/health', sourceIp: '203.0.113.20' } },
    isBase64Encoded: false };

test('payload 1.0: a request whose members are null', async () => {
    const response = await invoke(smallest1);
    assert.equal(response.statusCode, 200);
    assert.equal(response.isBase64Encoded, false);
    assert.deepEqual(header1(response, 'Content-Type'), ['application/json; charset=utf-8']);
    assert.deepEqual(header1(response, 'Cache-Control'), ['no-store']);
    assert.ok(header1(response, 'Strict-Transport-Security'), 'the gateway speaks TLS');
    assert.ok(JSON.parse(response.body).data);
});

test('payload 2.0: the stage is cut off the path', async () => {
    const response = await invoke(smallest2);
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['Content-Type'], 'application/json; charset=utf-8');
    assert.deepEqual(response.cookies, []);
    assert.equal((await invoke(event2({ method: 'GET', target: '/health', stage: '$default' }))).statusCode, 200);
    const bare = await invoke({ ...smallest2, rawPath: '/default' });
    assert.equal(bare.statusCode, 200);
    assert.match(bare.headers['Content-Type'], /^text\/html/);
    const other = await invoke({ ...smallest2, rawPath: '/defaulthealth' });
    assert.equal(other.statusCode, 404);
});

test('a path in API_GATEWAY_URL is cut off too', async () => {
    const own = await startLambda({ env: { API_GATEWAY_URL: 'https://booking.example.org/nhs/v1' } });
    after(() => own.stop());
    const { response } = await own.runtime.invoke({ ...smallest1, path: '/nhs/v1/health' });
    assert.equal(response.statusCode, 200);
    assert.equal((await own.runtime.invoke(smallest1)).response.statusCode, 200);
});

for (const [name, make] of [['1.0', event1], ['2.0', event2]]) {
    test(`payload ${name}: a login, and a call with its token`, async () => {
        const rawHeaders = ['Content-Type', 'application/json'];
        const body = Buffer.from(JSON.stringify({ email: PATIENT, password: PASSWORD }));
        const login = await invoke(make({ method: 'POST', target: '/auth/login', rawHeaders, body }));
        assert.equal(login.statusCode, 200, login.body);
        const { token } = JSON.parse(login.body);
        const me = await invoke(make({ method: 'GET', target: '/auth/me', rawHeaders: ['Authorization', `Bearer ${token}`] }));
        assert.equal(JSON.parse(me.body).data.patient_id, 'patient-123');
    });

    test(`payload ${name}: a body in base64`, async () => {
        const event = make({ method: 'POST', target: '/auth/login', rawHeaders: ['Content-Type', 'application/json'] });
        const body = Buffer.from(JSON.stringify({ email: PATIENT, password: PASSWORD })).toString('base64');
        assert.equal((await invoke({ ...event, body, isBase64Encoded: true })).statusCode, 200);
        const bad = await invoke({ ...event, body: 'a body that is no base64!', isBase64Encoded: true });
        assert.equal(bad.statusCode, 400);
        assert.match(problemOf(bad).detail, /base64/);
    });

    test(`payload ${name}: a body that is no UTF-8 reaches the parser as it is`, async () => {
        const event = make({ method: 'POST', target: '/auth/login', rawHeaders: ['Content-Type', 'application/json'],
            body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) });
        assert.equal(event.isBase64Encoded, true);
        const response = await invoke(event);
        assert.equal(response.statusCode, 400);
        assert.equal(problemOf(response).code, 'not_json');
    });

    test(`payload ${name}: query parameters, some of them encoded`, async () => {
        const found = await invoke(make({ method: 'GET', target: '/practices?name=a%26b%3Dc%25+d&limit=1' }));
        assert.equal(found.statusCode, 200, found.body);
        assert.deepEqual(JSON.parse(found.body).data, []);
        const wrong = await invoke(make({ method: 'GET', target: '/practices?l%C3%ADmit=1&also=2' }));
        assert.deepEqual(problemOf(wrong).errors.map(({ pointer }) => pointer).sort(), ['?also', '?límit'].sort());
        const twice = await invoke(make({ method: 'GET', target: '/practices?limit=1&limit=2' }));
        assert.equal(twice.statusCode, 422);
        assert.equal(problemOf(twice).errors[0].code, 'duplicate');
    });

    test(`payload ${name}: paths, encoded or decoded`, async () => {
        for (const target of ['/practices/practice%2D001', '/practices/practice-001']) {
            assert.equal((await invoke(make({ method: 'GET', target }))).statusCode, 200, target);
        }
        for (const target of ['/practices/a%20b', '/practices/%C3%A9', '/practices/a%2Fb', '/practices/%00', '/practices/%zz']) {
            const { statusCode } = await invoke(make({ method: 'GET', target }));
            assert.ok([400, 404].includes(statusCode), `${target}: ${statusCode}`);
        }
    });

    test(`payload ${name}: HEAD has the headers of GET and no body`, async () => {
        const response = await invoke(make({ method: 'HEAD', target: '/health' }));
        assert.equal(response.statusCode, 200);
        assert.equal(response.body, '');
    });

    test(`payload ${name}: a preflight`, async () => {
        const response = await invoke(make({ method: 'OPTIONS', target: '/appointments', rawHeaders: ['Origin',
            'https://www.example.org', 'Access-Control-Request-Method', 'POST'] }));
        assert.equal(response.statusCode, 204);
        assert.equal(response.body, '');
        assert.equal(response.headers?.['Access-Control-Allow-Origin'] ?? header1(response, 'Access-Control-Allow-Origin')[0],
            'https://www.example.org');
    });

    test(`payload ${name}: a method that an address does not take`, async () => {
        const response = await invoke(make({ method: 'PATCH', target: '/practices' }));
        assert.equal(response.statusCode, 405);
        assert.match(String(response.headers?.Allow ?? header1(response, 'Allow')), /GET/);
        assert.equal((await invoke(make({ method: 'BREW', target: '/practices' }))).statusCode, 405);
    });

    test(`payload ${name}: what is too large`, async () => {
        const rawHeaders = ['Content-Type', 'application/json'];
        const large = await invoke(make({ method: 'POST', target: '/auth/login', rawHeaders, body: Buffer.alloc(256 * 1024 + 1, 32) }));
        assert.equal(problemOf(large).code, 'body_too_large');
        const long = await invoke(make({ method: 'GET', target: `/practices?name=${'a'.repeat(8100)}` }));
        assert.equal(problemOf(long).code, 'uri_too_long');
        const many = await invoke(make({ method: 'GET', target: '/health',
            rawHeaders: Array.from({ length: 240 }, (_, i) => (i % 2 ? 'x' : `X-Nr-${i}`)) }));
        assert.equal(problemOf(many).code, 'headers_too_large');
    });

    test(`payload ${name}: request ids`, async () => {
        const id = (response) => response.headers?.['X-Request-Id'] ?? header1(response, 'X-Request-Id')[0];
        const sent = make({ method: 'GET', target: '/health', rawHeaders: ['X-Request-Id', 'mine-1'] });
        assert.equal(id(await invoke(sent)), 'mine-1');
        const insane = make({ method: 'GET', target: '/health', rawHeaders: ['X-Request-Id', 'not a sane id'] });
        assert.equal(id(await invoke(insane)), insane.requestContext.requestId);
        const none = make({ method: 'GET', target: '/health', requestId: 'also not sane' });
        assert.match(id(await invoke(none)), /^[0-9a-f-]{36}$/);
    });

    test(`payload ${name}: an asset that is no text comes back in base64`, async () => {
        const page = await invoke(make({ method: 'GET', target: '/docs' }));
        assert.equal(page.statusCode, 200);
        const names = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, found]) => new URL(found, 'http://x/docs').pathname);
        const answers = await Promise.all(names.map((target) => invoke(make({ method: 'GET', target,
            rawHeaders: ['Accept-Encoding', 'gzip'] }))));
        assert.ok(answers.length > 0 && answers.every(({ statusCode }) => statusCode === 200));
        for (const { body, isBase64Encoded } of answers) assert.ok(!isBase64Encoded || Buffer.from(body, 'base64').length > 0);
    });
}

test('a header that may be there once', async () => {
    const event = event1({ method: 'GET', target: '/auth/me' });
    event.multiValueHeaders.Authorization = ['Bearer a', 'Bearer b'];
    const response = await invoke(event);
    assert.equal(response.statusCode, 400);
    assert.match(problemOf(response).detail, /more than one Authorization/);
});

test('a header that would end its line', async () => {
    const event = event1({ method: 'GET', target: '/health' });
    event.multiValueHeaders['X-Bad'] = ['a\r\nX-Worse: b'];
    assert.equal((await invoke(event)).statusCode, 400);
});

test('limits go by the address that the gateway saw', async () => {
    const ask = (n, sourceIp, forged) => event2({ method: 'POST', target: '/auth/password/reset-request', sourceIp,
        rawHeaders: ['Content-Type', 'application/json', ...(forged ? ['X-Forwarded-For', forged] : [])],
        body: Buffer.from(JSON.stringify({ email: `nobody-${n}@example.org` })) });
    const statuses = [];
    for (let n = 0; n < 80 && statuses.at(-1) !== 429; n += 1) {
        statuses.push((await invoke(ask(n, '198.51.100.66', `192.0.2.${n}`))).statusCode);
    }
    assert.equal(statuses.at(-1), 429, 'an address that asks again and again is slowed down, whatever it claims to be');
    assert.equal(statuses[0], (await invoke(ask(99, '198.51.100.67'))).statusCode);
});

// ---- what is no request -------------------------------------------------------------------------------------

for (const [name, event] of Object.entries({
    'no JSON': '{"version": ',
    'an array': [],
    'a text': '"hello"',
    'an empty object': {},
    'an event of S3': { Records: [{ eventSource: 'aws:s3' }] },
    'an unknown version': { ...smallest2, version: '3.0' },
    'a path that is a number': { ...smallest1, path: 5 },
    'a path without a slash': { ...smallest1, path: 'health' },
    'no path': { ...smallest2, rawPath: null },
    'no method': { ...smallest2, requestContext: { stage: 'default' } },
    'headers that are a list': { ...smallest1, headers: [] },
    'a header that is a number': { ...smallest2, headers: { 'x-a': 1 } },
    'a body that is an object': { ...smallest1, body: {} },
    'a cookie that is a number': { ...smallest2, cookies: [1] },
    'isBase64Encoded that is a text': { ...smallest2, body: 'a', isBase64Encoded: 'yes' },
    'a parameter that is a number': { ...smallest1, queryStringParameters: { limit: 1 } },
    'another source': { source: 'aws.s3', 'detail-type': 'Object Created', detail: {} },
    'a schedule of another type': { source: 'aws.events', 'detail-type': 'Other', detail: {} },
    'a job that is a number': { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: { job: 1 } },
})) {
    test(`a wrong event: ${name}`, async () => {
        const { error, type } = await lambda.runtime.invoke(event);
        assert.equal(type, 'Event.Invalid');
        assert.equal(error.errorType, 'Event.Invalid');
        assert.match(error.errorMessage, /^This event cannot be answered: .+\.$/);
        assert.deepEqual(error.stackTrace, []);
    });
}

test('after a wrong event the next one is answered', async () => {
    await lambda.runtime.invoke('no event');
    assert.equal((await invoke(smallest1)).statusCode, 200);
});

// ---- schedules ----------------------------------------------------------------------------------------------

const schedule = (detail, more = {}) => ({ version: '0', id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa', source: 'aws.events',
    'detail-type': 'Scheduled Event', account: '123456789012', time: '2026-11-25T09:00:00Z', region: 'eu-west-2',
    resources: [], detail, ...more });

test('a schedule without a name runs every job', async () => {
    assert.deepEqual(await invoke(schedule({})), { done: true });
    assert.deepEqual(await invoke(schedule({}, { source: 'aws.scheduler' })), { done: true });
    assert.equal((await lambda.metrics(({ Job }) => Job === 'all')).JobFailures, 0);
});

test('a schedule runs the job of its name', async () => {
    assert.deepEqual(await invoke(schedule({ job: 'hold_expire' })), { done: true });
    assert.equal((await lambda.metrics(({ Job }) => Job === 'hold_expire')).JobRuns, 1);
    const { error } = await lambda.runtime.invoke(schedule({ job: 'no_such_job' }));
    assert.equal(error.errorType, 'Schedule.UnknownJob');
});

// ---- metrics and logs -----------------------------------------------------------------------------------------

test('each request is a line of metrics, right by the format of CloudWatch', async () => {
    await invoke(event1({ method: 'GET', target: '/practices/no-such-practice', requestId: 'metrics-1' }));
    const line = await lambda.metrics(({ RequestId }) => RequestId === 'metrics-1');
    assert.equal(line.Endpoint, 'practice_read');
    assert.equal(line.Status, 404);
    assert.deepEqual([line.Requests, line.ClientErrors, line.ServerErrors], [1, 1, 0]);
    assert.ok(line.Latency > 0);
    const schema = JSON.parse(readFileSync(new URL('emf.schema.json', import.meta.url)));
    const valid = new Ajv({ strict: false }).compile(schema);
    const lines = lambda.stdout.trim().split('\n').map((text) => JSON.parse(text));
    assert.ok(lines.length > 20);
    for (const one of lines) {
        assert.ok(valid(one), JSON.stringify(valid.errors));
        for (const { Dimensions, Metrics } of one._aws.CloudWatchMetrics) {
            assert.ok(Dimensions.flat().every((name) => typeof one[name] === 'string'), 'a dimension is a member');
            assert.ok(Metrics.every(({ Name }) => typeof one[Name] === 'number'), 'a metric is a number');
        }
    }
    assert.equal(lines.filter(({ ColdStarts }) => ColdStarts === 1).length, 1);
});

test('nothing personal in metrics or logs', async () => {
    for (const text of [lambda.stdout, lambda.stderr]) {
        assert.ok(text.length > 0);
        assert.doesNotMatch(text, /john\.smith|patient-123|198\.51\.100|Bearer/);
    }
});
