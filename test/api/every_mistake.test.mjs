// every_mistake.test.mjs - a refused request names every mistake at once: in single members, between members,
// and those that only the clock, the caller or the store can tell.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { newPractice, bookAt } from './lib/practices.mjs';
import { ADMIN, PATIENT, STAFF, startServer } from './lib/server.mjs';
import { addDays, londonToday, nextWeekday, slotAt } from './lib/time.mjs';

let server;
let tokens;
let practice;
let appointment;
let session;
before(async () => {
    server = await startServer();
    tokens = { nobody: undefined, admin: await server.login(ADMIN), staff: await server.login(STAFF), patient: await server.login(PATIENT) };
    practice = await newPractice(server, { services: ['routine'] });
    appointment = await bookAt(server, practice.practice_id, slotAt(nextWeekday(6), '10:00'));
    const body = { weekday: 'monday', from: '09:00', until: '12:00' };
    const made = await server.request('POST', `/practices/${(await newPractice(server)).practice_id}/sessions`, { token: tokens.admin, body });
    session = made.headers.location;
});
after(() => server?.stop());

const today = londonToday();
const tomorrow = addDays(today, 1);
const COMMON = 'password123';
const BAD_EMAIL = 'no address';

// Who asks, what, the body, and what is wrong: pointer and code.
const REFUSED = [
    ['staff', 'POST /patients', { first_name: '', date_of_birth: tomorrow, email: BAD_EMAIL },
        { '/first_name': 'empty', '/last_name': 'required', '/date_of_birth': 'out_of_range', '/email': 'email_invalid' }],
    ['staff', 'POST /patients', { first_name: 'A', last_name: 'B', date_of_birth: '1990-02-30', registered_practice_id: 'nowhere', nhs_number_status: 'verified', colour: 'red' },
        { '/date_of_birth': 'date_invalid', '/registered_practice_id': 'not_found', '/nhs_number': 'required', '/colour': 'unknown_member' }],
    ['staff', 'POST /patients', { first_name: 'A', last_name: 'B', date_of_birth: '1990-01-01', registered_practice_id: 7, nhs_number_status: 'verified', nhs_number: '1' },
        { '/registered_practice_id': 'wrong_type', '/nhs_number': 'nhs_number_invalid' }],
    ['staff', 'POST /patients', { first_name: 'A', last_name: 'B', date_of_birth: '1990-01-01', medical_info: { allergies: [{ display_text: '', system: 'http://snomed.info/sct' }], conditions: [7, { display_text: 'Asthma', onset_date: '2020-01-02', resolved_date: '2020-01-01', colour: 1 }] } },
        { '/medical_info/allergies/0/display_text': 'empty', '/medical_info/allergies/0/code': 'required', '/medical_info/conditions/0': 'wrong_type', '/medical_info/conditions/1/resolved_date': 'out_of_range', '/medical_info/conditions/1/colour': 'unknown_member' }],
    ['patient', 'PUT /patients/patient-123', { date_of_birth: tomorrow, email: BAD_EMAIL, status: 'inactive' },
        { '/date_of_birth': 'out_of_range', '/email': 'email_invalid', '/status': 'read_only' }],
    ['admin', 'PUT /patients/patient-123', { date_of_birth: tomorrow, phone: '12', registered_practice_id: 'nowhere' },
        { '/date_of_birth': 'out_of_range', '/phone': 'phone_invalid', '/registered_practice_id': 'not_found' }],
    ['nobody', 'POST /auth/register', { email: BAD_EMAIL, password: COMMON, nhs_number: '1234567890', date_of_birth: tomorrow },
        { '/email': 'email_invalid', '/password': 'password_common', '/nhs_number': 'nhs_number_invalid', '/date_of_birth': 'out_of_range' }],
    ['nobody', 'POST /auth/register', { email: 'somebody@example.org', password: 'is somebody here', date_of_birth: tomorrow },
        { '/password': 'password_contains_email', '/date_of_birth': 'out_of_range' }],
    ['nobody', 'POST /auth/register', { colour: 'red' },
        { '/email': 'required', '/password': 'required', '/colour': 'unknown_member' }],
    ['patient', 'POST /auth/password/change', { new_password: COMMON },
        { '/current_password': 'required', '/new_password': 'password_common' }],
    ['patient', 'POST /auth/password/change', { current_password: 'not this one', new_password: COMMON },
        { '/current_password': 'password_wrong', '/new_password': 'password_common' }],
    ['nobody', 'POST /auth/password/reset', { token: 'none', password: COMMON },
        { '/token': 'reset_token_invalid', '/password': 'password_common' }],
    ['nobody', 'POST /auth/password/reset', { token: 'none', colour: 1 },
        { '/token': 'reset_token_invalid', '/password': 'required', '/colour': 'unknown_member' }],
    ['admin', 'POST /users', { email: BAD_EMAIL, password: COMMON, role: 'patient', practice_ids: ['nowhere', 7, 'practice-123', 'practice-123'] },
        { '/email': 'email_invalid', '/password': 'password_common', '/role': 'not_allowed_value', '/practice_ids/0': 'not_allowed_value', '/practice_ids/1': 'wrong_type', '/practice_ids/3': 'duplicate' }],
    ['admin', 'POST /users', { email: 'a@example.org', password: 'quite another thing', role: 'staff', name: '' },
        { '/name': 'empty', '/practice_ids': 'required' }],
    ['admin', 'POST /users', { email: 'a@example.org', password: COMMON, role: 'staff', practice_ids: ['nowhere'] },
        { '/password': 'password_common', '/practice_ids/0': 'not_allowed_value' }],
    ['admin', 'POST /users', { practice_ids: ['practice-123'] },
        { '/email': 'required', '/password': 'required', '/role': 'required' }],
    ['admin', 'POST /practices', { access_point_type: 'CASTLE', latitude: 51, address: { line1: '' }, closures: [{ date: '2027-01-01' }, { date: '2027-01-01' }], opening_hours: { monday: [{ opens: '09:00', closes: '12:00' }, { opens: '11:00', closes: '13:00' }, { opens: '9' }] } },
        { '/name': 'required', '/access_point_type': 'not_allowed_value', '/longitude': 'required', '/address/line1': 'empty', '/address/postcode': 'required', '/closures/1/date': 'duplicate', '/opening_hours/monday/1': 'out_of_range', '/opening_hours/monday/2/opens': 'time_invalid', '/opening_hours/monday/2/closes': 'required' }],
    ['admin', 'POST /practices', { name: 'X', access_point_type: 'PHARMACY', latitude: 91 },
        { '/latitude': 'out_of_range', '/longitude': 'required' }],
    ['staff', 'PUT /practices/practice-123', { name: '', status: 'inactive', longitude: null },
        { '/name': 'empty', '/status': 'read_only', '/longitude': 'required' }],
    ['admin', () => `POST /practices/${practice.practice_id}/sessions`, {},
        { '/weekday': 'required', '/from': 'required', '/until': 'required' }],
    ['admin', () => `POST /practices/${practice.practice_id}/sessions`, { date: '2026-02-30', from: '09:00', until: '09:00', services: ['urgent'], capacity: 0, practitioner: { role: 'GP' } },
        { '/date': 'date_invalid', '/until': 'out_of_range', '/services': 'not_allowed_value', '/capacity': 'out_of_range', '/practitioner/name': 'required' }],
    ['admin', () => `POST /practices/${practice.practice_id}/sessions`, { weekday: 'monday', date: tomorrow, from: '9', until: '10:00', slot_minutes: 60 },
        { '/date': 'not_allowed_value', '/from': 'time_invalid' }],
    ['admin', () => `PUT ${session}`, { until: '09:00', capacity: 0, practitioner: { role: 'GP' } },
        { '/until': 'out_of_range', '/capacity': 'out_of_range', '/practitioner/name': 'required' }],
    ['admin', () => `DELETE ${session}?start_date=${nextWeekday(1)}&end_date=2020-01-01&colour=red`, undefined,
        { '?end_date': 'out_of_range', '?colour': 'unknown_member' }],
    ['staff', 'POST /practices/practice-123/closures', { start_date: tomorrow, end_date: today, reason: '', colour: 1 },
        { '/end_date': 'out_of_range', '/reason': 'empty', '/colour': 'unknown_member' }],
    ['staff', `DELETE /practices/practice-123/closures/${tomorrow}?end_date=${today}&colour=red`, undefined,
        { '?end_date': 'out_of_range', '?colour': 'unknown_member' }],
    ['admin', 'PUT /bank-holidays', { scotland: { division: 'wales', events: [{ title: '', date: '2027-01-01' }, { title: 'A', date: '2027-01-02' }, { title: 'B', date: '2027-01-02' }] } },
        { '/scotland/division': 'not_allowed_value', '/scotland/events/0/title': 'empty', '/scotland/events/2/date': 'duplicate' }],
    ['patient', 'POST /patients/patient-123/proxies', { proxy_id: 'nobody', basis: 'legal_authority', until: '1' },
        { '/proxy_id': 'not_found', '/relationship': 'required', '/basis': 'not_allowed_value', '/evidence': 'required', '/until': 'date_invalid' }],
    ['patient', 'POST /patients/patient-123/proxies', { proxy_id: 'patient-123', colour: 1 },
        { '/proxy_id': 'not_allowed_value', '/relationship': 'required', '/basis': 'required', '/colour': 'unknown_member' }],
    ['patient', 'POST /appointments', { patient_id: 'patient-123', practice_id: 'nowhere', duration_minutes: 1, status: 'arrived' },
        { '/practice_id': 'not_found', '/appointment_datetime': 'required', '/appointment_type': 'required', '/duration_minutes': 'out_of_range', '/status': 'not_allowed_value' }],
    ['admin', 'POST /appointments', { patient_id: 'nobody', practice_id: 'practice-123', appointment_datetime: '2020-01-01T10:00:00Z', appointment_type: 'haircut' },
        { '/patient_id': 'not_found', '/appointment_datetime': 'in_past', '/appointment_type': 'not_allowed_value' }],
    ['admin', 'POST /appointments', { patient_id: 'nobody', practice_id: 'practice-123', appointment_datetime: '2020-01-01T10:00:00Z', appointment_type: 'routine' },
        { '/patient_id': 'not_found', '/appointment_datetime': 'in_past' }],
    ['admin', 'POST /appointments/group', { practice_id: 'practice-123', appointment_datetime: '2020-01-01T10:00:00Z', people: [{ patient_id: 'nobody' }, { reason: '' }, 7, { patient_id: 'nobody' }] },
        { '/appointment_datetime': 'in_past', '/appointment_type': 'required', '/people/0/patient_id': 'not_found', '/people/1/patient_id': 'required', '/people/1/reason': 'empty', '/people/2': 'wrong_type', '/people/3/patient_id': 'duplicate' }],
    ['admin', () => `PUT /appointments/${appointment.appointment_id}`, { appointment_datetime: '2020-01-01T10:00:00Z', cancellation_reason: 'ill', duration_minutes: 1, colour: 1 },
        { '/appointment_datetime': 'in_past', '/cancellation_reason': 'not_allowed_value', '/duration_minutes': 'out_of_range', '/colour': 'unknown_member' }],
    ['nobody', 'GET /practices/practice-123/availability?start_date=1&consecutive=99&colour=red&end_date=2020-01-01', undefined,
        { '?start_date': 'date_invalid', '?consecutive': 'out_of_range', '?colour': 'unknown_member' }],
    ['nobody', 'GET /practices/practice-123/availability?end_date=2020-01-01&consecutive=99', undefined,
        { '?end_date': 'out_of_range', '?consecutive': 'out_of_range' }],
    ['nobody', 'GET /availability?postcode=ZE9+9ZZ&end_date=2020-01-01&radius_km=900&service=haircut', undefined,
        { '?postcode': 'postcode_unknown', '?end_date': 'out_of_range', '?radius_km': 'out_of_range', '?service': 'not_allowed_value' }],
    ['nobody', 'GET /availability?latitude=x&colour=red', undefined,
        { '?latitude': 'wrong_type', '?longitude': 'required', '?colour': 'unknown_member' }],
    ['nobody', 'GET /practices?near=nowhere&name=---&limit=0', undefined,
        { '?near': 'format', '?name': 'format', '?limit': 'out_of_range' }],
    ['admin', 'GET /patients?q=---&limit=0', undefined,
        { '?practice_id': 'required', '?q': 'too_short', '?limit': 'out_of_range' }],
    ['staff', 'GET /patients?nhs_number=1&date_of_birth=1', undefined,
        { '?nhs_number': 'nhs_number_invalid', '?date_of_birth': 'date_invalid' }],
    ['staff', 'GET /practices/practice-123/usage?end_date=1990-01-01&colour=red', undefined,
        { '?end_date': 'out_of_range', '?colour': 'unknown_member' }],
    ['staff', 'GET /appointments?start_date=2027-01-02&end_date=2027-01-01&status=lost', undefined,
        { '?end_date': 'out_of_range', '?status': 'not_allowed_value' }],
];

