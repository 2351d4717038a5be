// The benchmarks: one run, one table of ratios to the limits of design.md section 6.
//
// A limit and what is held against it run in turn, a short slice each, several times; the table has the median of
// each, and of the ratio within a round, so that a machine that gets slower for a while hurts both sides. On one
// machine the load takes its share of the processor, in both halves of a ratio.
//
// Stores are made by bench/fill.c. Ids can be counted (id below), so nothing has to be asked for first.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Postgres } from './postgres/postgres.mjs';
import { login, memoryOf, metric, Programs, stopAll } from './program.mjs';

const HELP = `usage: ./dev bench [--quick] [--only PART[,PART]] [--no-postgres] [--dir FOLDER]

  --quick         a hundred thousand appointments instead of a million
  --only          start, availability, read, booking, memory, flat
  --no-postgres   without the comparison
  --dir           where stores are made and removed again; a disk, not memory (default: the system's temporary folder)
`;
const DAY_MS = 86400000;
const TMPFS = 0x01021994;
const ROUNDS = 4;
const SLICE = ['--seconds', 1.2, '--warmup', 0.3];
const BOOKINGS = 5000; // in a slice
const AFTERNOON = { first: 20, slots: 22, capacity: 8 }; // slots of a day from 13:00 on, which fill.c leaves empty
const PLAN = { days: 42, per_day: 60 };
const PRACTICES = { small: 4, large: 400, quick: 40 };

const id = (kind, number) => `01a00000-${kind.toString(16).padStart(4, '0')}-7000-8000-${number.toString(16).padStart(12, '0')}`;
const practiceId = (number) => id(1, number);
const patientId = (number) => id(2, number);
const appointmentId = (number) => id(3, number);

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const ratios = (above, below) => median(above.map((value, i) => value / below[i]));
const rates = (slices) => slices.map((slice) => slice.rate);
const processor = (slices) => median(slices.map((slice) => slice.cpu_us)).toFixed(0);
const per = (number) => `${Math.round(number).toLocaleString('en-GB')}/s`;

// ---- requests ----

function availabilities(store) {
    return Array.from({ length: store.plan.practices }, (_, i) => ['GET', `/practices/${practiceId(i)}/availability`, '-']);
}

function reads(store, token) {
    const count = Math.min(5000, store.appointments);
    return Array.from({ length: count }, (_, i) =>
        ['GET', `/appointments/${appointmentId(Math.floor(i * store.appointments / count))}`, token]);
}

// Number n of a store is the same place for the same person in every run, and no other number has it. Neighbours
// are of different practices; a practice's bookings go through its patients, its days from tomorrow on, then its
// slots.
function booking(store, n) {
    const practice = n % store.plan.practices;
    const round = Math.floor(n / store.plan.practices);
    const each = store.patients / store.practices;
    const slot = Math.floor(round / (PLAN.days - 1)) % AFTERNOON.slots;
    if (round >= (PLAN.days - 1) * AFTERNOON.slots * AFTERNOON.capacity)
        throw new Error('there are no free slots left; fewer rounds, or a larger store');
    const minute = 8 * 60 + 15 * (AFTERNOON.first + slot);
    return {
        patient_id: patientId(practice * each + round % each),
        practice_id: practiceId(practice),
        appointment_datetime: london(store.first_day + 1 + round % (PLAN.days - 1), minute),
        appointment_type: 'routine',
        reason: 'Something that has to be seen to before long',
    };
}

