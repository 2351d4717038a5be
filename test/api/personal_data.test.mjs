// personal_data.test.mjs - a rich day at the practice, then a search through all that the program wrote: log,
// standard output, metrics, errors, every byte of the data folder. Nothing about anybody may be readable in it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { storedBytes } from './lib/dynamodb.mjs';
import { ADMIN, STAFF, startServer } from './lib/server.mjs';
import { slotAt } from './lib/time.mjs';

const PRACTICE = 'practice-123';
// Words that stand nowhere else.
const who = {
    first_name: 'Quixandra', last_name: 'Zwolinskovic', date_of_birth: '1951-07-13', nhs_number: '999 000 4757', phone: '07700 900777',
    email: 'quixandra.zw@example.org', preferred_language: 'cy', reasonable_adjustments: ['A chair with armrests for kumquats'],
    address: { line1: '7 Vexillology Way', line2: 'Upper Brambleshire', city: 'Marzipanton', county: 'Loamshire', postcode: 'ZE2 9XY' },
    emergency_contact: { name: 'Ptolemy Wigglesworth', relationship: 'godmother-in-law', phone: '01632 960555', email: 'ptolemy@wigglesworth.example' },
    medical_info: { allergies_legacy: ['Peanutblitz'], allergies: [{ display_text: 'Gorgonzolaemia', code: '294505008', system: 'http://snomed.info/sct', reaction: ['Hiccoughing'] }],
        conditions_legacy: ['Dropsical vapours'], medications: [{ display_text: 'Placebomycin', dosage: 'Seven thimblefuls', prescriber: 'Dr Mulberrybush' }],
        notes: 'Confided a fondness for xylophones.' },
};
const texts = { password: 'Quokka-Umbrella-77', wrong: 'Wombat-Parasol-88', next: 'Bandicoot-Brolly-99', reason: 'Itchy elbows since Whitsuntide', notes: 'Bringing her tortoise Mehitabel',
    cancelled: 'Tortoise fell poorly', staffEmail: 'ferdinand.oxblood@example.org', staffName: 'Ferdinand Oxblood' };

const errors = []; // bodies of answers that were refusals
const secrets = new Map(); // what must not be found -> where it came from
let server;
let patientId;

async function ask(method, target, { token, body, headers, validate } = {}) {
    const answer = await server.request(method, target, { token, body, headers, validate });
    if (answer.status >= 400) errors.push(answer.text);
    return answer;
}

async function done(method, target, how) {
    const answer = await ask(method, target, how);
    assert.ok(answer.status < 300, `${method} ${target}: ${answer.text}`);
    return answer.json;
}

async function refused(status, method, target, how) {
    const answer = await ask(method, target, how);
    assert.equal(answer.status, status, `${method} ${target}: ${answer.text}`);
    return answer;
}

// ---- the day ------------------------------------------------------------------------------------------------

async function identity() {
    const credentials = { email: who.email, password: texts.password };
    await done('POST', '/auth/register', { body: { ...credentials, first_name: who.first_name, last_name: who.last_name } });
    await refused(409, 'POST', '/auth/register', { body: credentials });
    await refused(403, 'POST', '/auth/register', { body: { ...credentials, email: `x.${who.email}`, role: 'admin' } });
    await refused(422, 'POST', '/auth/register', { body: { email: `y.${who.email}`, password: 'quixandra' } });
    await refused(401, 'POST', '/auth/login', { body: { ...credentials, password: texts.wrong } });
    let locked;
    for (let i = 0; i < 12 && locked?.status !== 429; i += 1) locked = await ask('POST', '/auth/login', { body: { email: `nobody.${who.email}`, password: texts.wrong } });
    assert.equal(locked.status, 429);
    const { data } = await done('POST', '/auth/login', { body: credentials });
    const again = (await done('POST', '/auth/refresh', { body: { refresh_token: data.refresh_token } })).data;
    const other = (await done('POST', '/auth/login', { body: credentials })).data;
    await done('POST', '/auth/logout', { token: other.access_token });
    await refused(401, 'GET', '/auth/me', { token: other.access_token });
    await done('POST', '/auth/password/reset-request', { body: { email: who.email } });
    await refused(422, 'POST', '/auth/password/change', { token: again.access_token, body: { current_password: texts.wrong, new_password: texts.next } });
    for (const one of [data, again, other]) for (const token of [one.access_token, one.refresh_token]) secrets.set(token, 'token');
    patientId = data.user.patient_id;
    return again.access_token;
}

