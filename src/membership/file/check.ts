/**
 * Checks for values that come from outside the code that reads them: a message from another page, a record
 * from storage. A check takes anything and gives the value in its type, or throws {@link CheckError}.
 * No value is repaired: what doesn't fit is refused whole. It imports nothing; {@link Fields} of json-fields.ts reads our files with it.
 *
 * Why not zod/mini 4.6.7: measured in its place, the event page grows from 175 to 197 kB (12 %), what is put into a sealed mail
 * from 74 to 88 kB (18 %), and a browser's background from 19 to 37 kB.
 */
export type Check<T> = (value: unknown) => T;

/** What a check gives. */
export type Checked<C> = C extends Check<infer T> ? T : never;

/** A value that does not have the shape that its place demands. The message names the place, never the value. */
export class CheckError extends Error {
  /** What was expected, after "is not". */
  readonly expected: string;

  constructor(expected: string) {
    super(`expected ${expected}`);
    this.name = "CheckError";
    this.expected = expected;
  }
}

/** Stops a message that tries to fill memory: nothing that crosses is longer (an invitation file has about 10 kB). */
const TEXT_LIMIT = 1_000_000;

export const text: Check<string> = (value) => {
  if (typeof value !== "string" || value.length > TEXT_LIMIT) throw new CheckError("text");
  return value;
};

/** A backup in base64; its own limit is the worker's to check. */
const FILE_LIMIT = 24_000_000;

export const fileText: Check<string> = (value) => {
  if (typeof value !== "string" || value.length > FILE_LIMIT) throw new CheckError("a file");
  return value;
};

export const flag: Check<boolean> = (value) => {
  if (typeof value !== "boolean") throw new CheckError("true or false");
  return value;
};

/** A whole number from 0 to `limit`: an id, an index, a count. */
export const countTo =
  (limit: number): Check<number> =>
  (value) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0 || value > limit)
      throw new CheckError(`a whole number from 0 to ${limit}`);
    return value;
  };

/** A whole number from 0. */
export const count: Check<number> = countTo(Number.MAX_SAFE_INTEGER);

/** Any text of at most `limit` characters; whoever asks for it looks at it further. */
export const textTo =
  (limit: number): Check<string> =>
  (value) => {
    if (typeof value !== "string" || value.length > limit)
      throw new CheckError(`a text of at most ${limit} characters`);
    return value;
  };

/** Text of 1 to `limit` characters on one line, without control or direction characters. */
export const line =
  (limit: number): Check<string> =>
  (value) => {
    if (typeof value !== "string" || value === "" || value.length > limit || notInLine.test(value))
      throw new CheckError(`a line of at most ${limit} characters`);
    return value;
  };

/** Attack: a name that goes on on another line, or turns the text around it. */
const notInLine = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** Exactly `digits` lower-case hex digits. */
export const hexDigits =
  (digits: number): Check<string> =>
  (value) => {
    if (typeof value !== "string" || value.length !== digits || !/^[0-9a-f]+$/.test(value))
      throw new CheckError(`${digits} hex digits`);
    return value;
  };

/** Nothing is asked for and nothing is given. */
export const nothing: Check<null> = (value) => {
  if (value !== null && value !== undefined) throw new CheckError("nothing");
  return null;
};

export function oneOf<const T extends readonly string[]>(...words: T): Check<T[number]> {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new CheckError(`one of ${words.join(", ")}`);
    return found;
  };
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null || value === undefined ? null : check(value));
}

/** @param limit how many there may be. Attack: a file that lists a million of them */
export function listOf<T>(check: Check<T>, limit = Number.MAX_SAFE_INTEGER): Check<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new CheckError("a list");
    if (value.length > limit) throw new CheckError(`a list of at most ${limit}`);
    return value.map((item) => check(item));
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A record with any names and one kind of value. Names such as `__proto__` can do no harm: it has no prototype. */
export function recordOf<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isRecord(value)) throw new CheckError("a record");
    const result: Record<string, T> = Object.create(null);
    for (const [name, item] of Object.entries(value)) result[name] = check(item);
    return result;
  };
}

/** Exactly these fields; others are dropped. */
export function object<T extends Readonly<Record<string, unknown>>>(
  fields: {
    readonly [K in keyof T]: Check<T[K]>;
  },
): Check<T> {
  return (value) => {
    if (!isRecord(value)) throw new CheckError("a record");
    const names = Object.keys(fields);
    const checked = Object.fromEntries(names.map((name) => [name, checkField(fields, name, value[name])]));
    if (!hasFields<T>(checked, names)) throw new CheckError("a record");
    return checked;
  };
}

function checkField(fields: Readonly<Record<string, Check<unknown>>>, name: string, value: unknown): unknown {
  const check = fields[name];
  if (check === undefined) throw new CheckError(name);
  return check(value);
}

function hasFields<T>(value: object, names: readonly string[]): value is T & object {
  return names.every((name) => Object.hasOwn(value, name));
}
