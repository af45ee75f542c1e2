/**
 * What JSON of ours has to be, said once: a check that also knows its JSON Schema. Files, requests, answers, notices and
 * entries of the record are declared with these; `npm run schemas` writes docs/schemas from the same declarations.
 *
 * A check throws {@link CheckError} at the first field that is not as it should be, and names the field, never its contents.
 * Fields that are not declared are left out, so that a later version can add some.
 *
 * A schema may say less than its check (a 30th of February), never more: what a schema refuses, the check refuses too.
 */
import { fromBase64, toBase64 } from "../../mail/base64.js";
import { type Address, isAddress } from "../../mail/mailbox.js";
import { type Check, CheckError, isRecord } from "./check.js";

/** JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A check and what it says, for programs that are not ours. */
export type Declaration<T> = Check<T> & { readonly schema: JsonSchema };

/** The declarations of the fields of `T`. */
export type DeclaredFields<T> = { readonly [K in keyof T]: Declaration<T[K]> };

/** A declaration of a check that is not here. */
export function declared<T>(schema: JsonSchema, check: Check<T>): Declaration<T> {
  return Object.assign((value: unknown) => check(value), { schema });
}

/** Characters as everybody counts them: code points, where JavaScript's `length` counts half of some. */
const isLonger = (text: string, limit: number): boolean =>
  text.length > limit && (text.length > 2 * limit || [...text].length > limit);

/** Text that `pattern`, anchored and with the flag `u`, describes, and that has at most `limit` characters. */
function matching(pattern: string, expected: string, limit?: number): Declaration<string> {
  const regular = new RegExp(pattern, "u");
  const schema = { type: "string", ...(limit === undefined ? {} : { maxLength: limit }), pattern };
  return declared(schema, (value) => {
    if (typeof value !== "string" || (limit !== undefined && isLonger(value, limit)) || !regular.test(value))
      throw new CheckError(expected);
    return value;
  });
}

/** Any text of at most `limit` characters; whoever asks for it looks at it further. */
export function textTo(limit: number): Declaration<string> {
  return declared({ type: "string", maxLength: limit }, (value) => {
    if (typeof value !== "string" || isLonger(value, limit))
      throw new CheckError(`a text of at most ${limit} characters`);
    return value;
  });
}

/**
 * Text of 1 to `limit` characters on one line, without control or direction characters.
 * Attack: a name that goes on on another line, or turns the text around it.
 */
export const line = (limit: number): Declaration<string> =>
  matching("^[^\\p{Cc}\\p{Cf}\\p{Cs}\\u2028\\u2029]+$", `a line of at most ${limit} characters`, limit);

/** Exactly `digits` lower-case hex digits. */
export const hexDigits = (digits: number): Declaration<string> =>
  matching(`^[0-9a-f]{${digits}}$`, `${digits} hex digits`);

/** An ASCII-armored block, not yet read. */
export const armored: Declaration<string> = matching("^-----BEGIN PGP ", "an armored key");

/** A whole number from 0 to `limit`. */
export function countTo(limit: number): Declaration<number> {
  return declared({ type: "integer", minimum: 0, maximum: limit }, (value) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > limit)
      throw new CheckError(`a whole number from 0 to ${limit}`);
    return value;
  });
}

/** A whole number that every JSON library keeps as it is (RFC 7493, 2.2). */
export const anyCount: Declaration<number> = countTo(Number.MAX_SAFE_INTEGER);

/** One of these words. */
export function wordOf<const W extends string>(...words: readonly W[]): Declaration<W> {
  return declared(words.length === 1 ? { const: words[0] } : { enum: words }, (value) => {
    const found = words.find((each) => each === value);
    if (found === undefined) throw new CheckError(`one of ${words.join(", ")}`);
    return found;
  });
}

/** This very number. */
export function exactly<const N extends number>(number: N): Declaration<N> {
  return declared({ const: number }, (value) => {
    if (value !== number) throw new CheckError(String(number));
    return number;
  });
}

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const atom = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";

/** An address in canonical form: another spelling means that another program wrote the file. */
export const canonicalAddress: Declaration<Address> = declared(
  { type: "string", maxLength: 254, pattern: `^${atom}(?:\\.${atom})*@${label}(?:\\.${label})*$` },
  (value) => {
    if (typeof value !== "string" || !isAddress(value)) throw new CheckError("an address in canonical form");
    return value;
  },
);

const day = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
const time = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";

function dateOf(pattern: string, format: (date: Date) => string): Declaration<Date> {
  const text = matching(pattern, "a date");
  return declared({ ...text.schema, format: "date-time" }, (value) => {
    const date = new Date(text(value));
    // a day that its month does not have
    if (Number.isNaN(date.getTime()) || format(date) !== value) throw new CheckError("a date");
    return date;
  });
}

