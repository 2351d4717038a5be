// roles.test.mjs - every operation of openapi.yaml, asked by everybody there is: who gets what.
//
// The table was written from the requirements, not from the program's own policy. 401: nobody without a token.
// 403: may know that it exists, may not do it. 404: may not know. An operation that is in openapi.yaml and not in
// the table, or in the table and not in openapi.yaml, fails.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { parse } from 'yaml';

import { OPENAPI_FILE } from './lib/openapi.mjs';
import { hours, newPractice, practiceBody } from './lib/practices.mjs';
import { ADMIN, PASSWORD, startServer } from './lib/server.mjs';
import { addDays, addMinutes, londonToday, nextWeekday, slotAt } from './lib/time.mjs';

const EVERY_DAY = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const at = {}; // what the requests are about
let server;
let admin;
let nextSlot = 0;
let nextDay = 0;

before(async () => {
    server = await startServer();
    admin = await server.login(ADMIN);
    const wide = { opening_hours: hours('00:00', '24:00', EVERY_DAY) };
    at.here = (await newPractice(server, wide)).practice_id;
    at.there = (await newPractice(server, wide)).practice_id;
    at.patient = await person();
    at.stranger = await person();
    at.friend = await person();
    at.staff = await member(at.here);
    at.elsewhere = await member(at.there);
    await appointment(); // makes the relationship between the patient and the practice
    at.tokens = { nobody: undefined, patient: at.patient.token, stranger: at.stranger.token, staff: at.staff.token,
        elsewhere: at.elsewhere.token, admin };
});
after(() => server?.stop());

// ---- things to ask about ------------------------------------------------------------------------------------

async function made(method, target, body) {
    const answer = await server.request(method, target, { token: admin, body });
    assert.ok([200, 201].includes(answer.status), `${method} ${target}: ${answer.text}`);
    return answer.json.data;
}

async function person() {
    const who = await server.newPatient();
    await made('PUT', `/patients/${who.patientId}`, { first_name: 'Ada', last_name: 'Example', date_of_birth: '1960-05-05' });
    return who;
}

async function member(practiceId) {
    const email = `s-${randomUUID()}@example.org`;
    const { user_id } = await made('POST', '/users', { email, password: PASSWORD, role: 'staff', name: 'Sam Example', practice_ids: [practiceId] });
    return { email, userId: user_id, token: await server.login(email) };
}

const loginOf = (caller) => (caller === 'admin' || caller === 'nobody' ? ADMIN : at[caller].email);
const freeStart = () => addMinutes(slotAt(nextWeekday(6), '00:00'), 15 * nextSlot++);
const bookingBody = () => ({ patient_id: at.patient.patientId, practice_id: at.here, appointment_datetime: freeStart(), appointment_type: 'routine' });
const appointment = () => made('POST', '/appointments', bookingBody());
const session = () => ({ weekday: 'sunday', from: '09:00', until: '10:00' });
const newSession = async () => `/practices/${at.here}/sessions/${(await made('POST', `/practices/${at.here}/sessions`, session())).session_id}`;
const closedDay = () => addDays(londonToday(), 60 + nextDay++);
const newClosure = async () => { const date = closedDay(); await made('POST', `/practices/${at.here}/closures`, { start_date: date }); return `/practices/${at.here}/closures/${date}`; };
const proxyBody = async () => ({ proxy_id: (await made('POST', '/patients', { first_name: 'Cay', last_name: 'Example', date_of_birth: '1970-01-01' })).patient_id, relationship: 'neighbour', basis: 'patient_consent', until: addDays(londonToday(), 30) });
const newUser = async () => `/users/${(await made('POST', '/users', { email: `u-${randomUUID()}@example.org`, password: PASSWORD, role: 'staff', practice_ids: [at.there] })).user_id}`;
const oneLogin = async (caller) => (await server.request('POST', '/auth/login', { body: { email: loginOf(caller), password: PASSWORD } })).json.data;
const mine = () => `/patients/${at.patient.patientId}`;

// ---- who gets what ------------------------------------------------------------------------------------------

const all = (status) => new Array(6).fill(status);
const known = (status) => [401, ...new Array(5).fill(status)];

