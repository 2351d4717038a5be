// validators.test.mjs - what the program takes for an NHS number, a telephone number, a postcode ... against
// packages that others wrote, on made-up input, over HTTP.
//
// Two programs that judge the same thing seldom agree on everything. Where they do not, the difference stands
// here as a row with its reason; a difference without a row is a failure.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { DateTime } from 'luxon';
import nhsNumberValidator from 'nhs-number-validator';
import verhoeff from 'node-verhoeff';
import * as postcodes from 'postcode';
import isEmail from 'validator/lib/isEmail.js';

import { ADMIN, startServer } from '../api/lib/server.mjs';
import { each, holds } from './lib/property.mjs';

const PATIENTS = 16;
let server;
let token;
const patients = [];

before(async () => {
    server = await startServer({ validate: false });
    token = await server.login(ADMIN);
    for (let i = 0; i < PATIENTS; i += 1) {
        const { json } = await server.request('POST', '/patients', { token,
            body: { first_name: 'Ada', last_name: 'Example', date_of_birth: '1985-12-10' } });
        patients.push(json.data.patient_id);
    }
});
after(() => server?.stop());

// ---- asking the program -------------------------------------------------------------------------------------

// Puts body into a patient's record: { data } as it is kept, or { errors } by pointer.
async function put(body, i = 0) {
    const answer = await server.request('PUT', `/patients/${patients[i % PATIENTS]}?include_medical=true`, { token, body });
    if (answer.status === 200) return { data: answer.json.data, errors: {} };
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.code, 'invalid', answer.text);
    return { errors: Object.fromEntries(answer.json.errors.map(({ pointer, code }) => [pointer, code])) };
}

const at = (data, pointer) => pointer.split('/').slice(1).reduce((node, part) => node[part], data);

// Values one by one in a member: { kept } or { refused: code } of each.
function judgeEach(values, pointer, bodyOf) {
    return each(values, async (value, i) => {
        const { data, errors } = await put(bodyOf(value), i);
        if (data) return { kept: at(data, pointer) };
        assert.deepEqual(Object.keys(errors), [pointer], JSON.stringify(value));
        return { refused: errors[pointer] };
    });
}

// Many values in one list. What is refused is named all at once; the rest is sent again, to see how it is kept.
async function judgeList(values, pointerOf, bodyOf) {
    const first = await put({ ...bodyOf(values), no_such_member: 1 });
    assert.equal(first.errors['/no_such_member'], 'unknown_member');
    const verdicts = values.map((_, i) => ({ refused: first.errors[pointerOf(i)] }));
    const named = Object.keys(first.errors).length - 1;
    assert.equal(verdicts.filter(({ refused }) => refused).length, named, `errors elsewhere: ${JSON.stringify(first.errors)}`);
    const good = values.filter((_, i) => !verdicts[i].refused);
    const second = await put(bodyOf(good));
    assert.ok(second.data, JSON.stringify(second.errors));
    let next = 0;
    return verdicts.map((verdict) => (verdict.refused ? verdict : { kept: at(second.data, pointerOf(next++)) }));
}

// values are judged by the program (judge) and by expected(value): the form that is kept, or undefined.
async function compare(values, judge, expected, code) {
    const verdicts = await judge(values);
    values.forEach((value, i) => {
        const wanted = expected(value);
        assert.deepEqual(verdicts[i], wanted === undefined ? { refused: code } : { kept: wanted }, JSON.stringify(value));
    });
}

// ---- what is made up ----------------------------------------------------------------------------------------

const digit = fc.integer({ min: 0, max: 9 }).map(String);
const digits = (length) => fc.array(digit, { minLength: length, maxLength: length }).map((all) => all.join(''));
const letters = (some, length) => fc.array(fc.constantFrom(...some), { minLength: length, maxLength: length }).map((all) => all.join(''));
const some = (arb, count) => fc.array(arb, { minLength: 1, maxLength: count, size: 'max' });

