// fake.mjs - a small Amazon Cognito of our own, for what cognito-local does not do: keys that change, tokens with
// origin_jti, RevokeToken and AdminUserGlobalSignOut, errors at will, and answers that lie. It behaves as the
// service's documentation says, as far as these tests go, and keeps a list of what it was asked.
import { createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import http from 'node:http';

import { AWS } from '../api/lib/cognito.mjs';

export const POOL = 'eu-west-2_Fake00001';
export const CLIENT = 'fakeclient1';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);

export class FakeCognito {
    #server;
    #sockets = new Set();
    #refresh = new Map(); // refresh token -> { user, origin }

    constructor() {
        this.asked = []; // { action, body, signed }
        this.users = new Map(); // e-mail address -> { sub, email, password, groups, verified }
        this.script = {}; // action -> (body) => [status, json or text], in place of what it does
        this.jwks = undefined; // (response) => void, in place of the key set
        this.fetches = 0;
        this.keys = [];
        this.rotate();
    }

    async listen() {
        this.#server = http.createServer((request, response) => this.#answer(request, response));
        this.#server.on('connection', (socket) => {
            this.#sockets.add(socket);
            socket.on('close', () => this.#sockets.delete(socket));
        });
        await new Promise((resolve) => { this.#server.listen(0, '127.0.0.1', resolve); });
        this.endpoint = `http://127.0.0.1:${this.#server.address().port}`;
        this.issuer = `${this.endpoint}/${POOL}`;
        this.env = { USER_POOL_ID: POOL, USER_POOL_CLIENT_ID: CLIENT, COGNITO_ENDPOINT: this.endpoint, ...AWS };
        return this;
    }

    close() {
        for (const socket of this.#sockets) socket.destroy();
        return new Promise((resolve) => { this.#server.close(resolve); });
    }

    add(email, password, { groups = [], verified = true } = {}) {
        const user = { sub: randomUUID(), email, password, groups, verified };
        this.users.set(email, user);
        return user;
    }

    // A new key; tokens are signed with it from now on. keep: the old ones stay in the set.
    rotate({ keep = true } = {}) {
        const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
        const key = { kid: randomUUID(), pair };
        this.keys = keep ? [...this.keys, key] : [key];
        return key;
    }

    get key() {
        return this.keys.at(-1);
    }

    // A token with these claims. key: another than the newest; header: members in place of the usual ones; secret:
    // HS256 with it.
    sign(claims, { key = this.key, header = {}, secret } = {}) {
        const text = `${encode({ alg: 'RS256', kid: key.kid, ...header })}.${encode(claims)}`;
        const signature = secret === undefined ? createSign('sha256').update(text).sign(key.pair.privateKey, 'base64url')
            : createHmac('sha256', secret).update(text).digest('base64url');
        return `${text}.${signature}`;
    }

    accessClaims(user, origin, more = {}) {
        const now = seconds();
        return { sub: user.sub, iss: this.issuer, client_id: CLIENT, origin_jti: origin, event_id: randomUUID(), token_use: 'access',
            scope: 'aws.cognito.signin.user.admin', auth_time: now, exp: now + 900, iat: now, jti: randomUUID(), username: user.sub,
            ...(user.groups.length ? { 'cognito:groups': user.groups } : {}), ...more };
    }

    idClaims(user, origin, more = {}) {
        const now = seconds();
        return { sub: user.sub, email_verified: user.verified, iss: this.issuer, 'cognito:username': user.sub, origin_jti: origin,
            aud: CLIENT, token_use: 'id', auth_time: now, exp: now + 900, iat: now, jti: randomUUID(), email: user.email, ...more };
    }

    grant(user, origin, refreshToken) {
        return { ChallengeParameters: {}, AuthenticationResult: { AccessToken: this.sign(this.accessClaims(user, origin)),
            IdToken: this.sign(this.idClaims(user, origin)), ExpiresIn: 900, TokenType: 'Bearer',
            ...(refreshToken ? { RefreshToken: refreshToken } : {}) } };
    }

    of(action) {
        return this.asked.filter((one) => one.action === action);
    }

    #answer(request, response) {
        if (request.url === `/${POOL}/.well-known/jwks.json`) {
            this.fetches += 1;
            if (this.jwks) this.jwks(response);
            else response.end(JSON.stringify({ keys: this.keys.map(({ kid, pair }) => ({ ...pair.publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' })) }));
            return;
        }
        const chunks = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => {
            const action = request.headers['x-amz-target'].split('.')[1];
            const body = JSON.parse(Buffer.concat(chunks).toString());
            this.asked.push({ action, body, signed: request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') ?? false,
                type: request.headers['content-type'] });
            const scripted = this.script[action]?.(body);
            if (scripted === null) return; // no answer at all
            const [status, json] = scripted ?? this.#do(action, body);
            response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
            response.end(typeof json === 'string' ? json : JSON.stringify(json));
        });
    }

    #do(action, body) {
        if (action.startsWith('Admin') && !this.asked.at(-1).signed) return error('MissingAuthenticationTokenException');
        if (action === 'InitiateAuth') return this.#initiateAuth(body);
        if (action === 'RevokeToken') {
            const origin = this.#refresh.get(body.Token)?.origin;
            for (const [token, session] of this.#refresh) if (session.origin === origin) this.#refresh.delete(token);
            return [200, {}];
        }
        if (action === 'AdminUserGlobalSignOut') {
            for (const [token, { user }] of this.#refresh) if (user.sub === body.Username) this.#refresh.delete(token);
        }
        return [200, {}];
    }

    #initiateAuth({ AuthFlow, AuthParameters: { USERNAME, PASSWORD, REFRESH_TOKEN } }) {
        if (AuthFlow === 'REFRESH_TOKEN_AUTH') {
            const session = this.#refresh.get(REFRESH_TOKEN);
            return session ? [200, this.grant(session.user, session.origin)] : error('NotAuthorizedException', 'Refresh Token has been revoked');
        }
        const user = this.users.get(USERNAME);
        if (user?.password !== PASSWORD) return error('NotAuthorizedException', 'Incorrect username or password.');
        const token = `refresh-${randomUUID()}`;
        const origin = randomUUID();
        this.#refresh.set(token, { user, origin });
        return [200, this.grant(user, origin, token)];
    }
}

export function error(type, message = 'No.', status = 400) {
    return [status, { __type: type, message }];
}
