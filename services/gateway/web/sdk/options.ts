// SPDX-License-Identifier: Apache-2.0
// What a program says to StarTrader: where the server is, who to be, how to steer.

import type { Credentials, KeyValueStore } from './auth';

/** Where the server is, and what the platform lends. */
export interface ClientOptions {
  /** Of the gateway, such as `https://example.org`. */
  url: string;
  /** Keeps the sign-in; localStorage in browsers and memory elsewhere, unless given. */
  store?: KeyValueStore;
  /** Constructor of sockets, instead of the browser's or the package `ws`. */
  WebSocket?: new (url: string, protocol: string) => object;
  /** Bytes or address of kernel.wasm; without it, the file beside this module. */
  kernel?: Uint8Array<ArrayBuffer> | ArrayBuffer | URL | string;
  /** How long connecting, docking and the like may take, ms; 20,000 unless given. */
  timeoutMs?: number;
}

/** Who to be; without any of it the pilot that the store knows, else a new guest. */
export interface ConnectOptions extends ClientOptions {
  /** Be a new guest. */
  guest?: boolean;
  /** Sign in with name and password. */
  login?: { name: string; password: string };
  /** Make a new account. */
  register?: { name: string; password: string };
  /** Come back with what an earlier sign-in left. */
  credentials?: Credentials;
}

/** The controls of the ship; what is not named stays as it is. */
export interface Steering {
  /** 0 to 4,095 steps, 0 = +x, 1,024 = +y. */
  heading?: number;
  /** What the engine does. */
  thrust?: 'coast' | 'ahead' | 'astern' | 'brake';
  /** Faster, while energy lasts; only ahead. */
  boost?: boolean;
  /** Flight assist off. */
  drift?: boolean;
  /** Fire the guns. */
  fire?: boolean;
  /** Launch a torpedo at the target. */
  torpedo?: boolean;
  /** Entity aimed at, 0 = none. */
  target?: number;
}
