// openapi.test.mjs - the check that every API test relies on must be able to fail.
import assert from 'node:assert/strict';
import test from 'node:test';

import { checkForm, OpenApi } from './openapi.mjs';

const api = new OpenApi({
    openapi: '3.0.3',
    info: { title: 'x', version: '1' },
    paths: {
        '/things/{id}': {
            get: {
                responses: {
                    200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
                    default: { $ref: '#/components/responses/Problem' },
                },
            },
        },
        '/things/mine': { get: { responses: { 200: { content: { 'application/json': { schema: { type: 'array' } } } } } } },
    },
    components: {
        responses: { Problem: { content: { 'application/problem+json': { schema: { type: 'object', required: ['code'] } } } } },
        schemas: {
            Thing: {
                type: 'object',
                required: ['id'],
                additionalProperties: false,
                properties: {
                    id: { type: 'string' },
                    when: { type: 'string', format: 'date-time', nullable: true },
                    kind: { type: 'string', enum: ['a', 'b'], nullable: true },
                    more: { type: 'integer', minimum: 0, exclusiveMinimum: true },
                },
            },
        },
    },
});
const json = { 'content-type': 'application/json' };
const problem = { 'content-type': 'application/problem+json; charset=utf-8' };

test('passes what is described', () => {
    api.check('GET', '/things/1?x=1', 200, { id: '1', when: null, kind: null, more: 1 }, json);
    api.check('GET', '/things/1', 404, { code: 'not_found' }, problem);
    api.check('GET', '/things/mine', 200, [], json);
    api.check('GET', '/nowhere', 404, {}, problem);
});

test('refuses what is not', () => {
    for (const [target, status, body, headers, words] of [
        ['/things/1', 200, {}, json, /required property 'id'/],
        ['/things/1', 200, { id: '1', other: 1 }, json, /additional properties/],
        ['/things/1', 200, { id: '1', when: 'today' }, json, /date-time/],
        ['/things/1', 200, { id: '1', kind: 'c' }, json, /allowed values/],
        ['/things/1', 200, { id: '1', more: 0 }, json, /must be > 0/],
        ['/things/1', 200, { id: '1' }, problem, /no application\/problem\+json/],
        ['/things/1', 404, {}, problem, /required property 'code'/],
        ['/things/mine', 200, {}, json, /must be array/],
        ['/things/mine', 404, {}, problem, /has no 404/],
        ['/nowhere', 200, {}, json, /has no GET \/nowhere/],
    ]) assert.throws(() => api.check('GET', target, status, body, headers), words, `${target} ${status}`);
});

test('the form of every answer', () => {
    const headers = { ...json, 'x-request-id': 'r', 'x-content-type-options': 'nosniff' };
    const good = { status: 200, headers, text: '{}', json: { data: {}, message: 'm', timestamp: '2026-01-01T00:00:00Z' } };
    checkForm('GET', '/x', good, 'x');
    for (const change of [{ headers: json }, { json: { data: {}, message: 'm', timestamp: '2026-01-01' } },
        { json: { message: 'm', timestamp: '2026-01-01T00:00:00Z' } }, { status: 404 }]) {
        assert.throws(() => checkForm('GET', '/x', { ...good, ...change }, 'x'));
    }
    const bad = { type: 't', title: 't', status: 422, detail: 'd', message: 'd', timestamp: '2026-01-01T00:00:00Z',
        request_id: 'r', code: 'invalid', errors: [{ pointer: '/a', code: 'required', message: 'This is required.' }] };
    const refused = { status: 422, headers: { ...headers, ...problem }, text: '{}', json: bad };
    checkForm('POST', '/x', refused, 'x');
    for (const change of [{ message: 'e' }, { code: '' }, { status: 400 }, { request_id: 'q' },
        { errors: [{ pointer: 'a', code: 'required', message: 'x' }] }]) {
        assert.throws(() => checkForm('POST', '/x', { ...refused, json: { ...bad, ...change } }, 'x'));
    }
});
