// serve.test.mjs - the program as its operator sees it: arguments, start, signals, what it says when it cannot.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { STORE, runProgram, startServer, storeCreate } from './lib/server.mjs';

let folder;
before(() => { folder = mkdtempSync(path.join(tmpdir(), 'opendoor-serve-')); });
after(() => rmSync(folder, { recursive: true, force: true }));

const at = (name) => path.join(folder, name);
const health = `GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n`;

// It ends with something else than 0, says why on standard error, and nothing on standard output.
async function refusedWith(args, pattern, options) {
    const { code, stdout, stderr } = await runProgram(args, options);
    assert.ok(code === 1 || code === 2, `ended with ${code}: ${stderr}`);
    assert.match(stderr, pattern);
    assert.equal(stdout, '');
    return stderr;
}

// ---- subcommands ------------------------------------------------------------------------------------------

test('version', async () => {
    const { code, stdout } = await runProgram(['version']);
    assert.equal(code, 0);
    assert.match(stdout, /^opendoor \d+\.\d+\.\d+\n$/);
    assert.equal((await runProgram(['--version'])).stdout, stdout);
});

test('help', async () => {
    const { code, stdout } = await runProgram(['help']);
    assert.equal(code, 0);
    for (const name of ['serve', 'verify', 'user add', 'settings', 'version', 'help']) assert.ok(stdout.includes(`  ${name} `), name);
    assert.equal((await runProgram(['--help'])).stdout, stdout);
    const none = await runProgram([]);
    assert.equal(none.stdout, stdout);
    assert.equal(none.code, 2);
    assert.match((await runProgram(['help', 'serve'])).stdout, /--port N/);
    assert.match((await runProgram(['help', 'user', 'add'])).stdout, /--email/);
    for (const name of ['serve', 'lambda', 'verify', 'copy', 'user add', 'openapi', 'settings', 'version', 'tables create', 'tables check']) {
        const help = await runProgram(['help', ...name.split(' ')]);
        assert.equal(help.code, 0, name);
        for (const asked of [['--help'], ['-h'], ['--port', 'x', '--help']]) {
            const { code, stdout: text, stderr } = await runProgram([...name.split(' '), ...asked]);
            assert.deepEqual([code, text, stderr], [0, help.stdout, ''], `${name} ${asked}`);
        }
    }
    assert.equal((await runProgram(['help', '--help'])).stdout, stdout);
    await refusedWith(['help', 'swerve'], /no such subcommand/);
});

