// lib.mjs - `opendoor lambda` with a Runtime API of its own, without a gateway.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { LambdaRuntime } from '../api/lib/lambda.mjs';
import { programPath } from '../api/lib/server.mjs';

const START_LIMIT_MS = 20_000;
const LOOK_MS = 20;

const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

// wait: false does not wait until the program asks for its first event. command: another path to the program.
export async function startLambda({ env = {}, args = [], demo = true, wait = true, command = programPath(), words } = {}) {
    const folder = mkdtempSync(path.join(tmpdir(), 'opendoor-lambda-'));
    const runtime = new LambdaRuntime();
    const host = await runtime.listen();
    const all = words ?? ['lambda', '--data', path.join(folder, 'data'), ...(demo ? ['--demo'] : []), ...args];
    const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'], env: {
        PATH: process.env.PATH, AWS_LAMBDA_RUNTIME_API: host,
        ASAN_OPTIONS: 'exitcode=86:detect_leaks=1', UBSAN_OPTIONS: 'exitcode=86:halt_on_error=1', ...env } });
    const lambda = new Lambda(child, runtime, folder);
    if (!wait) return lambda;
    const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS);
    await Promise.race([runtime.ready, lambda.ended.then((end) => { throw new Error(`ended: ${JSON.stringify(end)}\n${lambda.stderr}`); })]);
    clearTimeout(timer);
    return lambda;
}

class Lambda {
    stdout = '';
    stderr = '';

    constructor(child, runtime, folder) {
        Object.assign(this, { child, runtime, folder });
        running.add(child);
        for (const name of ['stdout', 'stderr']) {
            child[name].setEncoding('utf8').on('data', (text) => { this[name] += text; });
        }
        this.ended = new Promise((resolve) => { child.on('close', (code, signal) => resolve({ code, signal })); })
            .finally(() => {
                running.delete(child);
                runtime.close();
                rmSync(folder, { recursive: true, force: true });
            });
    }

    // The line of metrics that fits, once it has come.
    async metrics(fits) {
        for (let left = 200; left > 0; left -= 1) {
            const found = this.stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line)).find(fits);
            if (found) return found;
            await new Promise((done) => { setTimeout(done, LOOK_MS); });
        }
        throw new Error(`no such line in\n${this.stdout}`);
    }

    async stop() {
        this.child.kill('SIGTERM');
        const end = await this.ended;
        assert.deepEqual(end, { code: 0, signal: null }, this.stderr);
    }
}
