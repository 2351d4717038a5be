// clock.test.mjs - the clock that tests move. Only programs that are built with their tests have one.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { runProgram, startServer } from './lib/server.mjs';

const DAY_MS = 86_400_000;

test('the clock of a test build can be put forward and back', async (t) => {
    for (const days of [120, -400]) {
        const server = await startServer({ env: { OPENDOOR_CLOCK_OFFSET_MS: String(days * DAY_MS) }, demo: false });
        t.after(() => server.stop());
        const { json } = await server.request('GET', '/health');
        const apart = Date.parse(json.timestamp) - Date.now();
        assert.ok(Math.abs(apart - days * DAY_MS) < 60_000, json.timestamp);
        assert.match(server.stderr, /"event":"clock_moved"/);
        await server.stop();
    }
});

test('a wrong offset, and a moved clock in production, are refused', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'opendoor-test-'));
    const start = (env) => runProgram(['serve', '--port', '0', '--data', path.join(folder, 'data')], { env });
    for (const value of ['', '1 day', '1.5', '9'.repeat(19)]) {
        const { code, stderr } = await start({ OPENDOOR_CLOCK_OFFSET_MS: value });
        assert.equal(code, 1, value);
        assert.match(stderr, /OPENDOOR_CLOCK_OFFSET_MS is not a number of milliseconds/);
    }
    const { code, stderr } = await start({ OPENDOOR_CLOCK_OFFSET_MS: '1', ENVIRONMENT: 'prod' });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /OPENDOOR_CLOCK_OFFSET_MS is for tests/);
    rmSync(folder, { recursive: true, force: true });
});
