// readme.test.mjs - the tour in README.md is run as it stands, and says what README.md shows.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { startServer } from './lib/server.mjs';

const README = new URL('../../README.md', import.meta.url);
const MARK = '=== end of step';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

// The indented blocks of the tour as steps { command, shown }: a line with `$ ` begins one, what is indented
// further goes on with it, and all else is what it shows, folded.
function stepsOf(text) {
    const tour = text.slice(text.indexOf('## A tour with curl'), text.indexOf('## The program'));
    const steps = [];
    let commanding = false; // an indented line goes on with the command or with the output
    for (const line of tour.split('\n').filter((one) => one.startsWith('    '))) {
        const said = line.slice(4);
        if (said.startsWith('$ ')) {
            steps.push({ command: said.slice(2), shown: '' });
            commanding = true;
        } else if (commanding && said.startsWith('    ')) {
            steps.at(-1).command += `\n${said}`;
        } else {
            steps.at(-1).shown += said.trim();
            commanding = false;
        }
    }
    return steps;
}

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

// Ids, times and what is left out ("...") differ from run to run; everything else has to be as shown.
const VARIABLE = /(\.\.\.|"\d{4}-\d\d-\d\dT[\d:]+Z"|"[0-9a-f]{8}-[0-9a-f-]{27}"|"[0-9A-Z]{4}-[0-9A-Z]{4}")/;

function patternOf(shown) {
    const parts = shown.split(VARIABLE).map((part, index) => {
        if (index % 2 === 0) return escape(part);
        return part === '...' ? '.*' : '"[^"]+"';
    });
    return new RegExp(`^${parts.join('')}$`, 's');
}

test('every step of the tour', async () => {
    const steps = stepsOf(readFileSync(README, 'utf8'));
    assert.ok(steps.filter(({ shown }) => shown).length >= 6, 'the tour has steps that show something');
    const script = steps.map(({ command }) => `${command}\necho; echo "${MARK}"`).join('\n')
        .replace(/^API=.*$/m, `API=${server.url}`);
    const { stdout } = await promisify(execFile)('/bin/sh', ['-eu', '-c', script], { timeout: 60_000 });
    const outputs = stdout.split(`${MARK}\n`).map((output) => output.trim());
    steps.forEach(({ command, shown }, index) => {
        if (shown) assert.match(outputs[index], patternOf(shown), command);
        else assert.equal(outputs[index], '', command);
    });
});
