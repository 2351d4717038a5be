// time.mjs - days and times for tests, computed apart from the program: Europe/London from Node's own zone
// data, bank holidays of England by their own rules.

const DAY_MS = 86_400_000;

// The offset of London from UTC at an instant, in minutes.
function londonOffset(instantMs) {
    const parts = Object.fromEntries(new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hourCycle: 'h23',
        year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
        .formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
    const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
    return Math.round((wall - Math.floor(instantMs / 1000) * 1000) / 60_000);
}

// '2026-07-01', '09:00' in London -> '2026-07-01T08:00:00Z'. A time that the spring change leaves out gives the
// instant after the gap; one that the autumn change repeats, the first.
export function londonInstant(date, time) {
    const wall = Date.parse(`${date}T${time}:00Z`);
    const before = wall - londonOffset(wall - 3 * 3_600_000) * 60_000;
    const after = wall - londonOffset(wall + 3 * 3_600_000) * 60_000;
    const valid = [before, after].filter((instant) => instant + londonOffset(instant) * 60_000 === wall).sort((a, b) => a - b);
    return isoSeconds(valid.length > 0 ? valid[0] : before);
}

export function isoSeconds(instantMs) {
    return new Date(instantMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

export function addMinutes(instant, minutes) {
    return isoSeconds(Date.parse(instant) + minutes * 60_000);
}

export function addDays(date, days) {
    return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

export function londonToday(nowMs = Date.now()) {
    return new Date(nowMs + londonOffset(nowMs) * 60_000).toISOString().slice(0, 10);
}

function weekday(date) {
    return new Date(`${date}T00:00:00Z`).getUTCDay(); // 0 is Sunday
}

function easterSunday(year) {
    // The Gregorian computus in its "anonymous" form.
    const a = year % 19;
    const b = Math.floor(year / 100);
    const c = year % 100;
    const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
    const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7;
    const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114;
    return `${year}-${String(Math.floor(f / 31)).padStart(2, '0')}-${String((f % 31) + 1).padStart(2, '0')}`;
}

function mondayFrom(date, step) {
    let at = date;
    while (weekday(at) !== 1) at = addDays(at, step);
    return at;
}

// The bank holidays of England and Wales in a year, by rule (none of the one-off days of the past).
export function bankHolidaysEngland(year) {
    const easter = easterSunday(year);
    const days = [addDays(easter, -2), addDays(easter, 1), mondayFrom(`${year}-05-01`, 1), mondayFrom(`${year}-05-31`, -1),
        mondayFrom(`${year}-08-31`, -1)];
    for (const fixed of [`${year}-01-01`, `${year}-12-25`, `${year}-12-26`]) {
        let day = fixed; // one on a weekend moves to the next weekday that is free
        while ([0, 6].includes(weekday(day)) || days.includes(day)) day = addDays(day, 1);
        days.push(day);
    }
    return days.sort();
}

// The n-th working day in England after today (1: the next one), as YYYY-MM-DD. With n from 1 to 25 it is
// within the 42 days that can be booked.
export function nextWeekday(n = 1, nowMs = Date.now()) {
    let day = londonToday(nowMs);
    for (let left = n; left > 0;) {
        day = addDays(day, 1);
        if (![0, 6].includes(weekday(day)) && !bankHolidaysEngland(Number(day.slice(0, 4))).includes(day)) left -= 1;
    }
    return day;
}

// The instant of a London time of day: slotAt('2026-07-01', '09:00'), or slotAt(3, '09:00') on the third
// working day from now.
export function slotAt(day, time) {
    return londonInstant(typeof day === 'number' ? nextWeekday(day) : day, time);
}
