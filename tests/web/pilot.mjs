// SPDX-License-Identifier: Apache-2.0
// A pilot at a real browser: presses keys, moves the mouse, reads what the page says. Where things
// are it learns from the picture in words (key H), as somebody does who does not see the picture.
import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(join(top, 'services/gateway/web/package.json'));
const shots = join(top, '.build/web-shots');
mkdirSync(shots, { recursive: true });

const metres = (words) => {
    const m = /([\d.,]+) (km|m)/.exec(words);
    return m ? Number(m[1].replaceAll(',', '')) * (m[2] === 'km' ? 1000 : 1) : NaN;
};

export class Pilot {
    errors = [];

    static async start(url, size = { width: 1200, height: 750 }) {
        const { chromium } = require('playwright-core');
        const pilot = new Pilot();
        pilot.url = url;
        pilot.size = size;
        pilot.browser = await chromium.launch({
            executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
            args: [
                '--no-sandbox',
                '--use-gl=angle',
                '--use-angle=swiftshader',
                '--enable-unsafe-swiftshader',
            ],
        });
        const context = await pilot.browser.newContext({ viewport: size, reducedMotion: 'reduce' });
        pilot.page = await context.newPage();
        pilot.page.setDefaultTimeout(60000);
        pilot.page.on('pageerror', (e) => pilot.errors.push(e.message));
        pilot.page.on('console', (m) => m.type() === 'error' && pilot.errors.push(m.text()));
        await pilot.page.goto(url);
        return pilot;
    }

    stop() {
        return this.browser.close();
    }

    shot(name) {
        return this.page.screenshot({ path: join(shots, `${name}.png`), timeout: 120000 });
    }

    async until(what, condition, ms = 60000) {
        const deadline = Date.now() + ms;
        for (;;) {
            const value = await condition();
            if (value) return value;
            if (Date.now() > deadline)
                throw new Error(`not within ${ms / 1000} s: ${what}; ${await this.said()}`);
            await this.page.waitForTimeout(50);
        }
    }

    text(selector) {
        return this.page
            .locator(selector)
            .first()
            .textContent({ timeout: 5000 })
            .catch(() => '');
    }

    shown(selector) {
        return this.page.locator(selector).first().isVisible();
    }

    async said() {
        const parts = ['.summary', '.toasts', '.banner'].map((part) => this.text(part));
        return (await Promise.all(parts)).join(' | ');
    }

    /** Presses H and reads: own speed; bearing and distance of target, route, station, cargo. */
    async look() {
        await this.page.keyboard.press('KeyH');
        await this.page.waitForTimeout(20);
        const words = await this.text('.summary');
        const thing = (pattern) => {
            const m = pattern.exec(words);
            return m ? { name: m[1], distance: metres(m[2]), bearing: Number(m[3]) } : null;
        };
        const speed = /speed ([\d,]+) m/.exec(words);
        const aim = /Aim ([\d.]+)\./.exec(words);
        return {
            words,
            speed: speed ? Number(speed[1].replace(',', '')) : 0,
            aim: aim ? Number(aim[1]) : null,
            target: thing(/Target (.+?), ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
            route: thing(/Route to (.+?), ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
            station: thing(/Nearest station (.+?), ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
            cargo: thing(/(Cargo) ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
        };
    }

    /** Points the nose by the mouse, in degrees clockwise from up. */
    point(bearing) {
        const a = (bearing * Math.PI) / 180;
        return this.page.mouse.move(
            this.size.width * 0.5 + Math.sin(a) * 220,
            this.size.height * 0.45 - Math.cos(a) * 220,
        );
    }

    /** Flies to what `pick` finds until it is nearer than `near` m and slower than `slow` m/s. */
    async flyTo(what, pick, near, slow, ms = 180000, arrived = () => false) {
        let thrusting = false;
        const thrust = async (on) => {
            if (on !== thrusting) await this.page.keyboard[on ? 'down' : 'up']('KeyW');
            thrusting = on;
        };
        try {
            await this.until(
                `fly to ${what}`,
                async () => {
                    const seen = await this.look();
                    const goal = pick(seen);
                    if (await arrived(seen)) return true;
                    if (!goal) {
                        await thrust(false);
                        return false;
                    }
                    await this.point(goal.bearing);
                    const stop = (seen.speed * seen.speed) / 110 + near * 0.5;
                    if (goal.distance > stop && (seen.speed < 60 || goal.distance > stop + 150)) {
                        await thrust(true);
                    } else {
                        await thrust(false);
                        if (seen.speed > slow) {
                            await this.page.keyboard.down('KeyS');
                            await this.page.waitForTimeout(200);
                            await this.page.keyboard.up('KeyS');
                        } else if (goal.distance > near) {
                            await thrust(true);
                        }
                    }
                    return goal.distance <= near && seen.speed <= slow;
                },
                ms,
            );
        } finally {
            await thrust(false);
        }
    }

    async dock() {
        await this.page.keyboard.down('KeyS');
        await this.until('the prompt to dock', () => this.shown('.prompt .go'), 60000);
        await this.page.keyboard.up('KeyS');
        await this.page.keyboard.press('KeyE');
        await this.until('docked', () => this.shown('.docked'), 60000);
    }

    async undock() {
        await this.page.click('.undock');
        await this.until('in flight', () => this.shown('.hud .console'), 60000);
    }

    credits() {
        return this.text('.docked .sum .figure.own').then((t) => Number(t.replaceAll(',', '')));
    }
}
