// availability.test.mjs - GET /availability: the earliest appointments near a place.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { errorsOf, hours, newPractice } from './lib/practices.mjs';
import { ADMIN, startServer } from './lib/server.mjs';
import { addDays, londonToday, nextWeekday, slotAt } from './lib/time.mjs';

let server;
const day = nextWeekday(5);
// A corner of the sea with nothing else in it.
const HERE = [57.5, -14];
let near;
let far;
before(async () => {
    server = await startServer();
    near = await newPractice(server, { name: 'Near', address: { postcode: 'HS2 0AA' }, latitude: HERE[0], longitude: HERE[1], nation: 'england', opening_hours: hours('10:00', '11:00') });
    far = await newPractice(server, { name: 'Far', address: { postcode: 'HS2 0AB' }, latitude: HERE[0] + 0.1, longitude: HERE[1], opening_hours: hours('09:30', '10:30'),
        access_point_type: 'PHARMACY', services: ['vaccination', 'routine'], accessibilities: ['step_free', 'hearing_loop'],
        requires_registration: true, accepts_walk_ins: true, nation: 'england' });
});
after(() => server?.stop());

async function ask(query, { at = HERE } = {}) {
    const answer = await server.request('GET', `/availability?latitude=${at[0]}&longitude=${at[1]}&start_date=${day}&end_date=${day}${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

const brief = (json) => json.data.map((offer) => [offer.name, offer.start]);

test('the earliest first, and of equal times the nearest', async () => {
    const json = await ask('');
    const at = (time) => slotAt(day, time);
    assert.deepEqual(brief(json), [['Far', at('09:30')], ['Far', at('09:45')], ['Near', at('10:00')], ['Far', at('10:00')],
        ['Near', at('10:15')], ['Far', at('10:15')], ['Near', at('10:30')], ['Near', at('10:45')]]);
    assert.deepEqual(json.data[0], { practice_id: far.practice_id, name: 'Far', access_point_type: 'PHARMACY', requires_registration: true,
        distance_metres: 11_120, start: at('09:30'), end: at('09:45'), available: 1, delivery_channel: 'in_person' });
    assert.equal(json.next_cursor, undefined);
});

test('or the nearest first', async () => {
    const json = await ask('&sort=distance');
    assert.deepEqual(json.data.map((offer) => offer.name), [...Array(4).fill('Near'), ...Array(4).fill('Far')]);
});

test('pages follow one another without a gap', async () => {
    for (const sort of ['time', 'distance']) {
        const whole = brief(await ask(`&sort=${sort}`));
        const paged = [];
        let cursor = '';
        do {
            const json = await ask(`&sort=${sort}&limit=3${cursor}`);
            paged.push(...brief(json));
            cursor = json.next_cursor ? `&cursor=${json.next_cursor}` : '';
        } while (cursor);
        assert.deepEqual(paged, whole, sort);
    }
});

test('filters', async () => {
    const names = async (query) => [...new Set((await ask(query)).data.map((offer) => offer.name))].sort();
    assert.deepEqual(await names(''), ['Far', 'Near']);
    assert.deepEqual(await names('&radius_km=5'), ['Near']);
    assert.deepEqual(await names('&type=pharmacy'), ['Far']);
    assert.deepEqual(await names('&appointment_type=urgent'), ['Near']);
    assert.deepEqual(await names('&service=vaccination'), ['Far', 'Near']);
    assert.deepEqual(await names('&accessibility=hearing_loop'), ['Far']);
    assert.deepEqual(await names('&requires_registration=false'), ['Near']);
    assert.deepEqual(await names('&walk_ins=true'), ['Far']);
    assert.deepEqual(await names('&nation=scotland'), []);
    assert.deepEqual(await names('&delivery_channel=video'), []);
    assert.equal((await ask('&duration_minutes=45')).data.length, 4);
    assert.equal((await ask('&consecutive=4')).data.length, 2);
});

test('days without anything are passed over, and the first page is from the first days', async () => {
    const answer = await server.request('GET', `/availability?near=${HERE.join(',')}&start_date=${addDays(londonToday(), 1)}&end_date=${addDays(londonToday(), 40)}&limit=200`);
    assert.equal(answer.status, 200, answer.text);
    const starts = answer.json.data.map((offer) => offer.start);
    assert.deepEqual(starts, [...starts].sort());
    assert.ok(starts.length > 100);
});

test('a postcode will do: imported, or by its outcode', async () => {
    const token = await server.login(ADMIN);
    const unknown = await server.request('GET', '/availability?postcode=ZE3%209JU');
    assert.deepEqual(errorsOf(unknown), [['?postcode', 'postcode_unknown']]);
    const imported = await server.request('PUT', '/postcodes', { token, body: { postcodes: [{ postcode: 'ze39ju', latitude: HERE[0], longitude: HERE[1] }] } });
    assert.equal(imported.status, 200, imported.text);
    assert.equal(imported.json.data.postcodes, 1);
    const answer = await server.request('GET', `/availability?postcode=ZE3%209JU&start_date=${day}&end_date=${day}`);
    assert.deepEqual(brief(answer.json), brief(await ask('')));
    const outcode = await server.request('GET', '/availability?postcode=LS1%201AA&limit=5');
    assert.equal(outcode.status, 200, outcode.text);
    assert.equal(outcode.json.data.length, 5);
});

test('what is wrong with a query is named', async () => {
    const rows = [
        ['', [['?postcode', 'required']]],
        ['?latitude=53', [['?longitude', 'required']]],
        ['?near=53,-1&radius_km=201', [['?radius_km', 'out_of_range']]],
        ['?near=53,-1&service=routine&appointment_type=urgent', [['?service', 'duplicate']]],
        ['?near=53,-1&sort=price', [['?sort', 'not_allowed_value']]],
        ['?near=53,-1&start_date=2027-01-02&end_date=2027-01-01', [['?end_date', 'out_of_range']]],
        ['?near=53,-1&practitioner_id=x', [['?practitioner_id', 'unknown_member']]],
    ];
    for (const [query, expected] of rows) {
        assert.deepEqual(errorsOf(await server.request('GET', `/availability${query}`)), expected, query);
    }
});

test('postcodes are imported by admins, in bounded pieces', async () => {
    const token = await server.login(ADMIN);
    const put = (body, who = token) => server.request('PUT', '/postcodes', { token: who, body });
    const one = { postcode: 'ZE2 9AA', latitude: 60, longitude: -1 };
    assert.deepEqual(errorsOf(await put({ postcodes: [{ ...one, postcode: 'x' }, { latitude: 91 }] })).sort(),
        [['/postcodes/0/postcode', 'postcode_invalid'], ['/postcodes/1/latitude', 'out_of_range'], ['/postcodes/1/longitude', 'required'], ['/postcodes/1/postcode', 'required']]);
    assert.deepEqual(errorsOf(await put({ postcodes: [] })), [['/postcodes', 'too_short']]);
    assert.deepEqual(errorsOf(await put({ postcodes: Array(91).fill(one) })), [['/postcodes', 'too_long']]);
    assert.equal((await put({ postcodes: [one] }, (await server.newPatient()).token)).status, 403);
});
