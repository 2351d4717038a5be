// bank_holiday_import.test.mjs - /bank-holidays: computed by rule, corrected by GOV.UK's file, and days follow at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { bookAt, errorsOf, freeStarts, newPractice } from './lib/practices.mjs';
import { ADMIN, STAFF, startServer } from './lib/server.mjs';
import { bankHolidaysEngland, londonToday, nextWeekday, slotAt } from './lib/time.mjs';

let server;
let admin;
before(async () => {
    server = await startServer();
    admin = await server.login(ADMIN);
});
after(() => server?.stop());

const list = async (query, token = admin) => (await server.request('GET', `/bank-holidays${query}`, { token })).json;
const put = (body, token = admin) => server.request('PUT', '/bank-holidays', { token, body });
const file = (division, events) => ({ [division]: { division, events: events.map(([date, title]) => ({ title, date, notes: '', bunting: true })) } });

test('by rule', async () => {
    const json = await list('?nation=england&year=2027');
    assert.deepEqual(json.data.map((day) => day.date), bankHolidaysEngland(2027));
    const boxing = json.data.at(-1);
    assert.deepEqual(boxing, { nation: 'england', date: '2027-12-28', title: 'Boxing Day', notes: 'Substitute day' });
    const year = Number(londonToday().slice(0, 4));
    const both = await list('?limit=200');
    assert.deepEqual([...new Set(both.data.map((day) => day.nation))], ['england', 'wales', 'scotland', 'northern-ireland']);
    assert.deepEqual([...new Set(both.data.map((day) => Number(day.date.slice(0, 4))))].sort(), [year, year + 1]);
    const paged = [];
    let cursor = '';
    do {
        const page = await list(`?limit=10${cursor}`);
        paged.push(...page.data);
        cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : '';
    } while (cursor);
    assert.deepEqual(paged, both.data);
});

test('an import counts in its years, in its nations, and for days that are booked already', async () => {
    const practice = await newPractice(server);
    const scottish = await newPractice(server, { nation: 'scotland' });
    const day = nextWeekday(6);
    const booked = await bookAt(server, practice.practice_id, slotAt(day, '10:00'));
    assert.ok((await freeStarts(server, practice.practice_id, day)).length > 0);
    const answer = await put(file('england-and-wales', [[day, 'A royal wedding']]));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.data.dates, 2, 'England and Wales');
    assert.deepEqual(await freeStarts(server, practice.practice_id, day), []);
    assert.ok((await freeStarts(server, scottish.practice_id, day)).length > 0);
    const why = await server.request('GET', `/practices/${practice.practice_id}/availability?start_date=${day}&end_date=${day}&explain=true`);
    assert.deepEqual(why.json.data.days, [{ date: day, reason: 'bank_holiday' }]);
    const refused = await server.request('POST', '/appointments', { token: admin, body: { patient_id: booked.patient_id,
        practice_id: practice.practice_id, appointment_datetime: slotAt(day, '11:00'), appointment_type: 'routine' } });
    assert.equal(refused.json.code, 'bank_holiday', refused.text);
    const year = Number(day.slice(0, 4));
    assert.deepEqual((await list(`?nation=wales&year=${year}`)).data, [{ nation: 'wales', date: day, title: 'A royal wedding' }]);
    assert.deepEqual((await list(`?nation=england&year=${year + 1}`)).data.map((d) => d.date), bankHolidaysEngland(year + 1));
    const other = await put(file('scotland', [[`${year}-06-01`, 'Another']]));
    assert.equal(other.json.data.dates, 3, 'what is not named stays');
    const back = await put({ 'england-and-wales': { events: [] }, scotland: { events: [] } });
    assert.equal(back.json.data.dates, 0);
    assert.equal((await freeStarts(server, practice.practice_id, day)).length, 11);
});

test('what is wrong with the file is named where it stands', async () => {
    const rows = [
        [{}, [['/england-and-wales', 'required']]],
        [{ england: { events: [] } }, [['/england', 'unknown_member'], ['/england-and-wales', 'required']]],
        [{ scotland: {} }, [['/scotland/events', 'required']]],
        [{ scotland: { division: 'wales', events: [] } }, [['/scotland/division', 'not_allowed_value']]],
        [{ scotland: { events: [{ title: 'x' }, { title: '', date: '2027-02-29' }] } },
            [['/scotland/events/0/date', 'required'], ['/scotland/events/1/title', 'empty'], ['/scotland/events/1/date', 'date_invalid']]],
        [file('scotland', [['2027-01-01', 'One'], ['2027-01-02', 'Two'], ['2027-01-01', 'Again']]), [['/scotland/events/2/date', 'duplicate']]],
        [file('scotland', Array.from({ length: 21 }, (_, i) => [`2027-03-${String(i + 1).padStart(2, '0')}`, 'Day'])), [['/scotland/events/20/date', 'out_of_range']]],
    ];
    for (const [body, expected] of rows) {
        const answer = await put(body);
        assert.deepEqual(errorsOf(answer).sort(), [...expected].sort(), `${JSON.stringify(body)}: ${answer.text}`);
    }
});

test('everybody with an account may read them, admins import them', async () => {
    const patient = (await server.newPatient()).token;
    assert.ok((await list('?nation=scotland&year=2026', patient)).data.length >= 8);
    assert.equal((await server.request('GET', '/bank-holidays')).status, 401);
    for (const token of [patient, await server.login(STAFF)]) assert.equal((await put(file('scotland', []), token)).status, 403);
    assert.deepEqual(errorsOf(await server.request('GET', '/bank-holidays?year=1900&nation=mars', { token: admin })).sort(), [['?nation', 'not_allowed_value'], ['?year', 'out_of_range']]);
});
