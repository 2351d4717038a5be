// many.test.mjs - four servers on the same tables, 64 clients, and everything that goes wrong at once: servers are
// killed and started again, and between them and DynamoDB transactions collide, requests are throttled, dropped
// and answered by faults, and answers are lost after the work was done.
//
//   MANY_SECONDS=600 OPENDOOR_STORE=dynamodb tools/with-dynamodb node --test test/dynamodb/many.test.mjs
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startProxy } from '../api/lib/dynamodb.mjs';
import { newPractice } from '../api/lib/practices.mjs';
import { ADMIN, dynamodbEnvironment, PASSWORD, runProgram, startServer, STORE } from '../api/lib/server.mjs';
import { addMinutes, slotAt } from '../api/lib/time.mjs';

const only = { skip: STORE === 'dynamodb' ? false : 'OPENDOOR_STORE is not dynamodb', timeout: 900_000 };
const SECONDS = Number(process.env.MANY_SECONDS ?? 8);
const SERVERS = 4;
const CLIENTS = 64;
const PEOPLE = 32;
const PRACTICES = 4;
const DAYS = 6;
const SLOTS = 4; // a day, of 15 minutes; two fit into each, so most that is asked for is taken soon
const KILL_EVERY_MS = 1000;
// Of a hundred requests to DynamoDB. A conflict is what transactions have; the others meet everything.
const FAULTS = [['conflict', 2], ['throttle', 2], ['internal', 1], ['drop', 1], ['lose', 2]];

let folder;
let data;
let proxy;
let calm = true;
let servers = [];
let people;
let practices;
const known = new Map(); // appointment_id -> { owner, row, doubt }
const counts = { booked: 0, changed: 0, cancelled: 0, refused: 0, busy: 0, unanswered: 0, kills: 0 };

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const someStart = () => addMinutes(slotAt(3 + Math.floor(Math.random() * DAYS), '09:00'), 15 * Math.floor(Math.random() * SLOTS));

function fault(operation) {
    if (calm) return undefined;
    let at = Math.random() * 100;
    for (const [name, share] of FAULTS) {
        at -= share;
        if (at < 0) return name === 'conflict' && !operation.startsWith('Transact') ? undefined : name;
    }
    return undefined;
}

const start = () => startServer({ data, demo: false, validate: false, env: { DYNAMODB_ENDPOINT: proxy.url } });

async function sessionsAdd(server, practice) {
    const token = await server.login(ADMIN);
    for (let day = 0; day < DAYS; day++) {
        const made = await server.request('POST', `/practices/${practice.practice_id}/sessions`, { token,
            body: { date: slotAt(3 + day, '09:00').slice(0, 10), from: '09:00', until: '10:00', services: ['routine'],
                slot_minutes: 15, capacity: 2, delivery_channel: 'in_person' } });
        assert.equal(made.status, 201, made.text);
    }
}

before(async () => {
    if (only.skip) return;
    folder = mkdtempSync(path.join(tmpdir(), 'opendoor-test-'));
    data = path.join(folder, 'many');
    proxy = await startProxy(fault);
    const key = `${data}.key`;
    const made = await runProgram(['tables', 'create', '--key', key], { env: dynamodbEnvironment(data) });
    assert.equal(made.code, 0, made.stderr);
    const admin = await runProgram(['user', 'add', '--data', data, '--email', ADMIN, '--role', 'admin', '--password-stdin'],
        { input: `${PASSWORD}\n` });
    assert.equal(admin.code, 0, admin.stderr);
    servers = await Promise.all(Array.from({ length: SERVERS }, start));
    practices = await Promise.all(Array.from({ length: PRACTICES }, () => newPractice(servers[0])));
    await Promise.all(practices.map((practice) => sessionsAdd(servers[0], practice)));
    people = [];
    for (let i = 0; i < PEOPLE; i += 8)
        people.push(...await Promise.all(Array.from({ length: 8 }, (_, k) => servers[k % SERVERS].newPatient())));
});
after(async () => {
    if (only.skip) return;
    await Promise.all(servers.map((server) => server?.stop({ keep: true })));
    proxy.close();
    rmSync(folder, { recursive: true, force: true });
});

// One request to any server that is there; undefined if it gave no answer.
async function ask(who, method, target, body, headers) {
    const there = servers.filter(Boolean);
    if (there.length === 0) return undefined;
    try {
        return await pick(there).request(method, target, { token: who.token, body, headers });
    } catch {
        counts.unanswered += 1;
        return undefined;
    }
}

// Nobody can say whether it was done: no answer came, or one that says no more.
const inDoubt = (answer) => !answer || answer.status >= 500 && answer.json?.code !== 'busy';

let keys = 0;
const unanswered = [];

