// copy.test.mjs - `opendoor copy`: the same answers before and after, whatever happens on the way. What needs
// DynamoDB runs in the part of the tests that has it (tools/with-dynamodb, OPENDOOR_STORE).
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startProxy } from './lib/dynamodb.mjs';
import { ADMIN, dynamodbEnvironment, PATIENT, runProgram, STAFF, startServer, STORE } from './lib/server.mjs';
import { slotAt } from './lib/time.mjs';

const LMDB = { STORE: 'lmdb' };
const LIMIT_MS = 60_000;
const onDynamodb = { skip: STORE === 'dynamodb' ? false : 'OPENDOOR_STORE is not dynamodb' };
const onLmdb = { skip: STORE === 'lmdb' ? false : 'it needs no DynamoDB' };

let folder;
let source;
let expected;
const place = (name) => path.join(folder, name);

// Everything that depends on another kind of record or key: what people see, and what is found by a hash.
async function answersOf(server) {
    const patient = await server.login(PATIENT);
    const staff = await server.login(STAFF);
    const admin = await server.login(ADMIN);
    const ask = async (token, target) => {
        const { status, json } = await server.request('GET', target, { token });
        assert.equal(status, 200, target);
        return json.data;
    };
    const mine = await ask(patient, '/appointments?patient_id=patient-123&limit=100');
    assert.ok(mine.length > 3);
    const answers = { mine, me: await ask(patient, '/auth/me') };
    for (const { reference } of mine.slice(0, 3)) answers[reference] = await ask(staff, `/appointments?reference=${reference}`);
    for (const target of ['/patients?q=smith', '/patients/patient-123', '/patients/patient-123/usage',
        '/practices/practice-001/usage', '/appointments?practice_id=practice-001&limit=50',
        `/practices/practice-001/availability?start_date=${slotAt(8, '08:00').slice(0, 10)}`])
        answers[target] = await ask(staff, target);
    answers.users = await ask(admin, '/users');
    answers.practices = await ask(undefined, '/practices?limit=100');
    return answers;
}

async function assertTheSame(data, env) {
    await assertVerified(data, env);
    await assertAnswers(data, env);
}

// Slow on DynamoDB.
async function assertVerified(data, env) {
    const verify = await runProgram(['verify', '--data', data], { env, limitMs: LIMIT_MS });
    assert.equal(verify.code, 0, verify.stdout + verify.stderr);
}

async function assertAnswers(data, env) {
    const server = await startServer({ data, env, demo: false });
    try {
        assert.deepEqual(await answersOf(server), expected);
        // And it is a store to work with: a new booking lands where the old ones are.
        const made = await server.request('POST', '/appointments', { token: await server.login(PATIENT),
            body: { patient_id: 'patient-123', practice_id: 'practice-001', appointment_type: 'routine',
                appointment_datetime: slotAt(9, '10:00') } });
        assert.equal(made.status, 201, made.text);
    } finally {
        await server.stop({ keep: true });
    }
}

function copy(args, { env = {}, ...options } = {}) {
    return runProgram(['copy', ...args], { env, limitMs: LIMIT_MS, ...options });
}

before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'opendoor-test-'));
    source = place('source');
    const server = await startServer({ data: source, env: LMDB });
    const token = await server.login(PATIENT);
    for (const day of [7, 8]) // by a request, so with what a request leaves
        await server.request('POST', '/appointments', { token, headers: { 'idempotency-key': `copy-${day}` },
            body: { patient_id: 'patient-123', practice_id: 'practice-001', appointment_type: 'routine',
                appointment_datetime: slotAt(day, '09:00') } });
    expected = await answersOf(server);
    await server.stop({ keep: true });
});
after(() => rmSync(folder, { recursive: true, force: true }));

// ---- folder to folder ----

test('a folder becomes another one, with a key of its own', onLmdb, async () => {
    const end = await copy(['--from', source, '--to', place('second')]);
    assert.equal(end.code, 0, end.stderr);
    assert.match(end.stdout, /^table +source +target\n/);
    assert.match(end.stdout, /^appointment +(\d+) +\1$/m);
    assert.match(end.stdout, /\nthe target is the same as the source\n$/);
    assert.ok(existsSync(place('second.key')));
    await assertTheSame(place('second'), LMDB);
    const again = await copy(['--from', source, '--to', place('second')]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /holds a finished copy/);
});

test('the master key may be the same', onLmdb, async () => {
    copyFileSync(`${source}.key`, place('third.key'));
    assert.equal((await copy(['--from', source, '--to', place('third'), '--to-key', place('third.key')])).code, 0);
    await assertTheSame(place('third'), LMDB);
});

test('a server that runs is in the way', onLmdb, async () => {
    const server = await startServer({ data: source, env: LMDB, demo: false });
    const from = await copy(['--from', source, '--to', place('no')]);
    assert.equal(from.code, 1);
    assert.match(from.stderr, /in use by another server/);
    assert.ok(!existsSync(place('no')));
    await server.stop({ keep: true });
});

test('a target with other data is left as it is', onLmdb, async () => {
    const other = place('other');
    await (await startServer({ data: other, demo: false })).stop({ keep: true });
    const end = await copy(['--from', source, '--to', other]);
    assert.equal(end.code, 1);
    assert.match(end.stderr, /has other data/);
    const server = await startServer({ data: other, demo: false });
    await server.stop({ keep: true });
});

