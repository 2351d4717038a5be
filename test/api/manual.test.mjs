// manual.test.mjs - docs/opendoor.1 knows every subcommand, option and environment variable of the program.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { runProgram } from './lib/server.mjs';

const page = readFileSync(new URL('../../docs/opendoor.1', import.meta.url), 'utf8');

test('every subcommand', async () => {
    const { code, stdout } = await runProgram(['help']);
    assert.equal(code, 0);
    const names = [...stdout.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)].map(([, name]) => name);
    assert.ok(names.includes('serve') && names.includes('user add'), names.join(', '));
    for (const name of names) assert.match(page, new RegExp(`^\\.It Cm ${name}$`, 'm'), name);
});

test('every setting', async () => {
    const { code, stdout } = await runProgram(['settings']);
    assert.equal(code, 0);
    const settings = [...stdout.matchAll(/^([A-Z_]+)?(?:, )?(--[a-z-]+)?(?: [A-Z]+)?$/gm)].filter(([line]) => line);
    assert.ok(settings.length > 20, `${settings.length} settings`);
    for (const [, variable, flag] of settings) {
        if (variable) assert.match(page, new RegExp(`^\\.(It )?Ev ${variable}\\b`, 'm'), variable);
        if (flag) assert.ok(page.includes(`Fl ${flag.slice(1)}`), flag);
    }
});
