// practice_create.test.mjs - POST /practices and GET /practices/{practice_id}.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';

import { errorsOf, hours, newPractice, practiceBody } from './lib/practices.mjs';
import { ADMIN, STAFF, startServer } from './lib/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

async function create(body, options = {}) {
    return server.request('POST', '/practices', { token: await server.login(ADMIN), body, ...options });
}

test('an admin adds one: 201, its address, its version, and everybody can read it', async () => {
    const answer = await create(practiceBody({ ods_code: 'tst01', access_point_type: 'walk_in_centre', phone: '0113 496 0199',
        email: 'reception@test.example', services: ['urgent', 'routine'], accessibilities: ['step_free'],
        closures: [{ date: '2030-05-02', reason: 'Later' }, { date: '2030-05-01' }], booking_rules: { slot_minutes: 20 } }));
    assert.equal(answer.status, 201, answer.text);
    const { data } = answer.json;
    assert.equal(answer.headers.location, `/practices/${data.practice_id}`);
    assert.equal(answer.headers.etag, '"1"');
    assert.equal(data.access_point_type, 'WALK_IN_CENTRE');
    assert.equal(data.ods_code, 'TST01');
    assert.equal(data.phone, '+441134960199');
    assert.deepEqual(data.services, ['routine', 'urgent']);
    assert.deepEqual(data.booking_rules, { slot_minutes: 20, min_notice_minutes: 120, max_advance_days: 42, cancel_cutoff_minutes: 0 });
    assert.deepEqual(data.closures, [{ date: '2030-05-01' }, { date: '2030-05-02', reason: 'Later' }]);
    assert.equal(data.version, 1);
    const read = await server.request('GET', answer.headers.location);
    assert.equal(read.status, 200);
    assert.equal(read.headers.etag, '"1"');
    assert.deepEqual(read.json.data, data);
    const head = await server.request('HEAD', answer.headers.location);
    assert.equal(head.status, 200);
});

test('what is left out has a default; the nation comes from the postcode', async () => {
    const bare = await create({ name: 'Bare', access_point_type: 'PHARMACY' });
    assert.equal(bare.status, 201, bare.text);
    const { data } = bare.json;
    assert.equal(data.nation, 'england');
    assert.equal(data.status, 'active');
    assert.equal(data.accepts_walk_ins, false);
    assert.equal(data.requires_registration, false);
    assert.equal(data.services.length, 9);
    assert.deepEqual(data.opening_hours.monday, []);
    for (const [postcode, nation] of [['eh11yz', 'scotland'], ['BT1 5GS', 'northern-ireland'], ['CF10 1EP', 'wales'], ['G2 1DY', 'scotland'], ['GL1 1AA', 'england']]) {
        const practice = await newPractice(server, { address: { postcode } });
        assert.equal(practice.nation, nation, postcode);
    }
});

test('the same Idempotency-Key gives the first answer again', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = practiceBody({ ods_code: 'IDEM1' });
    const first = await create(body, { headers });
    const second = await create(body, { headers });
    assert.equal(first.status, 201, first.text);
    assert.equal(second.status, 201, second.text);
    assert.deepEqual(second.json.data, first.json.data);
    const other = await create({ ...body, name: 'Another' }, { headers });
    assert.equal(other.status, 422);
    assert.equal(other.json.code, 'idempotency_key_reused');
});

test('an ODS code belongs to one', async () => {
    await newPractice(server, { ods_code: 'TAKEN1' });
    const again = await create(practiceBody({ ods_code: 'taken1' }));
    assert.equal(again.status, 409, again.text);
    assert.equal(again.json.code, 'ods_code_taken');
});

test('only admins', async () => {
    const patient = await server.newPatient();
    for (const token of [patient.token, await server.login(STAFF)]) {
        const answer = await server.request('POST', '/practices', { token, body: practiceBody() });
        assert.equal(answer.status, 403, answer.text);
    }
    const nobody = await server.request('POST', '/practices', { body: practiceBody() });
    assert.equal(nobody.status, 401);
});

