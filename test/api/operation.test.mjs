// operation.test.mjs - /health, /ready, /metrics and the log: what operators see, and that nobody's data is in it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from './lib/server.mjs';
import { slotAt } from './lib/time.mjs';

let server;
before(async () => { server = await startServer({ env: { LOG_LEVEL: 'DEBUG' } }); });
after(() => server?.stop());

test('/health', async () => {
    const { status, json } = await server.request('GET', '/health');
    assert.equal(status, 200);
    assert.equal(json.data.status, 'ok');
    assert.match(json.data.version, /^\d+\.\d+\.\d+$/);
});

test('/ready', async () => {
    const { status, json } = await server.request('GET', '/ready');
    assert.equal(status, 200);
    assert.equal(json.data.status, 'ready');
});

test('they take no other method, no body, no parameter', async () => {
    for (const target of ['/health', '/ready', '/metrics']) {
        const post = await server.request('POST', target, { body: {} });
        assert.equal(post.status, 405);
        assert.equal(post.headers.allow, 'GET, HEAD, OPTIONS');
        const asked = await server.request('GET', `${target}?verbose=true`);
        assert.equal(asked.status, 422);
        assert.equal(asked.json.errors[0].pointer, '?verbose');
    }
});

test('a bad token does not make the service unwell', async () => {
    for (const target of ['/health', '/ready', '/metrics']) {
        assert.equal((await server.request('GET', target, { token: 'rubbish' })).status, 200);
    }
});

// ---- metrics ----------------------------------------------------------------------------------------------

// Text format 0.0.4: each family's HELP and TYPE, then its samples, all together.
function parseMetrics(text) {
    assert.ok(text.endsWith('\n'));
    const families = new Map();
    let family;
    for (const line of text.slice(0, -1).split('\n')) {
        const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
        if (comment?.[1] === 'HELP') {
            assert.ok(!families.has(comment[2]), `${comment[2]} stands twice`);
            family = { name: comment[2], samples: new Map() };
            families.set(comment[2], family);
        } else if (comment) {
            assert.equal(comment[2], family.name);
            assert.match(comment[3], /^(counter|gauge|histogram)$/);
            family.type = comment[3];
        } else {
            const sample = /^([a-zA-Z_:][\w:]*)((?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})?) (\S+)$/.exec(line);
            assert.ok(sample, `no sample: ${line}`);
            const name = family.type === 'histogram' ? sample[1].replace(/_(bucket|sum|count)$/, '') : sample[1];
            assert.equal(name, family.name, line);
            assert.ok(Number.isFinite(Number(sample[3])), line);
            assert.ok(!family.samples.has(sample[1] + sample[2]), `twice: ${line}`);
            family.samples.set(sample[1] + sample[2], Number(sample[3]));
        }
    }
    return families;
}

const readMetrics = async () => {
    const { status, headers, text } = await server.request('GET', '/metrics');
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
    return parseMetrics(text);
};

test('/metrics is what Prometheus reads', async () => {
    const families = await readMetrics();
    for (const name of ['opendoor_build_info', 'opendoor_http_connections', 'opendoor_http_requests_total',
        'opendoor_http_requests_in_flight', 'opendoor_store_commits_total', 'opendoor_store_queue', 'opendoor_hash_queue',
        'process_resident_memory_bytes']) {
        assert.ok(families.get(name)?.samples.size > 0, name);
    }
});

