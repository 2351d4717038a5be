// lambda.mjs - what stands around `opendoor lambda` on AWS, for tests: the Runtime API that hands it events, and an
// API gateway that makes events of HTTP requests and HTTP answers of what comes back.
//
// The gateway alternates between what a REST API sends (payload 1.0: query decoded, path as it was) and what an
// HTTP API sends (payload 2.0: the stage in front of the path, path decoded, headers in lower case).
import { randomUUID } from 'node:crypto';
import http from 'node:http';

const STAGE = 'live';
const FUNCTION_LIMIT_MS = 29_000;
const SOURCE_IP = '203.0.113.9';

export class LambdaRuntime {
    #events = [];      // given out in this order
    #waiting = null;   // the program's GET .../next that has no event yet
    #invocations = new Map();
    #server = http.createServer((request, response) => this.#serve(request, response));

    initErrors = [];
    asked = 0;

    constructor() {
        this.ready = new Promise((resolve) => { this.isReady = resolve; });
        this.initFailed = new Promise((resolve) => { this.hasInitFailed = resolve; });
    }

    // Gives "127.0.0.1:PORT", the value of AWS_LAMBDA_RUNTIME_API.
    async listen() {
        this.#server.keepAliveTimeout = 0;
        await new Promise((done) => { this.#server.listen(0, '127.0.0.1', done); });
        return `127.0.0.1:${this.#server.address().port}`;
    }

    close() {
        for (const { resolve } of this.#invocations.values()) resolve({ lost: true });
        this.#server.close();
        this.#server.closeAllConnections();
    }

    // { response } (parsed), { error, type }, or { lost }. event: a value, or a string sent as it is. respondWith:
    // the status with which the runtime answers the program's response (202 if it is left out).
    invoke(event, { id = randomUUID(), traceId, limitMs = FUNCTION_LIMIT_MS, respondWith = 202 } = {}) {
        return new Promise((resolve) => {
            const text = typeof event === 'string' ? event : JSON.stringify(event);
            this.#invocations.set(id, { resolve, respondWith });
            this.#events.push({ id, text, traceId, limitMs });
            this.#next();
        });
    }

    #next() {
        if (!this.#waiting || this.#events.length === 0) return;
        const { id, text, traceId, limitMs } = this.#events.shift();
        const response = this.#waiting;
        this.#waiting = null;
        response.writeHead(200, {
            'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text),
            'Lambda-Runtime-Aws-Request-Id': id, 'Lambda-Runtime-Deadline-Ms': String(Date.now() + limitMs),
            'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-west-2:123456789012:function:test',
            ...(traceId ? { 'Lambda-Runtime-Trace-Id': traceId } : {}),
        });
        response.end(text);
    }

    async #serve(request, response) {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const body = Buffer.concat(chunks).toString();
        const path = request.url.replace('/2018-06-01/runtime', '');
        if (request.method === 'GET' && path === '/invocation/next') {
            this.asked += 1;
            this.#waiting = response;
            this.isReady();
            this.#next();
            return;
        }
        const { status, end } = this.#take(request, path, body);
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end('{"status":"OK"}', end);
    }

    #take(request, path, body) {
        const type = request.headers['lambda-runtime-function-error-type'];
        if (request.method === 'POST' && path === '/init/error') {
            this.initErrors.push({ type, ...JSON.parse(body) });
            return { status: 202, end: () => this.hasInitFailed(this.initErrors[0]) };
        }
        const [, id, what] = /^\/invocation\/([\w-]+)\/(response|error)$/.exec(path) ?? [];
        const invocation = this.#invocations.get(id);
        if (request.method !== 'POST' || !invocation) return { status: 400 };
        if (what === 'response' && invocation.respondWith !== 202) return { status: invocation.respondWith };
        this.#invocations.delete(id);
        const result = what === 'response' ? { response: JSON.parse(body) } : { error: JSON.parse(body), type };
        return { status: 202, end: () => invocation.resolve(result) };
    }
}

// ---- events -----------------------------------------------------------------------------------------------

function pairs(rawHeaders) {
    const list = [];
    for (let i = 0; i < rawHeaders.length; i += 2) list.push([rawHeaders[i], rawHeaders[i + 1]]);
    return list;
}

function lists(entries) {
    const many = {};
    for (const [name, value] of entries) (many[name] ??= []).push(value);
    return Object.keys(many).length > 0 ? many : null;
}

const lastOf = (many) => many && Object.fromEntries(Object.entries(many).map(([name, values]) => [name, values.at(-1)]));

function bodyOf(bytes) {
    if (bytes.length === 0) return { body: null, isBase64Encoded: false };
    const text = bytes.toString('utf8');
    const isText = Buffer.from(text).equals(bytes);
    return { body: isText ? text : bytes.toString('base64'), isBase64Encoded: !isText };
}

// A REST API's event, or null if the query cannot be decoded, as the gateway would refuse it.
export function event1({ method, target, rawHeaders = [], body = Buffer.alloc(0), sourceIp = SOURCE_IP,
    requestId = randomUUID() }) {
    const [path, query = ''] = target.split(/\?(.*)/s);
    const decode = (text) => decodeURIComponent(text.replaceAll('+', ' '));
    let params;
    try {
        params = lists(query.split('&').filter(Boolean).map((part) => part.split(/=(.*)/s))
            .map(([name, value = '']) => [decode(name), decode(value)]));
    } catch {
        return null;
    }
    const headers = lists([...pairs(rawHeaders), ['X-Forwarded-For', sourceIp], ['X-Forwarded-Proto', 'https']]);
    return {
        version: '1.0', resource: '/{proxy+}', path, httpMethod: method, headers: lastOf(headers),
        multiValueHeaders: headers, queryStringParameters: lastOf(params), multiValueQueryStringParameters: params,
        pathParameters: { proxy: path.slice(1) }, stageVariables: null,
        requestContext: { accountId: '123456789012', apiId: 'test', stage: STAGE, path: `/${STAGE}${path}`, requestId,
            httpMethod: method, resourcePath: '/{proxy+}', identity: { sourceIp, userAgent: null }, authorizer: null },
        ...bodyOf(body),
    };
}

function decodedPath(path) {
    try {
        const decoded = decodeURIComponent(path);
        return decoded.split('/').length === path.split('/').length && !/[%?]/.test(decoded) ? decoded : path;
    } catch {
        return path;
    }
}

// An HTTP API's event.
export function event2({ method, target, rawHeaders = [], body = Buffer.alloc(0), sourceIp = SOURCE_IP,
    requestId = 'JKJaXmPLvHcESHA=', stage = STAGE }) {
    const [path, query = ''] = target.split(/\?(.*)/s);
    const rawPath = `${stage === '$default' ? '' : `/${stage}`}${decodedPath(path)}`;
    const lower = pairs(rawHeaders).map(([name, value]) => [name.toLowerCase(), value]);
    const many = lists([...lower.filter(([name]) => name !== 'cookie'), ['x-forwarded-for', sourceIp]]);
    const cookies = lower.filter(([name]) => name === 'cookie').flatMap(([, value]) => value.split('; '));
    return {
        version: '2.0', routeKey: '$default', rawPath, rawQueryString: query, ...(cookies.length ? { cookies } : {}),
        headers: Object.fromEntries(Object.entries(many).map(([name, values]) => [name, values.join(',')])),
        requestContext: { accountId: '123456789012', apiId: 'test', stage, requestId, routeKey: '$default',
            http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp, userAgent: 'test' },
            time: '25/Nov/2026:09:00:00 +0000', timeEpoch: Date.now() },
        ...bodyOf(body),
    };
}

