// SPDX-License-Identifier: Apache-2.0
// Colours of the world by relation and by risk.

export type Relation = 'own' | 'hostile' | 'friend' | 'neutral' | 'loot';

export const COLOURS = {
  void: '#05080D',
  panel: '#0B121C',
  raised: '#172231',
  line: '#2A3A4E',
  edge: '#5F758E',
  text: '#E9EFF6',
  mute: '#A3B1C2',
  dim: '#8292A6',
  own: '#FFD877',
  friend: '#4AA8FF',
  hostile: '#FF5533',
  neutral: '#B4BDC9',
  warn: '#FFB54A',
  gain: '#35D6A8',
  rare: '#E39BDB',
} as const;

/** Colour of shapes by relation; `hostile` follows the setting. */
export const SHAPE: { [R in Relation]: string } = {
  own: COLOURS.own,
  hostile: COLOURS.hostile,
  friend: COLOURS.friend,
  neutral: COLOURS.neutral,
  loot: COLOURS.gain,
};
/** Colour of text by relation. */
export const TINT: { [R in Relation]: string } = {
  own: COLOURS.own,
  hostile: '#FF8A6E',
  friend: '#9CC8FF',
  neutral: COLOURS.text,
  loot: COLOURS.gain,
};

export function setHostile(choice: 'vermilion' | 'magenta' | 'white'): void {
  const [shape, tint] = {
    vermilion: ['#FF5533', '#FF8A6E'],
    magenta: ['#FF6BD6', '#FF9BE4'],
    white: ['#FFFFFF', '#FFFFFF'],
  }[choice] as [string, string];
  SHAPE.hostile = shape;
  TINT.hostile = tint;
}

export const RISK_EDGE = ['#4AA8FF', '#8CC6FF', '#FFB54A', '#FFB54A', '#FF6E50'];
export const RISK_FILL = [0.05, 0.035, 0.04, 0.04, 0.05];
export const RISK_NEBULA = ['#1F4C7C', '#1C5560', '#56305E', '#56305E', '#5A2630'];

export function rgb(hex: string): [number, number, number] {
  const n = parseInt(hex.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

export const numeric = (hex: string): number => parseInt(hex.slice(1), 16);

/** `share` of the way from a colour to another. */
export function mix(from: string, to: string, share: number): string {
  const a = rgb(from);
  const b = rgb(to);
  const c = a.map((v, i) => Math.round(v + (b[i]! - v) * share));
  return `rgb(${c.join()})`;
}

export function alpha(hex: string, a: number): string {
  return `rgba(${rgb(hex).join()},${a})`;
}