async function book(who) {
    const body = { patient_id: who.patientId, practice_id: pick(practices).practice_id, appointment_datetime: someStart(),
        appointment_type: 'routine' };
    const headers = { 'idempotency-key': `many-${keys++}` };
    const answer = await ask(who, 'POST', '/appointments', body, headers);
    if (inDoubt(answer)) unanswered.push({ who, body, headers });
    if (answer?.status === 201) {
        counts.booked += 1;
        known.set(answer.json.data.appointment_id, { owner: who, row: answer.json.data });
    }
    return answer;
}

async function change(who, entry) {
    const id = entry.row.appointment_id;
    const cancels = Math.random() < 0.5;
    entry.taken = true; // the owner's other client keeps off
    const answer = cancels ? await ask(who, 'DELETE', `/appointments/${id}`)
        : await ask(who, 'PUT', `/appointments/${id}`, { appointment_datetime: someStart() });
    entry.taken = false;
    entry.doubt ||= inDoubt(answer);
    if (answer?.status === 200) {
        entry.row = answer.json.data;
        counts[cancels ? 'cancelled' : 'changed'] += 1;
    }
    return answer;
}

async function client(who, until) {
    while (Date.now() < until) {
        const mine = [...known.values()].filter(({ owner, row, doubt, taken }) => owner === who && row.status === 'booked' && !doubt && !taken);
        const answer = mine.length > 2 || (mine.length > 0 && Math.random() < 0.4) ? await change(who, pick(mine)) : await book(who);
        if (!answer) await new Promise((resolve) => { setTimeout(resolve, 20); });
        else if (answer.status === 503) counts.busy += 1;
        else if (answer.status === 409) counts.refused += 1;
        else assert.ok([200, 201, 500].includes(answer.status), `${answer.status}: ${answer.text}`);
    }
}

async function killer(until) {
    while (Date.now() + KILL_EVERY_MS < until) {
        await new Promise((resolve) => { setTimeout(resolve, KILL_EVERY_MS); });
        const at = counts.kills % SERVERS;
        const victim = servers[at];
        servers[at] = undefined;
        await victim.kill();
        counts.kills += 1;
        servers[at] = await start();
    }
}

test('64 clients, four servers, faults and kills', only, async () => {
    const until = Date.now() + SECONDS * 1000;
    calm = false;
    await Promise.all([killer(until), ...Array.from({ length: CLIENTS }, (_, i) => client(people[i % PEOPLE], until))]);
    calm = true;
});

test('what was acknowledged is there as it was', only, async () => {
    const admin = await servers[0].login(ADMIN);
    const entries = [...known.entries()];
    await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
        for (let i = lane; i < entries.length; i += 8) {
            const [id, entry] = entries[i];
            const read = await servers[i % SERVERS].request('GET', `/appointments/${id}`, { token: admin });
            assert.equal(read.status, 200, `acknowledged and lost: ${id}`);
            if (!entry.doubt) assert.deepEqual(read.json.data, entry.row);
        }
    }));
});

test('what had no answer was done once or not at all', only, async () => {
    for (const { who, body, headers } of unanswered) {
        const again = await servers[0].request('POST', '/appointments', { token: who.token, body, headers });
        assert.ok([201, 409].includes(again.status), again.text);
        const twice = await servers[1].request('POST', '/appointments', { token: who.token, body, headers });
        if (again.status === 201) assert.equal(twice.text, again.text, 'a retry books nothing more');
    }
});

test('no place is taken more often than it is there', only, async () => {
    const admin = await servers[0].login(ADMIN);
    const taken = new Map();
    for (const { practice_id: practice } of practices) {
        let cursor = '';
        do {
            const page = await servers[2].request('GET', `/appointments?practice_id=${practice}&limit=100${cursor}`, { token: admin });
            assert.equal(page.status, 200, page.text);
            for (const { status, appointment_datetime: at } of page.json.data)
                if (status === 'booked') taken.set(`${practice} ${at}`, (taken.get(`${practice} ${at}`) ?? 0) + 1);
            cursor = page.json.next_cursor ? `&cursor=${encodeURIComponent(page.json.next_cursor)}` : '';
        } while (cursor);
    }
    assert.ok(taken.size > 0);
    for (const [at, count] of taken) assert.ok(count <= 2, `${count} at ${at}`);
});

test('the records agree', only, async () => {
    const { code, stdout, stderr } = await runProgram(['verify', '--data', data], { limitMs: 300_000 });
    assert.equal(code, 0, stdout + stderr);
});

test('there was something to lose', only, (t) => {
    const faults = Object.fromEntries(proxy.faults);
    t.diagnostic(JSON.stringify({ ...counts, faults }));
    // DynamoDB Local does some twenty such transactions a second on two cores with nothing else to do.
    assert.ok(counts.booked > SECONDS && counts.kills > 0, JSON.stringify(counts));
    for (const [name] of FAULTS) assert.ok(faults[name] > 0, `no ${name}`);
});
