// SPDX-License-Identifier: Apache-2.0
// What differs between a browser and Node: where random bytes come from, who makes sockets, how the
// kernel's bytes are read, where a sign-in is kept.

import { type KeyValueStore } from './auth';
import type { Wire } from './socket';

/** Makes a WebSocket that speaks a subprotocol. @internal */
export type MakeWire = (url: string, protocol: string) => Wire;

interface NodeSocketClass {
  new (url: string, protocol: string, options: object): Wire;
}

declare const process: { versions?: { node?: string } } | undefined;

/** True in Node; false in browsers and in workers. */
export const inNode = typeof process !== 'undefined' && Boolean(process.versions?.node);

/** The name is not written in the call, so that bundlers for browsers leave it alone. */
function load<T>(name: string): Promise<T> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ name) as Promise<T>;
}

/**
 * How sockets are made here: by `ws` in Node, which can name its origin; null: by the browser.
 *
 * @internal
 */
export async function wireMaker(): Promise<MakeWire | null> {
  if (!inNode) return null;
  const { WebSocket: NodeSocket } = await load<{ WebSocket: NodeSocketClass }>('ws');
  return (url, protocol) => {
    const origin = new URL(url.replace(/^ws/, 'http')).origin;
    const wire = new NodeSocket(url, protocol, { origin, perMessageDeflate: false });
    // A failed attempt also ends by a close; without a listener an error would end the program.
    (wire as Wire & { onerror: () => void }).onerror = () => undefined;
    return wire;
  };
}

/** Gives Node 18 the Web Crypto global that browsers and Node 20 have. @internal */
export async function needCrypto(): Promise<void> {
  if (!inNode || 'crypto' in globalThis) return;
  const { webcrypto } = await load<{ webcrypto: Crypto }>('node:crypto');
  Object.defineProperty(globalThis, 'crypto', { value: webcrypto, configurable: true });
}

/** The bytes of kernel.wasm: read in Node from a file: URL, else fetched. @internal */
export async function kernelBytes(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol === 'file:' && inNode) {
    const { readFile } = await load<{
      readFile(file: URL): Promise<Uint8Array<ArrayBuffer>>;
    }>('node:fs/promises');
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`kernel: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Keeps things until the program ends. */
export class MemoryStore implements KeyValueStore {
  private readonly values = new Map<string, string>();

  /** The value of a key, or null. */
  getItem(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  /** Sets the value of a key. */
  setItem(key: string, value: string): void {
    this.values.set(key, value);
  }

  /** Forgets a key. */
  removeItem(key: string): void {
    this.values.delete(key);
  }
}

/** Local storage where there is one that works, else memory. @internal */
export function defaultStore(): KeyValueStore {
  try {
    const storage = inNode ? null : globalThis.localStorage;
    storage?.getItem('');
    if (storage) return storage;
  } catch {
    // A page may be forbidden to keep anything.
  }
  return new MemoryStore();
}
