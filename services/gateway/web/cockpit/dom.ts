// SPDX-License-Identifier: Apache-2.0
// Making and changing elements. Text is always set as text; styles only by classes and by custom
// properties, so that the page needs no inline style.

import { ICONS, type IconName } from './icons';

export type Child = Node | string | null | undefined | false;
export interface Props {
  class?: string;
  id?: string;
  title?: string;
  type?: string;
  role?: string;
  label?: string;
  data?: { [name: string]: string };
  attrs?: { [name: string]: string };
  onclick?: (event: MouseEvent) => void;
}

/** A new element. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class) element.className = props.class;
  if (props.id) element.id = props.id;
  if (props.title) element.title = props.title;
  if (props.role) element.setAttribute('role', props.role);
  if (props.label) element.setAttribute('aria-label', props.label);
  if (tag === 'button') element.setAttribute('type', props.type ?? 'button');
  else if (props.type) element.setAttribute('type', props.type);
  for (const [name, value] of Object.entries(props.data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(props.attrs ?? {})) element.setAttribute(name, value);
  if (props.onclick) element.addEventListener('click', props.onclick as EventListener);
  for (const child of children) if (child) element.append(child);
  return element;
}

/** Sets the text of an element when it differs. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function toggle(element: Element, name: string, on: boolean): void {
  if (element.classList.contains(name) !== on) element.classList.toggle(name, on);
}

/** Sets a custom property, for the style sheet to use. */
export function setVar(element: HTMLElement | SVGElement, name: string, value: string): void {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

const SVG = 'http://www.w3.org/2000/svg';

/** An icon, 16 grid, in the colour of the text around it. */
export function icon(name: IconName, size: 16 | 18 | 22 | 34 = 16): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon i${size}`);
  svg.setAttribute('aria-hidden', 'true');
  for (const d of ICONS[name].split('|')) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d.replace(/^!/, ''));
    if (d.startsWith('!')) path.setAttribute('class', 'solid');
    svg.append(path);
  }
  return svg;
}

/** Four chevrons, `pips` of them filled. */
export function chevrons(risk: number): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 44 10');
  svg.setAttribute('class', `pips risk${risk}`);
  svg.setAttribute('aria-hidden', 'true');
  const filled = pipsOf(risk);
  for (let i = 0; i < 4; i++) {
    const path = document.createElementNS(SVG, 'path');
    const x = i * 11 + 1;
    path.setAttribute('d', `M${x} 1h4l3.5 4l-3.5 4h-4l3-4z`);
    path.setAttribute('class', i < filled ? 'full' : 'hollow');
    svg.append(path);
  }
  return svg;
}

/** Chevrons of a risk level 0 to 4: safe 1, guarded 2, open 3, lawless 4. */
export function pipsOf(risk: number): number {
  return [1, 2, 3, 3, 4][risk] ?? 4;
}

/** A bar of ten segments. */
export class Bar {
  readonly element: HTMLElement;
  private readonly fill = h('i');
  private readonly ghost = h('b');

  constructor(kind: string) {
    this.element = h('span', { class: `bar ${kind}` }, this.ghost, this.fill);
  }

  /** Share 0 to 1, or -1 when it is not known. */
  set(share: number): void {
    const text = Math.max(0, Math.min(1, share)).toFixed(3);
    setVar(this.element, '--share', text);
    toggle(this.element, 'low', share >= 0 && share < 0.3);
  }
}

/** Whoever types or chooses is done with it. */
export function leave(): void {
  (document.activeElement as HTMLElement | null)?.blur();
}