// Columns: nobody, the patient, another patient, staff of the practice, staff of another one, admin.
// The function gives { target, body } of a request, and token where it is not the caller's usual one.
const table = {
    'POST /auth/register': [all(201), () => ({ body: { email: `r-${randomUUID()}@example.org`, password: PASSWORD } })],
    'POST /auth/login': [all(200), (caller) => ({ body: { email: loginOf(caller), password: PASSWORD } })],
    'POST /auth/refresh': [all(200), async (caller) => ({ body: { refresh_token: (await oneLogin(caller)).refresh_token } })],
    'POST /auth/logout': [known(200), async (caller) => ({ token: caller === 'nobody' ? undefined : (await oneLogin(caller)).access_token })],
    'GET /auth/me': [known(200), () => ({})],
    'POST /auth/password/change': [known(422), () => ({ body: { current_password: 'not this one', new_password: 'Another one 4' } })],
    'POST /auth/password/reset-request': [all(200), () => ({ body: { email: 'nobody@example.org' } })],
    'POST /auth/password/reset': [all(422), () => ({ body: { reset_token: 'no such token', new_password: 'Another one 4' } })],
    'GET /.well-known/jwks.json': [all(200), () => ({})],
    'GET /health': [all(200), () => ({})],
    'GET /ready': [all(200), () => ({})],
    'GET /metrics': [all(200), () => ({})],
    'GET /': [all(200), () => ({})],
    'GET /docs': [all(200), () => ({})],
    'GET /openapi.yaml': [all(200), () => ({})],
    'GET /problems': [all(200), () => ({})],
    'GET /problems/{code}': [all(200), () => ({ target: '/problems/invalid' })],

    'POST /users': [[401, 403, 403, 403, 403, 201], () => ({ body: { email: `u-${randomUUID()}@example.org`, password: PASSWORD, role: 'staff', practice_ids: [at.here] } })],
    'GET /users': [[401, 403, 403, 403, 403, 200], () => ({})],
    'GET /users/{user_id}': [[401, 403, 403, 403, 403, 200], () => ({ target: `/users/${at.staff.userId}` })],
    'PUT /users/{user_id}': [[401, 403, 403, 403, 403, 200], () => ({ target: `/users/${at.staff.userId}`, body: { name: 'Sam Else' } })],
    'DELETE /users/{user_id}': [[401, 403, 403, 403, 403, 200], async (caller) => ({ target: caller === 'admin' ? await newUser() : `/users/${at.staff.userId}` })],

    'GET /practices': [all(200), () => ({})],
    'POST /practices': [[401, 403, 403, 403, 403, 201], () => ({ body: practiceBody() })],
    'GET /practices/{practice_id}': [all(200), () => ({ target: `/practices/${at.here}` })],
    'PUT /practices/{practice_id}': [[401, 403, 403, 200, 403, 200], () => ({ target: `/practices/${at.here}`, body: { phone: '0113 496 0001' } })],
    'GET /practices/{practice_id}/availability': [all(200), () => ({ target: `/practices/${at.here}/availability` })],
    'GET /availability': [all(200), () => ({ target: '/availability?latitude=53.8&longitude=-1.5' })],
    'GET /practices/{practice_id}/sessions': [[401, 403, 403, 200, 403, 200], () => ({ target: `/practices/${at.here}/sessions` })],
    'POST /practices/{practice_id}/sessions': [[401, 403, 403, 200, 403, 200], () => ({ target: `/practices/${at.here}/sessions?dry_run=true`, body: session() })],
    'GET /practices/{practice_id}/sessions/{session_id}': [[401, 403, 403, 200, 403, 200], async () => ({ target: at.session })],
    'PUT /practices/{practice_id}/sessions/{session_id}': [[401, 403, 403, 200, 403, 200], async () => ({ target: at.session, body: { capacity: 2 } })],
    'DELETE /practices/{practice_id}/sessions/{session_id}': [[401, 403, 403, 200, 403, 200], async () => ({ target: await newSession() })],
    'GET /practices/{practice_id}/closures': [known(200), () => ({ target: `/practices/${at.here}/closures` })],
    'POST /practices/{practice_id}/closures': [[401, 403, 403, 201, 403, 201], () => ({ target: `/practices/${at.here}/closures`, body: { start_date: closedDay() } })],
    'DELETE /practices/{practice_id}/closures/{date}': [[401, 403, 403, 200, 403, 200], async () => ({ target: await newClosure() })],
    'GET /practices/{practice_id}/usage': [[401, 403, 403, 200, 403, 200], () => ({ target: `/practices/${at.here}/usage` })],
    'GET /bank-holidays': [known(200), () => ({})],
    'PUT /bank-holidays': [[401, 403, 403, 403, 403, 200], () => ({ body: { scotland: { division: 'scotland', events: [{ title: 'St Andrew', date: '2040-11-30' }] } } })],
    'PUT /postcodes': [[401, 403, 403, 403, 403, 200], () => ({ body: { postcodes: [{ postcode: 'ZE3 9JU', latitude: 59.9, longitude: -1.3 }] } })],

    'POST /patients': [[401, 409, 409, 201, 201, 201], () => ({ body: { first_name: 'Bea', last_name: 'Example', date_of_birth: '1980-02-29' } })],
    'GET /patients': [[401, 403, 403, 200, 403, 200], () => ({ target: `/patients?q=exam&practice_id=${at.here}` })],
    'GET /patients/{patient_id}': [[401, 200, 404, 200, 404, 200], () => ({ target: `${mine()}?include_medical=true&include_appointments=true` })],
    'PUT /patients/{patient_id}': [[401, 200, 404, 200, 404, 200], () => ({ target: mine(), body: { phone: '07700 900123' } })],
    'GET /patients/{patient_id}/usage': [[401, 200, 404, 200, 404, 200], () => ({ target: `${mine()}/usage` })],
    'POST /patients/{patient_id}/proxies': [[401, 201, 404, 201, 404, 201], async () => ({ target: `${mine()}/proxies`, body: await proxyBody() })],
    'GET /patients/{patient_id}/proxies': [[401, 200, 404, 200, 404, 200], () => ({ target: `${mine()}/proxies` })],
    'DELETE /patients/{patient_id}/proxies/{proxy_id}': [[401, 200, 404, 200, 404, 200], async () => {
        const body = await proxyBody();
        await made('POST', `${mine()}/proxies`, body);
        return { target: `${mine()}/proxies/${body.proxy_id}` };
    }],

    'POST /appointments': [[401, 201, 404, 201, 403, 201], () => ({ body: bookingBody() })],
    'POST /appointments/group': [[401, 404, 404, 201, 403, 201], () => {
        const { patient_id, ...body } = bookingBody();
        nextSlot += 1;
        return { body: { ...body, people: [{ patient_id }, { patient_id: at.friend.patientId }] } };
    }],
    'GET /appointments': [[401, 200, 200, 200, 200, 422], () => ({})],
    'GET /appointments/{appointment_id}': [[401, 200, 404, 200, 404, 200], () => ({ target: `/appointments/${at.appointment}` })],
    'PUT /appointments/{appointment_id}': [[401, 200, 404, 200, 404, 200], () => ({ target: `/appointments/${at.appointment}`, body: { reason: 'Cough' } })],
    'DELETE /appointments/{appointment_id}': [[401, 200, 404, 200, 404, 200], async () => ({ target: `/appointments/${(await appointment()).appointment_id}` })],
};

