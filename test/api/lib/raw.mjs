// raw.mjs - bytes to a socket and bytes back, for what no HTTP client would send.
import net from 'node:net';

const LIMIT_MS = 10_000;

// bytes: text, bytes, or a list of them; a number in the list is a pause in milliseconds. Reads until the other
// side closes, until `answers` whole responses are there, or until limitMs is over.
// Gives { text, answers: [{ status, headers, body }], closed, ms }.
export function rawRequest(host, port, bytes, { answers = 1, limitMs = LIMIT_MS, end = false } = {}) {
    return new Promise((resolve, reject) => {
        const started = Date.now();
        const socket = net.connect({ host, port, allowHalfOpen: true });
        const chunks = [];
        let finished = false;
        const finish = (closed) => {
            if (finished) return;
            finished = true;
            clearTimeout(timer);
            socket.destroy();
            const text = Buffer.concat(chunks).toString('latin1');
            resolve({ text, answers: parseAnswers(text).whole, closed, ms: Date.now() - started });
        };
        const timer = setTimeout(() => finish(false), limitMs);
        socket.setNoDelay(true);
        socket.on('data', (chunk) => {
            chunks.push(chunk);
            if (parseAnswers(Buffer.concat(chunks).toString('latin1')).whole.length >= answers) waitForClose(socket, finish);
        });
        socket.on('end', () => finish(true));
        // A server that has refused a request may reset the connection while we are still sending.
        socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? finish(true) : reject(error)));
        socket.on('connect', () => writeAll(socket, [bytes].flat(), end, () => finished));
    });
}

// After the last answer the server may still close the connection, which the test wants to know.
function waitForClose(socket, finish) {
    const timer = setTimeout(() => finish(false), 150);
    socket.on('end', () => clearTimeout(timer));
}

async function writeAll(socket, parts, end, isFinished) {
    for (const part of parts) {
        if (isFinished()) return;
        if (typeof part === 'number') await new Promise((done) => { setTimeout(done, part); });
        else socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    }
    if (end && !isFinished()) socket.end();
}

// The whole responses in a text, and how much of it they are.
export function parseAnswers(text) {
    const whole = [];
    let at = 0;
    while (at < text.length) {
        const answer = parseOne(text, at);
        if (!answer) break;
        whole.push(answer.answer);
        at = answer.end;
    }
    return { whole, used: at };
}

function parseOne(text, start) {
    const bodyAt = text.indexOf('\r\n\r\n', start) + 4;
    if (bodyAt === 3) return null;
    const [first, ...lines] = text.slice(start, bodyAt - 4).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
    const headers = Object.fromEntries(lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }));
    const body = (headers['transfer-encoding'] ?? '').toLowerCase() === 'chunked'
        ? parseChunks(text, bodyAt)
        : { text: text.slice(bodyAt, bodyAt + Number(headers['content-length'] ?? 0)), end: bodyAt + Number(headers['content-length'] ?? 0) };
    if (!body || body.end > text.length) return null;
    return { answer: { status, headers, body: body.text }, end: body.end };
}

function parseChunks(text, start) {
    let at = start;
    let body = '';
    for (;;) {
        const lineEnd = text.indexOf('\r\n', at);
        if (lineEnd < 0) return null;
        const size = parseInt(text.slice(at, lineEnd), 16);
        body += text.slice(lineEnd + 2, lineEnd + 2 + size);
        at = lineEnd + 2 + size + 2;
        if (at > text.length) return null;
        if (size === 0) return { text: body, end: at };
    }
}