for (const [who, what, body, expected] of REFUSED) {
    const title = typeof what === 'function' ? what.toString().slice(7, -1) : what;
    test(`${title}, ${Object.keys(expected).join(' ')}`, async () => {
        const [method, target] = (typeof what === 'function' ? what() : what).split(' ');
        const answer = await server.request(method, target, { token: tokens[who], body });
        assert.equal(answer.status, 422, answer.text);
        const found = Object.fromEntries(answer.json.errors.map((e) => [e.pointer, e.code]));
        assert.deepEqual(found, expected, answer.text);
        assert.equal(answer.json.errors.length, Object.keys(expected).length, 'each once');
    });
}

test('what is refused by its form tells nothing about what the caller may not see', async () => {
    const body = { date_of_birth: tomorrow, email: BAD_EMAIL, registered_practice_id: 'nowhere' };
    for (const id of ['patient-124', 'nobody-at-all']) {
        const answer = await server.request('PUT', `/patients/${id}`, { token: tokens.patient, body: { ...body, registered_practice_id: undefined } });
        assert.deepEqual(answer.json.errors.map((e) => e.pointer), ['/email'], id);
    }
});

test('a login that has ended is told so, whatever the body', async () => {
    const token = await server.login(STAFF);
    await server.request('POST', '/auth/logout', { token });
    const answer = await server.request('POST', '/patients', { token, body: { first_name: '' } });
    assert.equal(answer.status, 401, answer.text);
});