/** A date as it is in notations and files: UTC, whole seconds. */
export function formatDate(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** A date in UTC and whole seconds, `2026-08-01T00:00:00Z`. */
export const isoDate: Declaration<Date> = dateOf(`^${day}T${time}Z$`, formatDate);

/** A date in UTC and milliseconds, `2026-08-01T00:00:00.000Z`: a server's clock, in the record. */
export const isoInstant: Declaration<Date> = dateOf(`^${day}T${time}\\.[0-9]{3}Z$`, (date) =>
  date.toISOString(),
);

/** The inverse of {@link formatDate}; undefined for any other spelling. */
export function parseDate(text: string): Date | undefined {
  try {
    return isoDate(text);
  } catch (thrown) {
    if (thrown instanceof CheckError) return undefined;
    throw thrown;
  }
}

/** At most `limit` bytes in base64, in its one spelling (RFC 4648, 4): padded, without blanks, unused bits 0. */
export function base64To(limit: number): Declaration<Uint8Array> {
  const text = textTo(Math.ceil(limit / 3) * 4);
  const pattern = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";
  const schema = { ...text.schema, contentEncoding: "base64", pattern };
  return declared(schema, (value) => {
    const written = text(value);
    let bytes: Uint8Array;
    try {
      bytes = fromBase64(written);
    } catch {
      throw new CheckError("base64");
    }
    if (toBase64(bytes) !== written) throw new CheckError("base64 in its one spelling");
    if (bytes.length > limit) throw new CheckError(`at most ${limit} bytes`);
    return bytes;
  });
}

/** An object as it is, not looked at. */
export const anyObject: Declaration<Readonly<Record<string, unknown>>> = declared(
  { type: "object" },
  (value) => {
    if (!isRecord(value)) throw new CheckError("an object");
    return Object.fromEntries(Object.entries(value));
  },
);

/** `check`'s value, or its error with the field's name in front. */
function at<T>(name: string | number, check: Check<T>, value: unknown): T {
  try {
    return check(value);
  } catch (error) {
    if (error instanceof CheckError) throw new CheckError(error.expected, [name, ...error.path]);
    throw error;
  }
}

/**
 * A list.
 *
 * @param limit how many there may be. Attack: a file that lists a million of them
 */
export function several<T>(
  of: Declaration<T>,
  { limit, least = 0 }: { readonly limit: number; readonly least?: number },
): Declaration<readonly T[]> {
  const schema = {
    type: "array",
    ...(least === 0 ? {} : { minItems: least }),
    maxItems: limit,
    items: of.schema,
  };
  return declared(schema, (value) => {
    if (!Array.isArray(value)) throw new CheckError("a list");
    if (value.length > limit || value.length < least) throw new CheckError(`a list of ${least} to ${limit}`);
    const items: readonly unknown[] = value;
    return items.map((item, index) => at(index, of, item));
  });
}

/** An object with these fields, and `optional` ones that may be absent. */
export function objectOf<T extends object, O extends object = Record<never, never>>(
  required: DeclaredFields<T>,
  optional?: DeclaredFields<O>,
): Declaration<T & Partial<O>> {
  const musts: readonly (readonly [string, Declaration<unknown>])[] = Object.entries(required);
  const mays: readonly (readonly [string, Declaration<unknown>])[] = Object.entries(optional ?? {});
  const schema = {
    type: "object",
    properties: Object.fromEntries([...musts, ...mays].map(([name, field]) => [name, field.schema])),
    required: musts.map(([name]) => name),
  };
  return declared(schema, (value) => {
    if (!isRecord(value)) throw new CheckError("an object");
    const present = mays.filter(([name]) => Object.hasOwn(value, name));
    const read = Object.fromEntries(
      [...musts, ...present].map(([name, field]) => [
        name,
        at(name, field, Object.hasOwn(value, name) ? value[name] : undefined),
      ]),
    );
    if (!hasAll<T & Partial<O>>(read, musts)) throw new CheckError("an object");
    return read;
  });
}

function hasAll<T>(value: object, musts: readonly (readonly [string, unknown])[]): value is T & object {
  return musts.every(([name]) => Object.hasOwn(value, name));
}

function isNameIn<T extends object>(value: T, name: PropertyKey): name is keyof T & string {
  return Object.hasOwn(value, name);
}

/** One of several objects, told apart by the word in their field `tag`. */
export function oneKindOf<V extends object>(
  tag: string,
  kinds: DeclaredFields<V>,
): Declaration<V[keyof V & string]> {
  const all: readonly Declaration<unknown>[] = Object.values(kinds);
  return declared({ oneOf: all.map(({ schema }) => schema) }, (value) => {
    if (!isRecord(value)) throw new CheckError("an object");
    const name = value[tag];
    if (typeof name !== "string" || !isNameIn(kinds, name)) throw new CheckError("of a known kind", [tag]);
    return kinds[name](value);
  });
}

/** One of two forms that no value has both of. */
export function either<A, B>(one: Declaration<A>, other: Declaration<B>): Declaration<A | B> {
  return declared({ anyOf: [one.schema, other.schema] }, (value) => {
    try {
      return one(value);
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      return other(value);
    }
  });
}

/** What both say of one object: the fields that all kinds have, and those of a kind. */
export function both<A extends object, B extends object>(
  one: Declaration<A>,
  other: Declaration<B>,
): Declaration<A & B> {
  return declared({ allOf: [one.schema, other.schema] }, (value) => ({ ...one(value), ...other(value) }));
}