// One edit of a good value: a character out, in, changed, or exchanged with its neighbour.
function edited(arb, characters) {
    return fc.tuple(arb, fc.nat(100), fc.constantFrom('drop', 'add', 'set', 'swap'), fc.constantFrom(...characters))
        .map(([value, where, how, character]) => {
            const i = value.length === 0 ? 0 : where % value.length;
            if (how === 'drop') return value.slice(0, i) + value.slice(i + 1);
            if (how === 'add') return value.slice(0, i) + character + value.slice(i);
            if (how === 'set') return value.slice(0, i) + character + value.slice(i + 1);
            return value.slice(0, i) + value.slice(i + 1, i + 2) + value.slice(i, i + 1) + value.slice(i + 2);
        }).filter((value) => value !== '');
}

// ---- NHS numbers --------------------------------------------------------------------------------------------

// Numbers that begin with 9 are never given to anybody.
const nhsShaped = digits(9).map((rest) => `9${rest}`);
const nhsChecked = digits(8).map((rest) => `9${rest}`).map((nine) =>
    [...'0123456789'].map((check) => nine + check).find((ten) => nhsNumberValidator.validate(ten)) ?? `${nine}0`);
const nhsAny = fc.oneof(nhsShaped, nhsChecked, edited(nhsChecked, '0123456789'), edited(nhsChecked, 'A.+'),
    nhsChecked.map((ten) => ten.replace(/^(...)(...)/, '$1 $2 ')), nhsChecked.map((ten) => ten.replace(/^(...)(...)/, '$1-$2-')));

test('NHS numbers: as nhs-number-validator, with blanks and hyphens left out first', async () => {
    const judge = (values) => judgeEach(values, '/nhs_number', (nhs_number) => ({ nhs_number }));
    await holds(12, [some(nhsAny, 60)], (values) => compare(values, judge, (value) => {
        const ten = value.replace(/[ -]/g, '');
        return /^\d{10}$/.test(ten) && nhsNumberValidator.validate(ten) ? ten : undefined;
    }, 'nhs_number_invalid'));
});

// ---- telephone numbers --------------------------------------------------------------------------------------

const ranges = ['11', '12', '13', '14', '15', '16', '17', '18', '19', '20', '23', '24', '28', '29', '30', '33', '34', '37',
    '55', '56', '70', '71', '74', '75', '76', '77', '78', '79', '800', '808', '84', '87', '90', '91', '98', '1', '2', '3',
    '4', '5', '6', '7', '8', '9', '80011', '16977', '17684', '1387', '20794', '770090', '7624', '7911', '7781', '7797', '1481', '1534', '1624'];
const national = fc.tuple(fc.constantFrom(...ranges), digits(11), fc.constantFrom(10, 10, 10, 10, 9, 8, 11, 7))
    .map(([range, rest, length]) => (range + rest).slice(0, length));
const written = fc.tuple(national, fc.constantFrom(
    (n) => `0${n}`, (n) => `+44${n}`, (n) => `+44 (0)${n}`, (n) => `0${n.slice(0, 4)} ${n.slice(4)}`,
    (n) => `(0${n.slice(0, 3)}) ${n.slice(3, 6)}-${n.slice(6)}`, (n) => `+44 ${n.slice(0, 2)} ${n.slice(2, 6)} ${n.slice(6)}`,
)).map(([number, form]) => form(number));

// Childline and the former NHS Direct: seven digits and nobody's own.
const serviceNumber = /^\+44(8001111|845464\d)$/;

test('telephone numbers: what libphonenumber calls a valid UK number is one, with the same E.164', async () => {
    const judge = (values) => judgeEach(values, '/phone', (phone) => ({ phone }));
    let valid = 0;
    await holds(12, [some(written, 80)], async (values) => {
        const verdicts = await judge(values);
        values.forEach((value, i) => {
            const theirs = parsePhoneNumberFromString(value, 'GB');
            const uk = theirs?.countryCallingCode === '44' && !theirs.ext && !serviceNumber.test(theirs.number);
            const { kept, refused } = verdicts[i];
            if (uk && theirs.isValid()) {
                valid += 1;
                assert.equal(kept, theirs.number, `${value}: ${refused}`);
            } else if (kept !== undefined) { // a range that exists, in a block that libphonenumber knows to be empty
                assert.ok(uk && theirs.isPossible(), `${value}: not even possible, but kept as ${kept}`);
                assert.equal(kept, theirs.number);
            } else {
                assert.equal(refused, 'phone_invalid');
            }
        });
    });
    assert.ok(valid > 50, `too few valid numbers to mean anything: ${valid}`);
});

