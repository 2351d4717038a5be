// crash.test.mjs - kill -9 under load, at random moments and at named points of a commit, and look what is left:
// every acknowledged booking, as it was acknowledged, and records that agree with each other.
//
//   CRASH_ROUNDS=200 node --test test/crash     more rounds than the usual 20
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, runProgram, startServer } from '../api/lib/server.mjs';
import { addMinutes, slotAt } from '../api/lib/time.mjs';

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 20);
const CLIENTS = 12;
const PRACTICES = ['practice-001', 'practice-002', 'practice-123', 'practice-456'];
const POINTS = ['mid_apply', 'mid_batch', 'before_commit', 'after_commit_before_answer', 'after_first_answer'];

let server;
let people;
const known = new Map(); // appointment_id -> { owner, row, doubt }

before(async () => {
    server = await startServer();
    people = [];
    for (let i = 0; i < CLIENTS; i += 4) people.push(...await Promise.all([1, 2, 3, 4].map(() => server.newPatient())));
});
after(() => server?.stop());

const pick = (list) => list[Math.floor(Math.random() * list.length)];

function someSlot() {
    return addMinutes(slotAt(1 + Math.floor(Math.random() * 20), '08:00'), 15 * Math.floor(Math.random() * 36));
}

// One request; undefined if the server died before it answered.
async function ask(who, method, target, body, headers) {
    try {
        return await server.request(method, target, { token: who.token, body, headers, validate: false });
    } catch {
        return undefined;
    }
}

let keys = 0;
async function book(who) {
    const body = { patient_id: who.patientId, practice_id: pick(PRACTICES), appointment_datetime: someSlot(), appointment_type: 'routine' };
    const headers = { 'idempotency-key': `crash-${process.pid}-${keys++}` };
    const answer = await ask(who, 'POST', '/appointments', body, headers);
    if (answer?.status === 201) known.set(answer.json.data.appointment_id, { owner: who, row: answer.json.data });
    if (!answer) who.unanswered = { body, headers };
    return answer;
}

async function change(who, entry) {
    const id = entry.row.appointment_id;
    entry.doubt = true;
    const answer = Math.random() < 0.4
        ? await ask(who, 'DELETE', `/appointments/${id}`)
        : await ask(who, 'PUT', `/appointments/${id}`, { appointment_datetime: someSlot() });
    if (!answer) return undefined;
    entry.doubt = false;
    if (answer.status === 200) entry.row = answer.json.data;
    return answer;
}

// Works until the server is gone.
async function client(who) {
    for (;;) {
        const mine = [...known.values()].filter((entry) => entry.owner === who && entry.row.status === 'booked');
        const answer = mine.length > 3 || (mine.length > 0 && Math.random() < 0.4) ? await change(who, pick(mine)) : await book(who);
        if (!answer) return;
        assert.ok([200, 201, 409, 422].includes(answer.status), `${answer.status}: ${answer.text}`);
    }
}

async function verify() {
    const { code, stdout, stderr } = await runProgram(['verify', '--data', server.dataDir]);
    assert.equal(code, 0, `verify: ${stdout}${stderr}`);
}

// What was acknowledged is there as it was; what was in flight is there whole or not at all.
async function check() {
    const admin = await server.login(ADMIN);
    for (const [id, entry] of known) {
        const read = await server.request('GET', `/appointments/${id}`, { token: admin, validate: false });
        assert.equal(read.status, 200, `acknowledged and lost: ${id}`);
        if (!entry.doubt) assert.deepEqual(read.json.data, entry.row);
        entry.row = read.json.data;
        entry.doubt = false;
    }
    for (const who of people) {
        if (!who.unanswered) continue;
        const { body, headers } = who.unanswered;
        const again = await server.request('POST', '/appointments', { token: who.token, body, headers, validate: false });
        assert.ok([201, 409].includes(again.status), again.text);
        if (again.status === 201) known.set(again.json.data.appointment_id, { owner: who, row: again.json.data });
        const twice = await server.request('POST', '/appointments', { token: who.token, body, headers, validate: false });
        if (again.status === 201) assert.equal(twice.text, again.text, 'a retry books nothing more');
        who.unanswered = undefined;
    }
}

async function round(point) {
    const data = server.dataDir;
    const env = point ? { OPENDOOR_CRASH_AT: `${point}:${1 + Math.floor(Math.random() * 30)}` } : {};
    await server.stop({ keep: true });
    server = await startServer({ data, demo: false, env });
    const work = Promise.all(people.map(client));
    if (!point) setTimeout(() => server.kill(), 100 + Math.random() * 300);
    await work;
    await server.ended();
    await server.kill();
    await verify();
    server = await startServer({ data, demo: false });
    await check();
}

for (let i = 0; i < ROUNDS; i++) {
    const point = i % 2 === 0 ? undefined : POINTS[Math.floor(i / 2) % POINTS.length];
    test(`round ${i + 1}: ${point ?? 'at a random moment'}`, { timeout: 120_000 }, () => round(point));
}

test('there was something to lose', () => {
    assert.ok(known.size > ROUNDS * 2, `${known.size} bookings`);
});
