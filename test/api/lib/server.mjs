// server.mjs - starts the program for a test, talks to it, and stops it.
//
//   const server = await startServer();
//   after(() => server.stop());
//   const { status, json, headers } = await server.request('GET', '/health');
//
// Every answer is checked against openapi.yaml and against the two forms that all answers have, without the
// test asking for it. stop() fails the test if the program did not end with 0: the sanitizer build ends with
// something else after a leak, an overrun or undefined behaviour.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { LOGIN, addDemoUsers, newPool } from './cognito.mjs';
import { LambdaGateway, LambdaRuntime } from './lambda.mjs';
import { checkAgainstOpenApi, checkForm } from './openapi.mjs';
import { rawRequest } from './raw.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const START_LIMIT_MS = process.env.OPENDOOR_STORE === 'dynamodb' ? 60_000 : 20_000; // each demo record is a request
const STOP_LIMIT_MS = 20_000;
const REQUEST_LIMIT_MS = 30_000;
const OUTPUT_KEPT_BYTES = 4 << 20;

export const PASSWORD = 'TestPass123!';
export const PATIENT = 'john.smith@email.com';
export const STAFF = 'staff@opendoor.example';
export const ADMIN = 'admin@opendoor.example';

export function programPath() {
    return path.resolve(process.env.OPENDOOR_BIN ?? path.join(ROOT, 'build-test/opendoor'));
}

// What every started program gets, so that a test sees nothing of the machine that it runs on. Limits on
// requests are off: a test of them turns them on.
function environment(extra) {
    return {
        PATH: process.env.PATH,
        RATE_LIMIT_PER_MINUTE: '0',
        ASAN_OPTIONS: 'exitcode=86:detect_leaks=1:detect_stack_use_after_return=1',
        UBSAN_OPTIONS: 'exitcode=86:halt_on_error=1:print_stacktrace=1',
        ...extra,
    };
}

// OPENDOOR_STORE=dynamodb: every program runs on the DynamoDB at DYNAMODB_ENDPOINT (tools/with-dynamodb), and
// each folder of data that a test names stands for tables of its own.
export const STORE = process.env.OPENDOOR_STORE ?? 'lmdb';

export function dynamodbEnvironment(data) {
    const prefix = `t${path.resolve(data).replaceAll(/[^A-Za-z0-9_.-]/g, '-')}`;
    const names = Object.fromEntries(['appointments', 'patients', 'practices', 'system']
        .map((name) => [`${name.toUpperCase()}_TABLE`, `${prefix}-${name}`]));
    const { DYNAMODB_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
    return { DYNAMODB_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...names };
}

function storeEnvironment(args, env) {
    const at = args.indexOf('--data');
    if (STORE !== 'dynamodb' || at < 0) return {};
    const data = args[at + 1];
    return { STORE, ...dynamodbEnvironment(data),
        ...(env.MASTER_KEY || args.includes('--key') ? {} : { KEY_FILE: `${data}.key` }) };
}

// What a new folder gets by itself: tables and a key. For a test whose first program is no server.
export async function storeCreate(data) {
    await tablesCreate(['--data', data], {});
}

async function tablesCreate(args, env) {
    if (STORE !== 'dynamodb') return;
    const at = args.indexOf('--key');
    const made = await runProgram(['tables', 'create', ...(at < 0 ? [] : args.slice(at, at + 2))],
        { env: { ...storeEnvironment(args, env), ...env } });
    if (made.code !== 0) throw new Error(`tables create: ${made.stderr}`);
}

// OPENDOOR_LOGIN=cognito: logins are those of a user pool in cognito-local; each folder of data has its own. How
// long a token lasts is then a matter of the pool.
const pools = new Map();

async function loginEnvironment(data, env, demo) {
    if (LOGIN !== 'cognito' || 'USER_POOL_ID' in env) return {};
    if (!pools.has(data)) {
        const pool = await newPool({ seconds: Number(env.ACCESS_TOKEN_SECONDS ?? 900) });
        if (demo) await addDemoUsers(pool, PASSWORD);
        pools.set(data, pool);
    }
    return pools.get(data).env;
}

// The pool of a server's folder of data, with OPENDOOR_LOGIN=cognito.
export function poolOf(server) {
    return pools.get(server.dataDir);
}

// A test file that dies must leave no server behind.
const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

// Runs one subcommand to its end: { code, signal, stdout, stderr }.
// onStart gets the process.
export function runProgram(args, { env = {}, input = '', limitMs = 30_000, onStart } = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(programPath(), args, { env: environment({ ...storeEnvironment(args, env), ...env }),
            stdio: ['pipe', 'pipe', 'pipe'] });
        const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
        let stdout = '';
        let stderr = '';
        running.add(child);
        onStart?.(child);
        child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text; });
        child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
        child.stdin.on('error', () => {}); // it may end without having read anything
        child.stdin.end(input);
        child.on('error', reject);
        child.on('close', (code, signal) => {
            clearTimeout(timer);
            running.delete(child);
            resolve({ code, signal, stdout, stderr });
        });
    });
}

