// SPDX-License-Identifier: Apache-2.0
// What a client can send, read from the schema: the choices of the form, how each becomes a
// ClientFrame, and the TypeScript that builds and sends the same. Knows no page.

import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type MessageInitShape,
  ScalarType,
} from '@bufbuild/protobuf';
import { type ClientFrame, ClientFrameSchema } from '@gen/client_pb';
import { makeId } from '../sdk/requests';

/** Comments of the schema by `Message` and `Message.field`, put in by bundle.mjs. */
declare const COMMENTS: { [name: string]: string };

/** What a form holds: only what was filled in. */
export type Values = { [name: string]: unknown };

/** TypeScript that stands for a value. */
class Source {
  constructor(
    readonly text: string,
    readonly imports: [from: string, name: string][],
  ) {}
}

export interface Choice {
  /** `request.market`, `input`: its way in a ClientFrame; `` = the frame itself. */
  path: string;
  /** The message of the form; null = a flag. */
  desc: DescMessage | null;
  /** A question: it has a request id, and gets a reply. */
  asks: boolean;
}

export function comment(name: string): string {
  return COMMENTS[name] ?? '';
}

function members(field: DescField): Choice[] {
  if (field.message === undefined) return [{ path: field.name, desc: null, asks: false }];
  const body = field.message.oneofs.find((o) => o.name === 'body');
  if (!body) return [{ path: field.name, desc: field.message, asks: false }];
  return body.fields.map((f) => ({
    path: `${field.name}.${f.name}`,
    desc: f.message ?? null,
    asks: true,
  }));
}

/** Questions first, then the other parts of a frame, then a frame as a whole. */
export function choices(): Choice[] {
  const parts = ClientFrameSchema.fields
    .filter((field) => field.name !== 'hello')
    .flatMap((field) => members(field));
  const whole = { path: '', desc: ClientFrameSchema, asks: false };
  return [...parts.filter((c) => c.asks), ...parts.filter((c) => !c.asks), whole];
}

const partOf = (path: string): DescField | undefined =>
  ClientFrameSchema.fields.find((field) => field.name === path);

function wrap(choice: Choice, value: unknown, id: unknown): Values {
  if (choice.path === '') return value as Values;
  const [name = '', part = ''] = choice.path.split('.');
  if (choice.asks) return { [name]: [{ requestId: id, body: { case: part, value } }] };
  return { [name]: partOf(name)?.fieldKind === 'list' ? [value] : value };
}

/** The frame to send; without an id a question gets a new one. */
export function frameOf(choice: Choice, values: Values, id: Uint8Array | null): ClientFrame {
  const value = choice.desc ? values : true;
  const init = wrap(choice, value, id ?? makeId());
  return create(ClientFrameSchema, init as MessageInitShape<typeof ClientFrameSchema>);
}

// --- as code ---

const moduleOf = (desc: DescMessage | DescEnum): string =>
  `@gen/${desc.file.name.slice(desc.file.name.lastIndexOf('/') + 1)}_pb`;

const pad = (depth: number): string => '  '.repeat(depth);

function list(open: string, parts: string[], close: string, depth: number): string {
  if (parts.length === 0) return open + close;
  const gap = open === '{' ? ' ' : '';
  const line = `${open}${gap}${parts.join(', ')}${gap}${close}`;
  if (line.length + 2 * depth <= 80 && !line.includes('\n')) return line;
  return `${open}\n${parts.map((p) => `${pad(depth + 1)}${p},\n`).join('')}${pad(depth)}${close}`;
}

/** Writes values as literals and collects what is to be imported. */
class Writer {
  readonly imports = new Map<string, Set<string>>();

  use(from: string, name: string): string {
    this.imports.set(from, (this.imports.get(from) ?? new Set()).add(name));
    return name;
  }

  private one(field: DescField, value: unknown, depth: number): string {
    if (field.message) return this.message(field.message, value as Values, depth);
    if (field.enum) {
      const known = field.enum.value[value as number];
      const name = this.use(moduleOf(field.enum), field.enum.name);
      return known ? `${name}.${known.localName}` : String(value);
    }
    return this.scalar(value);
  }

  private scalar(value: unknown): string {
    if (typeof value === 'bigint') return `${value}n`;
    if (value instanceof Uint8Array) return `Uint8Array.of(${[...value].join(', ')})`;
    return JSON.stringify(value).replace(/^"(.*)"$/, (_, text: string) => `'${quoted(text)}'`);
  }

