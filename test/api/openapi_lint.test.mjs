// openapi_lint.test.mjs - openapi.yaml by the judgement of a linter that other people rely on.
import assert from 'node:assert/strict';
import test from 'node:test';

import { createConfig, lint, lintFromString } from '@redocly/openapi-core';

import { OPENAPI_FILE } from './lib/openapi.mjs';

// The recommended rules, as errors all of them. What is left out is said why.
async function rules() {
    return createConfig({
        extends: ['recommended-strict'],
        rules: {
            'no-server-example.com': 'off', // the example servers are on purpose ones that nobody has
            'operation-4xx-response': 'off', // GET /health and its like have none
        },
    });
}

function describe(problems) {
    return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer ?? ''})`).join('\n');
}

test('the linter finds what is wrong', async () => {
    const source = 'openapi: 3.0.3\ninfo: { title: x, version: "1" }\npaths:\n  /a/{id}:\n    get: { responses: { "200": { description: ok } } }\n';
    const found = (await lintFromString({ source, absoluteRef: 'x.yaml', config: await rules() })).map(({ ruleId }) => ruleId);
    assert.ok(found.includes('operation-operationId') || found.includes('path-parameters-defined'), found.join(' '));
});

test('openapi.yaml passes', async () => {
    const problems = await lint({ ref: OPENAPI_FILE, config: await rules() });
    assert.deepEqual(problems.length, 0, describe(problems));
});