test('telephone numbers: what cannot be one in the UK is refused', async () => {
    const foreign = fc.tuple(fc.constantFrom('+1', '+33', '+353', '+49', '+91', '+441', '0044', '+4', '+44'), digits(5)).map(([a, b]) => a + b);
    const wrong = fc.oneof(foreign, edited(written, 'xX#*/;,'), digits(6), national.map((n) => `00${n}`), national.map((n) => `0${n} ext 5`))
        .filter((value) => !(parsePhoneNumberFromString(value, 'GB')?.isPossible() && /^[+0-9() -]*$/.test(value)))
        .filter((value) => value.replace(/\D/g, '').length <= 8 || !/^[+0-9() -]*$/.test(value)); // (0 written in odd places is a matter of taste)
    const judge = (values) => judgeEach(values, '/phone', (phone) => ({ phone }));
    await holds(6, [some(wrong, 60)], (values) => compare(values, judge, () => undefined, 'phone_invalid'));
});

// ---- postcodes ----------------------------------------------------------------------------------------------

const AZ = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const shaped = fc.constantFrom('A9 9AA', 'A99 9AA', 'AA9 9AA', 'AA99 9AA', 'A9A 9AA', 'AA9A 9AA', 'AAA 9AA', 'A999 9AA', '9A 9AA', 'A9AA 9A')
    .chain((shape) => fc.tuple(...[...shape].map((c) => (c === 'A' ? letters(AZ, 1) : c === '9' ? digit : fc.constantFrom(' ', ' ', '', '  '))))
        .map((all) => all.join('')));
const postcodeAny = fc.oneof({ weight: 6, arbitrary: shaped }, { weight: 2, arbitrary: shaped.map((p) => p.toLowerCase()) },
    { weight: 2, arbitrary: edited(fc.constantFrom('SW1A 1AA', 'M1 1AE', 'B33 8TH', 'CR2 6XH', 'DN55 1PT', 'EC1A 1BB', 'W1A 0AX', 'GIR 0AA'), `${AZ}0123456789-`) },
    { weight: 1, arbitrary: fc.constantFrom('GIR 0AA', 'gir0aa', 'SW1A 1AA', 'W1A0AX') });

// Blanks may stand anywhere; the package takes them before the last three characters only, so it is asked without.
// And it looks at letters and digits, not at which letter.
const postcodeDifferences = [
    ['GIR 0AA is Girobank\'s and the only one of its form', (p) => p === 'GIR0AA', true],
    ['no postcode has C I K M O V in its last two letters', (p) => /[CIKMOV].?$/.test(p), false],
    ['none begins with Q V X', (p) => /^[QVX]/.test(p), false],
    ['none has I J Z as its second letter', (p) => /^.[IJZ]/.test(p), false],
    ['the letter after A9 is one of ABCDEFGHJKPSTUW', (p) => /^[A-Z]\d[ILMNOQRVXYZ]\d/.test(p), false],
    ['the letter after AA9 is one of ABEHMNPRVWXY', (p) => /^[A-Z]{2}\d[CDFGIJKLOQSTUZ]\d/.test(p), false],
];

test('postcodes: as the package postcode, but for the letters that the Royal Mail gives no place', async () => {
    const judge = (values) => judgeEach(values, '/address/postcode', (postcode) => ({ address: { postcode } }));
    let accepted = 0;
    await holds(14, [some(postcodeAny, 80)], (values) => compare(values, judge, (value) => {
        const plain = value.replace(/ /g, '').toUpperCase();
        const [, , ours] = postcodeDifferences.find(([, applies]) => applies(plain)) ?? [];
        const good = (ours ?? true) && (ours === true || postcodes.isValid(plain));
        accepted += good ? 1 : 0;
        return good ? `${plain.slice(0, -3)} ${plain.slice(-3)}` : undefined;
    }, 'postcode_invalid'));
    assert.ok(accepted > 20, `too few postcodes to mean anything: ${accepted}`);
    for (const value of ['SW1A 1AA', 'M1 1AE', 'B33 8TH', 'CR2 6XH', 'DN55 1PT', 'EC1A 1BB']) {
        assert.equal((await judge([value]))[0].kept, postcodes.toNormalised(value));
    }
});