  private field(field: DescField, value: unknown, depth: number): string {
    if (value instanceof Source) return this.source(value);
    if (!Array.isArray(value)) return this.one(field, value, depth);
    const parts = value.map((v: unknown) => this.one(field, v, depth + 1));
    return list('[', parts, ']', depth);
  }

  source(source: Source): string {
    for (const [from, name] of source.imports) this.use(from, name);
    return source.text;
  }

  message(desc: DescMessage, values: Values, depth: number): string {
    const parts = desc.members.flatMap((member) => {
      const value = values[member.localName];
      if (value === undefined) return [];
      if (member.kind === 'field')
        return [`${member.localName}: ${this.field(member, value, depth + 1)}`];
      const { case: name, value: inner } = value as { case: string; value: unknown };
      const field = member.fields.find((f) => f.localName === name);
      if (!field) return [];
      const text = this.field(field, inner, depth + 2);
      const pair = list('{', [`case: '${name}'`, `value: ${text}`], '}', depth + 1);
      return [`${member.localName}: ${pair}`];
    });
    return list('{', parts, '}', depth);
  }
}

const quoted = (text: string): string => text.replaceAll('\\"', '"').replaceAll("'", "\\'");

/** A file that signs in as a guest, sends the same message and shows what comes of it. */
export function codeOf(choice: Choice, values: Values, id: Uint8Array | null, url: URL): string {
  const w = new Writer();
  const depth = 3;
  let value: unknown = choice.desc ? values : true;
  if (choice.desc && choice.path !== '') {
    const name = w.use(moduleOf(choice.desc), `${choice.desc.name}Schema`);
    const many = !choice.asks && partOf(choice.path)?.fieldKind === 'list';
    const at = depth + (choice.asks ? 3 : many ? 2 : 1);
    const made = `create(${name}, ${w.message(choice.desc, values, at)})`;
    value = new Source(many ? list('[', [made], ']', depth + 1) : made, []);
  }
  const fresh = new Source('makeId()', [['./sdk/requests', 'makeId']]);
  let init = wrap(choice, value, id ?? fresh);
  if (value instanceof Source && !choice.asks) init = { [choice.path]: value };
  const text = w.message(ClientFrameSchema, init, depth);
  w.use('@bufbuild/protobuf', 'create');
  w.use('@gen/client_pb', 'ClientFrameSchema');
  w.use('./sdk/auth', 'Auth');
  w.use('./sdk/socket', 'Socket');
  const imports = [...w.imports]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([from, names]) => `import { ${[...names].sort().join(', ')} } from '${from}';`);
  const show = choice.asks
    ? 'for (const reply of frame.reply) console.log(reply);'
    : 'console.log(frame);';
  const ws = new URL('/v1/ws', url);
  ws.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return [
    '// A file beside sdk/ in services/gateway/web: signs in as a guest and sends',
    `// ${choice.desc?.typeName ?? `ClientFrame.${choice.path}`}.`,
    ...imports,
    '',
    `const { credentials } = await new Auth('${url.origin}').guest();`,
    'const socket = new Socket({',
    `  url: '${ws}',`,
    '  ticket: () => credentials.ticket,',
    '  lastSeq: () => 0,',
    '});',
    "socket.events.on('frame', (frame) => {",
    '  if (frame.welcome) {',
    '    socket.send(',
    `      create(ClientFrameSchema, ${text}),`,
    '    );',
    '  }',
    `  ${show}`,
    '});',
    'socket.start();',
    '',
  ].join('\n');
}

// --- numbers ---

/** Smallest and largest value of a whole number's type; null = it is none. */
export function rangeOf(scalar: ScalarType): [bigint, bigint] | null {
  switch (scalar) {
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return [0n, 2n ** 32n - 1n];
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return [-(2n ** 31n), 2n ** 31n - 1n];
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return [0n, 2n ** 64n - 1n];
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return [-(2n ** 63n), 2n ** 63n - 1n];
    default:
      return null;
  }
}

export const is64 = (scalar: ScalarType): boolean =>
  (rangeOf(scalar)?.[1] ?? 0n) > 2n ** 32n - 1n;

/** Bytes of hexadecimal digits; null = they are none. */
export function bytesOf(hex: string): Uint8Array | null {
  if (!/^([0-9a-fA-F]{2})*$/.test(hex)) return null;
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
