// slots.test.mjs - what can be booked, and what becomes of a booking, against lib/model.mjs, on made-up practices
// and at five times of the year: today, before both clock changes, at Easter (which is one of them) and Christmas.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';
import { DateTime } from 'luxon';

import { ADMIN, startServer } from '../api/lib/server.mjs';
import { addDays, availability, book, CHANNELS, instantOf, isoOf, localDate, minutesOf, sessionsOn, timeOf, WEEKDAYS, weekdayOf } from './lib/model.mjs';
import { each, holds } from './lib/property.mjs';

const MINUTE = 60_000;
const TYPES = ['routine', 'urgent', 'vaccination', 'blood_test'];
const seen = {}; // how often each answer came: one that never comes was not tested

function count(word) {
    seen[word] = (seen[word] ?? 0) + 1;
}

// ---- practices ----------------------------------------------------------------------------------------------

const subset = (all, min = 1) => fc.subarray(all, { minLength: min });
const maybe = (arb, often = 2) => fc.option(arb, { nil: undefined, freq: often }); // undefined one time in "often"
// Around the hour that the clock change leaves out or repeats, and past midnight.
const NIGHTS = [[60, 120], [90, 150], [30, 100], [75, 240], [0, 180], [0, 90], [1320, 1560], [1380, 1530], [1200, 1520]];
const minute = fc.oneof({ weight: 4, arbitrary: fc.nat(95).map((n) => n * 15) }, fc.nat(1439), fc.constantFrom(0, 60, 90, 120, 1380));
const interval = fc.oneof({ weight: 5, arbitrary: fc.tuple(minute, fc.integer({ min: 5, max: 720 })).map(([opens, length]) => [opens, opens + length]) },
    fc.constantFrom([0, 1440], [540, 720], ...NIGHTS));

// Intervals in minutes of the week, of which those that meet an earlier one are left out, as hours by weekday.
function weekOf(all) {
    const taken = [];
    const hours = Object.fromEntries(WEEKDAYS.map((day) => [day, []]));
    for (const [day, [opens, until]] of all) {
        const from = day * 1440 + opens;
        const to = day * 1440 + Math.min(until, opens + 1440 - 1, opens === 0 ? 1440 : Infinity);
        const meets = ([a, b]) => [-10080, 0, 10080].some((week) => from + week < b && a < to + week);
        if (to <= from || taken.some(meets)) continue;
        taken.push([from, to]);
        const closes = to - day * 1440;
        hours[WEEKDAYS[day]].push({ opens: timeOf(opens), closes: closes === 1440 ? '24:00' : timeOf(closes % 1440) });
    }
    return hours;
}

const anyWeek = fc.array(fc.tuple(fc.nat(6), interval), { maxLength: 12 });
const sameEveryDay = fc.oneof(fc.array(fc.oneof(interval, fc.constantFrom(...NIGHTS)), { minLength: 1, maxLength: 2 }), fc.constant([[540, 610], [610, 720]]))
    .map((all) => all.flatMap((one) => WEEKDAYS.map((_, day) => [day, one])));
const week = fc.oneof(anyWeek, sameEveryDay).map(weekOf);
const holidayHours = fc.oneof(fc.constant([]), fc.constant([{ opens: '10:00', closes: '12:00' }]), fc.constant([{ opens: '00:00', closes: '24:00' }]),
    fc.constant([{ opens: '09:00', closes: '10:10' }, { opens: '10:10', closes: '12:00' }]),
    fc.constant([{ opens: '09:10', closes: '11:00' }, { opens: '22:00', closes: '03:00' }]));

