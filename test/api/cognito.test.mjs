// cognito.test.mjs - Amazon Cognito as the provider of logins: what is its own. That the API is the same as with
// built-in logins is shown by its other tests, run with OPENDOOR_LOGIN=cognito.
//
// cognito-local does what a pool does with accounts, groups and codes. It has no key but one, no origin_jti and no
// AdminUserGlobalSignOut, and makes no errors on demand: for these there is the fake of test/cognito.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { CLIENT, FakeCognito, error } from '../cognito/fake.mjs';
import { cognitoLocal, newPool } from './lib/cognito.mjs';
import { PASSWORD, runProgram, startServer } from './lib/server.mjs';

const somebody = () => `c-${randomUUID()}@example.org`;
const loginAt = (server, email, password = PASSWORD) => server.request('POST', '/auth/login', { body: { email, password } });
const meAt = (server, token) => server.request('GET', '/auth/me', { token });
const refreshAt = (server, token) => server.request('POST', '/auth/refresh', { body: { refresh_token: token } });

function assertCode(answer, status, code) {
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.code, code);
    if (status === 503 || status === 429) assert.match(answer.headers['retry-after'], /^[1-9]\d*$/);
}

describe('a pool in cognito-local', () => {
    let pool;
    let server;
    before(async () => {
        pool = await newPool();
        server = await startServer({ demo: false, env: pool.env });
    });
    after(() => server?.stop());

    test('groups are roles: who comes for the first time is what their group says', async () => {
        for (const [groups, role] of [[[], 'patient'], [['patient'], 'patient'], [['staff'], 'staff'], [['admin'], 'admin'],
            [['patient', 'admin', 'staff'], 'admin']]) {
            const email = somebody();
            const sub = await pool.add(email, PASSWORD, groups);
            const answer = await loginAt(server, email);
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.json.data.user.role, role, groups.join());
            assert.equal(answer.json.data.user.user_id, sub);
            const me = await meAt(server, answer.json.token);
            assert.equal(me.json.data.email, email);
            if (role !== 'patient') continue;
            const record = await server.request('GET', `/patients/${sub}`, { token: answer.json.token });
            assert.equal(record.status, 200, 'with a patient record');
        }
    });

    test('a group that says another role than the record lets nobody in', async () => {
        const email = somebody();
        await pool.add(email, PASSWORD);
        const { json } = await loginAt(server, email);
        await pool.ask('AdminAddUserToGroup', { Username: email, GroupName: 'admin' });
        assertCode(await loginAt(server, email), 403, 'role_mismatch');
        assertCode(await refreshAt(server, json.data.refresh_token), 401, 'refresh_token_invalid');
        await pool.ask('AdminRemoveUserFromGroup', { Username: email, GroupName: 'admin' });
        assert.equal((await loginAt(server, email)).status, 200);
    });

    test('an address that the pool has not verified says nothing about anybody', async () => {
        const email = somebody();
        await pool.add(email, PASSWORD, [], { verified: false });
        assertCode(await loginAt(server, email), 403, 'account_not_confirmed');
    });

    test('what an admin decides reaches the pool', async () => {
        const boss = somebody();
        await pool.add(boss, PASSWORD, ['admin']);
        const token = (await loginAt(server, boss)).json.token;
        const email = somebody();
        const made = await server.request('POST', '/users', { token, body: { email, password: PASSWORD, role: 'admin', name: 'Sam' } });
        assert.equal(made.status, 201, made.text);
        const id = made.json.data.user_id;
        const groups = async () => (await pool.ask('AdminListGroupsForUser', { Username: id })).Groups.map(({ GroupName }) => GroupName);
        assert.deepEqual(await groups(), ['admin']);
        await server.request('POST', '/practices', { token, body: { name: 'Elm', access_point_type: 'WALK_IN_CENTRE', address: { line1: '1 Elm Road',
            city: 'Leeds', postcode: 'LS1 1AA' }, nation: 'england', phone: '0113 496 0000' } });
        const practice = (await server.request('GET', '/practices')).json.data[0]?.practice_id;
        const changed = await server.request('PUT', `/users/${id}`, { token, body: { role: 'staff', practice_ids: [practice] } });
        assert.equal(changed.status, 200, changed.text);
        assert.deepEqual(await groups(), ['staff']);
        assert.equal((await loginAt(server, email)).json.data.user.role, 'staff');

        const moved = somebody();
        assert.equal((await server.request('PUT', `/users/${id}`, { token, body: { email: moved } })).status, 200);
        assert.equal((await loginAt(server, moved)).status, 200);
        assertCode(await loginAt(server, email), 401, 'bad_credentials');

        assert.equal((await server.request('DELETE', `/users/${id}`, { token })).status, 200);
        assert.equal((await pool.ask('AdminGetUser', { Username: moved })).Enabled, false);
        assertCode(await loginAt(server, moved), 401, 'bad_credentials');
        assert.equal((await server.request('PUT', `/users/${id}`, { token, body: { status: 'active' } })).status, 200);
        assert.equal((await pool.ask('AdminGetUser', { Username: moved })).Enabled, true);
        assert.equal((await loginAt(server, moved)).status, 200);
    });

    test('nothing is made in the pool by a request that is refused here', async () => {
        const boss = somebody();
        await pool.add(boss, PASSWORD, ['admin']);
        const token = (await loginAt(server, boss)).json.token;
        const email = somebody();
        for (const [target, body, by] of [
            ['/users', { email, password: PASSWORD, role: 'staff', practice_ids: ['nowhere'] }, token],
            ['/users', { email, password: 'Password123', role: 'admin' }, token],
            ['/auth/register', { email, password: PASSWORD, date_of_birth: '1700-01-01' }, undefined],
            ['/auth/register', { email, password: PASSWORD, role: 'admin' }, undefined],
        ]) {
            const answer = await server.request('POST', target, { token: by, body });
            assert.ok([403, 422].includes(answer.status), answer.text);
        }
        await assert.rejects(pool.ask('AdminGetUser', { Username: email }), /UserNotFoundException/);
    });

    test('a registration that was cut off can be sent again, by whoever knows the password', async () => {
        const email = somebody();
        const sub = await pool.add(email, PASSWORD); // the account was made, our record was not
        const register = (password) => server.request('POST', '/auth/register', { body: { email, password } });
        assertCode(await register('another good one'), 409, 'email_taken');
        const answer = await register(PASSWORD);
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.json.data.user_id, sub);
        assertCode(await register(PASSWORD), 409, 'email_taken');
    });

    test('a new password by the code that the pool sends', async () => {
        const who = await server.newPatient();
        const session = (await loginAt(server, who.email)).json.data;
        const { output } = await cognitoLocal();
        const printed = output().length;
        assert.equal((await server.request('POST', '/auth/password/reset-request', { body: { email: who.email } })).status, 200);
        const code = output().slice(printed).replaceAll(/\u001b\[[0-9;]*m/g, '').match(/Code:?\s*(\d{4,})/i)?.[1];
        assert.ok(code, output().slice(printed));
        const reset = (body) => server.request('POST', '/auth/password/reset', { body });
        const wrong = await reset({ email: who.email, token: '000000x', password: 'another good one' });
        assert.deepEqual(wrong.json.errors.map((one) => [one.pointer, one.code]), [['/token', 'reset_token_invalid']]);
        const bare = await reset({ token: code, password: 'another good one' });
        assert.deepEqual(bare.json.errors.map((one) => [one.pointer, one.code]), [['/email', 'required']]);
        assert.equal((await reset({ email: who.email, token: code, password: 'another good one' })).status, 200);
        assertCode(await loginAt(server, who.email), 401, 'bad_credentials');
        assert.equal((await loginAt(server, who.email, 'another good one')).status, 200);
        assert.equal((await meAt(server, session.access_token)).status, 401, 'every session has ended');
        assertCode(await refreshAt(server, session.refresh_token), 401, 'refresh_token_invalid');
    });

    test('codes that are tried cost what failed logins cost', async () => {
        const who = await server.newPatient();
        const answers = [];
        for (let i = 0; i < 8; i += 1) {
            answers.push(await server.request('POST', '/auth/password/reset', { body: { email: who.email, token: `00000${i}`, password: 'another good one' } }));
        }
        assert.ok(answers.some(({ status, json }) => status === 429 && json.code === 'login_locked'));
    });

    test('the command line makes accounts in the pool', async () => {
        const data = server.dataDir;
        const email = somebody();
        const made = await runProgram(['user', 'add', '--data', data, '--email', email, '--role', 'admin', '--password-stdin'],
            { env: pool.env, input: `${PASSWORD}\n` });
        assert.equal(made.code, 0, made.stderr);
        assert.match(made.stdout, /^made admin /);
        assert.equal((await loginAt(server, email)).json.data.user.role, 'admin');
        const again = await runProgram(['user', 'add', '--data', data, '--email', email, '--role', 'admin', '--password-stdin'],
            { env: pool.env, input: `${PASSWORD}\n` });
        assert.equal(again.code, 1);
        assert.match(again.stderr, /account with this e-mail address/);
    });

    test('no password, token or address is in the log', () => {
        for (const text of ['@example.org', PASSWORD, 'another good one', 'eyJ']) assert.ok(!server.stderr.includes(text), text);
    });
});

