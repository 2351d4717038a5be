// practices.mjs - access points for tests: every test that changes one makes its own.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { ADMIN } from './server.mjs';

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'];

export function hours(opens, closes, days = WEEKDAYS) {
    return Object.fromEntries(days.map((day) => [day, [{ opens, closes }]]));
}

export function practiceBody(more = {}) {
    return {
        name: `Test Surgery ${randomUUID().slice(0, 8)}`,
        access_point_type: 'GP_SURGERY',
        address: { line1: '1 Example Street', city: 'Leeds', postcode: 'LS1 4DY' },
        latitude: 53.795,
        longitude: -1.547,
        opening_hours: hours('09:00', '12:00'),
        ...more,
    };
}

// A new access point, as the server answers with it.
export async function newPractice(server, more = {}) {
    const token = await server.login(ADMIN);
    const answer = await server.request('POST', '/practices', { token, body: practiceBody(more) });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.data;
}

// Books as a new patient and answers with the appointment; more goes into the body.
export async function bookAt(server, practiceId, start, more = {}) {
    const who = await server.newPatient();
    const answer = await server.request('POST', '/appointments', { token: who.token, body: { patient_id: who.patientId,
        practice_id: practiceId, appointment_datetime: start, appointment_type: 'routine', ...more } });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.data;
}

export async function freeStarts(server, practiceId, date, query = '') {
    const answer = await server.request('GET',
        `/practices/${practiceId}/availability?start_date=${date}&end_date=${date}${query}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.data.slots.map((slot) => slot.start);
}

// [pointer, code] of every entry of "errors".
export function errorsOf(answer) {
    assert.equal(answer.status, 422, answer.text);
    return (answer.json.errors ?? []).map(({ pointer, code }) => [pointer, code]);
}
