// SPDX-License-Identifier: Apache-2.0
// A slow line for tests: what is passed comes late by a latency and some jitter, and in its order.

/** A function that hands its argument on to `pass` after half the latency and some jitter. */
export function later({ latency, jitter }, pass) {
    let due = 0;
    const queue = [];
    return (message) => {
        const at = performance.now() + latency / 2 + Math.random() * jitter;
        due = Math.max(due, at);
        queue.push(message);
        // Timers of different lengths may fire out of turn: each hands on what is next.
        setTimeout(() => pass(queue.shift()), due - performance.now());
    };
}