test('/metrics counts', async () => {
    const name = 'opendoor_http_requests_total{endpoint="practice_list",method="GET",status="2xx"}';
    const before = (await readMetrics()).get('opendoor_http_requests_total').samples.get(name) ?? 0;
    for (let i = 0; i < 3; i++) await server.request('GET', '/practices?limit=1');
    const families = await readMetrics();
    assert.equal(families.get('opendoor_http_requests_total').samples.get(name), before + 3);
    const times = families.get('opendoor_http_request_duration_seconds').samples;
    const labels = 'endpoint="practice_list",method="GET"';
    const count = times.get(`opendoor_http_request_duration_seconds_count{${labels}}`);
    assert.equal(times.get(`opendoor_http_request_duration_seconds_bucket{${labels},le="+Inf"}`), count);
    assert.ok(times.get(`opendoor_http_request_duration_seconds_sum{${labels}}`) > 0);
    const buckets = [...times].filter(([key]) => key.includes(`_bucket{${labels}`)).map(([, value]) => value);
    assert.deepEqual(buckets, [...buckets].sort((a, b) => a - b));
    assert.equal(families.get('opendoor_http_requests_in_flight').samples.get('opendoor_http_requests_in_flight'), 1);
});

test('what is refused is counted too', async () => {
    const name = 'opendoor_http_requests_total{endpoint="none",method="",status="4xx"}';
    const before = (await readMetrics()).get('opendoor_http_requests_total').samples.get(name) ?? 0;
    await server.request('GET', '/nothing');
    await server.rawRequest('BLAH\r\n\r\n');
    const after = (await readMetrics()).get('opendoor_http_requests_total').samples.get(name);
    assert.equal(after, before + 2);
});

// ---- the log ----------------------------------------------------------------------------------------------

// The log comes through a pipe of its own: what was logged before this request is there once its own line is.
async function logUpTo(id) {
    await server.request('GET', '/practices?name=nobody', { headers: { 'x-request-id': id } });
    for (let i = 0; i < 200 && !server.stderr.includes(`"${id}"`); i++) await new Promise((done) => { setTimeout(done, 10); });
    assert.ok(server.stderr.includes(`"${id}"`), 'the request was not logged');
}

test('one line of JSON per request, with its id', async () => {
    await logUpTo('log-test-1');
    const lines = server.stderr.trim().split('\n').map((line) => JSON.parse(line));
    const found = lines.filter((line) => line.request_id === 'log-test-1');
    assert.equal(found.length, 1);
    assert.equal(found[0].endpoint, 'practice_list');
    assert.equal(found[0].status, 200);
    assert.ok(found[0].took_us >= 0);
});

test('nothing personal in the log, in metrics or in errors about others', async () => {
    const marks = { first_name: 'Xanthippe', last_name: 'Quillfeather', email: `zebedee.${process.pid}@example.org`, phone: '07700 900123',
        nhs_number: '999 000 0018' };
    const person = await server.newPatient({ email: marks.email });
    const own = await server.request('PUT', `/patients/${person.patientId}`, { token: person.token, body: {
        first_name: marks.first_name, last_name: marks.last_name, date_of_birth: '1987-06-05', phone: marks.phone } });
    assert.equal(own.status, 200, own.text);
    const booked = await server.request('POST', '/appointments', { token: person.token, body: { patient_id: person.patientId,
        practice_id: 'practice-002', appointment_datetime: slotAt(8, '10:00'), appointment_type: 'routine', reason: 'Unmistakable reason' } });
    assert.equal(booked.status, 201, booked.text);
    await server.request('GET', `/patients?nhs_number=${encodeURIComponent(marks.nhs_number)}`, { token: await server.login('staff@opendoor.example') });
    await server.request('GET', `/patients?q=${marks.last_name}`, { token: person.token });
    await server.request('POST', '/auth/login', { body: { email: marks.email, password: 'Unmistakable password' } });
    await logUpTo('log-test-2');
    const seen = `${server.stderr}\n${(await server.request('GET', '/metrics')).text}`;
    const forbidden = [marks.first_name, marks.last_name, marks.email, '7700900123', '07700 900123', '9990000018', '999 000 0018', '1987-06-05',
        'Unmistakable', person.patientId, person.token, booked.json.data.appointment_id, booked.json.data.reference, '127.0.0.1'];
    for (const text of forbidden) {
        assert.ok(!seen.toLowerCase().includes(text.toLowerCase()), `${text} is in the log or in the metrics`);
    }
});
