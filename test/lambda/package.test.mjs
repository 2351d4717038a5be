// package.test.mjs - the zip that `./dev package` has made, unpacked into an empty folder that is the program's whole
// world: no libraries, no /etc, no /proc, no /dev. Skipped where there is no zip; `./dev package` runs it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { event2, LambdaRuntime } from '../api/lib/lambda.mjs';

const zip = fileURLToPath(new URL('../../dist/opendoor-lambda-x86_64.zip', import.meta.url));
const skip = !existsSync(zip) && 'there is no dist/opendoor-lambda-x86_64.zip: run ./dev package';
const world = mkdtempSync(path.join(tmpdir(), 'opendoor-world-'));
after(() => rmSync(world, { recursive: true, force: true }));
const STARTS = 10;
const COLD_START_MS = 500; // 10 to 25 on a machine that does nothing else; here others may be at work
const health = event2({ method: 'GET', target: '/health' });

// Into the folder as its root, whoever we are.
const enter = process.getuid() === 0 ? ['chroot', world] : ['unshare', '--user', '--map-root-user', 'chroot', world];

async function start(env) {
    const runtime = new LambdaRuntime();
    const host = await runtime.listen();
    const answer = runtime.invoke(health);
    const began = process.hrtime.bigint();
    const child = spawn(enter[0], [...enter.slice(1), '/bootstrap'], { stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, AWS_LAMBDA_RUNTIME_API: host, DATA_DIR: '/data', KEY_FILE: '/key', ...env } });
    let stderr = '';
    child.stdout.resume();
    child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
    const ended = new Promise((resolve) => { child.on('close', (code) => resolve(code)); });
    const result = await Promise.race([answer, ended.then((code) => ({ code }))]);
    const ms = Number(process.hrtime.bigint() - began) / 1e6;
    return { result, ms, runtime, stderr: () => stderr, stop: async () => {
        child.kill('SIGTERM');
        const code = await ended;
        runtime.close();
        return code;
    } };
}

test('it holds one file, which needs no other', { skip }, () => {
    assert.equal(spawnSync('unzip', ['-q', zip, '-d', world]).status ?? spawnSync('python3', ['-m', 'zipfile', '-e', zip, world]).status, 0);
    assert.deepEqual(readdirSync(world), ['bootstrap']);
    const file = spawnSync('readelf', ['-l', '-d', path.join(world, 'bootstrap')], { encoding: 'utf8' }).stdout;
    assert.doesNotMatch(file, /INTERP|NEEDED/);
});

test('it answers in an empty world, ends in order, and starts again on what it has stored', { skip }, async (t) => {
    const times = [];
    for (let i = 0; i < STARTS; i += 1) {
        const { result, ms, stderr, stop } = await start({});
        assert.equal(result.response?.statusCode, 200, stderr());
        assert.equal(await stop(), 0, stderr());
        times.push(ms);
    }
    const [first, ...rest] = times;
    rest.sort((a, b) => a - b);
    t.diagnostic(`from start to first answer: ${first.toFixed(1)} ms with a new store, then ${rest[0].toFixed(1)} to `
        + `${rest.at(-1).toFixed(1)} ms, middle ${rest[Math.floor(rest.length / 2)].toFixed(1)} ms`);
    assert.ok(rest[0] < COLD_START_MS, `${rest[0]} ms`);
});

test('it gets as far as DynamoDB, and says so when nobody is there', { skip }, async () => {
    const { result, stop, runtime } = await start({ STORE: 'dynamodb', AWS_REGION: 'eu-west-2', DYNAMODB_ENDPOINT: 'http://127.0.0.1:1',
        AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', MASTER_KEY: 'ab'.repeat(32), KEY_FILE: '' });
    assert.equal(result.code, 1);
    assert.match(runtime.initErrors[0].errorMessage, /opendoor-system cannot be opened/);
    await stop();
});

test('it trusts the authorities that Amazon Linux has, and no others', { skip }, async () => {
    const made = mkdtempSync(path.join(tmpdir(), 'opendoor-authority-'));
    after(() => rmSync(made, { recursive: true, force: true }));
    const pem = (name) => path.join(made, name);
    assert.equal(spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test',
        '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', pem('key'), '-out', pem('cert')]).status, 0);
    const targets = [];
    const server = https.createServer({ key: readFileSync(pem('key')), cert: readFileSync(pem('cert')) }, (request, response) => {
        targets.push(request.headers['x-amz-target']);
        response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' });
        response.end('{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no table"}');
    });
    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
    after(() => server.close());
    const env = { STORE: 'dynamodb', AWS_REGION: 'eu-west-2', DYNAMODB_ENDPOINT: `https://127.0.0.1:${server.address().port}`,
        AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', MASTER_KEY: 'ab'.repeat(32), KEY_FILE: '' };
    await (await start(env)).stop();
    assert.deepEqual(targets, [], 'nobody vouches for the server');
    mkdirSync(path.join(world, 'etc/pki/tls/certs'), { recursive: true });
    copyFileSync(pem('cert'), path.join(world, 'etc/pki/tls/certs/ca-bundle.crt'));
    await (await start(env)).stop();
    assert.ok(targets.length > 0 && targets.every((target) => target.startsWith('DynamoDB_20120810.')), targets.join());
});
