// start.test.mjs - what the program loads before it is ready. libcurl brings 28 libraries and 10 ms of processor time
// with it, so only what speaks to other services loads it, and says what to do where it is not there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { programPath, runProgram, startServer, STORE } from './lib/server.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'opendoor-start-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const TABLES = ['tables', 'check'];
const AWS = { AWS_REGION: 'eu-west-2', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test',
    DYNAMODB_ENDPOINT: 'http://127.0.0.1:9' };

// The program with a libcurl of the test's choosing before the system's.
function withCurl(name, make) {
    const place = path.join(folder, name);
    mkdirSync(place);
    make(path.join(place, 'libcurl.so.4'));
    return { ...AWS, LD_LIBRARY_PATH: place };
}

// What the dynamic linker says that it loads: LD_DEBUG writes a file for each process.
const tellingOf = (name) => ({ LD_DEBUG: 'files', LD_DEBUG_OUTPUT: path.join(folder, name) });
const toldOf = (name) => readdirSync(folder).filter((file) => file.startsWith(`${name}.`))
    .map((file) => readFileSync(path.join(folder, file), 'utf8')).join('');
const networkAtStart = STORE !== 'lmdb' || process.env.OPENDOOR_DOOR === 'lambda';

test('a server on the embedded store has no libcurl', { skip: networkAtStart && 'this one needs the network' }, async () => {
    const server = await startServer();
    assert.equal((await server.request('GET', '/health')).status, 200);
    const maps = readFileSync(`/proc/${server.pid}/maps`, 'utf8');
    assert.match(maps, /liblmdb/);
    assert.doesNotMatch(maps, /libcurl/);
    await server.stop();
});

test('a subcommand without network has none, even if there is a broken one', async () => {
    const env = withCurl('broken-unused', (file) => writeFileSync(file, 'this is no library'));
    for (const words of [['version'], ['help'], ['settings'], ['openapi']]) {
        const { code } = await runProgram(words, { env: { ...env, ...tellingOf('alone') } });
        assert.equal(code, 0, words.join(' '));
    }
    assert.match(toldOf('alone'), /file=liblmdb/);
    assert.doesNotMatch(toldOf('alone'), /file=libcurl/);
});

test('what needs the network loads it', async () => {
    const { code, stderr } = await runProgram(TABLES, { env: { ...AWS, ...tellingOf('network') } });
    assert.equal(code, 1);
    assert.match(stderr, /DynamoDB/);
    assert.match(toldOf('network'), /file=libcurl\.so\.4/);
});

test('a libcurl that cannot be loaded: what is wrong, and what to do', async () => {
    const env = withCurl('broken', (file) => writeFileSync(file, 'this is no library'));
    for (const [words, more] of [[TABLES, {}], [['serve', '--store', 'dynamodb', '--key', path.join(folder, 'key')], {}],
        [['lambda'], { AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9' }]]) {
        const { code, stderr } = await runProgram(words, { env: { ...env, ...more } });
        assert.equal(code, 1, words.join(' '));
        assert.match(stderr, /^opendoor: The network needs libcurl, and it cannot be loaded \(.*libcurl\.so\.4.*apt-get install libcurl4/m);
    }
});

test('a libcurl that lacks a function: which one', async () => {
    const other = execFileSync('ldd', [programPath()], { encoding: 'utf8' }).match(/=> (\S*liblmdb\S*)/)[1];
    const { code, stderr } = await runProgram(TABLES, { env: withCurl('another', (file) => symlinkSync(other, file)) });
    assert.equal(code, 1);
    assert.match(stderr, /The network needs libcurl, and it cannot be loaded \(.*curl_global_init/);
});
