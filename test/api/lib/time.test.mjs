// time.test.mjs - the days and times that the other tests are built on.
import assert from 'node:assert/strict';
import test from 'node:test';

import { addDays, bankHolidaysEngland, londonInstant, londonToday, nextWeekday, slotAt } from './time.mjs';

test('London time of day to UTC', () => {
    for (const [date, time, instant] of [
        ['2026-01-15', '09:00', '2026-01-15T09:00:00Z'],
        ['2026-07-01', '09:00', '2026-07-01T08:00:00Z'],
        ['2026-03-29', '00:59', '2026-03-29T00:59:00Z'],
        ['2026-03-29', '02:00', '2026-03-29T01:00:00Z'],
        ['2026-10-25', '00:59', '2026-10-24T23:59:00Z'],
        ['2026-10-25', '01:30', '2026-10-25T00:30:00Z'],
        ['2026-10-25', '02:00', '2026-10-25T02:00:00Z'],
    ]) assert.equal(londonInstant(date, time), instant, `${date} ${time}`);
    assert.equal(slotAt('2026-07-01', '09:00'), '2026-07-01T08:00:00Z');
    assert.equal(londonToday(Date.parse('2026-06-30T23:30:00Z')), '2026-07-01');
});

// As published for England and Wales.
test('bank holidays', () => {
    assert.deepEqual(bankHolidaysEngland(2021), ['2021-01-01', '2021-04-02', '2021-04-05', '2021-05-03', '2021-05-31',
        '2021-08-30', '2021-12-27', '2021-12-28']);
    assert.deepEqual(bankHolidaysEngland(2026), ['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-04', '2026-05-25',
        '2026-08-31', '2026-12-25', '2026-12-28']);
    assert.deepEqual(bankHolidaysEngland(2027), ['2027-01-01', '2027-03-26', '2027-03-29', '2027-05-03', '2027-05-31',
        '2027-08-30', '2027-12-27', '2027-12-28']);
});

test('working days', () => {
    const thursday = Date.parse('2026-12-24T12:00:00Z');
    assert.equal(nextWeekday(1, thursday), '2026-12-29');
    assert.equal(nextWeekday(4, thursday), '2027-01-04');
    for (let n = 1; n <= 25; n += 1) {
        assert.ok(nextWeekday(n) <= addDays(londonToday(), 42), `working day ${n} can be booked`);
    }
});
