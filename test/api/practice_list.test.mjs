// practice_list.test.mjs - GET /practices: filters, order, pages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { errorsOf, newPractice } from './lib/practices.mjs';
import { ADMIN, startServer } from './lib/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

async function list(query) {
    const answer = await server.request('GET', `/practices?${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

const ids = (json) => json.data.map((practice) => practice.practice_id);

// Haversine, apart from the program.
function metres([lat1, lon1], [lat2, lon2]) {
    const rad = (degrees) => degrees * Math.PI / 180;
    const h = Math.sin(rad(lat2 - lat1) / 2) ** 2
        + Math.cos(rad(lat1)) * Math.cos(rad(lat2)) * Math.sin(rad(lon2 - lon1) / 2) ** 2;
    return 2 * 6371008.8 * Math.asin(Math.sqrt(h));
}

test('everybody may list, whole resources come in the order of their ids', async () => {
    const json = await list('');
    assert.ok(json.data.length >= 25);
    assert.deepEqual(ids(json), [...ids(json)].sort());
    const one = json.data.find((practice) => practice.practice_id === 'practice-001');
    const read = await server.request('GET', '/practices/practice-001');
    assert.deepEqual(one, read.json.data);
    assert.equal('distance_metres' in one, false);
});

test('filters', async () => {
    const all = (await list('limit=200')).data;
    const rows = [
        ['type=gp_surgery', (p) => p.access_point_type === 'GP_SURGERY'],
        ['type=PHARMACY,Dental_Practice', (p) => ['PHARMACY', 'DENTAL_PRACTICE'].includes(p.access_point_type)],
        ['access_point_type=PHARMACY', (p) => p.access_point_type === 'PHARMACY'],
        ['name=WALK-in', (p) => p.name.toLowerCase().includes('walk-in')],
        ['service=blood_test', (p) => p.services.includes('blood_test')],
        ['service=vaccination,blood_test', (p) => p.services.includes('blood_test') && p.services.includes('vaccination')],
        ['walk_ins=true', (p) => p.accepts_walk_ins],
        ['accepts_walk_ins=false', (p) => !p.accepts_walk_ins],
        ['requires_registration=true', (p) => p.requires_registration],
        ['accessibility=step_free,hearing_loop', (p) => ['step_free', 'hearing_loop'].every((a) => p.accessibilities?.includes(a))],
        ['nation=scotland', (p) => p.nation === 'scotland'],
        ['nation=wales&type=PHARMACY', (p) => p.nation === 'wales' && p.access_point_type === 'PHARMACY'],
        ['type=PHARMACY&access_point_type=GP_SURGERY', () => false],
        ['name=no%20such%20place', () => false],
    ];
    for (const [query, fits] of rows) {
        const expected = all.filter(fits).map((p) => p.practice_id);
        assert.deepEqual(ids(await list(`${query}&limit=200`)), expected, query);
    }
    assert.ok(all.filter((p) => p.services.includes('blood_test')).length > 3, 'the demo data has something to find');
});

test('near a point: by distance, with distance_metres, within the radius', async () => {
    const point = [53.8, -1.55];
    for (const query of [`latitude=${point[0]}&longitude=${point[1]}`, `near=${point.join(',')}`]) {
        const json = await list(`${query}&radius_km=60`);
        assert.ok(json.data.length >= 5);
        let last = 0;
        for (const practice of json.data) {
            const expected = metres(point, [practice.latitude, practice.longitude]);
            assert.ok(Math.abs(practice.distance_metres - expected) <= 1, practice.practice_id);
            assert.ok(practice.distance_metres >= last && practice.distance_metres <= 60_000);
            last = practice.distance_metres;
        }
    }
    const all = await list(`near=${point.join(',')}&limit=200`);
    assert.ok(all.data.length >= 25, 'without a radius nothing is too far');
});

test('near a postcode: the middle of the access points in the same outcode stands for it', async () => {
    const json = await list('postcode=ls14ap&radius_km=5');
    assert.ok(ids(json).includes('practice-001') && ids(json).includes('practice-012'));
    assert.deepEqual(ids(await list('near=LS1%204AP&radius_km=5')), ids(json));
    const unknown = await server.request('GET', '/practices?postcode=ZE1%200AA');
    assert.deepEqual(errorsOf(unknown), [['?postcode', 'postcode_unknown']]);
});

test('pages follow one another without a gap, with and without a point', async () => {
    for (const query of ['type=GP_SURGERY', 'near=53,-2', 'near=53,-2&type=PHARMACY,GP_SURGERY&radius_km=300']) {
        const whole = ids(await list(`${query}&limit=200`));
        const paged = [];
        let cursor = '';
        do {
            const json = await list(`${query}&limit=4${cursor}`);
            assert.ok(json.data.length <= 4);
            paged.push(...ids(json));
            cursor = json.next_cursor ? `&cursor=${json.next_cursor}` : '';
        } while (cursor);
        assert.deepEqual(paged, whole, query);
    }
    const { next_cursor: cursor } = await list('type=GP_SURGERY&limit=2');
    const other = await server.request('GET', `/practices?type=PHARMACY&limit=2&cursor=${cursor}`);
    assert.deepEqual(errorsOf(other), [['?cursor', 'cursor_invalid']]);
});

test('only active ones, unless another status is asked for; one without a position comes last', async () => {
    const asleep = await newPractice(server, { status: 'suspended', latitude: null, longitude: null });
    assert.ok(!ids(await list('limit=200')).includes(asleep.practice_id));
    const json = await list('status=suspended,active&near=53,-2&limit=200');
    const last = json.data.at(-1);
    assert.equal(last.practice_id, asleep.practice_id);
    assert.equal('distance_metres' in last, false);
    assert.ok(!ids(await list('status=suspended&near=53,-2&radius_km=1000')).includes(asleep.practice_id));
});

test('what is wrong with a query is named, all of it', async () => {
    const rows = [
        ['type=surgery&walk_ins=yes&colour=red', [['?type', 'not_allowed_value'], ['?walk_ins', 'wrong_type'], ['?colour', 'unknown_member']]],
        ['latitude=53', [['?longitude', 'required']]],
        ['longitude=1', [['?latitude', 'required']]],
        ['latitude=91&longitude=0', [['?latitude', 'out_of_range']]],
        ['radius_km=5', [['?radius_km', 'not_allowed_value']]],
        ['postcode=LS1%204AP&near=53,-1', [['?postcode', 'duplicate']]],
        ['postcode=nowhere', [['?postcode', 'postcode_invalid']]],
        ['near=53', [['?near', 'format']]],
        ['near=99,1', [['?near', 'format']]],
        ['near=1e3,1', [['?near', 'format']]],
        ['name=!', [['?name', 'format']]],
        ['limit=0', [['?limit', 'out_of_range']]],
        ['limit=201', [['?limit', 'out_of_range']]],
        ['cursor=x', [['?cursor', 'cursor_invalid']]],
    ];
    for (const [query, expected] of rows) {
        const answer = await server.request('GET', `/practices?${query}`);
        assert.deepEqual(errorsOf(answer).sort(), expected.sort(), `${query}: ${answer.text}`);
    }
});

test('a change is found at once, under its new name and place', async () => {
    const practice = await newPractice(server, { name: 'Old Mill Practice' });
    const token = await server.login(ADMIN);
    const change = await server.request('PUT', `/practices/${practice.practice_id}`, { token,
        body: { name: 'Ysgol Fawr Médecins', latitude: 49.9, longitude: -6.3, access_point_type: 'specialist_clinic' } });
    assert.equal(change.status, 200, change.text);
    assert.deepEqual(ids(await list('name=fawr%20medecins&type=SPECIALIST_CLINIC&near=49.9,-6.3&radius_km=1')),
        [practice.practice_id]);
    assert.deepEqual(ids(await list('name=old%20mill')), []);
});
