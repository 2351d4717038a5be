// The programs that bench/run.mjs starts: opendoor on a filled store, the limits beside it, the load.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const CONNECTIONS = 64;
const ADMIN = { email: 'admin@example.org', password: 'BenchPass123!' }; // made by bench/fill.c
const running = new Set();

// A server that says where it listens, once it does.
class Server {
    constructor(file, args, env = {}) {
        this.started = process.hrtime.bigint();
        this.process = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
        running.add(this.process);
        this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    }

    async ready() {
        for await (const line of createInterface({ input: this.process.stdout })) {
            this.start_ms = Number(process.hrtime.bigint() - this.started) / 1e6;
            this.url = line.replace('listening on ', '');
            this.port = Number(new URL(this.url).port);
            this.process.stdout.resume();
            return this;
        }
        throw new Error(`${this.process.spawnfile} did not start`);
    }

    async stop() {
        this.process.kill('SIGTERM');
        await this.ended;
        running.delete(this.process);
    }
}

export function stopAll() {
    for (const child of running)
        child.kill('SIGKILL');
}

function pairs(text) {
    return Object.fromEntries(text.trim().split(/\s+/).map((word) => word.split('=')).map(([name, value]) => [name, Number(value)]));
}

export class Programs {
    constructor(build, folder) {
        this.build = build;
        this.folder = folder;
    }

    async run(name, ...args) {
        const { stdout } = await execute(join(this.build, 'bench', name), args.map(String), { maxBuffer: 1 << 24 });
        return stdout;
    }

    async fill(name, plan) {
        const data = join(this.folder, name);
        const made = await this.run('fill', '--data', data, '--practices', plan.practices, '--days', plan.days, '--per-day', plan.per_day);
        return { ...pairs(made), data, plan };
    }

    // Records and their sealed bytes on average, by table.
    async sizes(store) {
        const lines = (await this.run('fill', '--data', store.data, '--sizes')).trim().split('\n');
        return Object.fromEntries(lines.map((line) => line.split(' ')).map(([table, , bytes]) => [table, Number(bytes)]));
    }

    // How long a process takes that ends at once: what of the start is the system's.
    async processMs() {
        const start = process.hrtime.bigint();
        await execute(join(this.build, 'opendoor'), ['version']);
        return Number(process.hrtime.bigint() - start) / 1e6;
    }

    serve(store) {
        return new Server(join(this.build, 'opendoor'), ['serve', '--data', store.data, '--port', '0'],
            { RATE_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'WARN' }).ready();
    }

    bareHttp(bytes) {
        return new Server(join(this.build, 'bench', 'bare_http'), [String(bytes)]).ready();
    }

    // Its store is as full as ours, beside it on the disk, and goes on from one call to the next.
    async bareStore(records, batch, store, seconds) {
        const folder = join(this.folder, 'bare');
        mkdirSync(folder, { recursive: true });
        return pairs(await this.run('bare_store', '--records', records, '--batch', batch, '--population', store.patients,
            '--days', store.plan.practices * store.plan.days, '--filled', store.appointments, '--seconds', seconds, '--dir', folder));
    }

    requests(name, lines) {
        const file = join(this.folder, `${name}.requests`);
        writeFileSync(file, lines.map((parts) => parts.join('\t')).join('\n') + '\n');
        return file;
    }

    // want: the only status that may come. cpu_us is the server's processor time for an answer.
    async load(server, file, want, ...more) {
        const before = processorOf(server);
        const start = process.hrtime.bigint();
        const result = pairs(await this.run('load', '--port', server.port, '--requests', file, '--connections', CONNECTIONS, ...more));
        const others = Object.entries(result).filter(([name, value]) => name.startsWith('status_') && name !== `status_${want}` && value > 0);
        if (others.length > 0 || result.broken > 0)
            throw new Error(`not all answers are ${want}: ${JSON.stringify(result)}`);
        const seconds = Number(process.hrtime.bigint() - start) / 1e9; // the warm-up too
        result.cpu_us = (processorOf(server) - before) * 1e6 / (result.rate * seconds);
        return result;
    }
}

export async function login(server) {
    const answer = await fetch(`${server.url}/auth/login`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(ADMIN) });
    if (!answer.ok)
        throw new Error(`login: ${await answer.text()}`);
    return (await answer.json()).token;
}

export async function metric(server, name) {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)[1]);
}

// In seconds; counted by the kernel in hundredths.
function processorOf(server) {
    const fields = readFileSync(`/proc/${server.process.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
}

// Memory of its own, in MiB: without pages of files that are mapped.
export function memoryOf(server) {
    const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+)/m.exec(status)[1]) / 1024;
}
