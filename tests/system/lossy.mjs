// SPDX-License-Identifier: Apache-2.0
// A relay between one daemon and nats-server that loses messages: it understands as much of the
// client protocol as it takes to find where a message that the server delivers begins and ends.
import net from 'node:net';

const CRLF = '\r\n';

// Splits what the server says into whole pieces: { subject, payload, bytes } of a delivered
// message, { bytes } of anything else.
class Splitter {
    rest = Buffer.alloc(0);

    *take(chunk) {
        this.rest = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
        for (;;) {
            const end = this.rest.indexOf(CRLF);
            if (end < 0) return;
            const line = this.rest.subarray(0, end).toString('latin1');
            const words = line.split(' ');
            const delivers = words[0] === 'MSG' || words[0] === 'HMSG';
            const payload = delivers ? Number(words[words.length - 1]) : 0;
            const length = end + 2 + (delivers ? payload + 2 : 0);
            if (this.rest.length < length) return;
            const bytes = this.rest.subarray(0, length);
            this.rest = this.rest.subarray(length);
            if (delivers) {
                yield { subject: words[1], payload: bytes.subarray(end + 2, length - 2), bytes };
            } else {
                yield { bytes };
            }
        }
    }
}

export class LossyBus {
    // loses(subject, payload) says whether a message is lost.
    constructor(url, loses) {
        this.to = new URL(url);
        this.loses = loses;
        this.sockets = new Set();
        this.server = net.createServer((client) => this.relay(client));
    }

    async listen() {
        await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
        return this.server.address().port;
    }

    relay(client) {
        const server = net.connect(Number(this.to.port), this.to.hostname);
        const splitter = new Splitter();
        for (const [from, to] of [
            [client, server],
            [server, client],
        ]) {
            this.sockets.add(from);
            from.setNoDelay(true);
            from.on('error', () => to.destroy());
            from.on('close', () => {
                this.sockets.delete(from);
                to.destroy();
            });
        }
        client.on('data', (chunk) => server.write(chunk));
        server.on('data', (chunk) => {
            for (const { subject, payload, bytes } of splitter.take(chunk)) {
                if (subject === undefined || !this.loses(subject, payload)) client.write(bytes);
            }
        });
    }

    close() {
        this.server.close();
        for (const socket of this.sockets) socket.destroy();
    }
}