// special: the days around which something happens.
function sessionOf(today, special) {
    const date = fc.oneof(fc.integer({ min: -2, max: 43 }).map((days) => addDays(today, days)), fc.constantFrom(...special),
        fc.constantFrom(...special).map((day) => addDays(day, -1)));
    const weekday = fc.oneof(fc.constantFrom(...WEEKDAYS), fc.constantFrom(...special).map(weekdayOf));
    const when = fc.oneof(fc.record({ weekday, first_date: maybe(date), last_date: maybe(date),
        cancelled: fc.array(date, { maxLength: 3 }) }), fc.record({ date }));
    return fc.tuple(when, interval, fc.record({ services: maybe(subset(TYPES)), slot_minutes: maybe(fc.constantFrom(5, 10, 15, 20, 30, 45, 60)),
        capacity: maybe(fc.integer({ min: 1, max: 3 })), delivery_channel: maybe(fc.constantFrom(...CHANNELS)), status: fc.constantFrom(undefined, undefined, undefined, 'cancelled') }))
        .map(([{ cancelled, ...days }, [from, length], more]) => {
            const until = Math.min(length, from + 1439);
            const session = { ...days, ...more, from: timeOf(from), until: from > 0 && until > 1440 ? timeOf(until % 1440) : timeOf(Math.min(until, 1440)) };
            if (session.first_date > session.last_date) delete session.last_date;
            if (days.weekday) session.cancelled_dates = [...new Set(cancelled)].filter((day) => weekdayOf(day) === days.weekday).map((day) => ({ date: day }));
            for (const name of Object.keys(session)) if (session[name] === undefined) delete session[name];
            return session;
        }).filter((session) => session.from !== session.until);
}

function practiceOf(today, special) {
    const day = fc.oneof(fc.integer({ min: 0, max: 42 }).map((days) => addDays(today, days)), fc.constantFrom(...special));
    return fc.record({
        hours: fc.tuple(week, holidayHours).map(([hours, bank_holiday]) => ({ ...hours, bank_holiday })),
        sessions: fc.oneof(fc.constant([]), fc.array(sessionOf(today, special), { minLength: 1, maxLength: 6 })),
        closures: fc.uniqueArray(day, { maxLength: 3 }).map((days) => days.map((date) => ({ date }))),
        services: subset(TYPES).map((all) => TYPES.filter((type) => all.includes(type))),
        rules: fc.record({ slot_minutes: fc.constantFrom(5, 10, 15, 20, 30, 60, 90), min_notice_minutes: fc.constantFrom(0, 1, 90, 120, 1440, 14_400),
            max_advance_days: fc.constantFrom(1, 6, 30, 42, 100) }),
    }).map((practice) => ({ ...practice, active: true, sessions: practice.sessions.map((session) => ({ ...session,
        ...(session.services ? { services: session.services.filter((type) => practice.services.includes(type)) } : {}) }))
        .map((session) => { const { services, ...rest } = session; return services?.length === 0 ? rest : session; })
        .filter((session) => longestPart(session) >= (session.slot_minutes ?? practice.rules.slot_minutes)) }));
}

// A session shorter than its slot is refused when it is made.
function longestPart({ from, until }) {
    const [a, b] = [minutesOf(from), minutesOf(until)];
    return b > a ? b - a : Math.max(1440 - a, b);
}

async function made(at, practice) {
    const answer = await at.server.request('POST', '/practices', { token: at.admin, body: { name: 'Made-up Surgery', access_point_type: 'GP_SURGERY',
        nation: 'england', address: { line1: '1 Example Street', postcode: 'LS1 4DY' }, opening_hours: practice.hours, closures: practice.closures,
        services: practice.services, booking_rules: practice.rules } });
    assert.equal(answer.status, 201, answer.text);
    const id = answer.json.data.practice_id;
    for (const body of practice.sessions) {
        const session = await at.server.request('POST', `/practices/${id}/sessions`, { token: at.admin, body });
        assert.equal(session.status, 201, `${session.text} for ${JSON.stringify(body)}`);
    }
    return id;
}

// ---- times of the year --------------------------------------------------------------------------------------

const places = [
    { name: 'today', at: undefined, special: (today) => [1, 7, 20, 42].map((days) => addDays(today, days)), runs: 12 },
    { name: 'before the spring change, which is at Easter', at: '2027-03-24T10:07:00', special: () => ['2027-03-28', '2027-03-26', '2027-03-29', '2027-05-03'], runs: 14 },
    { name: 'before the autumn change', at: '2026-10-20T16:00:30', special: () => ['2026-10-25', '2026-10-26'], runs: 14 },
    { name: 'the evening before the autumn change', at: '2027-10-30T23:20:00', special: () => ['2027-10-31', '2027-11-01'], runs: 10 },
    { name: 'before Christmas', at: '2027-12-15T23:58:00', special: () => ['2027-12-25', '2027-12-27', '2027-12-28', '2028-01-03'], runs: 12 },
];

async function placeOf({ at, special }) {
    const offset = at === undefined ? 0 : DateTime.fromISO(at, { zone: 'Europe/London' }).toMillis() - Date.now();
    const server = await startServer({ env: { OPENDOOR_CLOCK_OFFSET_MS: String(offset) }, validate: false });
    const now = () => Date.now() + offset;
    const today = localDate(now());
    return { server, now, today, special: special(today), admin: await server.login(ADMIN) };
}