describe('settings', () => {
    test('both or none, and a region', async () => {
        const start = (env) => runProgram(['serve', '--port', '0'], { env });
        const one = await start({ USER_POOL_ID: 'eu-west-2_x', AWS_REGION: 'eu-west-2' });
        assert.equal(one.code, 2);
        assert.match(one.stderr, /both USER_POOL_ID and USER_POOL_CLIENT_ID/);
        assert.match((await start({ USER_POOL_ID: 'eu-west-2_x', USER_POOL_CLIENT_ID: 'abc' })).stderr, /need AWS_REGION/);
        assert.match((await start({ USER_POOL_ID: '../x', USER_POOL_CLIENT_ID: 'a/b' })).stderr, /USER_POOL_ID must be[^]*USER_POOL_CLIENT_ID must be/);
    });
});

describe('a fake of our own', () => {
    let fake;
    let server;
    let who;
    before(async () => {
        fake = await new FakeCognito().listen();
        server = await startServer({ demo: false, env: fake.env });
        who = fake.add('pat@example.org', PASSWORD);
    });
    after(async () => {
        await server?.stop();
        await fake?.close();
    });
    const login = async (user = who) => {
        const answer = await loginAt(server, user.email);
        assert.equal(answer.status, 200, answer.text);
        return answer.json.data;
    };

    test('the keys are fetched once, and are ours to publish', async () => {
        const session = await login();
        for (let i = 0; i < 20; i += 1) assert.equal((await meAt(server, session.access_token)).status, 200);
        assert.equal(fake.fetches, 1);
        const { json } = await server.request('GET', '/.well-known/jwks.json');
        assert.deepEqual(json.keys, [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: fake.key.kid,
            ...(({ n, e }) => ({ n, e }))(fake.key.pair.publicKey.export({ format: 'jwk' })) }]);
    });

    test('actions of the public are not signed, those of an admin are', async () => {
        assert.ok(fake.of('InitiateAuth').every(({ signed, type }) => !signed && type === 'application/x-amz-json-1.1'));
        const boss = fake.add('boss@example.org', PASSWORD, { groups: ['admin'] });
        const { access_token: token } = await login(boss);
        const { user_id: id } = (await meAt(server, (await login()).access_token)).json.data;
        assert.equal((await server.request('PUT', `/users/${id}`, { token, body: { status: 'active' } })).status, 200);
        assert.ok(fake.of('AdminEnableUser').length > 0 && fake.of('AdminEnableUser').every(({ signed }) => signed));
    });

    test('tokens that are not right: each says why', async () => {
        await login();
        const { family_id: origin, ...base } = fake.accessClaims(who, randomUUID());
        const stranger = new FakeCognito().key;
        const pem = fake.key.pair.publicKey.export({ format: 'pem', type: 'spki' });
        const rows = [
            [fake.sign(fake.idClaims(who, origin)), /no access token/],
            [fake.sign({ ...base, token_use: undefined }), /no access token/],
            [fake.sign({ ...base, client_id: 'another' }), /another client/],
            [fake.sign({ ...base, client_id: undefined, aud: CLIENT }), /another client/],
            [fake.sign({ ...base, iss: 'https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_Other' }), /another issuer/],
            [fake.sign({ ...base, exp: undefined }), /when it expires/],
            [fake.sign({ ...base, nbf: base.exp }), /not valid yet/],
            [fake.sign({ ...base, sub: undefined }), /whose it is/],
            [fake.sign({ ...base, sub: 'x'.repeat(65) }), /whose it is/],
            [fake.sign(base, { header: { alg: 'none' } }), /RS256/],
            [fake.sign(base, { header: { alg: 'RS512' } }), /RS256/],
            [fake.sign(base, { header: { alg: 'HS256' }, secret: pem }), /RS256/],
            [fake.sign(base, { secret: pem }), /signature/],
            [fake.sign(base, { key: { ...stranger, kid: fake.key.kid } }), /signature/],
            [fake.sign(base, { header: { jwk: stranger.pair.publicKey.export({ format: 'jwk' }) }, key: { ...stranger, kid: fake.key.kid } }), /signature/],
            [fake.sign({ ...base, filler: 'x'.repeat(9000) }), /JWT/],
        ];
        for (const [token, says] of rows) {
            const answer = await meAt(server, token);
            assertCode(answer, 401, 'unauthenticated');
            assert.match(answer.json.detail, says);
        }
        assertCode(await meAt(server, fake.sign({ ...base, exp: base.iat - 1 })), 401, 'token_expired');
    });

    test('a token of the pool without a login here is nobody\'s session', async () => {
        assertCode(await meAt(server, fake.sign(fake.accessClaims(who, randomUUID()))), 401, 'unauthenticated');
        const mine = await login();
        const { origin_jti: origin } = JSON.parse(Buffer.from(mine.access_token.split('.')[1], 'base64url'));
        const other = fake.add('other@example.org', PASSWORD);
        assertCode(await meAt(server, fake.sign(fake.accessClaims(other, origin))), 401, 'unauthenticated');
        assertCode(await meAt(server, fake.sign(fake.accessClaims({ ...who, groups: ['admin'] }, origin))), 401, 'unauthenticated');
        assert.equal((await meAt(server, mine.access_token)).status, 200);
    });

    test('made-up keys make no stream of fetches', async () => {
        const before = fake.fetches;
        const claims = fake.accessClaims(who, randomUUID());
        const answers = await Promise.all(Array.from({ length: 100 }, () => meAt(server, fake.sign(claims, { header: { kid: randomUUID() } }))));
        assert.ok(answers.every(({ status }) => status === 401 || status === 503), answers.map(({ status }) => status).join());
        assert.ok(fake.fetches - before <= 1, `${fake.fetches - before} fetches`);
    });

    test('the pool\'s refresh token stays here, and ours goes round', async () => {
        const first = await login();
        assert.ok(!JSON.stringify(first).includes('refresh-'), 'Cognito\'s own is not given away');
        const second = (await refreshAt(server, first.refresh_token)).json.data;
        assert.equal((await meAt(server, second.access_token)).status, 200);
        assert.equal((await meAt(server, first.access_token)).status, 200, 'one session, two tokens');
        const revoked = fake.of('RevokeToken').length;
        assertCode(await refreshAt(server, first.refresh_token), 401, 'refresh_token_invalid');
        assert.equal((await meAt(server, second.access_token)).status, 401);
        assert.equal(fake.of('RevokeToken').length, revoked + 1, 'a stolen session ends there too');
        assertCode(await refreshAt(server, second.refresh_token), 401, 'refresh_token_invalid');
    });

    test('a session that the pool has ended ends here', async () => {
        const session = await login();
        fake.script.InitiateAuth = () => error('NotAuthorizedException', 'Refresh Token has been revoked');
        assertCode(await refreshAt(server, session.refresh_token), 401, 'refresh_token_invalid');
        delete fake.script.InitiateAuth;
        assert.equal((await meAt(server, session.access_token)).status, 401);
    });

    test('logging out revokes there what ended here', async () => {
        const one = await login();
        const two = await login();
        const revoked = fake.of('RevokeToken').length;
        assert.equal((await server.request('POST', '/auth/logout', { token: one.access_token })).status, 200);
        assert.equal(fake.of('RevokeToken').length, revoked + 1);
        assert.match(fake.of('RevokeToken').at(-1).body.Token, /^refresh-/);
        assert.equal((await meAt(server, one.access_token)).status, 401);
        assert.equal((await meAt(server, two.access_token)).status, 200);
        assert.equal((await server.request('POST', '/auth/logout?everywhere=true', { token: two.access_token })).status, 200);
        assert.deepEqual(fake.of('AdminUserGlobalSignOut').at(-1).body, { UserPoolId: fake.env.USER_POOL_ID, Username: who.sub });
        assert.ok(fake.of('AdminUserGlobalSignOut').at(-1).signed);
    });

    test('a logout is one, whatever the pool says to it', async () => {
        const session = await login();
        fake.script.RevokeToken = () => error('InternalErrorException', 'No.', 500);
        assert.equal((await server.request('POST', '/auth/logout', { token: session.access_token })).status, 200);
        delete fake.script.RevokeToken;
        assert.equal((await meAt(server, session.access_token)).status, 401);
        assert.match(server.stderr, /identity_session_not_ended/);
    });

    test('errors of a login, as ours', async () => {
        for (const [answer, status, code] of [
            [error('NotAuthorizedException'), 401, 'bad_credentials'],
            [error('UserNotFoundException'), 401, 'bad_credentials'],
            [error('com.amazonaws.cognito#UserNotFoundException'), 401, 'bad_credentials'],
            [error('InvalidParameterException'), 401, 'bad_credentials'],
            [error('UserNotConfirmedException'), 403, 'account_not_confirmed'],
            [error('PasswordResetRequiredException'), 403, 'password_reset_required'],
            [error('LimitExceededException'), 429, 'rate_limited'],
            [error('TooManyRequestsException'), 503, 'busy'],
            [error('ResourceNotFoundException'), 502, 'outside_failed'],
            [error('SomethingNewException'), 502, 'outside_failed'],
            [error('InternalErrorException', 'No.', 500), 503, 'identity_unavailable'],
            [[503, 'Service Unavailable'], 503, 'identity_unavailable'],
            [[200, { ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 's' }], 403, 'password_reset_required'],
            [[200, { ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: 's' }], 403, 'login_step_unsupported'],
            [[200, 'not json'], 502, 'outside_failed'],
            [[200, {}], 502, 'outside_failed'],
            [[200, { AuthenticationResult: {} }], 502, 'outside_failed'],
            [[200, { AuthenticationResult: { AccessToken: 7, RefreshToken: [] } }], 502, 'outside_failed'],
            [[200, { AuthenticationResult: { AccessToken: 'a.b.c', RefreshToken: 'r' } }], 502, 'outside_failed'],
            [[200, `{"AuthenticationResult":"${'x'.repeat(70_000)}"}`], 503, 'identity_unavailable'],
            [[200, fake.grant(who, randomUUID())], 502, 'outside_failed'], // without a refresh token
        ]) {
            fake.script.InitiateAuth = () => answer;
            const email = somebody(); // so that failures do not add up
            assertCode(await loginAt(server, email), status, code);
        }
        delete fake.script.InitiateAuth;
    });

    test('tokens of the pool that are not as agreed let nobody in', async () => {
        const origin = randomUUID();
        const good = { RefreshToken: 'r', IdToken: fake.sign(fake.idClaims(who, origin)), AccessToken: fake.sign(fake.accessClaims(who, origin)) };
        const other = fake.add('another@example.org', PASSWORD);
        for (const wrong of [
            { AccessToken: fake.sign(fake.accessClaims(who, origin, { client_id: 'another' })) },
            { AccessToken: good.IdToken },
            { IdToken: good.AccessToken },
            { IdToken: fake.sign(fake.idClaims(other, origin)) },
            { IdToken: fake.sign(fake.idClaims(who, origin, { aud: 'another' })) },
            { AccessToken: fake.sign(fake.accessClaims(who, origin, { exp: 1 })) },
        ]) {
            fake.script.InitiateAuth = () => [200, { AuthenticationResult: { ...good, ...wrong } }];
            assertCode(await loginAt(server, who.email), 502, 'outside_failed');
        }
        delete fake.script.InitiateAuth;
    });

    test('passwords that the pool refuses', async () => {
        for (const type of ['InvalidPasswordException', 'InvalidParameterException']) {
            fake.script.AdminCreateUser = () => error(type);
            const answer = await server.request('POST', '/auth/register', { body: { email: somebody(), password: PASSWORD } });
            assert.equal(answer.status, 422, answer.text);
            assert.deepEqual(answer.json.errors.map((one) => [one.pointer, one.code]), [['/password', 'password_refused']]);
        }
        delete fake.script.AdminCreateUser;
    });

    test('an account that is half made is taken back', async () => {
        const sub = randomUUID();
        fake.script.AdminCreateUser = () => [200, { User: { Attributes: [{ Name: 'sub', Value: sub }] } }];
        fake.script.AdminSetUserPassword = () => error('InternalErrorException', 'No.', 500);
        assertCode(await server.request('POST', '/auth/register', { body: { email: somebody(), password: PASSWORD } }), 503, 'identity_unavailable');
        assert.equal(fake.of('AdminDeleteUser').at(-1).body.Username, sub);
        delete fake.script.AdminCreateUser;
        delete fake.script.AdminSetUserPassword;
    });

    test('a reset that is asked for tells nothing, whatever the pool says', async () => {
        for (const answer of [error('UserNotFoundException'), error('InvalidParameterException'), error('NotAuthorizedException'),
            error('LimitExceededException'), error('UserNotConfirmedException'), [200, { CodeDeliveryDetails: {} }]]) {
            fake.script.ForgotPassword = () => answer;
            assert.equal((await server.request('POST', '/auth/password/reset-request', { body: { email: somebody() } })).status, 200);
        }
        delete fake.script.ForgotPassword;
        for (const [type, pointer, code] of [['CodeMismatchException', '/token', 'reset_token_invalid'], ['ExpiredCodeException', '/token', 'reset_token_invalid'],
            ['UserNotFoundException', '/token', 'reset_token_invalid'], ['InvalidPasswordException', '/password', 'password_refused']]) {
            fake.script.ConfirmForgotPassword = () => error(type);
            const answer = await server.request('POST', '/auth/password/reset', { body: { email: somebody(), token: '123456', password: 'another good one' } });
            assert.deepEqual(answer.json.errors.map((one) => [one.pointer, one.code]), [[pointer, code]], type);
        }
        delete fake.script.ConfirmForgotPassword;
    });

    test('an admin is told when the pool was not, and can send it again', async () => {
        const boss = fake.add('chief@example.org', PASSWORD, { groups: ['admin'] });
        const { access_token: token } = await login(boss);
        const person = fake.add('leaver@example.org', PASSWORD);
        const { user: { user_id: id } } = await login(person);
        fake.script.AdminDisableUser = () => error('InternalErrorException', 'No.', 500);
        const answer = await server.request('DELETE', `/users/${id}`, { token });
        assertCode(answer, 503, 'identity_unavailable');
        assert.match(answer.json.detail, /kept here[^]*Send it again/);
        assertCode(await loginAt(server, person.email), 401, 'bad_credentials');
        delete fake.script.AdminDisableUser;
        const told = fake.of('AdminDisableUser').length;
        assert.equal((await server.request('DELETE', `/users/${id}`, { token })).status, 200);
        assert.equal(fake.of('AdminDisableUser').length, told + 1);
    });

    test('a caller who is out may begin nothing in the pool', async () => {
        const boss = fake.add('former@example.org', PASSWORD, { groups: ['admin'] });
        const { access_token: token } = await login(boss);
        assert.equal((await server.request('POST', '/auth/logout', { token })).status, 200);
        const made = fake.of('AdminCreateUser').length;
        assertCode(await server.request('POST', '/users', { token, body: { email: somebody(), password: PASSWORD, role: 'admin' } }), 401, 'unauthenticated');
        assert.equal(fake.of('AdminCreateUser').length, made);
    });

    test('what takes no login goes on while the pool does not answer', async () => {
        fake.script.InitiateAuth = () => null;
        const began = Date.now();
        const waiting = Promise.all(Array.from({ length: 4 }, () => loginAt(server, somebody())));
        for (let i = 0; i < 20; i += 1) assert.equal((await server.request('GET', '/practices')).status, 200);
        assert.ok(Date.now() - began < 4000, 'nobody waited for it');
        for (const answer of await waiting) assertCode(answer, 503, 'identity_unavailable');
        delete fake.script.InitiateAuth;
    });
});

