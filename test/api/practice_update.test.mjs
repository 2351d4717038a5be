// practice_update.test.mjs - PUT /practices/{practice_id}: only what is named changes, and nobody is turned away unseen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { bookAt, errorsOf, freeStarts, hours, newPractice } from './lib/practices.mjs';
import { ADMIN, STAFF, startServer } from './lib/server.mjs';
import { nextWeekday, slotAt } from './lib/time.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

async function put(id, body, { token, query = '', headers } = {}) {
    return server.request('PUT', `/practices/${id}${query}`, { token: token ?? await server.login(ADMIN), body, headers });
}

test('only named members change, objects are merged, lists replaced, null clears', async () => {
    const before = await newPractice(server, { phone: '0113 496 0188', accessibilities: ['step_free'], booking_rules: { slot_minutes: 30, min_notice_minutes: 60 } });
    const answer = await put(before.practice_id, { address: { line2: 'Second floor' }, accessibilities: ['bsl_interpreter'], phone: null,
        booking_rules: { min_notice_minutes: 0 }, opening_hours: { monday: [] }, latitude: 53.9 });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers.etag, '"2"');
    const { data } = answer.json;
    assert.deepEqual(data.address, { ...before.address, line2: 'Second floor' });
    assert.deepEqual(data.accessibilities, ['bsl_interpreter']);
    assert.equal('phone' in data, false);
    assert.deepEqual(data.booking_rules, { ...before.booking_rules, min_notice_minutes: 0 });
    assert.deepEqual(data.opening_hours, { ...before.opening_hours, monday: [] });
    assert.equal(data.latitude, 53.9);
    assert.equal(data.longitude, before.longitude);
    assert.equal(data.name, before.name);
    assert.equal(data.version, 2);
    assert.equal(data.affected_count, 0);
    assert.deepEqual(data.affected, []);
    const { affected, affected_count: count, ...resource } = data;
    assert.deepEqual((await server.request('GET', `/practices/${before.practice_id}`)).json.data, resource);
});

test('rules between members count for what comes out', async () => {
    const practice = await newPractice(server);
    assert.deepEqual(errorsOf(await put(practice.practice_id, { latitude: null })), [['/latitude', 'required']]);
    assert.deepEqual(errorsOf(await put(practice.practice_id, { opening_hours: { tuesday: [{ opens: '09:00', closes: '09:00' }] } })),
        [['/opening_hours/tuesday/0/closes', 'out_of_range']]);
    assert.deepEqual(errorsOf(await put(practice.practice_id, { name: null, version: 3 })).sort(), [['/name', 'required'], ['/version', 'read_only']]);
    assert.equal((await server.request('GET', `/practices/${practice.practice_id}`)).json.data.version, 1);
});

test('If-Match keeps an update from being lost', async () => {
    const practice = await newPractice(server);
    const first = await put(practice.practice_id, { name: 'First' }, { headers: { 'if-match': '"1"' } });
    assert.equal(first.status, 200, first.text);
    const second = await put(practice.practice_id, { name: 'Second' }, { headers: { 'if-match': '"1"' } });
    assert.equal(second.status, 412);
    assert.equal(second.json.code, 'precondition_failed');
    assert.equal((await server.request('GET', `/practices/${practice.practice_id}`)).json.data.name, 'First');
});

test('staff change their own, but not what the register says', async () => {
    const staff = await server.login(STAFF);
    const ok = await put('practice-456', { phone: '020 7946 0457' }, { token: staff });
    assert.equal(ok.status, 200, ok.text);
    const same = await put('practice-456', { status: 'active', nation: 'england', ods_code: 'DEM004' }, { token: staff });
    assert.equal(same.status, 200, 'what stays as it is may be sent');
    const refused = await put('practice-456', { ods_code: 'NEW123', access_point_type: 'PHARMACY', requires_registration: true,
        nation: 'wales', status: 'inactive' }, { token: staff });
    assert.deepEqual(errorsOf(refused), [['/ods_code', 'read_only'], ['/access_point_type', 'read_only'],
        ['/requires_registration', 'read_only'], ['/nation', 'read_only'], ['/status', 'read_only']]);
    assert.equal((await put('practice-002', { phone: null }, { token: staff })).status, 403);
    assert.equal((await put('practice-456', { phone: null }, { token: (await server.newPatient()).token })).status, 403);
    assert.equal((await server.request('PUT', '/practices/practice-456', { body: { phone: null } })).status, 401);
    assert.equal((await put('no-such-practice', { phone: null })).status, 404);
});