// The rules change at the instant: a case in which they did while the answer was made is asked again.
async function atOneTime(at, expected, ask) {
    for (;;) {
        const before = expected(at.now());
        const answer = await ask();
        const after = expected(at.now());
        try {
            assert.deepEqual(before, after);
        } catch {
            continue;
        }
        return { answer, expected: before };
    }
}

// ---- availability -------------------------------------------------------------------------------------------

const wishes = fc.record({ type: maybe(fc.constantFrom(...TYPES)), channel: maybe(fc.constantFrom(...CHANNELS)),
    minutes: maybe(fc.constantFrom(5, 10, 15, 30, 40, 60, 90, 120)), consecutive: maybe(fc.constantFrom(2, 3, 5)) });

function queryOf(first, last, { type, channel, minutes, consecutive }) {
    return Object.entries({ start_date: first, end_date: last, explain: true, appointment_type: type, delivery_channel: channel, duration_minutes: minutes,
        consecutive }).filter(([, value]) => value !== undefined).map((pair) => pair.join('=')).join('&');
}

async function sameAvailability(at, id, practice, wish, first, last, { items = [], staff = false } = {}) {
    const { answer, expected } = await atOneTime(at, (now) => availability(practice, first, last, wish, now, { items, staff }),
        () => at.server.request('GET', `/practices/${id}/availability?${queryOf(first, last, wish)}`, { token: staff ? at.admin : undefined }));
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.data.days, expected.days);
    for (const { reason } of expected.days) count(`day: ${reason}`);
    assert.deepEqual(answer.json.data.slots, expected.slots);
}

async function availabilityHolds(at, runs) {
    const { today, special } = at;
    const range = fc.oneof(fc.constant([0, 42]), fc.tuple(fc.integer({ min: -3, max: 40 }), fc.integer({ min: 0, max: 10 })).map(([a, b]) => [a, a + b]));
    await holds(runs, [practiceOf(today, special), fc.array(fc.tuple(wishes, range, fc.boolean()), { minLength: 1, maxLength: 4 })], async (practice, asked) => {
        const id = await made(at, practice);
        await sameAvailability(at, id, practice, {}, today, addDays(today, 42));
        for (const day of special) await sameAvailability(at, id, practice, {}, day, day, { staff: true });
        for (const [wish, [a, b], staff] of asked) await sameAvailability(at, id, practice, wish, addDays(today, a), addDays(today, b), { staff });
    });
}

// ---- bookings -----------------------------------------------------------------------------------------------

// The same instant as somebody might write it.
function written(ms, form) {
    const offsets = [['Z', 0], ['+00:00', 0], ['+01:00', 60], ['-05:30', -330], ['z', 0]];
    const [zone, minutes] = offsets[form % offsets.length];
    const text = new Date(ms + minutes * MINUTE).toISOString().slice(0, 19);
    return (form % 2 ? text : `${text}.000`) + zone;
}

const tries = fc.array(fc.record({ where: fc.nat(), slot: fc.nat(40), shift: fc.constantFrom(0, 0, 0, 0, 0, 5, -15, 7, 60), type: fc.constantFrom(...TYPES),
    channel: maybe(fc.constantFrom('in_person', 'telephone')), minutes: maybe(fc.constantFrom(5, 10, 15, 20, 30, 40, 60, 120)), form: fc.nat(9),
    who: fc.nat(3), staff: fc.boolean() }), { minLength: 8, maxLength: 18, size: 'max' });

// Most times on the slots of a session on a day that has one, or a little beside; sometimes anywhere.
function startOf(practice, days, one) {
    const open = [...new Set(days)].filter((date) => sessionsOn(practice, date).length > 0).slice(0, 3);
    if (open.length === 0 || one.where % 6 === 0) return instantOf(days[one.where % days.length], (one.slot * 35) % 1440);
    const sessions = sessionsOn(practice, open[one.where % open.length]);
    const session = sessions[one.slot % sessions.length];
    return session.start + (one.slot % 3) * session.slot * MINUTE + one.shift * MINUTE;
}

// A practice where bookings have a chance: open far ahead, and with little notice.
const bookable = (practice, { ahead, notice }) => ({ ...practice, rules: { ...practice.rules, max_advance_days: ahead, min_notice_minutes: notice } });

