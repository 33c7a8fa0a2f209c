// SPDX-License-Identifier: Apache-2.0
// A form for any message, made from its descriptor: numbers with their ranges, enums as lists to
// choose from, messages in messages, lists that grow. What is left empty is not set.

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { h } from '../cockpit/dom';
import { bytesOf, comment, is64, rangeOf, type Values } from './schema';

/** Elements, and what they hold; undefined = not set. */
interface Part {
  element: HTMLElement;
  read(): unknown;
}

let ids = 0;
const newId = (): string => `f${++ids}`;

/** A labelled control with its type and the schema's words. */
function labelled(name: string, type: string, words: string, control: HTMLElement): HTMLElement {
  control.id = newId();
  const note = words ? h('small', { id: `${control.id}-note` }, words) : null;
  if (note) control.setAttribute('aria-describedby', note.id);
  const label = h('label', { attrs: { for: control.id } }, name, h('span', {}, ` ${type}`));
  return h('div', { class: 'field' }, label, control, note);
}

function check(input: HTMLInputElement, fault: (text: string) => string): void {
  input.addEventListener('input', () => {
    input.setCustomValidity(input.value === '' ? '' : fault(input.value));
  });
}

function wholeNumber(scalar: ScalarType, range: [bigint, bigint], name: string): Part {
  const [least, most] = range;
  const control = h('input', {
    attrs: { inputmode: 'numeric', autocomplete: 'off', placeholder: '0', name },
  });
  check(control, (text) => {
    if (!/^-?[0-9]+$/.test(text)) return 'A whole number.';
    const n = BigInt(text);
    return n < least || n > most ? `${least} to ${most}.` : '';
  });
  return {
    element: control,
    read: () => {
      const text = control.value.trim();
      if (text === '' || !control.validity.valid) return undefined;
      return is64(scalar) ? BigInt(text) : Number(text);
    },
  };
}

function scalarControl(scalar: ScalarType, name: string): Part {
  const range = rangeOf(scalar);
  if (range) return wholeNumber(scalar, range, name);
  if (scalar === ScalarType.BOOL) {
    const control = h('input', { type: 'checkbox', attrs: { name } });
    return { element: control, read: () => (control.checked ? true : undefined) };
  }
  const control = h('input', { attrs: { autocomplete: 'off', spellcheck: 'false', name } });
  if (scalar === ScalarType.BYTES) {
    control.placeholder = 'hexadecimal';
    check(control, (text) => (bytesOf(text) ? '' : 'Pairs of hexadecimal digits.'));
    return { element: control, read: () => (control.value && bytesOf(control.value)) || undefined };
  }
  return { element: control, read: () => control.value || undefined };
}

function enumControl(desc: DescEnum, name: string): Part {
  const control = h('select', { attrs: { name } });
  for (const value of desc.values)
    control.append(
      h('option', { attrs: { value: String(value.number) } }, `${value.localName} ${value.number}`),
    );
  return { element: control, read: () => Number(control.value) || undefined };
}

const typeName = (field: DescField): string =>
  field.message?.name ?? field.enum?.name ?? ScalarType[field.scalar ?? 0]?.toLowerCase() ?? '';

/** One value of a field, without its label. */
function single(field: DescField): Part {
  if (field.message) return messageForm(field.message);
  if (field.enum) return enumControl(field.enum, field.name);
  return scalarControl(field.scalar ?? ScalarType.STRING, field.name);
}

function group(title: string, type: string, words: string, ...inner: HTMLElement[]): HTMLElement {
  return h(
    'fieldset',
    {},
    h('legend', {}, title, h('span', {}, ` ${type}`)),
    words ? h('small', {}, words) : null,
    ...inner,
  );
}

/** Tells those who listen to the whole form that it has changed. */
function changed(element: HTMLElement): void {
  element.dispatchEvent(new Event('input', { bubbles: true }));
}

function listOf(field: DescField, words: string): Part {
  const items = new Set<Part>();
  const place = h('div', { class: 'items' });
  const add = h('button', { class: 'small' }, `Add to ${field.name}`);
  add.addEventListener('click', () => {
    const part = single(field);
    items.add(part);
    const remove = h('button', { class: 'small', label: `Remove from ${field.name}` }, 'Remove');
    if (!field.message) part.element.setAttribute('aria-label', field.name);
    const item = h('div', { class: 'item' }, part.element, remove);
    remove.addEventListener('click', () => {
      items.delete(part);
      item.remove();
      changed(place);
      add.focus();
    });
    place.append(item);
    (item.querySelector('input, select, button') as HTMLElement | null)?.focus();
    changed(place);
  });
  return {
    element: group(field.name, `list of ${typeName(field)}`, words, place, add),
    read: () => {
      const values = [...items].map((item) => item.read() ?? zero(field));
      return values.length ? values : undefined;
    },
  };
}

/** An item of a list is there even when it is empty. */
function zero(field: DescField): unknown {
  if (field.message) return {};
  if (field.enum) return 0;
  const scalar = field.scalar ?? ScalarType.STRING;
  if (scalar === ScalarType.BOOL) return false;
  if (scalar === ScalarType.BYTES) return new Uint8Array();
  return rangeOf(scalar) ? (is64(scalar) ? 0n : 0) : '';
}

/** A message that may be absent. */
function optional(field: DescField, words: string): Part {
  const inner = messageForm(field.message as DescMessage);
  const box = h('input', { type: 'checkbox', id: newId() });
  inner.element.hidden = true;
  box.addEventListener('change', () => {
    inner.element.hidden = !box.checked;
    changed(inner.element);
  });
  const label = h('label', { class: 'set', attrs: { for: box.id } }, box, ' set');
  return {
    element: group(field.name, typeName(field), words, label, inner.element),
    read: () => (box.checked ? inner.read() : undefined),
  };
}

function fieldPart(owner: DescMessage, field: DescField): Part {
  const words = comment(`${owner.name}.${field.name}`);
  if (field.fieldKind === 'list') return listOf(field, words);
  if (field.message) return optional(field, words);
  const part = single(field);
  return {
    element: labelled(field.name, typeName(field), words, part.element),
    read: () => part.read(),
  };
}

function oneofPart(oneof: DescMessage['oneofs'][number]): Part {
  const select = h('select', { attrs: { name: oneof.name } }, h('option', {}, ''));
  for (const field of oneof.fields)
    select.append(h('option', { attrs: { value: field.localName } }, field.name));
  const place = h('div');
  let part: Part | null = null;
  select.addEventListener('change', () => {
    const field = oneof.fields.find((f) => f.localName === select.value);
    part = field ? single(field) : null;
    place.replaceChildren(...(part ? [part.element] : []));
  });
  return {
    element: group(oneof.name, 'oneof', '', labelled('case', '', '', select), place),
    read: () =>
      part && select.value ? { case: select.value, value: part.read() ?? {} } : undefined,
  };
}

/** The form of a message; `read` gives what was filled in, by local names. */
export function messageForm(desc: DescMessage): { element: HTMLElement; read(): Values } {
  const parts = desc.members.map(
    (member) =>
      [
        member.localName,
        member.kind === 'oneof' ? oneofPart(member) : fieldPart(desc, member),
      ] as const,
  );
  const element = h('div', { class: 'message' }, ...parts.map(([, part]) => part.element));
  if (parts.length === 0) element.append(h('small', {}, 'No fields.'));
  return {
    element,
    read: () => {
      const values: Values = {};
      for (const [name, part] of parts) {
        const value = part.read();
        if (value !== undefined) values[name] = value;
      }
      return values;
    },
  };
}
