// SPDX-License-Identifier: Apache-2.0
// The visible lines between zones, worked out once from the shapes: of each outline only what is
// not inside a shape of higher rank or of the same zone. Coordinates in world units.

import type { Shape, WorldConfig, Zone } from '../../kernel/config';

export interface BorderLine {
  zone: Zone;
  /** x, y pairs along the line, the zone on the left. */
  points: Float64Array;
  box: [number, number, number, number];
}

const STEP = 40;
const CHUNK = 48;

export function insideShape(s: Shape, x: number, y: number): boolean {
  if (s.kind === 0) return true;
  if (s.kind === 1) return (x - s.x1) ** 2 + (y - s.y1) ** 2 <= s.r * s.r;
  const dx = s.x2 - s.x1;
  const dy = s.y2 - s.y1;
  const length = Math.hypot(dx, dy) || 1;
  const along = ((x - s.x1) * dx + (y - s.y1) * dy) / length;
  const across = Math.abs((x - s.x1) * dy - (y - s.y1) * dx) / length;
  const box =
    x >= Math.min(s.x1, s.x2) - s.r &&
    x <= Math.max(s.x1, s.x2) + s.r &&
    y >= Math.min(s.y1, s.y2) - s.r &&
    y <= Math.max(s.y1, s.y2) + s.r;
  return box && across <= s.r && along >= -s.r && along <= length + s.r;
}

/** Points along the outline of a shape, counter-clockwise. */
function outline(s: Shape): [number, number][] {
  const points: [number, number][] = [];
  if (s.kind === 1) {
    const n = Math.max(48, Math.ceil((2 * Math.PI * s.r) / STEP));
    for (let i = 0; i <= n; i++) {
      const a = (2 * Math.PI * i) / n;
      points.push([s.x1 + s.r * Math.cos(a), s.y1 + s.r * Math.sin(a)]);
    }
    return points;
  }
  const length = Math.hypot(s.x2 - s.x1, s.y2 - s.y1) || 1;
  const nx = (-(s.y2 - s.y1) / length) * s.r;
  const ny = ((s.x2 - s.x1) / length) * s.r;
  const n = Math.max(2, Math.ceil(length / STEP));
  for (let i = 0; i <= n; i++) {
    const t = i / n;
    points.push([s.x1 + (s.x2 - s.x1) * t - nx, s.y1 + (s.y2 - s.y1) * t - ny]);
  }
  for (let i = n; i >= 0; i--) {
    const t = i / n;
    points.push([s.x1 + (s.x2 - s.x1) * t + nx, s.y1 + (s.y2 - s.y1) * t + ny]);
  }
  points.push(points[0]!);
  return points;
}

function close(zone: Zone, run: [number, number][], out: BorderLine[]): void {
  for (let from = 0; from + 1 < run.length; from += CHUNK) {
    const part = run.slice(from, from + CHUNK + 1);
    const xs = part.map((p) => p[0]);
    const ys = part.map((p) => p[1]);
    out.push({
      zone,
      points: Float64Array.from(part.flat()),
      box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
    });
  }
}

export function borderLines(config: WorldConfig): BorderLine[] {
  const zones = new Map(config.zones.map((z) => [z.id, z]));
  const lines: BorderLine[] = [];
  config.shapes.forEach((s, rank) => {
    const zone = zones.get(s.zone);
    if (s.kind === 0 || !zone) return;
    const over = config.shapes.filter(
      (o, i) => o !== s && o.kind !== 0 && (i < rank || o.zone === s.zone),
    );
    let run: [number, number][] = [];
    const points = outline(s);
    for (let i = 0; i + 1 < points.length; i++) {
      const a = points[i]!;
      const b = points[i + 1]!;
      const hidden = over.some((o) => insideShape(o, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2));
      if (hidden) {
        close(zone, run, lines);
        run = [];
      } else {
        if (run.length === 0) run.push(a);
        run.push(b);
      }
    }
    close(zone, run, lines);
  });
  return lines;
}

/** The zone of a point in world units. */
export function zoneAt(config: WorldConfig, x: number, y: number): Zone | undefined {
  const shape = config.shapes.find((s) => insideShape(s, x, y));
  return config.zones.find((z) => z.id === shape?.zone);
}

/** Strokes border lines in their style: `place` maps world units to px. */
export function strokeBorders(
  c: CanvasRenderingContext2D,
  lines: readonly BorderLine[],
  place: (x: number, y: number) => [number, number],
  teeth: boolean,
  edge: readonly string[],
): void {
  c.save();
  c.lineWidth = 1.5;
  for (const line of lines) {
    const { risk } = line.zone;
    c.strokeStyle = edge[risk] ?? '#fff';
    c.setLineDash(risk === 1 ? [10, 5] : risk === 2 || risk === 3 ? [3, 4] : []);
    c.beginPath();
    for (let i = 0; i < line.points.length; i += 2) {
      const [x, y] = place(line.points[i]!, line.points[i + 1]!);
      if (i === 0) c.moveTo(x, y);
      else c.lineTo(x, y);
    }
    c.stroke();
    if (risk === 4 && teeth) drawTeeth(c, line, place, edge[4]!);
  }
  c.restore();
}

function drawTeeth(
  c: CanvasRenderingContext2D,
  line: BorderLine,
  place: (x: number, y: number) => [number, number],
  colour: string,
): void {
  c.fillStyle = colour;
  let left = 15;
  for (let i = 0; i + 3 < line.points.length; i += 2) {
    const [x1, y1] = place(line.points[i]!, line.points[i + 1]!);
    const [x2, y2] = place(line.points[i + 2]!, line.points[i + 3]!);
    const length = Math.hypot(x2 - x1, y2 - y1);
    while (left < length) {
      const t = left / length;
      const x = x1 + (x2 - x1) * t;
      const y = y1 + (y2 - y1) * t;
      const ux = (x2 - x1) / length;
      const uy = (y2 - y1) / length;
      c.beginPath();
      c.moveTo(x - ux * 5, y - uy * 5);
      c.lineTo(x + ux * 5, y + uy * 5);
      c.lineTo(x + uy * 9, y - ux * 9);
      c.fill();
      left += 30;
    }
    left -= length;
  }
}