test('what is wrong with the words is said before anything is touched', onLmdb, async () => {
    const wrong = place('wrong.key');
    writeFileSync(wrong, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
    for (const [args, code, text] of [
        [[], 2, /--from and --to/],
        [['--from', source], 2, /--from and --to/],
        [['--from', source, '--to', source], 2, /the same folder/],
        [['--from', source, '--to', `${source}/../source`], 2, /the same folder/],
        [['--from', 'dynamodb', '--to', 'dynamodb'], 2, /the same tables/],
        [['--from', 'dynamodb:a', '--to', 'dynamodb:a'], 2, /the same tables/],
        [['--from', 'dynamodb:', '--to', place('new')], 2, /behind the colon/],
        [['--from', place('nothing'), '--to', place('new')], 1, /no store .*--from/],
        [['--from', source, '--from-key', wrong, '--to', place('new')], 1, /not the master key/],
        [['--from', source, '--from-key', place('no.key'), '--to', place('new')], 1, /key file .* is not there/],
        [['--from', source, '--to', place('new'), '--data', 'x'], 2, /--data/],
    ]) {
        const end = await copy(args);
        assert.equal(end.code, code, `${args}: ${end.stderr}`);
        assert.match(end.stderr, text);
        assert.ok(!existsSync(place('new')), `${args}`);
    }
});

// ---- to DynamoDB and back ----

const tables = (name, extra = {}) => ({ ...dynamodbEnvironment(place(name)), ...extra });

async function newTables(name) {
    const made = await runProgram(['tables', 'create', '--key', place(`${name}.key`)], { env: tables(name) });
    assert.equal(made.code, 0, made.stderr);
}

const outward = (name, options) =>
    copy(['--from', source, '--to', 'dynamodb', '--to-key', place(`${name}.key`)], options);

test('to DynamoDB and back', onDynamodb, async () => {
    await newTables('cloud');
    const out = await outward('cloud', { env: tables('cloud') });
    assert.equal(out.code, 0, out.stderr);
    const back = await copy(['--from', 'dynamodb', '--from-key', place('cloud.key'), '--to', place('back')],
        { env: tables('cloud') });
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stdout, /\nthe target is the same as the source\n$/);
    await assertTheSame(place('cloud'));
    await assertTheSame(place('back'), LMDB);
});

test('killed again and again, and it goes on', onDynamodb, async () => {
    await newTables('killed');
    const env = tables('killed');
    let kills = 0;
    let copied = 0;
    for (let batches = 1; ; batches += 17) { // each run gets a little further
        let child;
        const proxy = await startProxy((operation, count) => {
            if (operation !== 'BatchWriteItem' || count < batches) return undefined;
            child.kill('SIGKILL');
            return count % 2 ? 'lose' : 'drop';
        });
        const end = await outward('killed', { env: { ...env, DYNAMODB_ENDPOINT: proxy.url }, onStart: (one) => { child = one; } });
        proxy.close();
        if (end.signal !== 'SIGKILL') {
            assert.equal(end.code, 0, end.stderr);
            copied = Number(/, (\d+) by earlier runs, of which 0 had changed/.exec(end.stdout)[1]);
            break;
        }
        kills += 1;
        const server = await runProgram(['serve', '--port', '0', '--data', place('killed')], {});
        assert.equal(server.code, 1);
        assert.match(server.stderr, /a copy that is not finished/);
    }
    assert.ok(kills >= 3 && copied > 500, `${kills} kills, ${copied} records before the last run`);
    await assertAnswers(place('killed'));
});

test('throttled, answered late or not at all', onDynamodb, async () => {
    await newTables('rough');
    const faults = ['throttle', 'internal', 'drop', 'lose'];
    const proxy = await startProxy((operation, count) => (count % 3 === 0 ? faults[count / 3 % faults.length] : undefined));
    const end = await outward('rough', { env: tables('rough', { DYNAMODB_ENDPOINT: proxy.url }) });
    proxy.close();
    assert.equal(end.code, 0, end.stderr);
    assert.ok(proxy.faults.size === faults.length, [...proxy.faults.keys()].join());
    await assertAnswers(place('rough'));
});

test('a target that goes away ends the copy, which goes on later', onDynamodb, async () => {
    await newTables('gone');
    const proxy = await startProxy((operation, count) => (operation === 'BatchWriteItem' && count > 40 ? 'drop' : undefined));
    const end = await outward('gone', { env: tables('gone', { DYNAMODB_ENDPOINT: proxy.url }) });
    proxy.close();
    assert.equal(end.code, 1);
    assert.match(end.stderr, /The target: .* Run the same command again/);
    const second = await outward('gone', { env: tables('gone') });
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stdout, /\nthe target is the same as the source\n$/);
});

test('tables with data, tables that are not there, another key', onDynamodb, async () => {
    copyFileSync(place('cloud.key'), place('full.key'));
    const absent = await outward('full', { env: tables('full') });
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /tables create/);
    await newTables('full');
    const busy = await startServer({ data: place('full'), demo: false });
    await busy.newPatient();
    await busy.stop({ keep: true });
    const full = await outward('full', { env: tables('full') });
    assert.equal(full.code, 1);
    assert.match(full.stderr, /has other data/);
    const strange = place('strange.key');
    writeFileSync(strange, `${'ab'.repeat(32)}\n`, { mode: 0o600 });
    for (const ends of [['--from', 'dynamodb', '--from-key', strange, '--to', place('new')],
        ['--from', source, '--to', 'dynamodb', '--to-key', strange]]) {
        const wrong = await copy(ends, { env: tables('full') });
        assert.equal(wrong.code, 1);
        assert.match(wrong.stderr, ends[1] === 'dynamodb' ? /not the master key/ : /has other data/);
    }
});