async function bookingsHold(at, runs, patients) {
    const { today, special } = at;
    const days = [...special, ...special, ...special, ...[0, 1, 2, 3, 4, 5, 6].map((n) => addDays(today, n)), addDays(today, -1), addDays(today, 43)];
    const chances = fc.record({ ahead: fc.constantFrom(42, 42, 42, 6), notice: fc.constantFrom(0, 0, 90, 2880) });
    await holds(runs, [fc.tuple(practiceOf(today, special), chances).map((pair) => bookable(...pair)), tries], async (practice, all) => {
        const id = await made(at, practice);
        const items = [];
        try {
            for (const one of all.map((any) => (any.where % 5 === 1 ? any : { ...any, type: practice.services[any.where % practice.services.length] }))) await sameBooking(at, id, practice, one, startOf(practice, days, one), patients, items);
            for (const day of new Set(items.map(({ start }) => localDate(start)))) {
                await sameAvailability(at, id, practice, {}, day, day, { items });
            }
        } finally { // so that the next practice finds the patients free
            await each(items, (item) => at.server.request('PUT', `/appointments/${item.id}`, { token: at.admin, body: { status: 'cancelled' } }));
            for (const patient of patients) patient.items = [];
        }
    });
}

async function sameBooking(at, id, practice, one, start, patients, items) {
    const patient = patients[one.who % patients.length];
    const wish = { start, type: one.type, channel: one.channel, minutes: one.minutes };
    const body = { patient_id: patient.patientId, practice_id: id, appointment_datetime: written(start, one.form), appointment_type: one.type,
        ...(one.channel ? { delivery_channel: one.channel } : {}), ...(one.minutes ? { duration_minutes: one.minutes } : {}) };
    // A second request would be another booking: at the very moment of a rule's change either answer is right.
    const before = book(practice, wish, at.now(), { staff: one.staff, items, mine: patient.items });
    const answer = await at.server.request('POST', '/appointments', { token: one.staff ? at.admin : patient.token, body });
    const after = book(practice, wish, at.now(), { staff: one.staff, items, mine: patient.items });
    const expected = answer.json.code === after.code ? after : before;
    assert.equal(answer.json.code, expected.code, `${JSON.stringify(body)}: ${answer.text}`);
    count(`booking: ${expected.code ?? 'done'}`);
    if (expected.code === 'slot_unavailable') checkAlternatives(at, practice, wish, items, one.staff, answer);
    if (!expected.item) return;
    const { data } = answer.json;
    assert.deepEqual([data.appointment_datetime, data.duration_minutes, data.delivery_channel, data.appointment_type],
        [isoOf(start), expected.item.minutes, expected.item.channel, one.type]);
    const item = { ...expected.item, id: data.appointment_id };
    items.push(item);
    patient.items.push(item);
}

// Every alternative is free; of the day that was asked for, the nearest are there.
function checkAlternatives(at, practice, wish, items, staff, answer, moved) {
    assert.equal(answer.status, 409);
    if (moved) return; // of a move they are counted with the appointment still in its old place
    for (const slot of answer.json.alternatives) {
        const day = localDate(Date.parse(slot.start));
        const { slots } = availability(practice, day, day, wish, at.now(), { staff, items });
        assert.ok(slots.some((free) => JSON.stringify(free) === JSON.stringify(slot)), `${JSON.stringify(slot)} is not free for ${JSON.stringify(wish)}`);
    }
}

// ---- fitting --------------------------------------------------------------------------------------------------

// Sessions that overlap and offer different things, on one day, in one channel for the most part; and who comes.
const crowded = fc.array(fc.record({ from: fc.constantFrom('09:00', '09:00', '09:00', '09:10', '09:30'), until: fc.constantFrom('10:00', '10:00', '11:00'),
    services: subset(TYPES), slot_minutes: fc.constantFrom(10, 10, 20, 30), capacity: fc.integer({ min: 1, max: 2 }),
    delivery_channel: fc.constantFrom('in_person', 'in_person', 'in_person', 'in_person', 'telephone') }), { minLength: 2, maxLength: 4 });
