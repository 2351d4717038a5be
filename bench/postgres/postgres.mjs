// A PostgreSQL of its own in a temporary folder, with its defaults, on a Unix socket, for bench/run.
import { execFile, spawn } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const SECONDS = 8;
const SECONDS_COUNTED = 4;
// Only while the tables are filled; what is measured has the defaults.
const FILLING = ['fsync=off', 'full_page_writes=off', 'max_wal_size=8GB', 'maintenance_work_mem=256MB'];
const asRoot = process.getuid() === 0;

function binaries() {
    const base = '/usr/lib/postgresql';
    const versions = readdirSync(base).map(Number).filter(Boolean).sort((a, b) => a - b);
    return join(base, String(versions[versions.length - 1]), 'bin');
}

// initdb and postgres refuse to run as root.
function command(name, args) {
    const path = join(binaries(), name);
    return asRoot ? ['runuser', ['-u', 'postgres', '--', path, ...args]] : [path, args];
}

async function call(name, ...args) {
    const [file, list] = command(name, args);
    return run(file, list, { cwd: '/', maxBuffer: 1 << 24 });
}

async function ownerOf(folder) {
    if (!asRoot)
        return;
    const ids = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
    chownSync(folder, Number(ids[0].stdout), Number(ids[1].stdout));
}

export class Postgres {
    // plan: practices, patients (of each), days, per_day
    static async start(folder, plan) {
        const self = new Postgres();
        mkdirSync(folder, { mode: 0o755 });
        await ownerOf(folder);
        self.folder = folder;
        self.variables = Object.entries(plan).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
        self.numbers = Object.entries(plan).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
        await call('initdb', '-D', join(folder, 'data'), '--auth=trust', '-E', 'UTF8', '--locale=C');
        await self.serve(FILLING);
        for (const name of ['schema', 'fill', 'function'])
            await self.sql('-f', join(here, `${name}.sql`));
        await self.stop();
        await self.serve([]);
        return self;
    }

    async serve(settings) {
        const [file, list] = command('postgres', ['-D', join(this.folder, 'data'), '-k', this.folder, '-c', 'listen_addresses=',
            ...settings.flatMap((setting) => ['-c', setting])]);
        this.server = spawn(file, list, { cwd: '/', stdio: 'ignore' });
        await this.ready();
    }

    async ready() {
        for (let i = 0; i < 100; i++) {
            const up = await call('pg_isready', '-h', this.folder).then(() => true, () => false);
            if (up)
                return;
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
        throw new Error('PostgreSQL does not start');
    }

    async sql(...args) {
        const { stdout } = await call('psql', '-h', this.folder, '-U', 'postgres', '-d', 'postgres', '-X', '-q', '-A', '-t', '-v',
            'ON_ERROR_STOP=1', ...this.variables, ...args);
        return stdout;
    }

    count() {
        return this.sql('-c', 'SELECT count(*) FROM appointment').then(Number);
    }

    // Bookings a second: what was booked, not what was tried. The first seconds, in which connections are made
    // and each of them plans its statements, do not count.
    async book(clients) {
        const before = await this.count();
        const { stdout, stderr } = await call('pgbench', '-h', this.folder, '-U', 'postgres', '-n', '-M', 'prepared',
            '-c', clients, '-j', '1', '-T', SECONDS, '-P', '1', ...this.numbers, '-f', join(here, 'book.sql'), 'postgres');
        const rates = [...stderr.matchAll(/^progress: [\d.]+ s, ([\d.]+) tps/gm)].map((found) => Number(found[1]));
        const tried = Number(/actually processed: (\d+)/.exec(stdout)[1]);
        const counted = rates.slice(-SECONDS_COUNTED);
        const tps = counted.reduce((sum, rate) => sum + rate, 0) / counted.length;
        return tps * (await this.count() - before) / tried;
    }

    // By its own process id: runuser would not pass a signal on.
    async stop() {
        await call('pg_ctl', '-D', join(this.folder, 'data'), '-m', 'fast', '-w', 'stop').catch(() => {});
        this.server.kill();
    }
}
