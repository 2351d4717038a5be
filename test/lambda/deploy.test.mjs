// deploy.test.mjs - deploy.sh with tools that only write down how they were called.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../deploy.sh', import.meta.url));
const template = fileURLToPath(new URL('../../deploy/template.yaml', import.meta.url));
const used = ['sh', 'dirname', 'find', 'head', 'cat', 'grep'];

// A folder that is the whole PATH. stack: is there one already? credentials: do they work?
function tools({ aws = true, sam = true, credentials = true, stack = false } = {}) {
    const folder = mkdtempSync(path.join(tmpdir(), 'opendoor-deploy-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const bin = path.join(folder, 'bin');
    const calls = path.join(folder, 'calls');
    mkdirSync(bin);
    writeFileSync(calls, '');
    if (stack) writeFileSync(path.join(folder, 'stack'), '');
    for (const name of used) {
        const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
        symlinkSync(found, path.join(bin, name));
    }
    const put = (name, body) => {
        writeFileSync(path.join(bin, name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>"${calls}"\n${body}`);
        chmodSync(path.join(bin, name), 0o755);
    };
    if (aws) {
        put('aws', `case "$*" in
*get-caller-identity*) ${credentials ? 'echo 123456789012' : 'exit 255'} ;;
*ApiUrl*) [ -f "${folder}/stack" ] || exit 254; echo https://x.execute-api.eu-west-2.amazonaws.com/dev ;;
*Table\\'*) [ -f "${folder}/stack" ] || exit 254; echo "table-$RANDOM" ;;
*UserPoolId*) echo pool-1 ;;
esac
exit 0`);
    }
    if (sam) put('sam', `: >"${folder}/stack"\nexit 0`);
    return { bin, calls: () => readFileSync(calls, 'utf8').trim().split('\n').filter(Boolean) };
}

function deploy(args, options, input = '') {
    const { bin, calls } = tools(options);
    const { status, stdout, stderr } = spawnSync(script, args, { encoding: 'utf8', input, env: { PATH: bin }, timeout: 30_000 });
    return { status, stdout, stderr, calls: calls() };
}

test('--help explains every option', () => {
    const { status, stdout } = deploy(['--help']);
    assert.equal(status, 0);
    for (const option of ['--environment', '--region', '--guided', '--cleanup', '--dry-run', '--really-prod', '--delete-data']) {
        assert.ok(stdout.includes(option), option);
    }
});

test('wrong arguments', () => {
    for (const [args, says] of [[['--environment', 'live'], /dev, staging or prod/], [['--nonsense'], /no option --nonsense/],
        [['--region', 'no such'], /eu-west-2/], [['--environment'], /needs a value/], [['--delete-data'], /belong to --cleanup/]]) {
        const { status, stderr, calls } = deploy(args);
        assert.notEqual(status, 0, args.join(' '));
        assert.match(stderr, says);
        assert.deepEqual(calls, []);
    }
});

test('what is missing is said before anything is done, all of it at once', () => {
    const nothing = deploy([], { aws: false, sam: false });
    assert.equal(nothing.status, 1);
    assert.match(nothing.stderr, /AWS CLI[^]*SAM CLI/);
    const locked = deploy([], { sam: false, credentials: false });
    assert.equal(locked.status, 1);
    assert.match(locked.stderr, /SAM CLI[^]*no working AWS credentials/);
    assert.equal(locked.calls.filter((call) => !call.includes('get-caller-identity')).length, 0);
});

test('--dry-run changes nothing', () => {
    const { status, stdout, calls } = deploy(['--dry-run', '--environment', 'staging', '--region', 'eu-west-1']);
    assert.equal(status, 0);
    assert.match(stdout, /would run: sam deploy .*--stack-name nhs-appointment-staging --region eu-west-1.*Environment=staging/);
    assert.ok(calls.every((call) => /get-caller-identity|describe-stacks/.test(call)), calls.join('\n'));
});

test('--dry-run with --cleanup changes nothing', () => {
    const { status, stdout, calls } = deploy(['--cleanup', '--dry-run'], { stack: true });
    assert.equal(status, 0);
    assert.match(stdout, /would run: aws cloudformation delete-stack --stack-name nhs-appointment-dev/);
    assert.ok(calls.every((call) => /get-caller-identity|describe-stacks/.test(call)), calls.join('\n'));
});

test('prod is not taken down without its own flag, and its data not at all', () => {
    const plain = deploy(['--cleanup', '--environment', 'prod', '--yes'], { stack: true });
    assert.equal(plain.status, 1);
    assert.match(plain.stderr, /--really-prod/);
    const data = deploy(['--cleanup', '--environment', 'prod', '--yes', '--really-prod', '--delete-data'], { stack: true });
    assert.equal(data.status, 1);
    for (const { calls } of [plain, data]) assert.ok(calls.every((call) => !call.includes('delete')));
    const really = deploy(['--cleanup', '--environment', 'prod', '--yes', '--really-prod'], { stack: true });
    assert.equal(really.status, 0, really.stderr);
    assert.ok(really.calls.some((call) => call.includes('delete-stack --stack-name nhs-appointment-prod')));
    assert.ok(really.calls.every((call) => !call.includes('delete-table')));
});

test('--cleanup asks, and takes only the name of the stack for a yes', () => {
    for (const answer of ['', 'yes\n', 'nhs-appointment-prod\n']) {
        const { status, calls } = deploy(['--cleanup'], { stack: true }, answer);
        assert.equal(status, 1);
        assert.ok(calls.every((call) => !call.includes('delete')));
    }
    const yes = deploy(['--cleanup'], { stack: true }, 'nhs-appointment-dev\n');
    assert.equal(yes.status, 0, yes.stderr);
    assert.match(yes.stdout, /these stay/);
    const all = deploy(['--cleanup', '--delete-data', '--yes'], { stack: true });
    assert.equal(all.calls.filter((call) => call.includes('delete-table')).length, 4);
    assert.ok(all.calls.some((call) => call.includes('delete-secret')));
});

test('it deploys the template that is here', () => {
    assert.ok(readFileSync(template, 'utf8').includes('CodeUri: ../dist/opendoor-lambda-x86_64.zip'));
    const { stdout } = deploy(['--dry-run', '--guided', '--alarm-email', 'ops@example.org', '--cors-origins', 'https://www.example.org']);
    assert.match(stdout, new RegExp(`sam deploy --guided --template-file ${template.replace(/test\/lambda\/\.\.\/\.\.\//, '')}`));
    assert.match(stdout, /AlarmEmail=ops@example.org CorsOrigins=https:\/\/www.example.org/);
});
