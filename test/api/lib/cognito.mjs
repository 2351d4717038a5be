// cognito.mjs - Amazon Cognito for tests: npm's cognito-local, started once for a test file that needs it, on
// 127.0.0.1 and with a temporary folder, and user pools in it.
//
// OPENDOOR_LOGIN=cognito makes server.mjs start every program with a pool of its own, in which the demo users
// are.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const START_LIMIT_MS = 30_000;
const POLL_MS = 50;
const OUTPUT_KEPT_BYTES = 256 << 10;

export const LOGIN = process.env.OPENDOOR_LOGIN ?? 'builtin';
// Signed requests need some; nobody checks them here.
export const AWS = { AWS_REGION: 'eu-west-2', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

let local; // the promise of the one that was started
let child;

process.on('exit', () => child?.kill('SIGKILL'));

function freePort() {
    return new Promise((resolve, reject) => {
        const probe = net.createServer();
        probe.on('error', reject);
        probe.listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

async function startLocal() {
    const folder = mkdtempSync(path.join(tmpdir(), 'opendoor-cognito-'));
    const port = await freePort();
    let output = '';
    child = spawn(process.execPath, [path.resolve(HERE, '../../cognito/local.cjs')], { cwd: folder,
        env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port) }, stdio: 'pipe' });
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text) => { output = (output + text).slice(-OUTPUT_KEPT_BYTES); });
        stream.unref?.();
    }
    child.stdin.unref?.();
    child.unref(); // it ends with the test file
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    const until = Date.now() + START_LIMIT_MS;
    const endpoint = `http://127.0.0.1:${port}`;
    for (;;) {
        const there = await get(`${endpoint}/health`).catch(() => undefined);
        if (there?.status === 200) return { endpoint, output: () => output };
        if (Date.now() > until || child.exitCode !== null) throw new Error(`cognito-local does not start:\n${output}`);
        await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
    }
}

// The cognito-local of this test file: { endpoint, output() }; output is what it has printed, codes among it.
export function cognitoLocal() {
    local ??= startLocal();
    return local;
}

function get(url) {
    return new Promise((resolve, reject) => {
        http.get(url, { agent: false }, (answer) => {
            answer.resume();
            answer.on('end', () => resolve({ status: answer.statusCode }));
        }).on('error', reject);
    });
}

// One action of Cognito's API, as an administrator: the answer's JSON; throws after an error.
export async function cognitoAsk(endpoint, action, body) {
    const answer = await fetch(`${endpoint}/`, { method: 'POST', body: JSON.stringify(body),
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AWSCognitoIdentityProviderService.${action}` } });
    const json = await answer.json();
    if (!answer.ok) throw new Error(`${action}: ${answer.status} ${JSON.stringify(json)}`);
    return json;
}

export class Pool {
    constructor(endpoint, id, clientId) {
        Object.assign(this, { endpoint, id, clientId });
        this.env = { USER_POOL_ID: id, USER_POOL_CLIENT_ID: clientId, COGNITO_ENDPOINT: endpoint, ...AWS };
    }

    ask(action, body) {
        return cognitoAsk(this.endpoint, action, { UserPoolId: this.id, ...body });
    }

    // Somebody whom an operator has made in the pool, with a verified address.
    async add(email, password, groups = [], { verified = true } = {}) {
        const { User } = await this.ask('AdminCreateUser', { Username: email, MessageAction: 'SUPPRESS',
            UserAttributes: [{ Name: 'email', Value: email }, ...(verified ? [{ Name: 'email_verified', Value: 'true' }] : [])] });
        await this.ask('AdminSetUserPassword', { Username: email, Password: password, Permanent: true });
        for (const group of groups) await this.ask('AdminAddUserToGroup', { Username: email, GroupName: group });
        return User.Attributes.find(({ Name }) => Name === 'sub').Value;
    }
}

// A new pool as deploy/template.yaml makes it, with access tokens of that many seconds.
export async function newPool({ seconds = 900 } = {}) {
    const { endpoint } = await cognitoLocal();
    const { UserPool } = await cognitoAsk(endpoint, 'CreateUserPool', { PoolName: 'opendoor', UsernameAttributes: ['email'] });
    const { UserPoolClient } = await cognitoAsk(endpoint, 'CreateUserPoolClient', { UserPoolId: UserPool.Id, ClientName: 'opendoor',
        AccessTokenValidity: seconds, IdTokenValidity: seconds, RefreshTokenValidity: 30,
        TokenValidityUnits: { AccessToken: 'seconds', IdToken: 'seconds', RefreshToken: 'days' } });
    const pool = new Pool(endpoint, UserPool.Id, UserPoolClient.ClientId);
    for (const group of ['patient', 'staff', 'admin']) await pool.ask('CreateGroup', { GroupName: group });
    return pool;
}

const demoUsers = JSON.parse(readFileSync(path.resolve(HERE, '../../../data/demo/users.json'), 'utf8'));

export async function addDemoUsers(pool, password) {
    for (const { email, role } of demoUsers) await pool.add(email, password, role === 'patient' ? [] : [role]);
}
