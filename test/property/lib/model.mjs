// model.mjs - what can be booked, thought out a second time: from requirements.md's rules as plainly as possible,
// with luxon for Europe/London, sums instead of tables, and trying everything instead of searching well.
//
// A practice here is { hours, sessions, closures, services, rules, active } in the words of the API.
import { DateTime } from 'luxon';

import { bankHolidaysEngland } from '../../api/lib/time.mjs';

const MINUTE = 60_000;
const ZONE = 'Europe/London';
export const CHANNELS = ['in_person', 'telephone', 'video', 'home_visit'];
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

// ---- calendar -----------------------------------------------------------------------------------------------

export function addDays(date, days) {
    return DateTime.fromISO(date, { zone: 'utc' }).plus({ days }).toISODate();
}

export function daysBetween(first, last) {
    return DateTime.fromISO(last, { zone: 'utc' }).diff(DateTime.fromISO(first, { zone: 'utc' }), 'days').days;
}

export function localDate(ms) {
    return DateTime.fromMillis(ms, { zone: ZONE }).toISODate();
}

export function weekdayOf(date) {
    return WEEKDAYS[DateTime.fromISO(date, { zone: 'utc' }).weekday - 1];
}

export function minutesOf(time) {
    const [hours, minutes] = time.split(':').map(Number);
    return hours * 60 + minutes;
}

export function timeOf(minutes) {
    return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

const instants = new Map();

// The first instant at which the clock in London shows that minute of that date, or is past it (the spring change
// skips an hour).
export function instantOf(date, minute) {
    const key = `${date} ${minute}`;
    if (!instants.has(key)) {
        const naive = DateTime.fromISO(date, { zone: 'utc' }).toMillis() + minute * MINUTE;
        const clock = (ms) => ms + DateTime.fromMillis(ms, { zone: ZONE }).offset * MINUTE;
        let at = naive - 60 * MINUTE;
        while (clock(at) < naive) at += MINUTE;
        instants.set(key, at);
    }
    return instants.get(key);
}

const holidays = new Map();

export function isBankHoliday(date) {
    const year = Number(date.slice(0, 4));
    if (!holidays.has(year)) holidays.set(year, new Set(bankHolidaysEngland(year)));
    return holidays.get(year).has(date);
}

// ---- the sessions of one date -------------------------------------------------------------------------------

// The part of opens..closes that lies on the date on which it begins, and the part on the next.
function ownPart(opens, closes) {
    return closes > opens ? [opens, closes] : [opens, 1440];
}

function nextPart(opens, closes) {
    return closes <= opens && closes > 0 ? [0, closes] : undefined;
}

function joined(pieces, touching) {
    const sorted = pieces.filter(Boolean).sort((a, b) => a[0] - b[0]);
    const out = [];
    for (const [from, until] of sorted) {
        const last = out.at(-1);
        if (last && (touching ? from <= last[1] : from < last[1])) last[1] = Math.max(last[1], until);
        else out.push([from, until]);
    }
    return out;
}

// When the doors are open on a date, closures apart.
function openOn(practice, date, touching) {
    const before = addDays(date, -1);
    const own = practice.hours.bank_holiday ?? [];
    const hoursOf = (day) => (isBankHoliday(day) && own.length > 0 ? own : practice.hours[weekdayOf(day)] ?? []);
    if (isBankHoliday(date) && own.length === 0) return [];
    const late = isBankHoliday(date) && !isBankHoliday(before) ? [] : hoursOf(before);
    const span = ({ opens, closes }) => [minutesOf(opens), minutesOf(closes)];
    return joined([...hoursOf(date).map((one) => ownPart(...span(one))), ...late.map((one) => nextPart(...span(one)))], touching);
}

function runsOn(session, date) {
    if (session.status === 'cancelled') return false;
    if (session.date) return session.date === date;
    return session.weekday === weekdayOf(date) && !(session.first_date > date) && !(session.last_date < date) &&
        !(session.cancelled_dates ?? []).some((one) => one.date === date);
}

function piecesOf(practice, session, date) {
    const from = minutesOf(session.from);
    const until = minutesOf(session.until);
    const whole = [runsOn(session, date) && ownPart(from, until), runsOn(session, addDays(date, -1)) && nextPart(from, until)].filter(Boolean);
    if (!isBankHoliday(date) || session.date) return whole;
    return whole.flatMap(([a, b]) => openOn(practice, date, true).map(([c, d]) => [Math.max(a, c), Math.min(b, d)]))
        .filter(([a, b]) => a < b);
}

// { start, end, slot, capacity, services, channel }, as the day has them.
export function sessionsOn(practice, date) {
    if (practice.closures.some((closure) => closure.date === date)) return [];
    const like = { slot_minutes: practice.rules.slot_minutes, capacity: 1, services: practice.services, delivery_channel: 'in_person' };
    const all = practice.sessions.length === 0 ? openOn(practice, date, false).map((piece) => [like, piece])
        : practice.sessions.flatMap((session) => piecesOf(practice, session, date).map((piece) => [{ ...like, ...session }, piece]));
    return all.map(([session, [from, until]]) => ({ start: instantOf(date, from), end: instantOf(date, until),
        slot: session.slot_minutes, capacity: session.capacity, services: session.services, channel: session.delivery_channel }))
        .filter(({ start, end }) => start < end);
}

function whyNone(practice, date) {
    if (practice.closures.some((closure) => closure.date === date)) return 'closure';
    if (isBankHoliday(date)) return 'bank_holiday';
    return (practice.hours[weekdayOf(date)] ?? []).length > 0 ? 'no_session' : 'no_hours';
}

// ---- who fits where -----------------------------------------------------------------------------------------

function takes(session, item) {
    const offset = (item.start - session.start) / MINUTE;
    return session.channel === item.channel && session.services.includes(item.type) && offset >= 0 &&
        offset % session.slot === 0 && item.minutes % session.slot === 0 && item.start + item.minutes * MINUTE <= session.end;
}

const overlap = (a, b) => a.start < b.start + b.minutes * MINUTE && b.start < a.start + a.minutes * MINUTE;

// Is there any way of putting all items into the sessions? Every way is tried, in order of time, but for two that
// differ only by who of two equal ones sits where.
export function allFit(sessions, items) {
    const order = [...items].sort((a, b) => a.start - b.start || a.minutes - b.minutes || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0)
        || (a.channel < b.channel ? -1 : 1));
    const alike = (a, b) => a && a.start === b.start && a.minutes === b.minutes && a.type === b.type && a.channel === b.channel;
    const placed = [];
    const place = (i) => {
        if (i === order.length) return true;
        const item = order[i];
        const first = alike(order[i - 1], item) ? placed[i - 1] : 0;
        for (let s = first; s < sessions.length; s += 1) {
            if (!takes(sessions[s], item)) continue;
            // Items come in order of their start, so the session is fullest now, at this start.
            const there = order.slice(0, i).filter((other, j) => placed[j] === s && overlap(other, item)).length;
            if (there >= sessions[s].capacity) continue;
            placed[i] = s;
            if (place(i + 1)) return true;
        }
        return false;
    };
    return place(0);
}

