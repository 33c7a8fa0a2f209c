// SPDX-License-Identifier: Apache-2.0
// What a run found: figures with their floors and aims, as a table and as JSON.
import { writeFileSync } from "node:fs";
import os from "node:os";

export function median(list) {
    const s = [...list].filter(Number.isFinite).sort((a, b) => a - b);
    if (s.length === 0) return NaN;
    const mid = s.length >> 1;
    return s.length % 2 ? s[mid] : (s[mid - 1] + s[mid]) / 2;
}

export const spread = (list) => [Math.min(...list), Math.max(...list)];

function short(v) {
    if (v === undefined || v === null) return "";
    if (typeof v === "string") return v;
    if (!Number.isFinite(v)) return "-";
    const a = Math.abs(v);
    if (a >= 1000) return Math.round(v).toLocaleString("en-US");
    return a >= 100 ? v.toFixed(0) : a >= 10 ? v.toFixed(1) : v.toFixed(2);
}

export class Figures {
    list = [];

    // name, value, unit; optional floor, ratio (else value / floor), aim (a number), least (the aim
    // is a minimum), of (what the aim is compared with: "ratio" or the value), note, void (why the
    // figure does not count).
    add(figure) {
        const f = { floor: null, ratio: null, ...figure };
        if (f.floor && f.ratio === null) f.ratio = f.value / f.floor;
        if (f.aim !== undefined && !f.void) {
            const is = f.of === "ratio" ? f.ratio : f.value;
            f.reached = f.least ? is >= f.aim : is <= f.aim;
        }
        this.list.push(f);
        return f;
    }

    section(title) {
        this.list.push({ section: title });
    }

    row(f) {
        const aim =
            f.aim === undefined
                ? ""
                : `${f.least ? ">=" : "<="} ${short(f.aim)}${f.of === "ratio" ? "x" : ""}`;
        const verdict = f.void ? "void" : f.aim === undefined ? "" : f.reached ? "yes" : "no";
        const ratio = f.ratio === null ? "" : `${short(f.ratio)}x`;
        return [f.name, short(f.value), f.unit, short(f.floor), ratio, aim, verdict];
    }

    table() {
        const head = ["figure", "value", "unit", "floor", "ratio", "aim", "reached"];
        const figures = this.list.filter((f) => !f.section);
        const rows = [head, ...figures.map((f) => this.row(f))];
        const width = head.map((_, i) => Math.max(...rows.map((r) => r[i].length)));
        const line = (r) =>
            r
                .map((c, i) => (i === 0 || i === 2 ? c.padEnd(width[i]) : c.padStart(width[i])))
                .join("  ")
                .trimEnd();
        const out = [line(head), "-".repeat(line(head).length)];
        for (const f of this.list) {
            if (f.section) out.push("", `# ${f.section}`);
            else out.push(line(this.row(f)));
            if (f.void) out.push(`    void: ${f.void}`);
            if (f.note) out.push(`    ${f.note}`);
        }
        return out.join("\n");
    }

    // Only what has an aim.
    aims() {
        const rows = this.list.filter((f) => f.aim !== undefined);
        if (rows.length === 0) return "";
        const only = new Figures();
        only.list = rows;
        return only.table();
    }

    write(file) {
        const lines = this.list
            .filter((f) => !f.section)
            .map((f) => JSON.stringify({ ...f, value: f.value ?? null }));
        writeFileSync(file, `[\n${lines.join(",\n")}\n]\n`);
    }
}

export function machine() {
    const cpus = os.cpus();
    const gb = Math.round(os.totalmem() / 2 ** 30);
    return `${cpus.length} x ${cpus[0]?.model.trim()}, ${gb} GB, Linux ${os.release()}`;
}