// ---- the gateway ------------------------------------------------------------------------------------------

export class LambdaGateway {
    #count = 0;
    #runtime;
    #server = http.createServer((request, response) => this.#serve(request, response));

    constructor(runtime) {
        this.#runtime = runtime;
    }

    async listen() {
        this.#server.keepAliveTimeout = 0; // a slow test must not find its connection closed
        await new Promise((done) => { this.#server.listen(0, '127.0.0.1', done); });
        return this.#server.address().port;
    }

    close() {
        this.#server.close();
        this.#server.closeAllConnections();
    }

    async #serve(request, response) {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const asked = { method: request.method, target: request.url, rawHeaders: request.rawHeaders, body: Buffer.concat(chunks) };
        const event = (this.#count++ % 2 === 0 ? event1(asked) : null) ?? event2(asked);
        const result = await this.#runtime.invoke(event);
        if (result.response) answer(response, request.method, result.response);
        else answer(response, request.method, { statusCode: 502, headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ message: 'Internal server error', ...result }) });
    }
}

function answer(response, method, { statusCode, headers = {}, multiValueHeaders = {}, cookies = [], body = '', isBase64Encoded }) {
    const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
    response.statusCode = statusCode;
    for (const [name, value] of Object.entries({ ...headers, ...multiValueHeaders })) response.setHeader(name, value);
    if (cookies.length > 0) response.setHeader('Set-Cookie', cookies);
    if (method !== 'HEAD' && statusCode !== 204 && statusCode !== 304) response.setHeader('Content-Length', bytes.length);
    response.end(bytes);
}
