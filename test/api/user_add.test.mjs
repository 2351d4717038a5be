// user_add.test.mjs - `opendoor user add`: the first admin, from the command line.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { PASSWORD, runProgram, startServer, storeCreate } from './lib/server.mjs';

let folder;
let data;
before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'opendoor-test-'));
    data = path.join(folder, 'data');
    await storeCreate(data);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const add = (args, input = `${PASSWORD}\n`, options = {}) =>
    runProgram(['user', 'add', '--data', data, ...args], { input, ...options });

async function refused(code, text, args, input) {
    const end = await add(args, input);
    assert.equal(end.code, code, end.stderr);
    assert.match(end.stderr, text);
    assert.equal(end.stdout, '');
}

test('the first admin of a new store logs in and works', async () => {
    const made = await add(['--email', 'boss@example.org', '--role', 'admin', '--name', 'The Boss']);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^made admin [0-9a-f-]{36}\n$/);
    const server = await startServer({ data, demo: false });
    try {
        const token = await server.login('boss@example.org', PASSWORD);
        const answer = await server.request('GET', '/users', { token });
        assert.equal(answer.json.data[0].name, 'The Boss');
    } finally {
        await server.stop({ keep: true });
    }
});

test('works beside a running server, which sees the user at once', async () => {
    const server = await startServer({ data, demo: false });
    try {
        const made = await add(['--email', 'pat@example.org', '--role', 'patient', '--password-stdin']);
        assert.equal(made.code, 0, made.stderr);
        const token = await server.login('pat@example.org', PASSWORD);
        const me = (await server.request('GET', '/auth/me', { token })).json.data;
        assert.equal(me.patient_id, me.user_id);
        assert.equal((await server.request('GET', `/patients/${me.patient_id}`, { token })).status, 200);
    } finally {
        await server.stop({ keep: true });
    }
});

test('what is refused, with words that help', async () => {
    await refused(1, /There is an account with this e-mail address/, ['--email', 'boss@example.org', '--role', 'admin']);
    await refused(2, /--role must be admin, staff or patient/, ['--email', 'x@example.org', '--role', 'king']);
    await refused(2, /--role must be/, ['--email', 'x@example.org']);
    await refused(2, /--email is needed/, ['--role', 'admin']);
    await refused(2, /--email: This is not an e-mail address/, ['--email', 'x', '--role', 'admin']);
    await refused(2, /one practice at least/, ['--email', 'x@example.org', '--role', 'staff']);
    await refused(2, /Only staff work at practices/, ['--email', 'x@example.org', '--role', 'admin', '--practice', 'p']);
    await refused(1, /There is no practice "nope"/, ['--email', 'x@example.org', '--role', 'staff', '--practice', 'nope']);
    await refused(1, /10 to 128 characters/, ['--email', 'x@example.org', '--role', 'admin'], 'short\n');
    await refused(1, /too common/, ['--email', 'x@example.org', '--role', 'admin'], 'Password123\n');
    await refused(1, /no line with a password/, ['--email', 'x@example.org', '--role', 'admin'], '');
    await refused(1, /no line with a password/, ['--email', 'x@example.org', '--role', 'admin'], 'x'.repeat(2000));
    await refused(2, /--password/, ['--email', 'x@example.org', '--role', 'admin', '--password', PASSWORD]);
});

test('the last line of input may have no end', async () => {
    const made = await add(['--email', 'noend@example.org', '--role', 'admin'], PASSWORD);
    assert.equal(made.code, 0, made.stderr);
});