test('settings', async () => {
    const { code, stdout } = await runProgram(['settings']);
    assert.equal(code, 0);
    for (const name of ['PORT, --port N', 'RATE_LIMIT_PER_MINUTE', 'TRUSTED_PROXIES', 'TLS_CERT', 'LOG_LEVEL']) {
        assert.ok(stdout.includes(name), name);
    }
    const env = await runProgram(['settings', '--env']);
    assert.match(env.stdout, /^#PORT=5000$/m);
    await refusedWith(['settings', 'all'], /takes nothing/);
});

test('what is mistyped', async () => {
    await refusedWith(['swerve'], /Did you mean `opendoor serve`/);
    await refusedWith(['user'], /Did you mean `opendoor user add`/);
    await refusedWith(['\x1b[31m'], /no subcommand|no such/);
    await refusedWith(['serve', '--prot', '1'], /Did you mean --port/);
    const stderr = await refusedWith(['serve', '--port', '70000', '--bind', 'nowhere'], /--port must be/);
    assert.match(stderr, /--bind must be/); // both at once
    await refusedWith(['serve', '--port'], /needs a value/);
    await refusedWith(['serve'], /TLS needs both/, { env: { TLS_CERT: 'a' } });
    await refusedWith(['serve', '--demo', '--data', at('prod')], /prod/, { env: { ENVIRONMENT: 'prod' } });
    assert.ok(!existsSync(at('prod')));
});

// ---- starting ---------------------------------------------------------------------------------------------

test('one line when it is ready, files for nobody else', { skip: STORE !== 'lmdb' }, async (t) => {
    const server = await startServer({ data: at('first'), demo: false });
    t.after(() => server.stop({ keep: true })); // without it the whole folder goes
    assert.match(server.stdout, /^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    assert.equal((await server.request('GET', '/ready')).status, 200);
    assert.equal(statSync(at('first')).mode & 0o077, 0);
    assert.equal(statSync(at('first.key')).mode & 0o777, 0o600);

    await t.test('a second server on the same data', () =>
        refusedWith(['serve', '--data', at('first'), '--port', '0'], /another server/i));
    await t.test('a port that is taken', () =>
        refusedWith(['serve', '--data', at('second'), '--port', String(server.port)], /Cannot listen on 127\.0\.0\.1 port \d+: .*in use/));
    await t.test('an address that is not ours', () =>
        refusedWith(['serve', '--data', at('second'), '--port', '0', '--bind', '192.0.2.1'], /Cannot listen on 192\.0\.2\.1/));
});

test('IPv6', async (t) => {
    const server = await startServer({ demo: false, args: ['--bind', '::1'] });
    t.after(() => server.stop());
    assert.match(server.stdout, /^listening on http:\/\/\[::1\]:\d+\n$/);
    assert.equal((await server.rawRequest(health)).answers[0].status, 200);
});

test('data that is gone is not replaced by a new store', { skip: STORE !== 'lmdb' }, async (t) => {
    const lost = [(dir) => truncateSync(path.join(dir, 'data.mdb')), (dir) => rmSync(path.join(dir, 'data.mdb')),
        (dir) => ['data.mdb', 'lock.mdb'].forEach((name) => rmSync(path.join(dir, name)))];
    for (const [i, lose] of lost.entries()) {
        const dir = at(`lost${i}`);
        await (await startServer({ data: dir, demo: false })).stop({ keep: true });
        const key = readFileSync(`${dir}.key`, 'utf8');
        lose(dir);
        for (const [words, env] of [[['serve', '--port', '0', '--data', dir], {}], [['verify', '--data', dir], {}],
            [['serve', '--port', '0', '--data', dir], { MASTER_KEY: key.trim() }]]) {
            const { code, stderr } = await runProgram(words, { env });
            assert.equal(code, 1, `${i} ${words}`);
            assert.match(stderr, /has lost its data\.mdb, but its key is there\. Restore a backup; or, to begin anew, remove the folder and the key\./);
        }
        assert.ok(!existsSync(path.join(dir, 'data.mdb')) || statSync(path.join(dir, 'data.mdb')).size === 0, 'nothing was made');
        rmSync(dir, { recursive: true });
        const anew = await startServer({ data: dir, demo: false }); // a key that was made before: a new store
        t.after(() => anew.stop({ keep: true }));
        assert.equal(readFileSync(`${dir}.key`, 'utf8'), key);
    }
    const dir = at('empty'); // a folder that somebody has made, with a key: a new store too
    mkdirSync(dir);
    writeFileSync(`${dir}.key`, readFileSync(`${at('lost0')}.key`), { mode: 0o600 });
    await (await startServer({ data: dir, demo: false })).stop({ keep: true });
});

test('keys that are wrong, missing, or readable', async () => {
    const server = await startServer({ data: at('keyed'), demo: false });
    await server.stop({ keep: true });
    chmodSync(at('keyed.key'), 0o644);
    await refusedWith(['serve', '--data', at('keyed'), '--port', '0'], /chmod 600/);
    writeFileSync(at('other.key'), 'ab'.repeat(32), { mode: 0o600 });
    await refusedWith(['serve', '--data', at('keyed'), '--port', '0', '--key', at('other.key')], /key/);
    rmSync(at('keyed.key'));
    await refusedWith(['serve', '--data', at('keyed'), '--port', '0'], /key/);
    assert.ok(!existsSync(at('keyed.key'))); // no new one
});

// ---- stopping ---------------------------------------------------------------------------------------------

for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${signal} with connections open, one of them in the middle of a request`, async () => {
        const server = await startServer({ demo: false });
        const idle = net.connect(server.port, server.host);
        const busy = net.connect(server.port, server.host);
        const answer = new Promise((resolve) => { busy.once('data', (data) => resolve(data.toString())); });
        const idleClosed = new Promise((resolve) => { idle.once('close', resolve); });
        idle.write(health);
        await new Promise((resolve) => { idle.once('data', resolve); });
        busy.write('GET /health HTTP/1.1\r\n');
        await server.request('GET', '/health'); // the half request has arrived as well
        process.kill(server.pid, signal);
        await idleClosed;
        busy.write('Host: localhost\r\n\r\n');
        assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close/);
        busy.destroy();
        const end = await server.ended();
        assert.equal(end.code, 0, server.stderr);
        server.remove();
    });
}

test('nothing new is taken while it stops', async () => {
    const server = await startServer({ demo: false });
    const busy = net.connect(server.port, server.host);
    busy.on('error', () => {});
    busy.write('GET /health HTTP/1.1\r\n');
    await server.request('GET', '/health');
    process.kill(server.pid, 'SIGTERM');
    let refused = false;
    for (let i = 0; i < 100 && !refused; i++) {
        refused = await server.rawRequest(health).then(({ answers }) => answers.length === 0, () => true);
    }
    assert.ok(refused);
    busy.destroy();
    assert.equal((await server.ended()).code, 0);
    server.remove();
});

test('writes that were begun are answered before it ends', async () => {
    const server = await startServer();
    const people = await Promise.all([1, 2, 3, 4].map(() => server.newPatient()));
    const writes = people.flatMap((person) => [1, 2, 3].map((n) => server.request('PUT', `/patients/${person.patientId}`, {
        token: person.token, body: { first_name: `Name ${n}`, last_name: 'Person', date_of_birth: '1990-01-01' } }).then(
        ({ status }) => status, () => 'cut')));
    const slow = server.request('POST', '/auth/login', { body: { email: people[0].email, password: people[0].password } }).then(
        ({ status }) => status, () => 'cut');
    await writes[0];
    await server.stop();
    const statuses = [...await Promise.all(writes), await slow];
    // What had not arrived yet may be cut; what was answered was answered in full.
    assert.ok(statuses.every((status) => status === 200 || status === 'cut'), String(statuses));
    assert.ok(statuses.includes(200));
});

// ---- TLS --------------------------------------------------------------------------------------------------

test('TLS', async (t) => {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1',
        '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', at('tls.key'), '-out', at('tls.pem')],
    { stdio: 'ignore' });
    const server = await startServer({ env: { TLS_CERT: at('tls.pem'), TLS_KEY: at('tls.key') } });
    t.after(() => server.stop());
    const agent = new https.Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    const ask = (options, body) => new Promise((resolve, reject) => {
        const request = https.request({ agent, host: server.host, port: server.port, rejectUnauthorized: false, ...options }, (response) => {
            const chunks = [];
            response.on('data', (chunk) => chunks.push(chunk));
            response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, size: Buffer.concat(chunks).length }));
        });
        request.on('error', reject);
        request.end(body);
    });

    await t.test('it says https', () => assert.match(server.stdout, /^listening on https:\/\/127\.0\.0\.1:\d+\n$/));
    await t.test('requests, large answers, large bodies', async () => {
        const { status, headers } = await ask({ path: '/health' });
        assert.equal(status, 200);
        assert.match(headers['strict-transport-security'], /max-age=\d+/);
        const script = await ask({ path: '/docs/swagger-ui-bundle.js' });
        assert.equal(script.size, Number(script.headers['content-length']));
        assert.ok(script.size > 1e6);
        const body = JSON.stringify({ email: 'a'.repeat(200000) });
        const large = await ask({ method: 'POST', path: '/auth/login', headers: { 'content-type': 'application/json' } }, body);
        assert.equal(large.status, 422);
    });
    await t.test('old versions are refused', () => assert.rejects(
        ask({ path: '/health', agent: new https.Agent({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }) })));
    await t.test('plain HTTP is not spoken', async () => {
        const { answers, closed } = await server.rawRequest(health);
        assert.equal(answers.length, 0);
        assert.ok(closed);
    });
    await t.test('many at once', async () => {
        const all = await Promise.all(Array.from({ length: 100 }, () => ask({ path: '/practices?limit=5' })));
        assert.ok(all.every(({ status }) => status === 200));
    });
});

test('TLS with files that are not right', async () => {
    const bad = at('bad.pem');
    writeFileSync(bad, 'no certificate');
    await storeCreate(at('never'));
    await refusedWith(['serve', '--data', at('never'), '--port', '0'], /TLS_CERT/, { env: { TLS_CERT: bad, TLS_KEY: bad } });
    await refusedWith(['serve', '--data', at('never'), '--port', '0'], /TLS_KEY/, { env: { TLS_CERT: at('tls.pem'), TLS_KEY: bad } });
});
