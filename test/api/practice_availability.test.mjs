// practice_availability.test.mjs - GET /practices/{practice_id}/availability: what can be booked, and why not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { bookAt, errorsOf, freeStarts, hours, newPractice } from './lib/practices.mjs';
import { ADMIN, STAFF, startServer } from './lib/server.mjs';
import { addDays, addMinutes, bankHolidaysEngland, londonInstant, londonToday, nextWeekday, slotAt } from './lib/time.mjs';

const EVERY_DAY = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday', 'bank_holiday'];
let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

async function ask(id, query = '', token) {
    const answer = await server.request('GET', `/practices/${id}/availability${query}`, { token });
    assert.equal(answer.status, 200, answer.text);
    return answer.json.data;
}

const onDay = (day, more = '') => `?start_date=${day}&end_date=${day}${more}`;

async function session(practice, body) {
    const token = await server.login(ADMIN);
    const answer = await server.request('POST', `/practices/${practice.practice_id}/sessions`, { token, body });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.data;
}

test('every slot of a day, sorted, in UTC', async () => {
    const practice = await newPractice(server);
    const day = nextWeekday(4);
    const data = await ask(practice.practice_id, onDay(day));
    assert.equal(data.practice_id, practice.practice_id);
    assert.equal('days' in data, false);
    const expected = Array.from({ length: 12 }, (_, i) => {
        const start = addMinutes(slotAt(day, '09:00'), 15 * i);
        return { start, end: addMinutes(start, 15), available: 1, delivery_channel: 'in_person' };
    });
    assert.deepEqual(data.slots, expected);
});

test('the next 7 days if nothing is said; 43 days at most', async () => {
    const practice = await newPractice(server, { opening_hours: hours('00:00', '24:00', EVERY_DAY) });
    const today = londonToday();
    const days = (data) => [...new Set(data.slots.map((slot) => londonToday(Date.parse(slot.start))))];
    const week = days(await ask(practice.practice_id));
    assert.ok(week.length >= 6 && week.at(-1) === addDays(today, 6), week.join());
    const all = days(await ask(practice.practice_id, `?start_date=${today}&end_date=${addDays(today, 42)}`));
    assert.equal(all.at(-1), addDays(today, 42), 'the last day that can be booked is included');
    assert.deepEqual(days(await ask(practice.practice_id, `?end_date=${addDays(today, 2)}`)).at(-1), addDays(today, 2));
    assert.equal(days(await ask(practice.practice_id, `?start_date=${addDays(today, 10)}`)).at(-1), addDays(today, 16));
});

// With explain=true every day is read and worked out; without it, what was worked out before may be kept.
test('what is kept from earlier answers is never out of date', async () => {
    const practice = await newPractice(server);
    const id = practice.practice_id;
    const token = await server.login(ADMIN);
    const day = nextWeekday(5);
    const seen = [];
    const agree = async (what) => {
        for (const query of [onDay(day), onDay(day, '&duration_minutes=30'), onDay(day, '&consecutive=2'), '']) {
            const fresh = (await ask(id, `${query || '?'}${query ? '&' : ''}explain=true`)).slots;
            for (let i = 0; i < 2; i++)
                assert.deepEqual((await ask(id, query)).slots, fresh, `${what}, ${query}`);
        }
        seen.push(JSON.stringify((await ask(id, onDay(day))).slots));
    };
    const must = async (method, path, body, status) => {
        const answer = await server.request(method, path, { token, body });
        assert.equal(answer.status, status, answer.text);
        return answer.json?.data;
    };
    await agree('at first');
    const booked = await bookAt(server, id, slotAt(day, '10:00'));
    await agree('booked');
    const held = await bookAt(server, id, slotAt(day, '10:30'), { status: 'pending' });
    await agree('held');
    await must('DELETE', `/appointments/${held.appointment_id}`, undefined, 200);
    await agree('the hold given up');
    await must('DELETE', `/appointments/${booked.appointment_id}`, undefined, 200);
    await agree('cancelled');
    await session(practice, { date: day, from: '14:00', until: '15:00', slot_minutes: 15, capacity: 2, services: ['routine'] });
    await agree('a session');
    await must('POST', `/practices/${id}/closures`, { start_date: day, reason: 'Training' }, 201);
    await agree('closed');
    await must('DELETE', `/practices/${id}/closures/${day}`, undefined, 200);
    await agree('open again');
    assert.equal(new Set(seen).size, 5, 'each change showed: booked, held, as before the hold, as at first, session, closed, session');
});

