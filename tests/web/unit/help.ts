// SPDX-License-Identifier: Apache-2.0
// What the unit tests share: the kernel, a small world configuration in its byte form, and packing
// of records as the server packs them.

import { readFileSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { type CellDelta, CellDeltaSchema } from '@gen/sector_pb';
import { decodeWorldConfig } from '@web/kernel/config';
import { Kernel } from '@web/kernel/kernel';
import { cellAt, cellCorner } from '@web/sdk/cells';

class Writer {
  private readonly bytes: number[] = [];

  u(size: number, ...values: number[]): this {
    for (const value of values)
      for (let i = 0; i < size; i++) this.bytes.push(Math.floor(value / 2 ** (8 * i)) & 255);
    return this;
  }

  text(value: string): this {
    const encoded = new TextEncoder().encode(value);
    this.bytes.push(encoded.length, ...encoded);
    return this;
  }

  done(): Uint8Array {
    const bytes = Uint8Array.from(this.bytes);
    new DataView(bytes.buffer).setUint32(12, bytes.length, true);
    return bytes;
  }
}

/** The figures of 6-game.md that these tests need, every section filled. */
export function configBytes(): Uint8Array {
  const w = new Writer().u(4, 0x43575453).u(2, 1, 0).u(4, 7, 0);
  w.u(2, 1)
    .u(2, 1)
    .text('TER')
    .text('Terra High')
    .text('Earth')
    .u(4, 524288, 537288)
    .u(2, 300)
    .u(1, 1, 20, 1);
  w.u(2, 1).u(2, 100).text('A').u(4, 551788, 517288);
  w.u(2, 1).u(2, 1).u(1, 2).u(4, 518088, 523588);
  w.u(2, 2);
  w.u(1, 1)
    .text('HOME')
    .text('Home')
    .u(1, 0, 0)
    .u(2, 15, 0, 600, 35, 25, 300)
    .u(1, 3, 0, 0, 0, 0)
    .u(2, 0, 1000, 1000)
    .u(4, 0)
    .u(2, 1000);
  w.u(1, 2)
    .text('DEEP')
    .text('Deep')
    .u(1, 3, 2)
    .u(2, 45, 600, 450, 10, 35, 0)
    .u(1, 0, 2, 2, 0, 0)
    .u(2, 0, 1120, 910)
    .u(4, 250000)
    .u(2, 1200);
  w.u(2, 2).u(1, 1, 1).u(4, 526538, 538538, 526538, 538538, 6500);
  w.u(1, 2, 0).u(4, 0, 0, 0, 0, 0);
  w.u(2, 3);
  const ship = (id: number, code: string, role: number): void =>
    void w
      .u(2, id)
      .text(code)
      .text(code)
      .u(1, role, Math.min(1, role))
      .u(2, 40, 24)
      .u(4, 4920)
      .u(2, 1500, 6144, 8704, 68, 520, 500, 100, 1, 1000, 6, 16, 16)
      .u(1, 2, 0, 0, 1, 0, 0)
      .u(4, 0);
  ship(1, 'shuttle', 0);
  ship(7, 'raider', 1);
  ship(8, 'cutter', 2);
  w.u(2, 1)
    .u(1, 1)
    .text('pulse')
    .text('Pulse cannon')
    .u(1, 1)
    .u(2, 60, 1250, 800, 19456, 25, 8, 16, 10, 950, 0, 0, 0)
    .u(4, 900);
  w.u(2, 1).u(2, 7).text('FUE').text('fuel cells').u(2, 1).u(4, 120).u(1, 0, 0);
  w.u(2, 1).u(1, 0).u(2, 600, 80, 0).u(4, 300);
  w.u(2, 0);
  return w.done();
}

export async function kernel(): Promise<Kernel> {
  const k = await Kernel.load(readFileSync(process.env['KERNEL_WASM']!));
  k.configure(configBytes());
  return k;
}

export const config = decodeWorldConfig(configBytes());

export interface Record {
  id: number;
  x: number;
  y: number;
  vx: number;
  vy: number;
  ctl: number;
  classId?: number;
}

/** A CellDelta with these records; `enter` lists them as members too. */
export function delta(tick: number, records: Record[], enter: boolean): CellDelta {
  const cell = cellAt(records[0]?.x ?? 0, records[0]?.y ?? 0);
  const [cx, cy] = cellCorner(cell);
  const d = create(CellDeltaSchema, { cell, tick });
  for (const r of records) {
    const dx = r.x - cx + 16384 * 32;
    const dy = r.y - cy + 16384 * 32;
    d.id.push(r.id);
    d.pos.push((((dx >> 5) & 0xffff) | ((dy >> 5) << 16)) >>> 0);
    d.frac.push((dx & 31) | ((dy & 31) << 5));
    d.vel.push(((r.vx & 0xffff) | (r.vy << 16)) >>> 0);
    d.ctl.push(r.ctl >>> 0);
    if (!enter) continue;
    d.enterId.push(r.id);
    d.enterStatic.push(((r.classId ?? 1) | (1 << 10)) >>> 0);
    d.enterPlayer.push(1001);
  }
  return d;
}

export const HOME = { x: 524288 * 512, y: 537288 * 512 };
