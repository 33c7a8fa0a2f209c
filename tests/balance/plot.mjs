// SPDX-License-Identifier: Apache-2.0
// plot.mjs FOLDER: a line chart (SVG) beside each table that balance-world wrote there.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 150;
const TOP = 36;
const BOTTOM = 40;
const POINTS = 480; // of a line at most; longer ones are averaged

const charts = {
    prices: { title: "Price by commodity: mean of all markets, per mille of the base price" },
    money: { title: "Credits: stations and guilds; by the guilds' owners in all", except: [] },
    routes: {
        title: "Margin by riskiest zone crossed, cr per t and minute",
        except: ["profitable", "safe"],
    },
    losses: { title: "Haulers lost by zone, ships so far", running: true },
};
const colours = [
    "#1b6ca8", "#d1495b", "#2e933c", "#edae49", "#6f4e9c", "#00798c", "#b5651d", "#7a7a7a",
];
const dashes = ["", "6 3", "2 3"];

function read(file) {
    const [head, ...rows] = readFileSync(file, "utf8").trim().split("\n").map((l) => l.split(","));
    return head.slice(1).map((name, i) => ({ name, values: rows.map((r) => Number(r[i + 1])) }));
}

function runningSum(values) {
    let sum = 0;
    return values.map((v) => (sum += v));
}

// Means of as many neighbours as it takes to have few points.
function thin(values) {
    const step = Math.max(1, Math.ceil(values.length / POINTS));
    const out = [];
    for (let i = 0; i < values.length; i += step) {
        const part = values.slice(i, i + step);
        out.push(part.reduce((a, b) => a + b, 0) / part.length);
    }
    return out;
}

function niceStep(span) {
    const raw = span / 5;
    const power = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw);
}

function label(v) {
    return Math.abs(v) >= 1e6 ? `${(v / 1e6).toFixed(1)} M` : String(Math.round(v * 10) / 10);
}

const text = (x, y, what, more = "") => `<text x="${x}" y="${y}"${more}>${what}</text>`;
const across = (x1, x2, y, more) =>
    `<line x1="${x1}" x2="${x2}" y1="${y}" y2="${y}" ${more}/>`;

function chart(title, series) {
    const hours = Math.max(...series.map((s) => s.values.length));
    const lines = series.map((s) => ({ ...s, values: thin(s.values) }));
    const top = Math.max(1e-9, ...lines.flatMap((s) => s.values));
    const low = Math.min(0, ...lines.flatMap((s) => s.values));
    const step = niceStep(top - low);
    const x = (i, n) => LEFT + ((WIDTH - LEFT - RIGHT) * i) / Math.max(1, n - 1);
    const y = (v) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (v - low)) / (top - low);
    const out = [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"`,
        ' font-family="sans-serif" font-size="12">',
        `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
        text(LEFT, 20, title, ' font-size="15"'),
    ];
    for (let v = Math.ceil(low / step) * step; v <= top; v += step)
        out.push(
            across(LEFT, WIDTH - RIGHT, y(v), 'stroke="#ddd"'),
            text(LEFT - 6, y(v) + 4, label(v), ' text-anchor="end"'),
        );
    const days = hours / 24;
    for (let d = 0; d <= days; d += Math.max(1, Math.round(days / 10)))
        out.push(text(x(d * 24, hours), HEIGHT - 18, d, ' text-anchor="middle"'));
    out.push(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, "day", ' text-anchor="middle"'));
    lines.forEach((s, i) => {
        const colour = colours[i % colours.length];
        const dash = dashes[Math.floor(i / colours.length) % 3];
        const style = `stroke="${colour}" stroke-dasharray="${dash}" stroke-width="1.6"`;
        const points = s.values.map(
            (v, k) => `${x(k, s.values.length).toFixed(1)},${y(v).toFixed(1)}`,
        );
        const key = WIDTH - RIGHT + 10;
        out.push(
            `<polyline fill="none" ${style} points="${points.join(" ")}"/>`,
            across(key, key + 24, TOP + 18 * i, style),
            text(key + 30, TOP + 18 * i + 4, s.name),
        );
    });
    return `${out.join("\n")}\n</svg>\n`;
}

const folder = process.argv[2];
for (const [name, how] of Object.entries(charts)) {
    const series = read(path.join(folder, `${name}.csv`))
        .filter((s) => !(how.except ?? []).includes(s.name))
        .map((s) => (how.running ? { ...s, values: runningSum(s.values) } : s));
    writeFileSync(path.join(folder, `${name}.svg`), chart(how.title, series));
}
console.log(`plots: ${folder}/{${Object.keys(charts).join(",")}}.svg`);
