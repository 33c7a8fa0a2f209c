// SPDX-License-Identifier: Apache-2.0
// Which protocol this is; see docs/PROTOCOL.md.

/** The WebSocket subprotocol. */
export const SUBPROTOCOL = 'startrader.v1';
/** What the first frame of a connection names. */
export const PROTOCOL = 1;