// How many more of that can be booked, one after the other.
export function howMany(sessions, items, item) {
    if (!items.some((other) => other.channel === item.channel)) {
        return sessions.filter((session) => takes(session, item)).reduce((sum, { capacity }) => sum + capacity, 0);
    }
    const near = nearby(items, item);
    let count = 0;
    while (allFit(sessions, [...near, ...new Array(count + 1).fill(item)])) count += 1;
    return count;
}

// The items that could have to move for it: those that overlap it, those that overlap these ...
function nearby(items, item) {
    const near = [];
    const left = items.filter((other) => other.channel === item.channel);
    for (let reach = [item]; reach.length > 0;) {
        const next = left.filter((other) => !near.includes(other) && reach.some((one) => overlap(one, other)));
        near.push(...next);
        reach = next;
    }
    return near;
}

// ---- availability -------------------------------------------------------------------------------------------

// The rows that a day has for a wish { type, channel, minutes, consecutive }, as [start, minutes, channel].
function rowsOf(sessions, wish) {
    const rows = new Map();
    for (const session of sessions) {
        const minutes = wish.minutes ?? session.slot;
        if (wish.type && !session.services.includes(wish.type)) continue;
        if (wish.channel && session.channel !== wish.channel) continue;
        if (minutes % session.slot !== 0) continue;
        for (let start = session.start; start + minutes * MINUTE <= session.end; start += session.slot * MINUTE) {
            rows.set(`${start} ${minutes} ${session.channel}`, { start, minutes, channel: session.channel });
        }
    }
    return [...rows.values()].sort((a, b) => a.start - b.start || a.minutes - b.minutes ||
        CHANNELS.indexOf(a.channel) - CHANNELS.indexOf(b.channel));
}

function typesOf(sessions, wish) {
    if (wish.type) return [wish.type];
    const seen = new Set(); // two types that the same sessions offer are as good as one
    return [...new Set(sessions.flatMap(({ services }) => services))].filter((type) => {
        const where = sessions.map(({ services }) => services.includes(type)).join();
        return !seen.has(where) && seen.add(where);
    });
}

function available(sessions, items, row, wish, types) {
    let best = 0;
    for (const type of types) {
        const family = Array.from({ length: wish.consecutive ?? 1 }, (_, i) => ({ ...row, type, start: row.start + i * row.minutes * MINUTE }));
        const count = howMany(sessions, items, family[0]);
        const together = family.length === 1 || (items.length === 0 ? family.every((one) => howMany(sessions, items, one) > 0)
            : family.every((one) => howMany(sessions, items, one) > 0) && allFit(sessions, [...items, ...family]));
        if (together) best = Math.max(best, count);
    }
    return best;
}

