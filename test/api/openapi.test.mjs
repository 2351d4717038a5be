// openapi.test.mjs - openapi.yaml is what the program prints and serves, and the pages are what is in web/.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { parse } from 'yaml';

import { OPENAPI_FILE } from './lib/openapi.mjs';
import { ADMIN, runProgram, startServer } from './lib/server.mjs';

const ROOT = path.dirname(OPENAPI_FILE);
const PAGES = [
    ['/', 'web/home/index.html', 'text/html; charset=utf-8'],
    ['/docs', 'web/docs/index.html', 'text/html; charset=utf-8'],
    ['/docs/page.css', 'web/docs/page.css', 'text/css; charset=utf-8'],
    ['/docs/icon.svg', 'web/docs/icon.svg', 'image/svg+xml'],
    ['/docs/start.js', 'web/docs/start.js', 'text/javascript; charset=utf-8'],
    ['/docs/swagger-ui.css', 'web/vendor/swagger-ui/swagger-ui.css', 'text/css; charset=utf-8'],
    ['/docs/swagger-ui-bundle.js', 'web/vendor/swagger-ui/swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
];

// Things of the demo data, for addresses.
const KNOWN = { practice_id: 'practice-123', patient_id: 'patient-123', user_id: 'patient-123' };

let server;
before(async () => { server = await startServer({ demo: false }); });
after(() => server?.stop());

test('`opendoor openapi` prints openapi.yaml', async () => {
    const { code, stdout, stderr } = await runProgram(['openapi']);
    assert.equal(code, 0, stderr);
    // One line, so that a difference does not print both documents.
    const ours = readFileSync(OPENAPI_FILE, 'utf8').split('\n');
    const printed = stdout.split('\n');
    const at = printed.findIndex((line, i) => line !== ours[i]);
    assert.ok(at === -1 && printed.length === ours.length,
        `line ${at + 1} differs: run \`build/opendoor openapi > openapi.yaml\`\n  file:    ${ours[at]}\n  program: ${printed[at]}`);
});

test('`opendoor openapi` takes no arguments', async () => {
    const { code, stderr } = await runProgram(['openapi', 'x']);
    assert.notEqual(code, 0);
    assert.match(stderr, /no arguments/);
});

test('GET /openapi.yaml is the same', async () => {
    const answer = await server.request('GET', '/openapi.yaml');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/yaml; charset=utf-8');
    assert.ok(answer.text === readFileSync(OPENAPI_FILE, 'utf8'));
    assert.equal(parse(answer.text).openapi, '3.0.3');
});

// The linter checks the examples against their schemas; here the program itself says what it thinks of them.
test('the program takes the form of every example of a body', { timeout: 120_000 }, async () => {
    const { paths } = parse(readFileSync(OPENAPI_FILE, 'utf8'));
    const formal = ['unknown_member', 'wrong_type', 'required', 'read_only', 'empty', 'too_short', 'too_long', 'out_of_range',
        'not_allowed_value', 'format', 'duplicate'];
    const demo = await startServer();
    try {
        const token = await demo.login(ADMIN);
        for (const [name, operations] of Object.entries(paths)) {
            for (const [method, operation] of Object.entries(operations)) {
                if (!operation.requestBody) continue;
                const body = operation.requestBody.content['application/json'].example;
                const target = name.replace(/\{(\w+)\}/g, (_, param) => KNOWN[param] ?? 'none');
                const answer = await demo.request(method.toUpperCase(), target, { token, body });
                const wrong = (answer.json?.errors ?? []).filter(({ code }) => formal.includes(code));
                assert.deepEqual(wrong, [], `${method} ${name}`);
                assert.ok(![400, 405, 415].includes(answer.status), `${method} ${name}: ${answer.text}`);
            }
        }
    } finally {
        await demo.stop();
    }
});

test('pages are the files of web/, and ask nobody else', async () => {
    for (const [target, file, type] of PAGES) {
        const answer = await server.request('GET', target);
        assert.equal(answer.status, 200, target);
        assert.equal(answer.headers['content-type'], type, target);
        assert.ok(answer.bytes.equals(readFileSync(path.join(ROOT, file))), `${target} is ${file}`);
        const policy = answer.headers['content-security-policy'];
        assert.match(policy, /default-src 'none'/, target);
        assert.match(policy, /script-src 'self';/, target);
        assert.doesNotMatch(policy, /https?:|\*|unsafe-eval/, target);
        if (type.startsWith('text/html')) assert.doesNotMatch(answer.text, /(src|href)="(https?:)?\/\//, target);
    }
});

test('a page that is known is not sent again', async () => {
    for (const [target] of PAGES) {
        const { headers } = await server.request('GET', target);
        const again = await server.request('GET', target, { headers: { 'If-None-Match': headers.etag } });
        assert.equal(again.status, 304, target);
        assert.equal(again.bytes.length, 0, target);
        assert.equal(again.headers.etag, headers.etag, target);
        const other = await server.request('GET', target, { headers: { 'If-None-Match': '"x"' } });
        assert.equal(other.status, 200, target);
    }
});

test('pages are read, not written', async () => {
    for (const [target] of PAGES) {
        const head = await server.request('HEAD', target);
        assert.equal(head.status, 200, target);
        assert.ok(Number(head.headers['content-length']) > 0, target);
        const post = await server.request('POST', target, { body: {} });
        assert.equal(post.status, 405, target);
        assert.equal(post.headers.allow, 'GET, HEAD, OPTIONS', target);
        const query = await server.request('GET', `${target}?x=1`);
        assert.equal(query.status, 422, target);
    }
    assert.equal((await server.request('GET', '/docs/nothing.js')).status, 404);
    assert.equal((await server.request('GET', '/docs/..%2fhome')).status, 404);
});