// A wall time in London as an instant with its offset.
function london(day, minute) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00`;
    const hour = new Date(`${date}T${time}Z`).toLocaleTimeString('en-GB', { timeZone: 'Europe/London', hour: '2-digit' });
    return `${date}T${time}${Number(hour) === Math.floor(minute / 60) ? 'Z' : '+01:00'}`;
}

function bookings(store, token, count) {
    const first = store.booked ?? 0;
    store.booked = first + count;
    return Array.from({ length: count }, (_, i) => ['POST', '/appointments', token, JSON.stringify(booking(store, first + i))]);
}

// ---- parts ----

class Bench {
    constructor(options) {
        this.options = options;
        this.folder = mkdtempSync(join(options.dir ?? tmpdir(), 'opendoor-bench-'));
        chmodSync(this.folder, 0o711); // PostgreSQL, as another user, has its folder in it
        this.programs = new Programs(options.build, this.folder);
        this.rows = [];
        this.notes = [];
    }

    say(text) {
        process.stderr.write(`== ${text}\n`);
    }

    wants(part) {
        return !this.options.only || this.options.only.split(',').includes(part);
    }

    row(what, ours, limit, value, target, good) {
        this.say([what.trim(), ours, limit, value].filter(Boolean).join(', '));
        this.rows.push([what, ours, limit, value, target, good === undefined ? '' : good ? 'yes' : 'NO']);
    }

    async fill() {
        const large = this.options.quick ? PRACTICES.quick : PRACTICES.large;
        for (const [name, practices] of [['small', PRACTICES.small], ['large', large]]) {
            this.say(`a store with ${(practices * PLAN.days * PLAN.per_day).toLocaleString('en-GB')} appointments`);
            this[name] = await this.programs.fill(name, { practices, ...PLAN });
            this[name].first_day = Math.floor(Date.now() / DAY_MS);
            this.say(`took ${this[name].seconds} s`);
        }
    }

    async start() {
        const times = [], process_ms = [];
        for (let i = 0; i < ROUNDS; i++) {
            process_ms.push(await this.programs.processMs());
            const server = await this.programs.serve(this.large);
            times.push(server.start_ms);
            await server.stop();
        }
        const time = median(times);
        this.row(`start to ready, ${this.large.appointments.toLocaleString('en-GB')} appointments`, `${time.toFixed(1)} ms`, `opendoor version ${median(process_ms).toFixed(1)} ms`, '', '< 50 ms', time < 50);
    }

    // Ours and the bare HTTP library with as many bytes, in turn.
    async against(server, what, lines, target) {
        const file = this.programs.requests('http', lines);
        const bytes = await bodyBytes(server, lines);
        const bare = await this.programs.bareHttp(bytes);
        const ours = [], limit = [];
        for (let i = 0; i < ROUNDS; i++) {
            limit.push(await this.programs.load(bare, file, 200, ...SLICE));
            ours.push(await this.programs.load(server, file, 200, ...SLICE));
        }
        await bare.stop();
        const ratio = ratios(rates(ours), rates(limit));
        this.row(`${what} (${bytes} bytes)`, per(median(rates(ours))), `bare_http ${per(median(rates(limit)))}`, ratio.toFixed(2), `>= ${target}`, ratio >= target);
        this.notes.push(`${what}: ${processor(ours)} us of processor for an answer; bare_http ${processor(limit)} us`);
    }

    async availability(server) {
        await this.against(server, 'availability of one practice, 7 days', availabilities(this.large), 0.6);
    }

    async read(server) {
        await this.against(server, 'one appointment, with a token', reads(this.large, await login(server)), 0.5);
    }

    async bookingSlice(server, store, token, count) {
        const commits = await metric(server, 'opendoor_store_commits_total');
        const file = this.programs.requests('booking', bookings(store, token, count));
        const result = await this.programs.load(server, file, 201, '--once');
        result.batch = count / (await metric(server, 'opendoor_store_commits_total') - commits);
        return result;
    }

    async booking(server) {
        const records = recordsOf(await this.programs.sizes(this.small));
        const token = await login(server);
        const postgres = this.options['no-postgres'] ? null : await this.postgres();
        const ours = [], limit = [], p99 = [], batches = [], theirs = [], slices = [];
        for (let i = 0; i < ROUNDS; i++) {
            const slice = await this.bookingSlice(server, this.large, token, BOOKINGS);
            const batch = Math.max(1, Math.round(slice.batch));
            slices.push(slice);
            ours.push(slice.rate);
            p99.push(slice.p99_us / 1000);
            batches.push(slice.batch);
            limit.push((await this.programs.bareStore(records, batch, this.large, 2)).ops_per_s);
            if (postgres)
                theirs.push(await postgres.book(64));
        }
        await postgres?.stop();
        this.notes.push(`a booking writes ${records} (bytes, and where: bench/records.h); ${median(batches).toFixed(1)} bookings a commit; ${processor(slices)} us of processor for one`);
        const ratio = ratios(ours, limit);
        this.row('bookings, durable, 64 connections', per(median(ours)), `bare_store ${per(median(limit))}`, ratio.toFixed(2), '>= 0.6', ratio >= 0.6);
        this.row('  their p99', `${median(p99).toFixed(1)} ms`, '', '', '< 50 ms', median(p99) < 50);
        if (postgres)
            this.row('  the same in PostgreSQL, no HTTP', '', `postgres ${per(median(theirs))}`, ratios(ours, theirs).toFixed(2), '> 1', ratios(ours, theirs) > 1);
    }

    // As many appointments as our store has.
    postgres() {
        this.say('the same in PostgreSQL');
        const { practices } = this.large.plan;
        return Postgres.start(join(this.folder, 'postgres'), { practices, patients: this.large.patients / practices, ...PLAN });
    }

    async memory(server) {
        const file = this.programs.requests('memory', availabilities(this.large));
        const more = this.programs.requests('memory-bookings', bookings(this.large, await login(server), BOOKINGS));
        let most = 0;
        const watch = setInterval(() => { most = Math.max(most, memoryOf(server)); }, 50);
        await this.programs.load(server, file, 200, ...SLICE, '--idle', 936);
        await this.programs.load(server, more, 201, '--once', '--idle', 936);
        clearInterval(watch);
        this.row('memory of its own, 1,000 connections', `${most.toFixed(1)} MiB`, '', '', '< 64 MiB', most < 64);
    }

    async flat(large) {
        const small = await this.programs.serve(this.small);
        const tokens = [await login(small), await login(large)];
        const files = [this.small, this.large].map((store, i) => this.programs.requests(`flat-${i}`, availabilities(store)));
        const seen = [[], []], booked = [[], []];
        for (let i = 0; i < ROUNDS; i++) {
            for (const [which, server] of [small, large].entries()) {
                const store = which ? this.large : this.small;
                seen[which].push((await this.programs.load(server, files[which], 200, ...SLICE)).rate);
                booked[which].push((await this.bookingSlice(server, store, tokens[which], 2000)).rate);
            }
        }
        await small.stop();
        for (const [what, [few, many]] of [['availability', seen], ['booking', booked]]) {
            const ratio = ratios(few, many);
            this.row(`cost of ${what}, ${short(this.small)} to ${short(this.large)}`, per(median(many)), `small ${per(median(few))}`, ratio.toFixed(2), '<= 1.3', ratio <= 1.3);
        }
    }

    async run() {
        await this.fill();
        if (this.wants('start'))
            await this.start();
        const server = await this.programs.serve(this.large);
        for (const part of ['availability', 'read', 'booking', 'memory', 'flat']) {
            if (!this.wants(part))
                continue;
            this.say(part);
            await this[part](server);
        }
        await server.stop();
    }

    print() {
        const head = ['what', 'opendoor', 'beside it', 'ratio', 'wanted', 'reached'];
        const rows = [head, ...this.rows];
        const widths = head.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
        for (const row of rows)
            console.log(row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd());
        console.log();
        for (const note of this.notes)
            console.log(note);
    }

    done() {
        stopAll();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

function short(store) {
    return store.appointments >= 1e6 ? `${Math.round(store.appointments / 1e6)} million` : store.appointments.toLocaleString('en-GB');
}

async function bodyBytes(server, lines) {
    let sum = 0;
    const some = lines.slice(0, 20);
    for (const [, path, token] of some) {
        const answer = await fetch(server.url + path, { headers: token === '-' ? {} : { Authorization: `Bearer ${token}` } });
        sum += (await answer.arrayBuffer()).byteLength;
    }
    return Math.round(sum / some.length);
}

// What a booking writes of whom the practice knows already, as bench/records.h takes it: bytes, and where they go.
function recordsOf(sizes) {
    const places = { day: 'u', agenda: 'p', appointment: 'n', appointment_by_patient: 'p', appointment_by_practice: 'd',
        appointment_reference: 'n', usage: 'p', usage_by_practice: 'u' };
    return Object.entries(places).map(([table, place]) => `${Math.max(64, sizes[table])}${place}`).join(',');
}

function options() {
    const { values } = parseArgs({ options: {
        quick: { type: 'boolean' }, only: { type: 'string' }, 'no-postgres': { type: 'boolean' }, dir: { type: 'string' },
        build: { type: 'string' }, help: { type: 'boolean' } } });
    values.build = resolve(values.build ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'build-bench'));
    return values;
}

async function main() {
    const values = options();
    if (values.help)
        return process.stdout.write(HELP);
    if (!existsSync(join(values.build, 'bench', 'fill')))
        throw new Error(`${values.build} is not built; ./dev bench does that`);
    if (statfsSync(values.dir ?? tmpdir()).type === TMPFS)
        throw new Error('the temporary folder is in memory, where nothing is durable; give a disk with --dir FOLDER');
    const bench = new Bench(values);
    const end = () => { bench.done(); process.exit(1); };
    process.once('SIGINT', end).once('SIGTERM', end);
    try {
        console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, ${cpus()[0].model}, ${execFileSync('uname', ['-sr']).toString().trim()}\n`);
        await bench.run();
        bench.print();
    } finally {
        bench.done();
    }
}

main().catch((error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(1);
});