// All free slots of a date, whatever the notice. items: what is booked there.
export function slotsOn(practice, date, wish, items = []) {
    const sessions = sessionsOn(practice, date);
    const types = typesOf(sessions, wish);
    return rowsOf(sessions, wish).map((row) => ({ ...row, available: available(sessions, items, row, wish, types) }))
        .filter((row) => row.available > 0);
}

export function isoOf(ms) {
    return new Date(ms).toISOString().replace('.000Z', 'Z');
}

// The answer to GET /practices/{id}/availability?explain=true for the days from first to last.
export function availability(practice, first, last, wish, now, { staff = false, items = [] } = {}) {
    const slots = [];
    const days = [];
    const lastDay = addDays(localDate(now), practice.rules.max_advance_days);
    for (let date = first; date <= last; date = addDays(date, 1)) {
        const booked = items.filter((item) => localDate(item.start) === date);
        const all = date > lastDay ? [] : slotsOn(practice, date, wish, booked);
        const inTime = all.filter(({ start }) => start > now && (staff || start - now >= practice.rules.min_notice_minutes * MINUTE));
        slots.push(...inTime.map((row) => ({ start: isoOf(row.start), end: isoOf(row.start + row.minutes * MINUTE),
            available: row.available, delivery_channel: row.channel })));
        if (inTime.length === 0) days.push({ date, reason: reasonOf(practice, date, wish, now, { staff, lastDay, all }) });
    }
    return { slots, days };
}

function reasonOf(practice, date, wish, now, { staff, lastDay, all }) {
    if (date > lastDay) return 'too_far';
    const soonest = staff ? now + 1 : now + Math.max(1, practice.rules.min_notice_minutes * MINUTE);
    if (instantOf(date, 1440) <= soonest) return 'too_soon';
    const sessions = sessionsOn(practice, date);
    if (sessions.length === 0) return whyNone(practice, date) === 'bank_holiday' ? 'bank_holiday' : 'closed';
    if (slotsOn(practice, date, wish).length === 0) return 'not_offered'; // not even with nothing booked
    return all.length > 0 ? 'too_soon' : 'full';
}

// ---- booking ------------------------------------------------------------------------------------------------

// What becomes of a wish { start, type, channel?, minutes? }: { code } of the refusal, or { item } as it is booked.
// mine: what the patient has already, anywhere.
export function book(practice, wish, now, { staff = false, items = [], mine = [] } = {}) {
    const { rules } = practice;
    if (!practice.active) return { code: 'practice_inactive' };
    if (wish.start <= now) return { code: 'in_past' };
    if (!staff && wish.start - now < rules.min_notice_minutes * MINUTE) return { code: 'too_soon' };
    if (daysBetween(localDate(now), localDate(wish.start)) > rules.max_advance_days) return { code: 'too_far' };
    const date = localDate(wish.start);
    const sessions = sessionsOn(practice, date);
    if (sessions.length === 0) {
        return { code: { closure: 'practice_closed', bank_holiday: 'bank_holiday', no_session: 'outside_session', no_hours: 'practice_closed' }[whyNone(practice, date)] };
    }
    return place(sessions, wish, items.filter((item) => localDate(item.start) === date), mine);
}

// The questions that sessions are asked, each with the code of the refusal if no session gets past it.
const questions = [
    ['outside_session', (session, wish) => wish.start >= session.start && wish.start < session.end],
    ['type_not_offered', (session, wish) => session.services.includes(wish.type)],
    ['channel_not_offered', (session, wish) => !wish.channel || session.channel === wish.channel],
    ['off_slot_boundary', (session, wish) => ((wish.start - session.start) / MINUTE) % session.slot === 0],
    ['duration_not_whole_slots', (session, wish) => (wish.minutes ?? session.slot) % session.slot === 0 &&
        wish.start + (wish.minutes ?? session.slot) * MINUTE <= session.end],
];

function place(sessions, wish, items, mine) {
    let left = sessions;
    for (const [code, passes] of questions) {
        left = left.filter((session) => passes(session, wish));
        if (left.length === 0) return { code };
    }
    const choices = left.map((session) => ({ start: wish.start, type: wish.type, minutes: wish.minutes ?? session.slot, channel: session.channel }))
        .sort((a, b) => a.minutes - b.minutes || CHANNELS.indexOf(a.channel) - CHANNELS.indexOf(b.channel));
    const item = choices.find((choice) => howMany(sessions, items, choice) > 0);
    if (!item) return { code: 'slot_unavailable' };
    return mine.some((other) => overlap(other, item)) ? { code: 'patient_busy' } : { item };
}
