// openapi.mjs - is an answer what openapi.yaml says it is?
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

export const OPENAPI_FILE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../openapi.yaml');

// Answers with a form of their own instead of the envelope.
const NO_ENVELOPE = ['/.well-known/jwks.json', '/openapi.yaml', '/metrics', '/docs', '/'];
const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

// ---- the form that all answers share, whatever openapi.yaml says ------------------------------------------

export function checkForm(method, target, answer, context) {
    const route = target.split('?')[0];
    const { status, headers, json } = answer;
    assert.ok(headers['x-request-id'], `${context}: no X-Request-Id`);
    assert.equal(headers['x-content-type-options'], 'nosniff', `${context}: no security headers`);
    if (method === 'HEAD') {
        assert.equal(answer.text, '', `${context}: HEAD has a body`);
        return;
    }
    if (status >= 400) checkProblem(answer, context);
    else if (json !== undefined && !NO_ENVELOPE.includes(route)) checkEnvelope(json, context);
}

function checkEnvelope(json, context) {
    assert.ok('data' in json, `${context}: no data`);
    assert.equal(typeof json.message, 'string', `${context}: no message`);
    assert.match(json.timestamp, RFC3339_UTC, `${context}: timestamp`);
}

export function checkProblem({ status, headers, json, text }, context) {
    assert.match(headers['content-type'] ?? '', /^application\/problem\+json\b/, `${context}: ${status} ${text}`);
    for (const name of ['type', 'title', 'detail', 'message', 'request_id', 'code']) {
        assert.equal(typeof json[name], 'string', `${context}: problem without ${name}: ${text}`);
        assert.notEqual(json[name], '', `${context}: problem with an empty ${name}`);
    }
    assert.equal(json.status, status, `${context}: status in the body`);
    assert.equal(json.message, json.detail, `${context}: message differs from detail`);
    assert.equal(json.request_id, headers['x-request-id'], `${context}: request_id`);
    assert.match(json.timestamp, RFC3339_UTC, `${context}: timestamp`);
    for (const entry of json.errors ?? []) {
        assert.match(entry.pointer, /^(\/.*|\?.+|)$/, `${context}: pointer ${entry.pointer}`);
        assert.match(entry.code, /^[a-z][a-z0-9_]*$/, `${context}: code ${entry.code}`);
        assert.ok(entry.message, `${context}: an entry without a text`);
    }
    const pointers = (json.errors ?? []).map((entry) => entry.pointer);
    assert.equal(new Set(pointers).size, pointers.length, `${context}: one entry for each field: ${pointers}`);
    if (status === 405) assert.ok(headers.allow, `${context}: 405 without Allow`);
    if (status === 429 || status === 503) assert.ok(headers['retry-after'], `${context}: ${status} without Retry-After`);
}

// ---- openapi.yaml -----------------------------------------------------------------------------------------

let loaded;

function load() {
    if (loaded === undefined) {
        loaded = existsSync(OPENAPI_FILE) ? new OpenApi(parse(readFileSync(OPENAPI_FILE, 'utf8'))) : null;
    }
    return loaded;
}

// OpenAPI 3.0 is JSON Schema with other words for two things: nullable, and exclusive limits as flags.
function toJsonSchema(node) {
    if (Array.isArray(node)) return node.map(toJsonSchema);
    if (node === null || typeof node !== 'object') return node;
    const out = Object.fromEntries(Object.entries(node).map(([name, value]) => [name,
        ['example', 'examples', 'default', 'enum'].includes(name) ? value : toJsonSchema(value)]));
    if (out.nullable === true) {
        delete out.nullable;
        if (typeof out.type === 'string') {
            out.type = [out.type, 'null'];
            if (Array.isArray(out.enum) && !out.enum.includes(null)) out.enum = [...out.enum, null];
        } else if (out.allOf || out.$ref) {
            return { anyOf: [{ type: 'null' }, out] };
        }
    }
    for (const [flag, limit] of [['exclusiveMinimum', 'minimum'], ['exclusiveMaximum', 'maximum']]) {
        if (out[flag] === true) {
            out[flag] = out[limit];
            delete out[limit];
        } else if (out[flag] === false) {
            delete out[flag];
        }
    }
    return out;
}

export class OpenApi {
    #ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
    #validators = new Map();

    constructor(document) {
        this.document = document;
        addFormats(this.#ajv);
        this.#ajv.addSchema(toJsonSchema(document), 'openapi');
        this.routes = Object.keys(document.paths).map((template) => ({
            template,
            fixed: template.split('/').filter((part) => !part.startsWith('{')).length,
            pattern: new RegExp(`^${template.split('/').map((part) => (part.startsWith('{') ? '[^/]+'
                : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('/')}$`),
        })).sort((a, b) => b.fixed - a.fixed); // /patients/search before /patients/{id}
    }

    // The template that a target belongs to, or undefined.
    find(target) {
        const route = decodeURI(target.split('?')[0].split('#')[0]);
        return this.routes.find(({ pattern }) => pattern.test(route))?.template;
    }

    #follow(node) {
        let at = node;
        let pointer;
        while (at?.$ref) {
            pointer = at.$ref;
            at = pointer.slice(2).split('/').reduce((from, part) => from?.[part.replace(/~1/g, '/').replace(/~0/g, '~')],
                this.document);
        }
        return { at, pointer };
    }

    // Throws if the answer is not described, or not as described.
    check(method, target, status, body, headers) {
        const template = this.find(target);
        const name = method.toLowerCase() === 'head' ? 'get' : method.toLowerCase();
        const operation = template && this.document.paths[template][name];
        if (!operation) {
            assert.ok(status >= 400 || name === 'options', `openapi.yaml has no ${method} ${target}, but it answered ${status}`);
            return;
        }
        const key = [String(status), `${String(status)[0]}XX`, 'default'].find((one) => one in operation.responses);
        assert.ok(key, `openapi.yaml has no ${status} for ${method} ${template}`);
        const where = `#/paths/${escape(template)}/${name}/responses/${escape(key)}`;
        const { at: response, pointer = where } = this.#follow(operation.responses[key]);
        const type = (headers?.['content-type'] ?? (status >= 400 ? 'application/problem+json' : 'application/json'))
            .split(';')[0].trim();
        const content = response.content?.[type];
        assert.ok(content, `openapi.yaml has no ${type} for ${status} of ${method} ${template}`);
        if (content.schema) this.#checkSchema(`${pointer}/content/${escape(type)}/schema`, body, `${method} ${target}: ${status}`);
    }

    #checkSchema(pointer, body, context) {
        if (!this.#validators.has(pointer)) this.#validators.set(pointer, this.#ajv.compile({ $ref: `openapi${pointer}` }));
        const valid = this.#validators.get(pointer);
        assert.ok(valid(body), `${context} is not what openapi.yaml says: ${this.#ajv.errorsText(valid.errors)}\n${JSON.stringify(body)}`);
    }
}

// A JSON Pointer inside a URI fragment, as $ref wants it.
function escape(part) {
    return encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'));
}

export function checkAgainstOpenApi(method, target, status, body, headers) {
    load()?.check(method, target, status, body, headers);
}
