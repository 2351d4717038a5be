// dynamodb.mjs - stands between programs and DynamoDB Local, and does what networks and services do.
//
//   const proxy = await startProxy((operation, count) => 'throttle');
//   ... env: { DYNAMODB_ENDPOINT: proxy.url } ...
//   proxy.close();
//
// decide is asked for each request, with its operation ("PutItem") and how many of that operation there were,
// and says what becomes of it:
//   undefined       it goes through
//   'drop'          the connection closes, nothing is done
//   'lose'          it is done, the connection closes without an answer
//   'throttle', 'internal', 'conflict'   such an answer, nothing is done
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { dynamodbEnvironment, STORE } from './server.mjs';

const ANSWERS = {
    throttle: [400, { __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException', message: 'slow down' }],
    internal: [500, { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: 'no' }],
    conflict: [400, { __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException', Message: 'cancelled',
        CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }] }],
};

export async function startProxy(decide = () => undefined) {
    const to = new URL(process.env.DYNAMODB_ENDPOINT);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    const counts = new Map();
    const faults = new Map();
    const server = http.createServer(async (request, response) => {
        const chunks = [];
        try {
            for await (const chunk of request) chunks.push(chunk);
        } catch {
            return; // who asked is dead
        }
        const operation = request.headers['x-amz-target']?.split('.').at(-1) ?? '';
        counts.set(operation, (counts.get(operation) ?? 0) + 1);
        const fault = decide(operation, counts.get(operation));
        if (fault) faults.set(fault, (faults.get(fault) ?? 0) + 1);
        if (fault === 'drop') return void request.socket.destroy();
        if (fault in ANSWERS) return void answer(response, ...ANSWERS[fault]);
        forward(request, Buffer.concat(chunks), (reply, body) => {
            if (fault === 'lose' || !reply) return void request.socket.destroy();
            response.writeHead(reply.statusCode, reply.headers);
            response.end(body);
        });
    });
    server.keepAliveTimeout = 0;
    server.on('clientError', (error, socket) => socket.destroy());

    function forward(request, body, done) {
        const onward = http.request({ host: to.hostname, port: to.port, agent, method: request.method, path: request.url,
            headers: { ...request.headers, host: to.host, connection: 'keep-alive' } }, (reply) => {
            const chunks = [];
            reply.on('data', (chunk) => chunks.push(chunk));
            reply.on('error', () => done());
            reply.on('end', () => done(reply, Buffer.concat(chunks)));
        });
        onward.on('error', () => done());
        onward.end(body);
    }

    function answer(response, status, body) {
        const bytes = Buffer.from(JSON.stringify(body));
        response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': bytes.length });
        response.end(bytes);
    }

    await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
    return {
        url: `http://127.0.0.1:${server.address().port}`, counts, faults,
        close() {
            server.close();
            server.closeAllConnections();
            agent.destroy();
        },
    };
}

function ask(operation, body) {
    const to = new URL(process.env.DYNAMODB_ENDPOINT);
    const bytes = Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
        const request = http.request({ host: to.hostname, port: to.port, method: 'POST', headers: {
            'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': bytes.length,
            'X-Amz-Target': `DynamoDB_20120810.${operation}`, // DynamoDB Local checks no signature, but wants one
            Authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        } }, (reply) => {
            const chunks = [];
            reply.on('data', (chunk) => chunks.push(chunk));
            reply.on('end', () => resolve(JSON.parse(Buffer.concat(chunks))));
        });
        request.on('error', reject);
        request.end(bytes);
    });
}

async function tableBytes(name) {
    const chunks = [];
    let start;
    do {
        const page = await ask('Scan', { TableName: name, ...(start ? { ExclusiveStartKey: start } : {}) });
        for (const item of page.Items)
            for (const value of Object.values(item)) chunks.push(value.B ? Buffer.from(value.B, 'base64') : Buffer.from(JSON.stringify(value)));
        start = page.LastEvaluatedKey;
    } while (start);
    return Buffer.concat(chunks);
}

// All that is stored, as [name, bytes]: the files of the folder, or the tables that stand for it.
export async function storedBytes(dataDir) {
    if (STORE !== 'dynamodb')
        return readdirSync(dataDir).map((name) => path.join(dataDir, name)).map((file) => [file, readFileSync(file)]);
    const names = Object.entries(dynamodbEnvironment(dataDir)).filter(([name]) => name.endsWith('_TABLE')).map(([, table]) => table);
    return Promise.all(names.map(async (name) => [name, await tableBytes(name)]));
}