// The same operations, asked for another thing or with another member.
const more = [
    ['GET', [401, 200, 200, 200, 403, 200], () => ({ target: `/appointments?practice_id=${at.here}` }), 'patients see their own'],
    ['GET', [401, 200, 404, 200, 200, 200], () => ({ target: `/appointments?patient_id=${at.patient.patientId}` }), 'staff see of anybody what is at their practices'],
    ['GET', [401, 403, 403, 200, 200, 200], () => ({ target: '/patients?nhs_number=9990000018' })],
    ['GET', [401, 403, 403, 200, 200, 422], () => ({ target: '/patients?q=exam' }), 'admins have no practices of their own'],
    ['PUT', [401, 422, 422, 200, 404, 200], () => ({ target: mine(), body: { registered_practice_id: at.here } })],
    ['PUT', [401, 422, 422, 200, 404, 200], () => ({ target: mine(), body: { status: 'active' } })],
    ['PUT', [401, 403, 404, 422, 404, 422], async () => ({ target: `/appointments/${(await appointment()).appointment_id}`, body: { status: 'noshow' } }), 'only from its start on'],
    ['PUT', [401, 403, 404, 200, 404, 200], async () => ({ target: `/appointments/${(await appointment()).appointment_id}`, body: { status: 'entered-in-error' } })],
    ['PUT', [401, 200, 404, 200, 404, 200], async () => ({ target: `/appointments/${(await appointment()).appointment_id}`, body: { appointment_datetime: freeStart() } })],
    ['GET', [401, 404, 404, 404, 404, 404], () => ({ target: '/appointments/no-such-appointment' })],
    ['GET', [401, 404, 404, 404, 404, 404], () => ({ target: '/patients/no-such-patient' })],
    ['GET', all(404), () => ({ target: '/practices/no-such-practice' })],
    ['GET', [404, 404, 404, 404, 404, 404], () => ({ target: '/no-such-thing' })],
];