test('everything that is wrong is named at once', async () => {
    const answer = await create({ access_point_type: 'SURGERY', address: { postcode: 'nowhere' }, latitude: 100, phone: '1',
        email: 'x', ods_code: '-', nation: 'france', services: [], accessibilities: ['step_free', 'step_free'], practice_id: 'mine',
        booking_rules: { slot_minutes: 4 }, opening_hours: { monday: [{ opens: '8', closes: '18:00' }], funday: [] }, colour: 'red' });
    assert.deepEqual(errorsOf(answer).sort(), [
        ['/accessibilities/1', 'duplicate'], ['/access_point_type', 'not_allowed_value'], ['/address/postcode', 'postcode_invalid'],
        ['/booking_rules/slot_minutes', 'out_of_range'], ['/colour', 'unknown_member'], ['/email', 'email_invalid'],
        ['/latitude', 'out_of_range'], ['/longitude', 'required'], ['/name', 'required'], ['/nation', 'not_allowed_value'], ['/ods_code', 'ods_code_invalid'],
        ['/opening_hours/funday', 'unknown_member'], ['/opening_hours/monday/0/opens', 'time_invalid'], ['/phone', 'phone_invalid'],
        ['/practice_id', 'read_only'], ['/services', 'too_short'],
    ].sort());
});

test('rules between members', async () => {
    const open = (day) => ({ opening_hours: day });
    const rows = [
        [{ latitude: 53, longitude: null }, [['/longitude', 'required']]],
        [{ latitude: null, longitude: 1 }, [['/latitude', 'required']]],
        [{ address: { city: 'Leeds' } }, [['/address/postcode', 'required']]],
        [{ closures: [{ date: '2030-01-02' }, { date: '2030-01-03' }, { date: '2030-01-02' }] }, [['/closures/2/date', 'duplicate']]],
        [open({ monday: [{ opens: '09:00', closes: '12:00' }, { opens: '11:30', closes: '13:00' }] }), [['/opening_hours/monday/1', 'out_of_range']]],
        [open({ monday: [{ opens: '22:00', closes: '06:00' }], tuesday: [{ opens: '05:00', closes: '09:00' }] }), [['/opening_hours/tuesday/0', 'out_of_range']]],
        [open({ sunday: [{ opens: '22:00', closes: '06:00' }], monday: [{ opens: '05:59', closes: '09:00' }] }), [['/opening_hours/monday/0', 'out_of_range']]],
        [open({ monday: [{ opens: '09:00', closes: '09:00' }] }), [['/opening_hours/monday/0/closes', 'out_of_range']]],
        [open({ monday: [{ opens: '24:00', closes: '09:00' }] }), [['/opening_hours/monday/0/opens', 'out_of_range']]],
        [open({ bank_holiday: [{ opens: '09:00', closes: '12:00' }, { opens: '09:00', closes: '10:00' }] }), [['/opening_hours/bank_holiday/1', 'out_of_range']]],
        [open({ monday: [{ opens: '09:00' }] }), [['/opening_hours/monday/0/closes', 'required']]],
    ];
    for (const [more, expected] of rows) {
        const answer = await create(practiceBody(more));
        assert.deepEqual(errorsOf(answer), expected, `${JSON.stringify(more)}: ${answer.text}`);
    }
    const touching = await create(practiceBody(open({ monday: [{ opens: '09:00', closes: '12:00' }, { opens: '12:00', closes: '24:00' }],
        tuesday: [{ opens: '00:00', closes: '24:00' }] })));
    assert.equal(touching.status, 201, touching.text);
});

test('one that is not there is 404', async () => {
    for (const id of ['no-such-practice', 'x'.repeat(300), '%2e%2e', 'practice-001%00']) {
        const answer = await server.request('GET', `/practices/${id}`, { validate: false });
        assert.ok([400, 404].includes(answer.status), `${id}: ${answer.status}`);
    }
    assert.equal((await server.request('GET', '/practices/no-such-practice')).status, 404);
    assert.equal((await server.request('GET', '/practices/no-such-practice/availability')).status, 404);
});

test('a practice with 24 hours and one past midnight can be asked for times', async () => {
    const practice = await newPractice(server, { opening_hours: hours('00:00', '24:00', ['monday', 'tuesday', 'wednesday',
        'thursday', 'friday', 'saturday', 'sunday', 'bank_holiday']) });
    const answer = await server.request('GET', `/practices/${practice.practice_id}/availability`);
    assert.equal(answer.status, 200);
    assert.ok(answer.json.data.slots.length > 500);
});