// ---- e-mail addresses ---------------------------------------------------------------------------------------

const atom = 'abcxyzABZ0129!#$%&\'*+-/=?^_`{|}~';
const word = fc.array(fc.constantFrom(...atom), { minLength: 1, maxLength: 12 }).map((all) => all.join(''));
const localPart = fc.oneof({ weight: 5, arbitrary: fc.array(word, { minLength: 1, maxLength: 3 }).map((all) => all.join('.')) },
    { weight: 1, arbitrary: letters('abc', 64) }, { weight: 1, arbitrary: letters('abc', 65) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom(...atom, '"', '\\', ' ', '.', '@', '(', '<', ','), { maxLength: 8 }).map((all) => `"${all.join('')}"`) },
    { weight: 1, arbitrary: fc.constantFrom('ada.löve', 'δοκιμή', 'ünï', '用户') });
const label = fc.array(fc.constantFrom(...'abcz019-'), { minLength: 1, maxLength: 10 }).map((all) => all.join(''));
const domain = fc.oneof({ weight: 6, arbitrary: fc.tuple(fc.array(label, { minLength: 0, maxLength: 3 }), fc.constantFrom('example.org', 'surgery.example', 'EXAMPLE.org'))
    .map(([all, end]) => [...all, end].join('.')) },
    { weight: 1, arbitrary: fc.constantFrom('example', 'localhost', '[192.0.2.1]', '192.0.2.1', 'example.org.', '.example.org', 'exa_mple.org',
        'example.1', 'a.example.123', 'example..org', '-a.example', 'münchen.example', '') },
    { weight: 1, arbitrary: letters('abc', 64).map((long) => `${long}.example`) },
    { weight: 1, arbitrary: fc.array(letters('abc', 50), { minLength: 3, maxLength: 5 }).map((all) => `${all.join('.')}.example`) });
const address = fc.tuple(localPart, domain).map((parts) => parts.join('@'));
const emailAny = fc.oneof({ weight: 6, arbitrary: address }, { weight: 2, arbitrary: edited(address, ' @.<>()[],;:"\\é') });

const beforeAt = (value) => value.slice(0, value.lastIndexOf('@'));
const behindAt = (value) => value.slice(value.lastIndexOf('@') + 1);
const theyAccept = (value) => isEmail(value, { allow_utf8_local_part: true });
const emailDifferences = [
    ['IDNA 2008 keeps two hyphens in the third and fourth place for itself', (value) => behindAt(value).split('.').some((one) => /^..--/u.test(one) && /[^\x00-\x7f]/.test(one)), () => false],
    ['nobody\'s mailbox has an empty name, though a grammar has a place for it', (value) => beforeAt(value) === '""', () => false],
    ['a top-level domain of one letter, or with a digit or a hyphen, is a domain name, though there is none today',
        (value) => /\.(\p{L}|(?=[^.]*[\d-])(?=[^.]*\p{L})[\p{L}\d]([\p{L}\d-]*[\p{L}\d])?)$/u.test(behindAt(value)),
        (value) => theyAccept(value.replace(/[^.]+$/, 'org'))],
];

test('e-mail addresses: as isEmail of validator, but for the differences that are listed', async () => {
    const judge = (values) => judgeEach(values, '/email', (email) => ({ email }));
    let accepted = 0;
    await holds(14, [some(emailAny, 80)], async (values) => {
        const verdicts = await judge(values);
        values.forEach((value, i) => {
            const difference = emailDifferences.find(([, applies]) => applies(value));
            const good = difference ? difference[2](value) : theyAccept(value);
            accepted += good ? 1 : 0;
            assert.equal('kept' in verdicts[i], good, `${JSON.stringify(value)}: ${JSON.stringify(verdicts[i])}, ${difference?.[0] ?? 'isEmail'}`);
            if (!good) return;
            assert.equal(behindAt(verdicts[i].kept), behindAt(value).toLowerCase().normalize('NFC'));
            if (!value.startsWith('"')) assert.equal(beforeAt(verdicts[i].kept), beforeAt(value).normalize('NFC'));
        });
    });
    assert.ok(accepted > 50, `too few addresses to mean anything: ${accepted}`);
});

// ---- SNOMED CT ----------------------------------------------------------------------------------------------

