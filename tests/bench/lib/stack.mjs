// SPDX-License-Identifier: Apache-2.0
// A stack of the bench's own: deploy/up in a temporary folder with probed ports, release preset,
// a world without NPCs in which nobody dies, and pilots whose first ship waits where it is told.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
export const bin = path.join(top, ".build/release/bin");
export const pause = (ms) => new Promise((r) => setTimeout(r, ms));

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const CELL_U = 2048;
const MIDDLE_U = 524288 + CELL_U; // a corner of four cells beside the Sun's corona
const daemons = ["gateway", "simulation", "profile", "economy"];

// Weapons that hardly hurt keep the crowd as it is; one lawless zone lets everybody be hit.
const world = `
DELETE FROM economy.zone_shapes WHERE kind <> 0;
UPDATE economy.zone_profiles SET pvp = 3, linkdead_s = 1, packs = 0, patrols = 0;
UPDATE economy.weapons SET damage = 1;
UPDATE economy.ships SET ready_at = now() + interval '1 year'; -- the guilds' stay at home
UPDATE economy.world_revision SET revision = revision + 1;
CREATE SCHEMA bench;
CREATE SEQUENCE bench.ships;
CREATE TABLE bench.layout (x float8, y float8, side float8, class smallint);
INSERT INTO bench.layout VALUES (${MIDDLE_U}, ${MIDDLE_U}, 20000, 1);
-- A pilot's first ship is parked at the next point of a sequence that fills the square evenly.
CREATE FUNCTION bench.place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    l bench.layout;
    n bigint := nextval('bench.ships');
BEGIN
    IF EXISTS (SELECT FROM economy.ships WHERE player = NEW.player) THEN
        RETURN NEW;
    END IF;
    SELECT * INTO l FROM bench.layout;
    NEW.holder_kind := 3;
    NEW.holder_id := 0;
    NEW.x := (l.x + l.side * (n * 0.7548776662466927 % 1)) * 512;
    NEW.y := (l.y + l.side * (n * 0.5698402909980532 % 1)) * 512;
    SELECT c.id, c.hull, c.torpedoes, c.gun INTO NEW.class_id, NEW.hull, NEW.torpedoes, NEW.weapon
        FROM economy.ship_classes c WHERE c.id = l.class;
    RETURN NEW;
END $$;
CREATE TRIGGER bench_place BEFORE INSERT ON economy.ships
    FOR EACH ROW EXECUTE FUNCTION bench.place();
GRANT USAGE ON SCHEMA bench TO PUBLIC;
`;

// Mean share of ships that are seen when they stand evenly on `cells` x `cells` cells and each sees
// 5 x 5 cells: the mean over one axis, squared.
function seen(cells) {
    const steps = 400;
    let sum = 0;
    for (let i = 0; i < steps; i++) {
        const x = ((i + 0.5) / steps) * cells;
        const from = Math.max(0, Math.floor(x) - 2);
        const to = Math.min(cells, Math.floor(x) + 3);
        sum += (to - from) / cells;
    }
    return (sum / steps) ** 2;
}

// The side, in cells, on which each of n ships sees `visible` others.
function side(n, visible) {
    let low = 1;
    let high = 63;
    for (let i = 0; i < 40; i++) {
        const mid = (low + high) / 2;
        if (n * seen(mid) > visible) low = mid;
        else high = mid;
    }
    return low;
}

export class Stack {
    dir = mkdtempSync(path.join(os.tmpdir(), "st-bench-"));
    gateways = 0;
    crews = []; // running, so that none outlives a failure

    // Builds what is measured; prints nothing unless it fails.
    static build(targets) {
        const run = (args) =>
            execFileSync("cmake", args, { cwd: top, stdio: ["ignore", "pipe", "inherit"] });
        run(["--preset", "release"]);
        run(["--build", "--preset", "release", "--target", ...targets]);
    }

    async up(...args) {
        const all = ["--no-build", "--port", "0", "--preset", "release", ...args];
        await new Promise((resolve, reject) =>
            execFile(
                path.join(top, "deploy/up"),
                all,
                { env: { ...process.env, ST_RUN_DIR: this.dir }, maxBuffer: 1 << 26 },
                (err, out, text) =>
                    err ? reject(new Error(`deploy/up failed:\n${out}\n${text}`)) : resolve(),
            ),
        );
        this.env = {};
        for (const line of readFileSync(path.join(this.dir, "env"), "utf8").split("\n")) {
            const m = /^([A-Z0-9_]+)=(.*)$/.exec(line);
            if (m) this.env[m[1]] = m[2];
        }
    }

