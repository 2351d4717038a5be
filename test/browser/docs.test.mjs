// docs.test.mjs - the pages at / and /docs in a browser: a person reads, logs in and books, all by "Try it out".
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startBrowser } from '../api/lib/browser.mjs';
import { PASSWORD, PATIENT, startServer } from '../api/lib/server.mjs';
import { nextWeekday, slotAt } from '../api/lib/time.mjs';

const LIMIT_MS = 60_000;

let server;
let browser;
before(async () => { [server, browser] = await Promise.all([startServer(), startBrowser()]); });
after(async () => {
    await browser?.close();
    await server?.stop();
});

// A page, and what must not happen on it: errors, refusals of its policy, requests to anybody else.
async function openPage(target) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const wrong = [];
    page.setDefaultTimeout(LIMIT_MS);
    page.on('pageerror', (error) => wrong.push(`${error}`));
    page.on('console', (message) => { if (message.type() === 'error') wrong.push(message.text()); });
    page.on('request', (request) => {
        if (!request.url().startsWith(`${server.url}/`) && !request.url().startsWith('data:')) wrong.push(request.url());
    });
    await page.goto(`${server.url}${target}`);
    return { page, wrong };
}

// Opens an operation, fills its form and sends it: what the page shows as the answer.
async function tryOut(page, operation, { body, parameters = {} } = {}) {
    const block = page.locator(`#operations-${operation}`);
    await block.locator('.opblock-summary-control').click();
    await block.locator('.try-out__btn').click();
    for (const [name, value] of Object.entries(parameters)) {
        await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    }
    if (body !== undefined) await block.locator('textarea.body-param__text').fill(JSON.stringify(body));
    await block.locator('button.execute').click();
    const answer = block.locator('.live-responses-table tr.response').first();
    await answer.waitFor();
    const status = Number((await answer.locator('.response-col_status').innerText()).match(/\d+/)[0]);
    const text = await answer.locator('.response-col_description pre').first().innerText();
    return { status, json: JSON.parse(text) };
}

test('the first page says what this is and leads to the rest', async () => {
    const { page, wrong } = await openPage('/');
    assert.equal(await page.locator('html').getAttribute('lang'), 'en-GB');
    assert.match(await page.locator('h1').innerText(), /Book at any NHS access point/);
    for (const link of await page.locator('main a').all()) {
        const answer = await server.request('GET', `/${await link.getAttribute('href')}`);
        assert.equal(answer.status, 200, await link.innerText());
    }
    await page.getByRole('link', { name: /try it out/ }).click();
    await page.locator('.opblock').first().waitFor();
    assert.deepEqual(wrong, []);
    await page.close();
});

test('a keyboard reaches the content in one step', async () => {
    const { page } = await openPage('/');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main');
    await page.close();
});

test('the first page fits a phone', async () => {
    const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
    await page.goto(`${server.url}/`);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320);
    await page.close();
});

test('a problem leads to its page, and all of them to a list', async () => {
    const { page, wrong } = await openPage('/problems/slot_unavailable');
    assert.equal(await page.locator('h1').innerText(), 'Slot unavailable');
    await page.getByRole('link', { name: 'All problems' }).click();
    await page.getByRole('link', { name: 'not_json' }).click();
    assert.equal(await page.locator('h1').innerText(), 'Not JSON');
    await page.setViewportSize({ width: 320, height: 640 });
    for (const target of ['/problems', '/problems/practitioner_not_available', '/problems/invalid']) {
        await page.goto(`${server.url}${target}`);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320, target);
    }
    assert.deepEqual(wrong, []);
    await page.close();
});

test('without scripts /docs says where to read', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${server.url}/docs`);
    assert.match(await page.locator('main').innerText(), /openapi\.yaml/);
    await context.close();
});

test('somebody logs in and books by "Try it out"', { timeout: 5 * LIMIT_MS }, async () => {
    const { page, wrong } = await openPage('/docs');
    await page.locator('.opblock').first().waitFor();

    const login = await tryOut(page, 'Identity-auth_login', { body: { email: PATIENT, password: PASSWORD } });
    assert.equal(login.status, 200);
    await page.locator('button.btn.authorize').first().click();
    await page.locator('.auth-container input').fill(login.json.token);
    await page.locator('.auth-container button.authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').click();

    const date = nextWeekday(5);
    const when = slotAt(date, '16:00');
    const free = await tryOut(page, 'Availability-practice_availability',
        { parameters: { practice_id: 'practice-123', start_date: date, end_date: date } });
    assert.equal(free.status, 200);
    assert.ok(free.json.data.slots.some(({ start }) => start === when), `${when} is free`);

    const booked = await tryOut(page, 'Appointments-appointment_create', { body: { patient_id: 'patient-123',
        practice_id: 'practice-123', appointment_datetime: when, appointment_type: 'routine', reason: 'Annual check-up' } });
    assert.equal(booked.status, 201, JSON.stringify(booked.json));
    assert.equal(booked.json.data.status, 'booked');
    assert.equal(booked.json.data.appointment_datetime, when);

    const read = await server.request('GET', `/appointments/${booked.json.data.appointment_id}`, { token: login.json.token });
    assert.equal(read.json.data.reason, 'Annual check-up');
    assert.deepEqual(wrong, []);
    await page.close();
});
