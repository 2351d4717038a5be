// life.test.mjs - how an instance of Lambda begins, ends, and runs out of time.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

import { event2 } from '../api/lib/lambda.mjs';
import { programPath, runProgram } from '../api/lib/server.mjs';
import { startLambda } from './lib.mjs';

const health = event2({ method: 'GET', target: '/health' });

test('SIGTERM ends an instance that waits for its next event', async () => {
    const lambda = await startLambda({ demo: false });
    await lambda.stop();
    assert.match(lambda.stderr, /"event":"stopping"/);
    assert.deepEqual(lambda.runtime.initErrors, []);
});

test('SIGTERM in the middle of an invocation: it is answered first', async () => {
    const lambda = await startLambda();
    const rawHeaders = ['Content-Type', 'application/json'];
    const login = event2({ method: 'POST', target: '/auth/login', rawHeaders,
        body: Buffer.from('{"email": "nobody@example.org", "password": "WrongPass123!"}') });
    const answer = lambda.runtime.invoke(login); // a password hash takes its time
    lambda.child.kill('SIGTERM');
    const [{ response, lost }, end] = await Promise.all([answer, lambda.ended]);
    assert.deepEqual(end, { code: 0, signal: null }, lambda.stderr);
    assert.ok(lost || response.statusCode === 401, 'answered, or never taken');
});

test('a start that fails is told to the runtime', async () => {
    for (const [env, says] of [
        [{ MASTER_KEY: 'too short' }, /MASTER_KEY/],
        [{ ENVIRONMENT: 'nowhere', HOLD_MINUTES: 'soon' }, /HOLD_MINUTES[^]*ENVIRONMENT|ENVIRONMENT[^]*HOLD_MINUTES/],
    ]) {
        const lambda = await startLambda({ env, wait: false });
        const [error, end] = await Promise.all([lambda.runtime.initFailed, lambda.ended]);
        assert.equal(error.type, 'Runtime.InitError');
        assert.equal(error.errorType, 'Runtime.InitError');
        assert.match(error.errorMessage, says);
        assert.doesNotMatch(error.errorMessage, /too short/, 'a secret is not shown');
        assert.equal(end.code, 1, lambda.stderr);
    }
});

test('a store that cannot be opened is told to the runtime', async () => {
    const lambda = await startLambda({ words: ['lambda', '--data', '/dev/null/data'], wait: false });
    const error = await lambda.runtime.initFailed;
    assert.match(error.errorMessage, /data/);
    assert.equal((await lambda.ended).code, 1);
});

test('an executable named bootstrap is this subcommand', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'opendoor-bootstrap-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(path.join(folder, 'task'));
    const command = path.join(folder, 'task/bootstrap');
    symlinkSync(programPath(), command);
    const lambda = await startLambda({ command, words: [], env: { DATA_DIR: path.join(folder, 'data') } });
    assert.equal((await lambda.runtime.invoke(health)).response.statusCode, 200);
    await lambda.stop();
});

test('outside Lambda it says so', async () => {
    const { code, stderr } = await runProgram(['lambda']);
    assert.equal(code, 2);
    assert.match(stderr, /AWS_LAMBDA_RUNTIME_API is not set.*opendoor serve/);
    const bad = await runProgram(['lambda'], { env: { AWS_LAMBDA_RUNTIME_API: 'a b' } });
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /host and port/);
});

test('a runtime that is lost ends the instance', async () => {
    const lambda = await startLambda({ demo: false });
    lambda.runtime.close();
    const end = await lambda.ended;
    assert.equal(end.code, 1);
    assert.match(lambda.stderr, /runtime is lost/);
});

test('an answer that the runtime does not take becomes an error', async () => {
    const lambda = await startLambda({ demo: false });
    after(() => lambda.stop());
    for (const [respondWith, type] of [[413, 'Response.TooLarge'], [400, 'Response.Refused']]) {
        const { error } = await lambda.runtime.invoke(health, { respondWith });
        assert.equal(error.errorType, type);
    }
    assert.equal((await lambda.runtime.invoke(health)).response.statusCode, 200);
});

test('no time left: 503 without a try; too little time: 504 while the work goes on', async () => {
    const lambda = await startLambda();
    after(() => lambda.stop());
    const late = (await lambda.runtime.invoke(health, { limitMs: 0 })).response;
    assert.equal(late.statusCode, 503);
    assert.ok(late.headers['Retry-After']);
    const rawHeaders = ['Content-Type', 'application/json'];
    const register = event2({ method: 'POST', target: '/auth/register', rawHeaders,
        body: Buffer.from('{"email": "slow@example.org", "password": "TestPass123!"}') });
    let cut;
    for (let spare = 202; spare < 230 && cut?.statusCode !== 504; spare += 3) { // 200 ms of it are kept for the answer
        cut = (await lambda.runtime.invoke(register, { limitMs: spare })).response;
        assert.ok([201, 409, 503, 504].includes(cut.statusCode), cut.body);
    }
    assert.equal(cut.statusCode, 504, 'a password hash takes longer than that');
    assert.match(JSON.parse(cut.body).detail, /may have been done/);
    assert.equal((await lambda.runtime.invoke(health)).response.statusCode, 200, 'the next one waits for it and is answered');
    assert.equal((await lambda.runtime.invoke(register)).response.statusCode, 409, 'and it was done');
});

test('a schedule whose time is up leaves the rest for the next one', async () => {
    const lambda = await startLambda({ demo: false });
    after(() => lambda.stop());
    const event = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
    assert.deepEqual((await lambda.runtime.invoke(event, { limitMs: 0 })).response, { done: true });
    await lambda.stop(); // all that it wrote has been read then
    assert.match(lambda.stderr, /"event":"job_cut_short"/);
});
