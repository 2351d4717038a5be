// demo.test.mjs - `--demo` on empty tables: two servers that start with it at once do each other no harm, the data
// are complete, and it does not take long.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { dynamodbEnvironment, PATIENT, runProgram, startServer, STORE } from '../api/lib/server.mjs';

const only = { skip: STORE === 'dynamodb' ? false : 'OPENDOOR_STORE is not dynamodb' };
const LIMIT_MS = 20_000;

async function countsOf(data, env) {
    const { code, stdout, stderr } = await runProgram(['verify', '--data', data], { env, limitMs: 60_000 });
    assert.equal(code, 0, stdout + stderr);
    return stdout.replace(/^\d+ records: /, ''); // logins have added some
}

test('two servers fill the same empty tables at once', only, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'opendoor-test-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const data = path.join(folder, 'both');
    const made = await runProgram(['tables', 'create', '--key', `${data}.key`], { env: dynamodbEnvironment(data) });
    assert.equal(made.code, 0, made.stderr);

    const began = Date.now();
    const servers = await Promise.all([startServer({ data }), startServer({ data })]);
    const took = Date.now() - began;
    t.diagnostic(`${took} ms`);
    assert.ok(took < LIMIT_MS, `${took} ms`);
    const answers = await Promise.all(servers.map(async (server) =>
        (await server.request('GET', '/appointments?patient_id=patient-123&limit=100', { token: await server.login(PATIENT) })).json.data));
    assert.ok(answers[0].length > 0);
    assert.deepEqual(answers[0], answers[1]);
    await Promise.all(servers.map((server) => server.stop({ keep: true })));

    // The same as in a folder that one server has filled.
    const alone = path.join(folder, 'alone');
    await (await startServer({ data: alone, env: { STORE: 'lmdb' } })).stop({ keep: true });
    assert.equal(await countsOf(data), await countsOf(alone, { STORE: 'lmdb' }));
});