test('what is booked is not free, what is cancelled is', async () => {
    const practice = await newPractice(server);
    const day = nextWeekday(5);
    const start = slotAt(day, '10:00');
    const appointment = await bookAt(server, practice.practice_id, start, { duration_minutes: 30 });
    const free = await freeStarts(server, practice.practice_id, day);
    assert.equal(free.length, 10);
    assert.ok(!free.includes(start) && !free.includes(addMinutes(start, 15)) && free.includes(addMinutes(start, 30)));
    await server.request('DELETE', `/appointments/${appointment.appointment_id}`, { token: await server.login(ADMIN) });
    assert.equal((await freeStarts(server, practice.practice_id, day)).length, 12);
});

test('length, family, type, channel, practitioner', async () => {
    const practice = await newPractice(server);
    const day = nextWeekday(7);
    await session(practice, { date: day, from: '09:00', until: '10:00', slot_minutes: 10, capacity: 2, services: ['routine', 'vaccination'] });
    await session(practice, { date: day, from: '09:00', until: '10:00', slot_minutes: 20, delivery_channel: 'telephone', services: ['routine'],
        practitioner: { practitioner_id: 'dr-a', name: 'Dr A' } });
    const id = practice.practice_id;
    const counts = async (query) => (await ask(id, onDay(day, query))).slots.map((s) => [s.start.slice(11, 16), (Date.parse(s.end) - Date.parse(s.start)) / 60_000, s.available, s.delivery_channel]);
    const nine = slotAt(day, '09:00').slice(11, 16);
    assert.deepEqual((await counts('')).slice(0, 3), [[nine, 10, 2, 'in_person'], [nine, 20, 1, 'telephone'],
        [addMinutes(slotAt(day, '09:00'), 10).slice(11, 16), 10, 2, 'in_person']]);
    assert.equal((await counts('')).length, 9);
    assert.equal((await counts('&appointment_type=vaccination')).length, 6);
    assert.equal((await counts('&appointment_type=screening')).length, 0);
    assert.equal((await counts('&delivery_channel=telephone')).length, 3);
    assert.equal((await counts('&practitioner_id=dr-a')).length, 3);
    assert.equal((await counts('&practitioner_id=dr-b')).length, 0);
    assert.deepEqual((await counts('&duration_minutes=40')).map((row) => row[3]), ['in_person', 'telephone', 'in_person', 'in_person', 'telephone']);
    assert.equal((await counts('&duration_minutes=25')).length, 0);
    assert.equal((await counts('&consecutive=3&delivery_channel=telephone')).length, 1);
    assert.equal((await counts('&consecutive=3&delivery_channel=in_person')).length, 4);
});

test('explain gives the reason of every day without a slot', async () => {
    const today = londonToday();
    const closedDay = nextWeekday(2);
    const fullDay = nextWeekday(3);
    const practice = await newPractice(server, { opening_hours: hours('09:00', '09:15'), closures: [{ date: closedDay }] });
    await bookAt(server, practice.practice_id, slotAt(fullDay, '09:00'));
    const id = practice.practice_id;
    const reason = async (day, more = '') => (await ask(id, onDay(day, `&explain=true${more}`))).days;
    assert.deepEqual(await reason(closedDay), [{ date: closedDay, reason: 'closed' }]);
    assert.deepEqual(await reason(fullDay), [{ date: fullDay, reason: 'full' }]);
    assert.deepEqual(await reason(nextWeekday(4)), []);
    assert.deepEqual(await reason(nextWeekday(4), '&delivery_channel=video'), [{ date: nextWeekday(4), reason: 'not_offered' }]);
    const short = await newPractice(server, { opening_hours: hours('09:00', '09:30'), booking_rules: { slot_minutes: 10 } });
    const inARow = async (n) => (await ask(short.practice_id, onDay(nextWeekday(5), `&explain=true&consecutive=${n}`))).days.map((day) => day.reason);
    await bookAt(server, short.practice_id, slotAt(nextWeekday(5), '09:10'));
    assert.deepEqual([await inARow(2), await inARow(3), await inARow(4)], [['full'], ['full'], ['not_offered']]);
    assert.deepEqual(await reason(addDays(today, 43)), [{ date: addDays(today, 43), reason: 'too_far' }]);
    assert.deepEqual(await reason(addDays(today, -3)), [{ date: addDays(today, -3), reason: 'too_soon' }]);
    const saturday = Array.from({ length: 7 }, (_, i) => addDays(today, i + 1)).find((day) => new Date(day).getUTCDay() === 6);
    assert.equal((await reason(saturday))[0].reason, 'closed');

    const slow = await newPractice(server, { booking_rules: { min_notice_minutes: 43_200, max_advance_days: 400 } });
    assert.deepEqual((await ask(slow.practice_id, onDay(nextWeekday(1), '&explain=true'))).days, [{ date: nextWeekday(1), reason: 'too_soon' }]);
    const long = await newPractice(server, { booking_rules: { max_advance_days: 400 }, opening_hours: hours('09:00', '10:00', EVERY_DAY.slice(0, 7)) });
    const holiday = bankHolidaysEngland(Number(today.slice(0, 4))).concat(bankHolidaysEngland(Number(today.slice(0, 4)) + 1)).find((day) => day > addDays(today, 1));
    assert.deepEqual((await ask(long.practice_id, onDay(holiday, '&explain=true'))).days, [{ date: holiday, reason: 'bank_holiday' }]);
});

