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

/** Where the stations are, u east and north of the Sun: what a pilot knows of the map. */
const STATIONS = {
    'Terra High': [0, 13000],
    'Luna Yards': [4500, 15500],
    Aphrodite: [-8500, 4500],
    Caloris: [-5200, -3000],
    'Phobos Works': [13000, 9000],
    'Ceres Hub': [24500, 1500],
    'Vesta Pits': [21500, 13000],
};

const PHONE = { width: 390, height: 844 };

/** The ship is lost while something else was to be done. */
export class Lost extends Error {}

const metres = (words) => {
    const m = /([\d.,]+) (km|m)/.exec(words);
    return m ? Number(m[1].replaceAll(',', '')) * (m[2] === 'km' ? 1000 : 1) : NaN;
};

export class Pilot {
    errors = [];

    static launch() {
        const { chromium } = require('playwright-core');
        return chromium.launch({
            executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
            args: [
                '--no-sandbox',
                '--use-gl=angle',
                '--use-angle=swiftshader',
                '--enable-unsafe-swiftshader',
                // Machines that run tests have no loudspeaker; the sound is then played to nobody.
                '--disable-audio-output',
            ],
        });
    }

    /** A pilot at a window of its own, with a storage of its own. */
    static async start(url, browser, size = { width: 1200, height: 750 }) {
        const pilot = new Pilot();
        pilot.url = url;
        pilot.size = size;
        pilot.context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
        pilot.page = await pilot.context.newPage();
        pilot.page.setDefaultTimeout(60000);
        pilot.page.on('pageerror', (e) => pilot.errors.push(e.message));
        pilot.page.on('console', (m) => m.type() === 'error' && pilot.errors.push(m.text()));
        await pilot.page.goto(url);
        return pilot;
    }

    stop() {
        return this.context.close();
    }

    async shot(name) {
        await this.page.screenshot({ path: join(shots, `${name}.png`), timeout: 120000 });
        if (name.startsWith('state-') && !name.includes('failed')) await this.phone(name);
    }

    /** The same state on a phone: nothing of it is wider than that, and its dialog is in reach. */
    async phone(name) {
        const before = this.page.viewportSize();
        await this.page.setViewportSize(PHONE);
        await this.until(`${name} fits a phone`, () =>
            this.page.evaluate(() => {
                const fits = (box) => box.left >= -1 && box.right <= innerWidth + 1;
                const open = [...document.querySelectorAll('.dialog, .drawer, .banner')];
                const shown = open.filter((element) => element.checkVisibility());
                return (
                    document.documentElement.scrollWidth <= innerWidth + 1 &&
                    shown.every((element) => fits(element.getBoundingClientRect()))
                );
            }),
        );
        await this.page.screenshot({ path: join(shots, `${name}-phone.png`), timeout: 120000 });
        await this.page.setViewportSize(before);
    }

