// SPDX-License-Identifier: Apache-2.0
// The floor programs (tests/bench/floor).
import { execFileSync } from "node:child_process";
import path from "node:path";
import { bin } from "./stack.mjs";

const floor = (program, ...args) =>
    JSON.parse(execFileSync(path.join(bin, program), args.map(String), { encoding: "utf8" }));

export const floorSend = (sockets, bytes, perSecond, seconds) =>
    floor("floor_send", sockets, bytes, perSecond, seconds);
