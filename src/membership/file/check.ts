/**
 * Checks for values that come from outside the code that reads them: a message from another page, a record
 * from storage. A check takes anything and gives the value in its type, or throws {@link CheckError}.
 * No value is repaired: what doesn't fit is refused whole. It imports nothing. What other software
 * reads and writes as well is declared by declaration.ts, which makes checks that know their JSON Schema.
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
  /** The names of the fields that lead to the place, where the check knows them. */
  readonly path: readonly (string | number)[];

  constructor(expected: string, path: readonly (string | number)[] = []) {
    super(`expected ${expected}`);
    this.name = "CheckError";
    this.expected = expected;
    this.path = path;
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

/** A whole number from 0: an id, an index, a count. */
export const count: Check<number> = (value) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
    throw new CheckError("a whole number from 0");
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

/** This value and no other: the newest version of a record, once it has been migrated. */
export function only<const T extends number>(wanted: T): Check<T> {
  return (value) => {
    if (value !== wanted) throw new CheckError(`${wanted}`);
    return wanted;
  };
}

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null || value === undefined ? null : check(value));
}

export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new CheckError("a list");
    return value.map((item) => check(item));
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
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
  const checks: readonly (readonly [string, Check<unknown>])[] = Object.entries(fields);
  return (value) => {
    if (!isRecord(value)) throw new CheckError("a record");
    const checked: Record<string, unknown> = {};
    // a record of 100,000 members comes by here for each of them
    for (const [name, check] of checks) checked[name] = check(value[name]);
    if (!hasFields<T>(checked, checks.length)) throw new CheckError("a record");
    return checked;
  };
}

/** Whether all fields of a shape are there: each was put there by its check. */
function hasFields<T>(value: object, count: number): value is T & object {
  return Object.keys(value).length === count;
}