// ---- walking ------------------------------------------------------------------------------------------------

const callers = ['nobody', 'patient', 'stranger', 'staff', 'elsewhere', 'admin'];

async function walk(method, statuses, ask, target) {
    const got = [];
    for (const caller of callers) {
        const { target: own = target, body, ...how } = await ask(caller);
        const token = 'token' in how ? how.token : at.tokens[caller];
        const answer = await server.request(method, own, { token, body });
        got.push(answer.status);
        if (answer.status === 401) assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer/, `${method} ${own}`);
    }
    const named = (list) => Object.fromEntries(callers.map((caller, i) => [caller, list[i]]));
    assert.deepEqual(named(got), named(statuses), `${method} ${target ?? ''}`);
}

function operations() {
    const { paths } = parse(readFileSync(OPENAPI_FILE, 'utf8'));
    return Object.entries(paths).flatMap(([path, item]) => Object.entries(item).filter(([, operation]) => operation.operationId)
        .map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, open: operation.security?.length === 0 })));
}

test('the table has every operation of openapi.yaml, and no other', () => {
    assert.deepEqual(Object.keys(table).sort(), operations().map(({ name }) => name).sort());
});

test('openapi.yaml says which ones need no token', () => {
    for (const { name, open } of operations()) assert.equal(table[name][0][0] !== 401, open, name);
});

test('every operation, by everybody', async (t) => {
    // With a session of its own the practice is open in that one only, so it is the day on which all is booked.
    const day = { date: nextWeekday(6), from: '00:00', until: '24:00', capacity: 3 };
    at.session = `/practices/${at.here}/sessions/${(await made('POST', `/practices/${at.here}/sessions`, day)).session_id}`;
    at.appointment = (await appointment()).appointment_id;
    for (const [name, [statuses, ask]] of Object.entries(table)) {
        const [method, path] = name.split(' ');
        await t.test(name, () => walk(method, statuses, ask, path));
    }
});

test('and what depends on what is asked for', async (t) => {
    for (const [method, statuses, ask, why] of more) {
        const { target, body } = await ask('nobody');
        await t.test(`${method} ${target.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '...')} ${JSON.stringify(body) ?? ''} ${why ?? ''}`, () => walk(method, statuses, ask, target));
    }
});

test('a patient who lists a practice\'s appointments gets their own', async () => {
    const list = async (token) => (await server.request('GET', `/appointments?practice_id=${at.here}&limit=200`, { token })).json.data;
    const own = await list(at.patient.token);
    assert.ok(own.length > 0 && own.every((one) => one.patient_id === at.patient.patientId));
    assert.ok((await list(at.staff.token)).some((one) => one.patient_id === at.friend.patientId));
    assert.deepEqual(await list(at.stranger.token), []);
});

test('a token that is none is refused everywhere but where nobody is asked', async () => {
    const matters = 'GET /practices/{practice_id}/availability'; // staff see more there
    for (const { name, open } of operations()) {
        const [method, path] = name.split(' ');
        const target = path.replace(/\{\w+\}/g, 'x');
        const refused = !open || name === matters;
        const answer = await server.request(method, target, { token: 'eyJhbGciOiJub25lIn0.e30.', body: method === 'GET' || method === 'DELETE' ? undefined : {} });
        assert.equal(answer.json?.code === 'unauthenticated', refused, `${name}: ${answer.text.slice(0, 500)}`);
    }
});

test('who is asked comes before what is asked: no token and a broken body is 401', async () => {
    for (const { name, open } of operations().filter((one) => !one.open)) {
        const [method, path] = name.split(' ');
        if (method === 'GET' || method === 'DELETE') continue;
        const answer = await server.request(method, path.replace(/\{\w+\}/g, 'x'), { body: '{"not json' });
        assert.equal(answer.status, 401, `${name} ${open}: ${answer.text}`);
    }
});