test('an ODS code can change, but not to one that is taken', async () => {
    const one = await newPractice(server, { ods_code: 'MOVE1' });
    const two = await newPractice(server, { ods_code: 'MOVE2' });
    assert.equal((await put(two.practice_id, { ods_code: 'MOVE1' })).json.code, 'ods_code_taken');
    assert.equal((await put(one.practice_id, { ods_code: 'MOVE3' })).status, 200);
    assert.equal((await put(two.practice_id, { ods_code: 'MOVE1' })).status, 200);
    assert.equal((await put(one.practice_id, { ods_code: null })).status, 200);
});

test('a dry run says who would lose their place and changes nothing; the change says the same', async () => {
    const practice = await newPractice(server);
    const day = nextWeekday(6);
    const stays = await bookAt(server, practice.practice_id, slotAt(day, '09:00'));
    const early = await bookAt(server, practice.practice_id, slotAt(day, '11:30'));
    const late = await bookAt(server, practice.practice_id, slotAt(day, '11:45'), { appointment_type: 'urgent' });
    const expected = [early, late].map((a) => ({ appointment_id: a.appointment_id, reference: a.reference, patient_id: a.patient_id,
        appointment_datetime: a.appointment_datetime, duration_minutes: 15, appointment_type: a.appointment_type }));
    const body = { opening_hours: hours('09:00', '11:30') };

    const dry = await put(practice.practice_id, body, { query: '?dry_run=true' });
    assert.equal(dry.status, 200, dry.text);
    assert.equal(dry.json.data.affected_count, 2);
    assert.deepEqual(dry.json.data.affected, expected);
    assert.match(dry.json.message, /^Dry run/);
    assert.deepEqual((await server.request('GET', `/practices/${practice.practice_id}`)).json.data, practice);
    assert.ok((await freeStarts(server, practice.practice_id, day)).includes(slotAt(day, '11:15')));

    const real = await put(practice.practice_id, body);
    assert.deepEqual(real.json.data.affected, expected);
    assert.ok(!(await freeStarts(server, practice.practice_id, day)).includes(slotAt(day, '11:30')));
    const token = await server.login(ADMIN);
    for (const appointment of [stays, early, late]) {
        const read = await server.request('GET', `/appointments/${appointment.appointment_id}`, { token });
        assert.equal(read.json.data.status, 'booked', 'what is booked stays');
    }
    const again = await put(practice.practice_id, { opening_hours: hours('09:00', '11:00') });
    assert.deepEqual(again.json.data.affected, [], 'who had no place before loses none');
    const back = await put(practice.practice_id, { opening_hours: hours('09:00', '12:00') });
    assert.equal(back.json.data.affected_count, 0);
    const gone = await put(practice.practice_id, { services: ['urgent'] });
    assert.deepEqual(gone.json.data.affected.map((a) => a.appointment_id), [stays.appointment_id, early.appointment_id]);
});

test('closures in the body close the day', async () => {
    const practice = await newPractice(server);
    const day = nextWeekday(3);
    const appointment = await bookAt(server, practice.practice_id, slotAt(day, '10:00'));
    const answer = await put(practice.practice_id, { closures: [{ date: day, reason: 'Works' }] });
    assert.deepEqual(answer.json.data.affected.map((a) => a.appointment_id), [appointment.appointment_id]);
    assert.deepEqual(await freeStarts(server, practice.practice_id, day), []);
});

test('one that takes no bookings has nothing to offer', async () => {
    const practice = await newPractice(server);
    await put(practice.practice_id, { status: 'inactive' });
    const answer = await server.request('GET', `/practices/${practice.practice_id}/availability?explain=true`);
    assert.deepEqual(answer.json.data.slots, []);
    assert.deepEqual([...new Set(answer.json.data.days.map((day) => day.reason))], ['closed']);
    assert.equal(answer.json.data.days.length, 7);
});
