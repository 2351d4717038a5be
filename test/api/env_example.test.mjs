// env_example.test.mjs - .env.example is what the program prints: build/opendoor settings --env >.env.example
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { runProgram } from './lib/server.mjs';

test('.env.example has every setting as the program knows it', async () => {
    const { code, stdout } = await runProgram(['settings', '--env']);
    assert.equal(code, 0);
    const there = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    assert.equal(there, stdout, 'after a change of settings: build/opendoor settings --env >.env.example');
    for (const name of ['APPOINTMENTS_TABLE', 'PATIENTS_TABLE', 'PRACTICES_TABLE', 'USER_POOL_ID', 'USER_POOL_CLIENT_ID',
        'API_GATEWAY_URL', 'AWS_REGION', 'ENVIRONMENT', 'MASTER_KEY']) assert.match(there, new RegExp(`^#${name}=`, 'm'));
});
