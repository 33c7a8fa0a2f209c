// SPDX-License-Identifier: Apache-2.0
// The floor programs (tests/bench/floor).
import { execFileSync, spawn } from "node:child_process";
import path from "node:path";
import { bin } from "./stack.mjs";

const floor = (program, ...args) =>
    JSON.parse(execFileSync(path.join(bin, program), args.map(String), { encoding: "utf8" }));

export const floorSend = (sockets, bytes, perSecond, seconds) =>
    floor("floor_send", sockets, bytes, perSecond, seconds);

// ns to copy a byte once, and the heap that a WebSocket parser of wslay takes.
export const floorCopy = () => floor("floor_copy", 1 << 20, 200);

// Round trip over TCP, and a hop through a NATS server of its own, us.
export async function floorHop(count) {
    const port = 30000 + Math.floor(Math.random() * 10000);
    const server = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port)], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    try {
        await new Promise((resolve, reject) => {
            server.on("exit", () => reject(new Error(`nats-server: no start on ${port}`)));
            server.stderr.on("data", (d) => String(d).includes("Server is ready") && resolve());
        });
        return floor("floor_hop", count, port);
    } finally {
        server.kill();
    }
}