async function record(token, staff) {
    await done('PUT', `/patients/${patientId}`, { token, body: who });
    await refused(409, 'POST', '/patients', { token, body: { first_name: who.first_name, last_name: who.last_name, date_of_birth: who.date_of_birth } });
    await refused(422, 'PUT', `/patients/${patientId}`, { token, body: { first_name: [who.first_name], date_of_birth: who.last_name, nhs_number: who.last_name,
        phone: who.email, email: who.last_name, address: { postcode: who.address.city }, gender: who.last_name, medical_info: { allergies: [{ code: who.phone }] } } });
    await done('GET', `/patients/${patientId}?include_medical=true&include_appointments=true`, { token });
    await refused(404, 'GET', `/patients/${patientId}`, { token: staff });
}

async function bookings(token, staff) {
    const body = { patient_id: patientId, practice_id: PRACTICE, appointment_type: 'routine', reason: texts.reason, notes: texts.notes };
    const start = slotAt(9, '15:00');
    const { data } = await done('POST', '/appointments', { token, headers: { 'idempotency-key': randomUUID() }, body: { ...body, appointment_datetime: start } });
    const other = await server.newPatient();
    await refused(409, 'POST', '/appointments', { token: other.token, body: { ...body, patient_id: other.patientId, appointment_datetime: start } });
    await refused(404, 'POST', '/appointments', { token: other.token, body: { ...body, appointment_datetime: start } });
    await refused(422, 'POST', '/appointments', { token, body: { ...body, appointment_datetime: who.first_name, appointment_type: who.last_name } });
    await done('PUT', `/appointments/${data.appointment_id}`, { token, body: { appointment_datetime: slotAt(9, '15:30'), reason: `${texts.reason}!` } });
    await done('GET', `/appointments?patient_id=${patientId}`, { token: staff });
    await done('PUT', `/appointments/${data.appointment_id}`, { token: staff, body: { status: 'cancelled', cancellation_reason: texts.cancelled } });
}

async function searches(staff, admin) {
    await done('PUT', `/patients/${patientId}`, { token: admin, body: { nhs_number_status: 'verified' } });
    for (const query of [`q=${who.last_name}`, `q=${who.last_name.slice(0, 4)}&date_of_birth=${who.date_of_birth}`, 'nhs_number=9990004757', 'nhs_number=999%20000%204757']) {
        assert.equal((await done('GET', `/patients?${query}`, { token: staff })).data.length, 1, query);
    }
    await refused(422, 'GET', `/patients?nhs_number=${who.last_name}`, { token: staff });
    await refused(422, 'GET', `/practices?limit=${who.last_name}`);
    await done('GET', '/availability?postcode=M1%201AE');
    await refused(422, 'GET', '/availability?postcode=ZE2%209XY');
}