const conceptBody = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 14 }).chain(digits), fc.constantFrom('00', '10', '00', '10', '01', '02', '11', '12', '20', '99'))
    .map(([first, rest, partition]) => `${first}${rest}${partition}`);
const concept = conceptBody.map((all) => all + verhoeff.generate(all));
const conceptAny = fc.oneof({ weight: 4, arbitrary: concept }, { weight: 4, arbitrary: edited(concept, '0123456789') },
    { weight: 1, arbitrary: edited(concept, ' -aA') }, { weight: 1, arbitrary: concept.map((all) => `0${all.slice(1)}`) });

// An item, for partition 10 a namespace of seven digits, the partition, the check digit.
const conceptForms = [/^[1-9]\d*00\d$/, /^[1-9]\d*\d{7}10\d$/];

test('SNOMED CT concepts: 6 to 18 digits of which node-verhoeff says that they check', async () => {
    const judge = (values) => judgeList(values, (i) => `/medical_info/allergies/${i}/code`, (codes) => ({ medical_info: {
        allergies: codes.map((code) => ({ display_text: 'Allergy', code })) } }));
    await holds(40, [some(conceptAny, 80)], async (values) => {
        const verdicts = await judge(values);
        values.forEach((value, i) => {
            const good = conceptForms.some((form) => form.test(value)) && value.length >= 6 && value.length <= 18 && verhoeff.validate(value);
            if (good) assert.deepEqual(verdicts[i], { kept: value });
            else assert.match(verdicts[i].refused ?? '', /^(snomed_invalid|too_long)$/, value);
        });
    });
});

// ---- dates and instants -------------------------------------------------------------------------------------

const two = (low, high) => fc.integer({ min: low, max: high }).map((n) => String(n).padStart(2, '0'));
const year = fc.oneof(fc.integer({ min: 1790, max: 2210 }), fc.constantFrom(1800, 1799, 1900, 2000, 2100, 2200, 2201, 2024, 2026))
    .map(String);
const date = fc.tuple(year, two(0, 13), fc.oneof(two(0, 32), fc.constantFrom('28', '29', '30', '31'))).map((parts) => parts.join('-'));
const dateAny = fc.oneof({ weight: 8, arbitrary: date }, { weight: 2, arbitrary: edited(date, '0123456789-/T ') });

// Years from 1800 to 2200 only.
function luxonDate(value) {
    if (!/^\d{4}-\d\d-\d\d$/.test(value)) return undefined;
    const parsed = DateTime.fromISO(value, { zone: 'utc' });
    return parsed.isValid && parsed.year >= 1800 && parsed.year <= 2200 ? parsed.toISODate() : undefined;
}

test('dates: those that luxon knows', async () => {
    const judge = (values) => judgeList(values, (i) => `/medical_info/allergies/${i}/onset_date`, (dates) => ({ medical_info: {
        allergies: dates.map((onset_date) => ({ display_text: 'Allergy', onset_date })) } }));
    await holds(40, [some(dateAny, 80)], (values) => compare(values, judge, luxonDate, 'date_invalid'));
});

const fraction = fc.oneof(fc.constant(''), fc.integer({ min: 1, max: 12 }).chain(digits).map((all) => `.${all}`));
const offset = fc.oneof(fc.constantFrom('Z', 'z', '', '+01:00', '-00:00'), fc.tuple(fc.constantFrom('+', '-'), two(0, 25), two(0, 61)).map(([s, h, m]) => `${s}${h}:${m}`));
const instant = fc.tuple(date, fc.constantFrom('T', 'T', 't', ' '), two(0, 24), two(0, 60), two(0, 60), fraction, offset)
    .map(([day, t, h, m, s, f, o]) => `${day}${t}${h}:${m}:${s}${f}${o}`);
const soon = fc.integer({ min: 0, max: 2 ** 31 }).map((s) => new Date(s * 1000).toISOString());
const instantAny = fc.oneof({ weight: 6, arbitrary: instant }, { weight: 3, arbitrary: soon }, { weight: 3, arbitrary: edited(soon, '0123456789:+-.TZ ') });