const comings = fc.array(fc.record({ what: fc.constantFrom('book', 'book', 'book', 'book', 'book', 'cancel', 'move'), slot: fc.nat(6), type: fc.constantFrom(...TYPES),
    minutes: maybe(fc.constantFrom(10, 20, 20, 30, 60)), channel: fc.constantFrom(undefined, 'in_person'), which: fc.nat() }), { minLength: 8, maxLength: 16 });

async function fittingHolds(at, runs) {
    const people = await each(Array.from({ length: 16 }), async (_, i) => {
        const { json } = await at.server.request('POST', '/patients', { token: at.admin, body: { first_name: 'Ada', last_name: `Example ${i}`, date_of_birth: '1985-12-10' } });
        return json.data.patient_id;
    });
    const date = addDays(at.today, 3);
    const rules = { slot_minutes: 10, min_notice_minutes: 0, max_advance_days: 42 };
    await holds(runs, [crowded, comings], async (sessions, all) => {
        const practice = { hours: {}, closures: [], services: TYPES, rules, active: true, sessions: sessions.map((session) => ({ ...session, date })) };
        const id = await made(at, practice);
        const items = [];
        try {
            for (const [i, one] of all.entries()) await fitOne(at, id, practice, date, one, people[i], items);
            for (const wish of [{}, { type: 'routine', minutes: 20 }, { type: 'urgent', consecutive: 2 }]) await sameAvailability(at, id, practice, wish, date, date, { items });
        } finally {
            await each(items, (item) => at.server.request('PUT', `/appointments/${item.id}`, { token: at.admin, body: { status: 'cancelled' } }));
        }
    });
}

async function fitOne(at, id, practice, date, one, patientId, items) {
    const start = instantOf(date, 540 + one.slot * 10);
    const old = items[one.which % items.length];
    if (one.what !== 'book' && !old) return;
    const put = (body) => at.server.request('PUT', `/appointments/${old.id}`, { token: at.admin, body });
    const others = items.filter((item) => one.what === 'book' || item !== old);
    let answer;
    let expected;
    if (one.what === 'cancel') {
        answer = await put({ status: 'cancelled' });
        expected = {};
    } else if (one.what === 'move') {
        expected = book(practice, { ...old, start }, at.now(), { staff: true, items: others });
        answer = await put({ appointment_datetime: isoOf(start) });
    } else {
        const { type, minutes, channel } = one;
        expected = book(practice, { start, type, minutes, channel }, at.now(), { staff: true, items });
        answer = await at.server.request('POST', '/appointments', { token: at.admin, body: { patient_id: patientId, practice_id: id,
            appointment_datetime: isoOf(start), appointment_type: type, duration_minutes: minutes, delivery_channel: channel } });
    }
    assert.equal(answer.json.code, expected.code, `${one.what}: ${answer.text}`);
    if (expected.code === 'slot_unavailable') checkAlternatives(at, practice, { ...one, start }, others, true, answer, one.what === 'move' ? old : undefined);
    count(`${one.what}: ${expected.code ?? 'done'}`);
    if (expected.code) return;
    items.splice(0, items.length, ...others, ...(expected.item ? [{ ...expected.item, id: answer.json.data.appointment_id }] : []));
}

for (const place of places) {
    test(`${place.name}: availability and bookings as in the model`, async (t) => {
        const at = await placeOf(place);
        t.after(() => at.server.stop());
        const patients = [];
        for (let i = 0; i < 4; i += 1) patients.push({ ...await at.server.newPatient(), items: [] });
        await t.test('availability', () => availabilityHolds(at, place.runs));
        await t.test('bookings', () => bookingsHold(at, place.runs, patients));
        if (!place.at) await t.test('sessions that overlap: refused only if no arrangement fits', () => fittingHolds(at, 35));
    });
}

// Those that come twenty times or more in a usual run.
const answers = ['booking: done', 'booking: in_past', 'booking: too_soon', 'booking: too_far', 'booking: practice_closed', 'booking: outside_session',
    'booking: type_not_offered', 'booking: channel_not_offered', 'booking: off_slot_boundary', 'booking: duration_not_whole_slots', 'booking: slot_unavailable',
    'day: closed', 'day: bank_holiday', 'day: full', 'day: not_offered', 'day: too_soon', 'day: too_far',
    'book: done', 'book: slot_unavailable', 'book: off_slot_boundary', 'move: done', 'cancel: done'];

test('every answer came, so that each was compared', () => {
    for (const answer of answers) assert.ok(seen[answer] > 0, `never "${answer}" in ${JSON.stringify(seen)}`);
});