// Names where no program would look for them.
async function odd(token) {
    await refused(404, 'GET', `/${who.last_name}/${encodeURIComponent(who.email)}`, { token });
    await refused(404, 'GET', `/patients/${who.last_name}`, { token });
    await refused(405, 'DELETE', `/patients/${patientId}`, { token, validate: false });
    await refused(400, 'PUT', `/patients/${patientId}`, { token, body: `{"first_name": "${who.first_name}", ` });
    await refused(415, 'PUT', `/patients/${patientId}`, { token, body: who.last_name, headers: { 'content-type': 'text/plain' } });
    await refused(401, 'GET', '/auth/me', { token: `${who.first_name}.${who.last_name}.x` });
    await done('GET', '/health', { headers: { 'user-agent': `${who.first_name}/1.0`, referer: `http://x.example/?nhs=9990004757&name=${who.last_name}`,
        cookie: `name=${who.last_name}`, 'x-forwarded-for': '203.0.113.7' } });
    for (const bytes of [`${who.first_name} ${who.last_name}\r\n\r\n`, `GET /patients?q=${who.last_name} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
        `GET / HTTP/1.1\r\n${who.first_name} : x\r\n\r\n`]) errors.push(String((await server.rawRequest(bytes)).text ?? ''));
}

async function staffAndAdmin(admin) {
    const { data } = await done('POST', '/users', { token: admin, body: { email: texts.staffEmail, password: texts.password, role: 'staff', name: texts.staffName, practice_ids: [PRACTICE] } });
    await refused(409, 'POST', '/users', { token: admin, body: { email: texts.staffEmail, password: texts.password, role: 'staff', name: texts.staffName, practice_ids: [PRACTICE] } });
    await done('PUT', `/users/${data.user_id}`, { token: admin, body: { name: `${texts.staffName} II` } });
}

// ---- what must not be found ---------------------------------------------------------------------------------

function leaves(value) {
    if (typeof value === 'string') return [value];
    return Object.values(value ?? {}).flatMap(leaves);
}

// Also in the forms in which the program keeps or compares it, and by parts that say enough.
function gather() {
    const plain = ['http://snomed.info/sct', 'cy'];
    for (const text of [...leaves(who), ...Object.values(texts)].filter((one) => !plain.includes(one))) secrets.set(text, text);
    for (const text of ['9990004757', '+447700900777', '7700900777', '07700900777', '+441632960555', '1632960555', 'ZE29XY', 'quixandra', 'zwolinskovic',
        'zwolin', 'wigglesworth', 'oxblood', 'mehitabel', 'xylophones', 'marzipanton']) secrets.set(text, text);
}

function find(haystack, where) {
    const low = haystack.toString('latin1').toLowerCase();
    for (const [text, what] of secrets) {
        const at = low.indexOf(Buffer.from(text, 'utf8').toString('latin1').toLowerCase());
        assert.equal(at, -1, `${where} has "${what}": ...${low.slice(Math.max(0, at - 80), at + 80)}...`);
    }
}

function filesOf(folder) {
    return readdirSync(folder).map((name) => path.join(folder, name)).flatMap((file) => (statSync(file).isDirectory() ? filesOf(file) : [file]));
}

// ---- tests --------------------------------------------------------------------------------------------------

before(async () => {
    server = await startServer({ env: { LOG_LEVEL: 'DEBUG' } });
    const [staff, admin] = [await server.login(STAFF), await server.login(ADMIN)];
    const token = await identity();
    await record(token, staff);
    await bookings(token, staff);
    await searches(staff, admin);
    await odd(token);
    await staffAndAdmin(admin);
    gather();
});
after(() => server?.stop());

test('the search finds what is there', () => {
    assert.throws(() => find(Buffer.from(`{"name":"${who.last_name.toUpperCase()}"}`), 'x'), /zwolinskovic/i);
    assert.ok(secrets.size > 40, 'too little to look for');
});

test('no error says back what was sent', () => {
    assert.ok(errors.length > 20, String(errors.length));
    for (const text of errors) find(Buffer.from(text), 'an error');
});

test('neither do metrics', async () => {
    const { text } = await server.request('GET', '/metrics');
    assert.ok(text.includes('patient_find'));
    find(Buffer.from(text), '/metrics');
});

test('nor what is stored, running and stopped, nor the log', async () => {
    const folder = path.dirname(server.dataDir);
    const look = async () => {
        const stored = await storedBytes(server.dataDir);
        assert.ok(stored.some(([, bytes]) => bytes.length > 100_000), 'no data to look through');
        for (const [name, bytes] of stored) {
            find(bytes, name);
            for (const id of [patientId, 'patient-123', 'patient-124']) assert.equal(bytes.indexOf(id), -1, `${id} in ${name}`);
        }
        for (const file of filesOf(folder)) find(readFileSync(file), file);
    };
    await look();
    await server.stop({ keep: true });
    await look();
    server.remove();
    assert.ok(server.stderr.includes('"level":"debug"') || server.stderr.includes('"event":"request"'), 'nothing was logged');
    assert.ok(server.stderr.split('\n').length > 40);
    find(Buffer.from(server.stderr), 'the log');
    find(Buffer.from(server.stdout), 'standard output');
});