// RFC 3339 is the grammar, luxon says whether it exists. luxon takes 24:00, which RFC 3339 does not have.
function instantVerdict(value) {
    const parts = value.match(/^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[+-](\d\d):(\d\d))?$/);
    if (!parts) return 'datetime_invalid';
    const [, day, time, zone, hours, minutes] = parts;
    const utc = DateTime.fromISO(`${day}T${time.replace(/(\.\d{3})\d+/, '$1')}Z`, { zone: 'utc' });
    if (time.startsWith('24') || !utc.isValid || Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59) return 'datetime_invalid';
    if (zone === undefined) return utc.year < 1799 || utc.year > 2201 ? 'datetime_invalid' : 'datetime_needs_offset';
    const sign = zone.startsWith('-') ? 1 : -1;
    const { year: inUtc } = utc.plus({ hours: sign * Number(hours ?? 0), minutes: sign * Number(minutes ?? 0) });
    return inUtc < 1800 || inUtc > 2200 ? 'datetime_invalid' : undefined;
}

const TIME_RULES = ['in_past', 'too_soon', 'too_far'];

test('date-times: RFC 3339 with an offset, and they exist by luxon', async () => {
    const body = { practice_id: 'practice-001', appointment_type: 'routine' }; // without patient_id nothing is booked
    const judge = (values) => each(values, async (appointment_datetime) => {
        const { json } = await server.request('POST', '/appointments', { token, body: { ...body, appointment_datetime } });
        const codes = Object.fromEntries(json.errors.map(({ pointer, code }) => [pointer, code]));
        assert.equal(codes['/patient_id'], 'required');
        const code = codes['/appointment_datetime'];
        return TIME_RULES.includes(code) ? undefined : code; // it was understood, but is no time to book
    });
    await holds(14, [some(instantAny, 80)], async (values) => {
        const verdicts = await judge(values);
        values.forEach((value, i) => assert.equal(verdicts[i], instantVerdict(value), value));
    });
});

// ---- text ---------------------------------------------------------------------------------------------------

const between = (first, last) => fc.integer({ min: first, max: last }).map((code) => String.fromCodePoint(code));
// Blocks whose compositions have not changed for long, so that two versions of Unicode agree.
const character = fc.oneof({ weight: 6, arbitrary: between(0x20, 0x7e) }, between(0xa0, 0x24f), between(0x300, 0x36f), between(0x370, 0x3ff),
    between(0x400, 0x45f), between(0x591, 0x5f4), between(0x915, 0x94d), between(0x1100, 0x11ff), between(0xac00, 0xd7a3),
    between(0x1e00, 0x1fff), between(0x2126, 0x212b), between(0xf900, 0xfad9), between(0xfb1d, 0xfb4f), between(0x1d15e, 0x1d1c0),
    between(0x1f300, 0x1f64f), between(0x2f800, 0x2fa1d));
const forbidden = fc.oneof(between(0x00, 0x1f), between(0x7f, 0x9f), between(0x2028, 0x202e), between(0x2066, 0x2069));
const text = fc.array(character, { minLength: 1, maxLength: 30 }).map((all) => all.join(''));
const textAny = fc.oneof({ weight: 6, arbitrary: text }, { weight: 2, arbitrary: text.map((all) => all.normalize('NFD')) },
    { weight: 2, arbitrary: fc.tuple(text, forbidden, text).map((all) => all.join('')) });

test('text: kept in NFC; control and direction characters are refused', async () => {
    const judge = (values) => judgeList(values, (i) => `/reasonable_adjustments/${i}`, (reasonable_adjustments) => ({ reasonable_adjustments }));
    const expected = (value) => (/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(value) ? undefined : value.normalize('NFC'));
    await holds(60, [some(textAny.filter((value) => value.trim() !== ''), 50)], (values) => compare(values, judge, expected, 'control_character'));
});

test('text: its length is counted in characters of the form that is kept', async () => {
    const long = fc.array(character, { minLength: 85, maxLength: 115, size: 'max' }).map((all) => all.join(''))
        .filter((value) => value.trim() !== '');
    const judge = (values) => judgeEach(values, '/first_name', (first_name) => ({ first_name }));
    await holds(8, [some(long, 40)], (values) => compare(values, judge, (value) => {
        const kept = value.normalize('NFC');
        return Array.from(kept).length <= 100 ? kept : undefined;
    }, 'too_long'));
});