    async start({ gateways = 1, economies = 1, settings = [] } = {}) {
        if (this.gateways === 0) {
            await this.up();
            this.sql(world); // read at the daemons' next start
        }
        this.gateways = gateways;
        const sets = [
            "gateway:ST_MAX_CONNECTIONS=20000",
            "simulation:ST_NPC=off",
            "economy:ST_LOG_LEVEL=warn",
            "profile:ST_SIGN_INS_PER_ADDRESS=1000",
            "profile:ST_NEW_PILOTS_PER_ADDRESS=1000",
            ...settings,
        ];
        const counts = ["--gateways", gateways, "--economies", economies].map(String);
        await this.up(...counts, ...sets.flatMap((s) => ["--set", s]));
    }

    remove() {
        if (this.gateways === 0) rmSync(this.dir, { recursive: true, force: true });
        if (!existsSync(this.dir)) return;
        execFileSync(path.join(top, "deploy/up"), ["--reset"], {
            env: { ...process.env, ST_RUN_DIR: this.dir },
            stdio: ["ignore", "ignore", "inherit"],
        });
    }

    sql(text) {
        const u = new URL(this.env.ST_POSTGRES_URL);
        return execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], {
            env: {
                PATH: process.env.PATH,
                PGHOST: u.hostname,
                PGPORT: u.port,
                PGUSER: u.username,
                PGPASSWORD: u.password,
                PGDATABASE: u.pathname.slice(1),
            },
            input: text,
            encoding: "utf8",
        });
    }

    // Where the ships of pilots who sign in from now on stand, so that each of n sees `visible`.
    layout(n, visible, { fighters = false } = {}) {
        this.square(side(n, visible) * CELL_U, fighters);
    }

    square(sideU, fighters = false) {
        const cells = Math.ceil(sideU / CELL_U);
        const at = MIDDLE_U - Math.floor(cells / 2) * CELL_U;
        this.sql(
            `UPDATE bench.layout SET x = ${at}, y = ${at}, side = ${sideU},
             class = ${fighters ? 5 : 1}`,
        );
    }

    names() {
        const list = [];
        for (let i = 1; i <= this.gateways; i++) list.push(`gateway-${i}`);
        return [...list, "simulation-0", "nats", "profile-1", "economy-1"];
    }

    pid(name) {
        return Number(readFileSync(path.join(this.dir, `${name}.pid`), "utf8").trim());
    }

    // CPU seconds of each process so far, user and system, as the operating system counts them.
    cpu() {
        const out = {};
        for (const name of this.names()) {
            const stat = readFileSync(`/proc/${this.pid(name)}/stat`, "utf8");
            const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            out[name] = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
        }
        return out;
    }

    url(gateway = 1) {
        return this.env[gateway === 1 ? "ST_URL" : `ST_URL_${gateway}`];
    }

    internal(name) {
        const [kind, number] = name.split("-");
        const suffix = Number(number) > 1 ? `_${number}` : "";
        return this.env[`ST_${kind.toUpperCase()}_INTERNAL${suffix}`];
    }

    // Every series of a daemon's metrics, summed over labels; histograms as name_bucket{le}.
    async metrics(name) {
        const res = await fetch(`${this.internal(name)}/metrics`);
        const out = {};
        for (const line of (await res.text()).split("\n")) {
            const m = /^([a-z_]+)(\{[^}]*\})? (\S+)$/.exec(line);
            if (!m) continue;
            const le = /le="([^"]*)"/.exec(m[2] ?? "");
            const key = le ? `${m[1]}{${le[1]}}` : m[1];
            out[key] = (out[key] ?? 0) + Number(m[3]);
        }
        return out;
    }
}

// Quantile of what a histogram counted between two readings of metrics(): the upper bound of the
// bucket that holds it, in the metric's unit.
export function quantile(before, after, name, q) {
    const rows = Object.keys(after)
        .filter((k) => k.startsWith(`${name}_bucket{`))
        .map((k) => [k.slice(name.length + 8, -1), after[k] - (before[k] ?? 0)])
        .map(([le, n]) => [le === "+Inf" ? Infinity : Number(le), n])
        .sort((a, b) => a[0] - b[0]);
    const total = rows.at(-1)?.[1] ?? 0;
    return rows.find(([, n]) => n >= total * q && total > 0)?.[0] ?? NaN;
}

export { daemons };
