// SPDX-License-Identifier: Apache-2.0
// A player as the tests see one: the HTTP door and the socket, spoken from the published schemas.
// Each has a source address of its own in 127.0.0.0/8 where the gateway is on the loopback, so that
// the limits per address stay on.
import http from 'node:http';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import WebSocket from 'ws';

const protoRoot = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../proto');

export function loadSchemas() {
    const root = new protobuf.Root();
    root.resolvePath = (origin, target) => path.join(protoRoot, target);
    const files = ['client', 'types', 'sector', 'trade', 'account', 'contract', 'limit', 'chat'];
    files.push('record', 'event', 'world');
    root.loadSync(files.map((name) => `startrader/v1/${name}.proto`));
    return root.lookup('startrader.v1');
}

export const schemas = loadSchemas();
export const ClientFrame = schemas.lookupType('ClientFrame');
export const ServerFrame = schemas.lookupType('ServerFrame');
const enumValues = (name) => schemas.lookupEnum(name).values;
export const Phase = enumValues('Phase');
export const Code = enumValues('Code');
export const OrderResult = enumValues('OrderResult');
export const ActionResult = enumValues('ActionResult');
export const Side = enumValues('Side');
export const SayResult = enumValues('SayResult');
export const ReportResult = enumValues('ReportResult');

const boot = randomBytes(2);
let addresses = 0;

function freshAddress(url) {
    if (!/^(127\.|localhost$)/.test(url.hostname)) return undefined;
    addresses += 1;
    return `127.${(boot[0] % 200) + 20}.${boot[1]}.${(addresses % 250) + 1}`;
}

