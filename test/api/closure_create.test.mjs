// closure_create.test.mjs - /practices/{practice_id}/closures: whole days on which nobody finds an open door.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { bookAt, errorsOf, freeStarts, newPractice } from './lib/practices.mjs';
import { ADMIN, STAFF, startServer } from './lib/server.mjs';
import { addDays, nextWeekday, slotAt } from './lib/time.mjs';

let server;
let admin;
before(async () => {
    server = await startServer();
    admin = await server.login(ADMIN);
});
after(() => server?.stop());

const close = (id, body, { query = '', token = admin, headers } = {}) => server.request('POST', `/practices/${id}/closures${query}`, { token, body, headers });
const open = (id, date, query = '', token = admin) => server.request('DELETE', `/practices/${id}/closures/${date}${query}`, { token });
const list = async (id, query = '') => (await server.request('GET', `/practices/${id}/closures${query}`, { token: admin })).json;

test('one day: dry run first, then closed, and then open again', async () => {
    const practice = await newPractice(server);
    const id = practice.practice_id;
    const day = nextWeekday(3);
    const booked = await bookAt(server, id, slotAt(day, '10:00'));
    const dry = await close(id, { start_date: day, reason: 'Burst pipe' }, { query: '?dry_run=true' });
    assert.equal(dry.status, 200, dry.text);
    assert.deepEqual(dry.json.data.affected.map((a) => a.appointment_id), [booked.appointment_id]);
    assert.deepEqual((await list(id)).data, []);
    const real = await close(id, { start_date: day, reason: 'Burst pipe' });
    assert.equal(real.status, 201, real.text);
    assert.ok(real.headers.location.startsWith(`/practices/${id}/closures`));
    assert.deepEqual(real.json.data.closures, [{ date: day, reason: 'Burst pipe' }]);
    assert.deepEqual(real.json.data.affected, dry.json.data.affected);
    assert.deepEqual(await freeStarts(server, id, day), []);
    const refused = await server.request('POST', '/appointments', { token: admin, body: { patient_id: booked.patient_id, practice_id: id,
        appointment_datetime: slotAt(day, '11:00'), appointment_type: 'routine' } });
    assert.equal(refused.json.code, 'practice_closed', refused.text);
    const read = await server.request('GET', `/practices/${id}`);
    assert.equal(read.json.data.version, 2);
    assert.deepEqual(read.json.data.closures, real.json.data.closures);
    const again = await open(id, day);
    assert.equal(again.status, 200, again.text);
    assert.equal(again.json.data.reason, 'Burst pipe');
    assert.equal((await freeStarts(server, id, day)).length, 11, 'who was booked has the place again');
    assert.equal((await open(id, day)).status, 404);
});

test('a range: all its days, those that were closed before get the new reason', async () => {
    const { practice_id: id } = await newPractice(server, { closures: [{ date: '2030-01-02', reason: 'Old' }, { date: '2030-02-01', reason: 'Other' }] });
    const answer = await close(id, { start_date: '2030-01-01', end_date: '2030-01-03' });
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual(answer.json.data.closures, [{ date: '2030-01-01' }, { date: '2030-01-02' }, { date: '2030-01-03' }, { date: '2030-02-01', reason: 'Other' }]);
    assert.deepEqual((await list(id, '?start_date=2030-01-02&end_date=2030-01-31')).data.map((c) => c.date), ['2030-01-02', '2030-01-03']);
    const first = await list(id, '?limit=3');
    assert.equal(first.data.length, 3);
    assert.deepEqual((await list(id, `?limit=3&cursor=${first.next_cursor}`)).data, [{ date: '2030-02-01', reason: 'Other' }]);
    const part = await open(id, '2029-12-31', '?end_date=2030-01-02');
    assert.deepEqual(part.json.data.closures.map((c) => c.date), ['2030-01-03', '2030-02-01']);
});

test('what is wrong is named', async () => {
    const { practice_id: id } = await newPractice(server);
    const rows = [
        [{}, [['/start_date', 'required']]],
        [{ start_date: '2030-02-30', reason: '', until: 'x' }, [['/start_date', 'date_invalid'], ['/reason', 'empty'], ['/until', 'unknown_member']]],
        [{ start_date: '2030-01-02', end_date: '2030-01-01' }, [['/end_date', 'out_of_range']]],
        [{ start_date: '2030-01-01', end_date: '2031-06-01' }, [['/end_date', 'out_of_range']]],
    ];
    for (const [body, expected] of rows) assert.deepEqual(errorsOf(await close(id, body)).sort(), [...expected].sort(), JSON.stringify(body));
    assert.equal((await close(id, { start_date: '2030-01-01', end_date: '2030-12-31' })).status, 201);
    assert.deepEqual(errorsOf(await close(id, { start_date: '2031-01-01', end_date: '2031-03-01' })), [['/end_date', 'too_long']]);
    assert.deepEqual(errorsOf(await open(id, '2030-01-02', '?end_date=2030-01-01')), [['?end_date', 'out_of_range']]);
    assert.deepEqual(errorsOf(await server.request('GET', `/practices/${id}/closures?start_date=2030-01-02&end_date=2030-01-01`, { token: admin })), [['?end_date', 'out_of_range']]);
    assert.equal((await open(id, 'tomorrow')).status, 404);
});

test('everybody with an account may read them, staff of the practice and admins change them', async () => {
    const staff = await server.login(STAFF);
    const patient = (await server.newPatient()).token;
    const day = addDays(nextWeekday(1), 300);
    assert.equal((await server.request('GET', '/practices/practice-123/closures', { token: patient })).status, 200);
    assert.equal((await server.request('GET', '/practices/practice-123/closures')).status, 401);
    assert.equal((await close('practice-123', { start_date: day }, { token: staff })).status, 201);
    assert.equal((await open('practice-123', day, '', staff)).status, 200);
    for (const token of [staff, patient]) {
        assert.equal((await close('practice-002', { start_date: day }, { token })).status, 403);
        assert.equal((await open('practice-002', day, '', token)).status, 403);
    }
    assert.equal((await close('no-such-practice', { start_date: day })).status, 404);
});