describe('keys that cannot be had', () => {
    for (const [name, jwks] of [
        ['an error', (response) => { response.writeHead(500); response.end(); }],
        ['no JSON', (response) => response.end('<html>')],
        ['no key', (response) => response.end('{"keys":[]}')],
        ['a set without end', (response) => {
            response.write('{"keys":[');
            response.on('drain', () => response.write(' '.repeat(65_536)));
            response.write(' '.repeat(1 << 20));
        }],
        ['a closed connection', (response) => response.destroy()],
    ]) {
        test(`${name}: 503, and no stream of tries`, async () => {
            const fake = await new FakeCognito().listen();
            const server = await startServer({ demo: false, env: fake.env });
            try {
                fake.jwks = jwks;
                const who = fake.add(somebody(), PASSWORD);
                const token = fake.sign(fake.accessClaims(who, randomUUID()));
                for (const answer of await Promise.all(Array.from({ length: 10 }, () => meAt(server, token)))) {
                    assertCode(answer, 503, 'identity_unavailable');
                }
                assertCode(await loginAt(server, who.email), 503, 'identity_unavailable');
                assert.equal(fake.fetches, 1);
                assert.equal((await server.request('GET', '/health')).status, 200);
            } finally {
                await server.stop();
                await fake.close();
            }
        });
    }

    test('nobody there at all', async () => {
        const fake = await new FakeCognito().listen();
        const env = { ...fake.env };
        await fake.close();
        const server = await startServer({ demo: false, env });
        try {
            assertCode(await loginAt(server, somebody()), 503, 'identity_unavailable');
            assertCode(await meAt(server, fake.sign(fake.accessClaims({ sub: 's', groups: [] }, 'o'))), 503, 'identity_unavailable');
        } finally {
            await server.stop();
        }
    });
});
