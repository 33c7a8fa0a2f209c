// SPDX-License-Identifier: Apache-2.0
// Messages as the SDK shows them: plain objects of the interfaces in api.ts, with numbers for
// 64-bit integers and lower-case words for enums.

import type { DescEnum, DescField, Message } from '@bufbuild/protobuf';
import type { GenEnum, GenMessage } from '@bufbuild/protobuf/codegenv2';
import type { PlainMessages } from '@gen/api';

/** The plain interface of a message. */
type PlainOf<M extends Message> =
  M extends Message<`startrader.v1.${infer Name}`>
    ? Name extends keyof PlainMessages
      ? PlainMessages[Name]
      : never
    : never;

/** The word of an enum's value: the name without its prefix in lower case. */
export function word(desc: DescEnum | GenEnum<number>, value: number): string {
  return (desc as DescEnum).value[value]?.localName.toLowerCase() ?? 'unspecified';
}

function one(field: DescField, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (field.enum) return word(field.enum, value as number);
  if (field.message && value)
    return plain(field.message as GenMessage<Message>, value as Message) as unknown;
  return value;
}

/** A plain copy of a message. */
export function plain<M extends Message>(schema: GenMessage<M>, message: M): PlainOf<M> {
  const from = message as unknown as { [name: string]: unknown };
  const to: { [name: string]: unknown } = {};
  for (const field of schema.fields) {
    const value = from[field.localName];
    to[field.localName] = Array.isArray(value)
      ? value.map((item) => one(field, item))
      : (one(field, value) ?? null);
  }
  return to as PlainOf<M>;
}