// data: the folder of an earlier server (kept by stop({ keep: true }) or kill()); without it, a new one.
// demo: false leaves out --demo. args and env are added to the usual ones. A test that wants to see the
// server fail to start uses runProgram(['serve', ...]).
export async function startServer({ args = [], env = {}, data, demo = true, validate = true,
    lambda = process.env.OPENDOOR_DOOR === 'lambda' } = {}) {
    if (!existsSync(programPath())) throw new Error(`${programPath()} is not there: \`./dev test\` builds it`);
    const folder = data ? path.dirname(data) : mkdtempSync(path.join(tmpdir(), 'opendoor-test-'));
    const dataDir = data ?? path.join(folder, 'data');
    const door = lambda ? await openLambdaDoor() : undefined;
    const words = [...(door ? ['lambda'] : ['serve', '--port', '0']), '--data', dataDir, ...(demo ? ['--demo'] : []), ...args];
    if (STORE === 'dynamodb' && env.STORE !== 'lmdb' && (!data || !existsSync(`${data}.key`))) {
        await tablesCreate(words, env);
        if (demo && !data) await demoCopy(words, env);
    }
    const logins = await loginEnvironment(dataDir, env, demo);
    const child = spawn(programPath(), words,
        { env: environment({ ...storeEnvironment(words, env), ...door?.env, ...logins, ...env }), stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new Server(child, folder, dataDir, validate, door);
    try {
        await server.ready();
    } catch (problem) {
        child.kill('SIGKILL');
        if (!data) rmSync(folder, { recursive: true, force: true });
        throw problem;
    }
    return server;
}

// Ends a server and starts another on the same data, with a clock that is put forward to that instant.
export async function startLater(server, instant, options = {}) {
    await server.stop({ keep: true });
    const offset = String(Date.parse(instant) - Date.now());
    return startServer({ ...options, data: server.dataDir, env: { ...options.env, OPENDOOR_CLOCK_OFFSET_MS: offset } });
}

// Loading the demo data takes DynamoDB Local seconds; copying them from a folder takes it less than one. (That
// --demo does it too is test/dynamodb/demo.test.mjs's.)
async function demoCopy(words, env) {
    const seed = mkdtempSync(path.join(tmpdir(), 'opendoor-seed-'));
    const data = path.join(seed, 'data');
    const clock = env.OPENDOOR_CLOCK_OFFSET_MS === undefined ? {} : { OPENDOOR_CLOCK_OFFSET_MS: env.OPENDOOR_CLOCK_OFFSET_MS };
    try {
        await (await startServer({ data, env: { STORE: 'lmdb', ...clock }, lambda: false })).stop({ keep: true });
        const set = { ...storeEnvironment(words, env), ...env };
        const at = words.indexOf('--key');
        const key = at >= 0 ? words[at + 1] : set.KEY_FILE;
        const end = await runProgram(['copy', '--from', data, '--to', 'dynamodb', ...(key ? ['--to-key', key] : [])], { env: set });
        if (end.code !== 0) throw new Error(`copy: ${end.stderr}`);
    } finally {
        rmSync(seed, { recursive: true, force: true });
    }
}

async function openLambdaDoor() {
    const runtime = new LambdaRuntime();
    const gateway = new LambdaGateway(runtime);
    const env = { AWS_LAMBDA_RUNTIME_API: await runtime.listen() };
    const port = await gateway.listen();
    return { env, port, ready: runtime.ready, close: () => { gateway.close(); runtime.close(); } };
}

class Server {
    #child;
    #folder;
    #ended;
    #validate;
    #door;
    #agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
    #tokens = new Map();

    constructor(child, folder, dataDir, validate, door) {
        this.#child = child;
        this.#door = door;
        this.#folder = folder;
        this.#validate = validate;
        this.dataDir = dataDir;
        this.pid = child.pid;
        this.stdout = '';
        this.stderr = '';
        running.add(child);
        for (const name of ['stdout', 'stderr']) {
            child[name].setEncoding('utf8').on('data', (text) => {
                this[name] = (this[name] + text).slice(-OUTPUT_KEPT_BYTES);
            });
        }
        this.#ended = new Promise((resolve) => {
            child.on('error', (error) => resolve({ error }));
            child.on('close', (code, signal) => resolve({ code, signal }));
        }).finally(() => {
            running.delete(child);
            door?.close();
        });
    }

    // Resolves once the program has printed where it listens, or asks Lambda's runtime for its first event.
    ready() {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(this.#said(`not ready after ${START_LIMIT_MS} ms`))),
                START_LIMIT_MS);
            const look = () => {
                const found = this.stdout.match(/^listening on (https?:\/\/(\S+):(\d+))$/m);
                if (!found) return;
                clearTimeout(timer);
                this.#child.stdout.off('data', look);
                [, this.url, this.host] = found;
                this.host = this.host.replace(/^\[|\]$/g, '');
                this.port = Number(found[3]);
                resolve();
            };
            this.#child.stdout.on('data', look);
            this.#door?.ready.then(() => {
                clearTimeout(timer);
                Object.assign(this, { url: `http://127.0.0.1:${this.#door.port}`, host: '127.0.0.1', port: this.#door.port });
                resolve();
            });
            this.#ended.then((end) => {
                clearTimeout(timer);
                reject(end.error ?? new Error(this.#said(`ended with ${end.code ?? end.signal} before it was ready`)));
            });
        });
    }

    #said(what) {
        return `${programPath()}: ${what}\n--- stdout\n${this.stdout}--- stderr\n${this.stderr}`;
    }

    // Ends the program as an operator would and checks that it ended well. A second call does nothing more,
    // so that it can stand in an after() of a test that has stopped the server itself.
    async stop({ keep = false } = {}) {
        this.#agent.destroy();
        this.#child.kill('SIGTERM');
        const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
        const end = await this.#ended;
        clearTimeout(timer);
        if (this.killed) return;
        this.killed = true;
        if (!keep) this.remove();
        assert.equal(end.code, 0, this.#said(`ended with ${end.code ?? end.signal} after SIGTERM`));
    }

    // Ends the program as a power cut would. The data stays: start it again with { data: server.dataDir }.
    async kill(signal = 'SIGKILL') {
        this.killed = true;
        this.#agent.destroy();
        this.#child.kill(signal);
        return this.#ended;
    }

    // How the program ended: { code, signal }. For a test in which it ends by itself.
    ended() {
        return this.#ended;
    }

    remove() {
        rmSync(this.#folder, { recursive: true, force: true });
    }

    // One request over a kept connection: { status, headers, text, json }. body is sent as JSON, or as it is
    // if it is text or bytes. validate: false leaves out the check against openapi.yaml.
    async request(method, target, { token, body, headers = {}, validate = this.#validate } = {}) {
        const raw = typeof body === 'string' || body instanceof Uint8Array;
        const payload = body === undefined ? undefined : Buffer.from(raw ? body : JSON.stringify(body));
        const answer = await this.#send(method, target, payload, {
            ...(payload ? { 'content-type': 'application/json', 'content-length': payload.length } : {}),
            ...(token ? { authorization: `Bearer ${token}` } : {}),
            ...headers,
        });
        if (validate) {
            const context = `${method} ${target}`;
            checkForm(method, target, answer, context);
            if (answer.json !== undefined) checkAgainstOpenApi(method, target, answer.status, answer.json, answer.headers);
        }
        return answer;
    }

    #send(method, target, payload, headers) {
        return new Promise((resolve, reject) => {
            const request = http.request({ agent: this.#agent, host: this.host, port: this.port, method, path: target,
                headers, timeout: REQUEST_LIMIT_MS });
            request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer`)));
            request.on('error', (error) => reject(new Error(this.#said(`${method} ${target}: ${error.message}`),
                { cause: error })));
            request.on('response', (response) => {
                const chunks = [];
                response.on('data', (chunk) => chunks.push(chunk));
                response.on('error', reject);
                response.on('end', () => resolve(answerOf(response, Buffer.concat(chunks))));
            });
            request.end(payload);
        });
    }

    // What comes back when these very bytes are sent: see raw.mjs.
    rawRequest(bytes, options) {
        return rawRequest(this.host, this.port, bytes, options);
    }

    // The access token of a login address. Kept, because a password hash is slow on purpose; fresh: true logs
    // in again.
    async login(email = PATIENT, password = PASSWORD, { fresh = false } = {}) {
        if (!fresh && this.#tokens.has(email)) return this.#tokens.get(email);
        const answer = await this.request('POST', '/auth/login', { body: { email, password } });
        assert.equal(answer.status, 200, `login of ${email}: ${answer.text}`);
        assert.equal(answer.json.token, answer.json.data.access_token);
        this.#tokens.set(email, answer.json.token);
        return answer.json.token;
    }

    // Registers somebody new: { email, password, patientId, token }. fields are added to what is registered.
    async newPatient(fields = {}) {
        const email = fields.email ?? `p-${randomUUID()}@example.org`;
        const password = fields.password ?? PASSWORD;
        const answer = await this.request('POST', '/auth/register', { body: { email, password, ...fields } });
        assert.equal(answer.status, 201, `register ${email}: ${answer.text}`);
        const token = await this.login(email, password);
        const me = await this.request('GET', '/auth/me', { token });
        assert.equal(me.status, 200, me.text);
        return { email, password, token, patientId: me.json.data.patient_id, userId: me.json.data.user_id };
    }
}

function answerOf(response, bytes) {
    const text = bytes.toString('utf8');
    const isJson = /^application\/([a-z.+-]+\+)?json\b/.test(response.headers['content-type'] ?? '');
    return { status: response.statusCode, headers: response.headers, rawHeaders: response.rawHeaders, bytes, text,
        json: isJson && text !== '' ? JSON.parse(text) : undefined };
}