    async until(what, condition, ms = 60000, pause = 50) {
        const deadline = Date.now() + ms;
        for (;;) {
            const value = await condition();
            if (value) return value;
            if (Date.now() > deadline)
                throw new Error(`not within ${ms / 1000} s: ${what}; ${await this.said()}`);
            if (pause) await this.page.waitForTimeout(pause);
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
        // The key goes up while its words are read: each way to a busy page and back is a picture.
        const { keyboard } = this.page;
        const down = keyboard.down('KeyH');
        const up = keyboard.up('KeyH');
        await down;
        const { words, feed, lost } = await this.page.evaluate(() => ({
            words: document.querySelector('.summary')?.textContent ?? '',
            feed: [...document.querySelectorAll('.feed li')].map((li) => li.textContent),
            lost: document.querySelector('.dialog .continue') !== null,
        }));
        await up;
        if (lost) throw new Lost('the ship is lost');
        const thing = (pattern) => {
            const m = pattern.exec(words);
            return m ? { name: m[1], distance: metres(m[2]), bearing: Number(m[3]) } : null;
        };
        const speed = /speed ([\d,]+) m/.exec(words);
        const aim = /Aim ([\d.]+)\./.exec(words);
        const seen = {
            at: performance.now(),
            words,
            feed,
            speed: speed ? Number(speed[1].replace(',', '')) : 0,
            hostile: Number(/, (\d+) hostile/.exec(words)?.[1] ?? 0),
            aim: aim ? Number(aim[1]) : null,
            target: thing(/Target (.+?), ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
            route: thing(/Route to (.+?), ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
            station: thing(/Nearest station (.+?), ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
            cargo: thing(/(Cargo) ([\d.,]+ k?m) \w+, bearing ([\d.]+)\./),
        };
        seen.place = this.reckon(seen.station);
        return seen;
    }

    /** Dead reckoning: the own place, from bearing and distance of a station. */
    reckon(station) {
        const at = station && STATIONS[station.name];
        if (!at) return null;
        const a = (station.bearing * Math.PI) / 180;
        return [at[0] - Math.sin(a) * station.distance, at[1] - Math.cos(a) * station.distance];
    }

    /** A place on the map as something to fly to. */
    goal(seen, [x, y]) {
        if (!seen.place) return null;
        const [dx, dy] = [x - seen.place[0], y - seen.place[1]];
        const bearing = ((Math.atan2(dx, dy) * 180) / Math.PI + 360) % 360;
        return { bearing, distance: Math.hypot(dx, dy) };
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
        let at = performance.now();
        let held = '';
        const hold = async (key) => {
            if (key === held) return;
            if (held) await this.page.keyboard.up(held);
            if (key) await this.page.keyboard.down(key);
            held = key;
        };
        try {
            await this.until(
                `fly to ${what}`,
                async () => {
                    const seen = await this.look();
                    const goal = pick(seen);
                    // What it takes to stop, and how far it flies between two looks.
                    const blind = (seen.speed * Math.min(1500, seen.at - at)) / 1000;
                    at = seen.at;
                    if (await arrived(seen)) return true;
                    if (!goal) {
                        await hold('');
                        return false;
                    }
                    await this.point(goal.bearing);
                    const stop = (seen.speed * seen.speed) / 130 + near * 0.5 + blind;
                    if (goal.distance > stop && (seen.speed < 60 || goal.distance > stop + 150))
                        await hold('KeyW');
                    else if (seen.speed > slow) await hold('KeyS');
                    else await hold(goal.distance > near ? 'KeyW' : '');
                    return goal.distance <= near && seen.speed <= slow;
                },
                ms,
            );
        } finally {
            await hold('');
        }
    }

    /**
     * Turns on the target, keeps within range and fires: 'won', 'gone' when there is no target any
     * more, or 'late'. The aim is led by how fast it has wandered, as a hand does.
     */
    async fight(won, ms) {
        const { keyboard } = this.page;
        const end = performance.now() + ms;
        let last = null;
        let gone = 0;
        let thrust = false;
        await keyboard.down('Space');
        try {
            return await this.until(
                'the end of the fight',
                async () => {
                    const seen = await this.look();
                    if (await won(seen)) return 'won';
                    if (seen.at > end) return 'late';
                    if (!seen.target) {
                        await keyboard.press('KeyT');
                        gone ||= seen.at;
                        return seen.at - gone > 4000 ? 'gone' : '';
                    }
                    gone = 0;
                    let bearing = seen.aim ?? seen.target.bearing;
                    if (seen.aim !== null && last) {
                        const drift = ((seen.aim - last.aim + 540) % 360) - 180;
                        const ahead = Math.min(1, 80 / Math.max(1, seen.at - last.at));
                        bearing += Math.max(-6, Math.min(6, drift * ahead));
                    }
                    last = seen.aim === null ? null : seen;
                    const chase = seen.target.distance > 550;
                    const turned = this.point(bearing);
                    if (chase !== thrust) await keyboard[chase ? 'down' : 'up']('KeyW');
                    thrust = chase;
                    await turned;
                    return '';
                },
                2 * ms,
                0,
            );
        } finally {
            await keyboard.up('Space');
            await keyboard.up('KeyW');
        }
    }

    /** From the death dialog back to the station where the new hull waits. */
    async respawn() {
        for (const key of ['KeyW', 'KeyS', 'Space']) await this.page.keyboard.up(key);
        await this.until('a new hull', () => this.page.locator('.dialog .continue').isEnabled());
        await this.page.click('.dialog .continue');
        await this.until('docked', () => this.shown('.docked tbody tr'));
        const empty = async () => (await this.text('.hold-sum .figure')).startsWith('0');
        await this.until('the hold of a new ship, empty', empty);
    }

    /** Sets the course by the map; `name` = of a station. */
    async setCourse(name, shot = '') {
        await this.page.keyboard.press('KeyM');
        await this.page.locator('.places button', { hasText: name }).click();
        if (shot) await this.shot(shot);
        const button = this.page.locator('.map .card .primary');
        if ((await button.textContent()) === 'Set route') await button.click();
        await this.page.keyboard.press('KeyM');
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