// One HTTP exchange; the body of the answer is parsed when it is JSON.
export function exchange(
    base,
    method,
    target,
    { body, headers = {}, address, timeout = 8000 } = {},
) {
    const url = new URL(target, base);
    const text =
        body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const options = {
        method,
        localAddress: address,
        headers: { ...headers },
        timeout,
        agent: false,
    };
    if (text !== undefined) {
        options.headers['Content-Type'] ??= 'application/json';
        options.headers['Content-Length'] = Buffer.byteLength(text);
    }
    return new Promise((resolve, reject) => {
        const request = http.request(url, options, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('end', () => {
                const bytes = Buffer.concat(parts);
                const type = response.headers['content-type'] ?? '';
                const json =
                    /json/.test(type) && bytes.length ? JSON.parse(bytes.toString()) : undefined;
                resolve({
                    status: response.statusCode,
                    headers: response.headers,
                    bytes,
                    json,
                    type,
                });
            });
            response.on('error', reject);
        });
        request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer`)));
        request.on('error', reject);
        request.end(text);
    });
}

export class Player {
    constructor(base) {
        this.base = base;
        this.address = freshAddress(new URL(base));
        this.seq = 0;
        this.reset();
    }

    reset() {
        this.frames = 0;
        this.own = undefined;
        this.welcome = undefined;
        this.status = undefined;
        this.statuses = 0;
        this.tick = 0;
        this.dilation = 0;
        this.worldEpoch = 0;
        this.replies = new Map();
        this.private = [];
        this.heard = [];
        this.closed = undefined;
    }

    http(method, target, options = {}) {
        const headers = { ...options.headers };
        if (options.bearer ?? this.ticket) {
            headers.Authorization ??= `Bearer ${options.bearer ?? this.ticket}`;
        }
        return exchange(this.base, method, target, { ...options, headers, address: this.address });
    }

    take(answer) {
        this.ticket = answer.json.ticket;
        this.refreshSecret = answer.json.refresh_secret;
        this.id = answer.json.player_id;
        this.profile = answer.json.profile;
        return answer;
    }

    async signIn(route, body = {}) {
        const answer = await this.http('POST', `/v1/auth/${route}`, { body, bearer: this.ticket });
        if (answer.status >= 300) {
            throw new Error(`${route}: ${answer.status} ${answer.bytes.toString().slice(0, 200)}`);
        }
        return this.take(answer);
    }

    guest() {
        return this.signIn('guest');
    }

    // Opens the socket and says hello; resolves at the welcome, rejects when it is closed before.
    connect({
        ticket = this.ticket,
        origin,
        hello = true,
        base = this.base,
        lastSeq = this.seq,
    } = {}) {
        this.reset();
        const url = new URL('/v1/ws', base);
        const options = { localAddress: this.address, origin: origin ?? new URL(base).origin };
        url.protocol = 'ws:';
        this.socket = new WebSocket(url, 'startrader.v1', { ...options, perMessageDeflate: false });
        this.socket.binaryType = 'nodebuffer';
        return new Promise((resolve, reject) => {
            this.socket.on('open', () => {
                if (hello) this.send({ hello: { ticket, lastSeq, protocol: 1 } });
                else resolve(this);
            });
            this.socket.on('message', (data) => {
                this.onFrame(ServerFrame.decode(data));
                if (this.welcome) resolve(this);
            });
            this.socket.on('close', (code, reason) => {
                this.closed = { code, reason: reason.toString() };
                reject(new Error(`closed with ${code} ${reason}`));
            });
            this.socket.on('unexpected-response', (request, response) => {
                this.closed = { status: response.statusCode };
                reject(new Error(`upgrade refused with ${response.statusCode}`));
                response.destroy();
            });
            this.socket.on('error', reject);
        });
    }

    onFrame(frame) {
        this.frames += 1;
        if (frame.tick) this.tick = frame.tick;
        if (frame.dilationPm) this.dilation = frame.dilationPm;
        if (frame.worldEpoch && frame.worldEpoch !== this.worldEpoch) {
            this.worldEpoch = frame.worldEpoch;
            this.own = undefined;
        }
        if (frame.own) this.own = frame.own;
        if (frame.status) {
            this.status = frame.status;
            this.statuses += 1;
        }
        if (frame.welcome) {
            this.welcome = frame.welcome;
            this.seq = Math.max(this.seq, frame.welcome.lastSeq);
        }
        if (frame.newTicket) this.ticket = frame.newTicket.ticket;
        this.private.push(...frame.private);
        for (const { chat } of frame.public) if (chat) this.heard.push(chat);
        for (const reply of frame.reply) {
            this.replies.set(Buffer.from(reply.requestId).toString('hex'), reply);
        }
    }

    send(frame) {
        this.socket.send(ClientFrame.encode(ClientFrame.create(frame)).finish());
    }

    input(control = {}) {
        this.seq += 1;
        this.send({ input: [{ seq: this.seq, ...control }] });
        return this.seq;
    }

    // Waits until the condition holds for what has come in; what = words for the failure.
    async until(what, condition, ms = 8000) {
        const deadline = performance.now() + ms;
        for (;;) {
            const value = condition(this);
            if (value) return value;
            if (performance.now() > deadline) {
                const { frames, tick, closed } = this;
                const state = JSON.stringify({ phase: this.own?.phase, frames, tick, closed });
                throw new Error(`not within ${ms} ms: ${what} (${state})`);
            }
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    }

    // A request over the socket, sent again with the same id every 2 s until it is decided.
    async ask(body, { id = randomBytes(16), ms = 10000, once = false } = {}) {
        const key = id.toString('hex');
        const deadline = performance.now() + ms;
        const undecided = [Code.CODE_UNAVAILABLE, Code.CODE_BUSY, Code.CODE_TIMEOUT];
        for (;;) {
            this.replies.delete(key);
            this.send({ request: [{ requestId: id, ...body }] });
            const left = Math.max(100, Math.min(2000, deadline - performance.now()));
            const reply = await this.until('reply', () => this.replies.get(key), left).catch(
                () => undefined,
            );
            if (reply && (once || !undecided.includes(reply.code))) return reply;
            if (performance.now() > deadline) {
                throw new Error(`no definite answer within ${ms} ms (code ${reply?.code})`);
            }
            if (reply) await new Promise((resolve) => setTimeout(resolve, 200));
        }
    }

    async undock() {
        const reply = await this.ask({ undock: {} });
        if (reply.code !== Code.CODE_OK || reply.undock.result !== ActionResult.ACTION_RESULT_OK) {
            throw new Error(`undock: code ${reply.code} result ${reply.undock?.result}`);
        }
        await this.until('flying', () => this.own?.phase === Phase.PHASE_FLYING);
        return reply;
    }

    close() {
        this.socket?.close();
    }

    // Without a close frame, as when a machine is switched off.
    drop() {
        this.socket?.terminate();
    }
}