test('hours are London wall time, before and after a clock change', async () => {
    const practice = await newPractice(server, { booking_rules: { max_advance_days: 400 }, opening_hours: hours('09:00', '10:00', EVERY_DAY) });
    const year = Number(londonToday().slice(0, 4));
    for (const day of [`${year + 1}-01-14`, `${year + 1}-07-14`].filter((d) => d < addDays(londonToday(), 400))) {
        assert.equal((await freeStarts(server, practice.practice_id, day))[0], londonInstant(day, '09:00'));
    }
});

test('past midnight belongs to both days, and no slot crosses it', async () => {
    const practice = await newPractice(server, { opening_hours: hours('22:00', '02:00', EVERY_DAY), booking_rules: { slot_minutes: 60 } });
    const day = addDays(londonToday(), 5);
    const free = await freeStarts(server, practice.practice_id, day);
    assert.deepEqual(free, ['00:00', '01:00', '22:00', '23:00'].map((time) => londonInstant(day, time)));
});

test('notice and advance are the patients\' rule; staff of the practice may book at once', async () => {
    const practice = await newPractice(server, { opening_hours: hours('00:00', '24:00', EVERY_DAY), booking_rules: { min_notice_minutes: 180 } });
    const now = Date.now();
    const first = (data) => Date.parse(data.slots[0].start);
    assert.ok(first(await ask(practice.practice_id)) >= now + 180 * 60_000);
    const admin = first(await ask(practice.practice_id, '', await server.login(ADMIN)));
    assert.ok(admin > now && admin <= now + 16 * 60_000 + 5_000);
    assert.ok(first(await ask(practice.practice_id, '', await server.login(STAFF))) >= now + 180 * 60_000, 'staff of another practice are as everybody');
});

test('what is wrong with a query is named', async () => {
    const today = londonToday();
    const rows = [
        [`?start_date=${today}&end_date=${addDays(today, -1)}`, [['?end_date', 'out_of_range']]],
        [`?end_date=${addDays(today, -1)}`, [['?end_date', 'out_of_range']]],
        [`?start_date=${today}&end_date=${addDays(today, 43)}`, [['?end_date', 'out_of_range']]],
        ['?start_date=2027-02-30', [['?start_date', 'date_invalid']]],
        ['?duration_minutes=4', [['?duration_minutes', 'out_of_range']]],
        ['?duration_minutes=121', [['?duration_minutes', 'out_of_range']]],
        ['?consecutive=11&explain=maybe', [['?consecutive', 'out_of_range'], ['?explain', 'wrong_type']]],
        ['?appointment_type=chat', [['?appointment_type', 'not_allowed_value']]],
        ['?date=2027-01-01', [['?date', 'unknown_member']]],
        [`?start_date=${today}&start_date=${today}`, [['?start_date', 'duplicate']]],
    ];
    for (const [query, expected] of rows) {
        const answer = await server.request('GET', `/practices/practice-001/availability${query}`);
        assert.deepEqual(errorsOf(answer), expected, `${query}: ${answer.text}`);
    }
});
