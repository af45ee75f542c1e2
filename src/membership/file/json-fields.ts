/**
 * Reading JSON from a file or another computer: every field is looked at, nothing is believed. Unknown
 * fields are ignored, so that a later version can add some.
 *
 * A reader throws on the first field that isn't as it should be, and names the field, never its contents.
 */

import { fromBase64 } from "../../mail/base64.js";
import { type Address, isAddress } from "../../mail/mailbox.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import { type Check, CheckError, countTo, hexDigits, line, listOf, oneOf, textTo } from "./check.js";
import { MembershipError, type RefusalCode } from "./errors.js";

/** The version that all our JSON carries as `"listseal"`. */
export const FILE_VERSION = 1;

/** A date as it stands in notations and files: UTC, whole seconds. */
export function formatDate(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** The inverse of {@link formatDate}; undefined for any other spelling. */
export function parseDate(text: string): Date | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) || formatDate(date) !== text ? undefined : date;
}

/** An ASCII-armored block, not yet read. */
const armored: Check<string> = (value) => {
  if (typeof value !== "string" || !value.startsWith("-----BEGIN PGP "))
    throw new CheckError("an armored key");
  return value;
};

/** Another spelling means that another program wrote the file. */
const canonicalAddress: Check<Address> = (value) => {
  if (typeof value !== "string" || !isAddress(value)) throw new CheckError("an address in canonical form");
  return value;
};

/** A date in UTC and whole seconds, `2026-08-01T00:00:00Z`. */
const isoDate: Check<Date> = (value) => {
  const date = typeof value === "string" ? parseDate(value) : undefined;
  if (date === undefined) throw new CheckError("a date");
  return date;
};

/** The fields of one JSON object, read by name. */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #code: RefusalCode;
  readonly #path: string;

  private constructor(value: object, code: RefusalCode, path: string) {
    this.#value = Object.fromEntries(Object.entries(value));
    this.#code = code;
    this.#path = path;
  }

  /**
   * The fields of `bytes`, UTF-8 JSON of an object.
   * @param code what is thrown for anything that isn't as it should be
   */
  static parse(bytes: Uint8Array, code: RefusalCode): Fields {
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      // no cause: a JSON error quotes what it read
      throw new ListSealError(code, "not JSON in UTF-8");
    }
    return Fields.#of(value, code, "");
  }

  static #of(value: unknown, code: RefusalCode, path: string): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new ListSealError(code, `${path || "the whole"} is not an object`);
    }
    return new Fields(value, code, path);
  }

  #wrong(name: string, what: string): ListSealError {
    return new ListSealError(this.#code, `the field ${this.#path}${name} is not ${what}`);
  }

  /** The field, if the check lets it pass. */
  #read<T>(name: string, check: Check<T>): T {
    try {
      return check(this.#value[name]);
    } catch (error) {
      if (error instanceof CheckError) throw this.#wrong(name, error.expected);
      throw error;
    }
  }

  /**
   * Checks what all our JSON begins with: `"listseal": 1` and `"kind"`.
   * @param from a `file` that a person has chosen, or a `message` that has come
   * @throws ListSealError `unsupported-version` for a later version; `wrong-file-kind` for another kind of file, `wrong-kind` for
   *         another kind of message
   */
  assertKind(kind: string, from: "file" | "message"): void {
    const { listseal: version, kind: found } = this.#value;
    if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
      throw this.#wrong("listseal", "a version");
    }
    if (version !== FILE_VERSION) throw new ProtocolError("unsupported-version", "made by a later version");
    if (found === kind) return;
    if (from === "file") throw new MembershipError("wrong-file-kind", `not a file of the kind ${kind}`);
    throw new ProtocolError("wrong-kind", `not a message of the kind ${kind}`);
  }

  /** Text of 1 to `limit` characters on one line, without control or direction characters. */
  line(name: string, limit: number): string {
    return this.#read(name, line(limit));
  }

  /** An ASCII-armored block, not yet read. */
  armor(name: string): string {
    return this.#read(name, armored);
  }

  /** 1 to `limit` ASCII-armored blocks. */
  armors(name: string, limit: number): readonly string[] {
    const all = this.#read(name, listOf(armored, limit));
    if (all.length === 0) throw this.#wrong(name, "a list of armored keys");
    return all;
  }

  /** An address in canonical form: another spelling means that another program wrote the file. */
  address(name: string): Address {
    return this.#read(name, canonicalAddress);
  }

  /** A date in UTC and whole seconds, `2026-08-01T00:00:00Z`. */
  date(name: string): Date {
    return this.#read(name, isoDate);
  }

  /** One of the words that the field may be. */
  oneOf<W extends string>(name: string, words: readonly W[]): W {
    return this.#read(name, oneOf(...words));
  }

  /** Exactly `digits` lower-case hex digits. */
  hex(name: string, digits: number): string {
    return this.#read(name, hexDigits(digits));
  }

  /** A whole number from 0 to `limit`. */
  count(name: string, limit: number = Number.MAX_SAFE_INTEGER): number {
    return this.#read(name, countTo(limit));
  }

  /** Any text of at most `limit` characters; whoever asks for it looks at it further. */
  text(name: string, limit: number): string {
    return this.#read(name, textTo(limit));
  }

  /** An object as it stands, not looked at. */
  opaque(name: string): Readonly<Record<string, unknown>> {
    return this.within(name).#value;
  }

  /** Bytes in base64, at most `limit` of them. */
  bytes(name: string, limit: number): Uint8Array {
    const text = this.text(name, Math.ceil(limit / 3) * 4);
    try {
      return fromBase64(text);
    } catch {
      throw this.#wrong(name, "base64");
    }
  }

  /** Whether the object has the field at all. */
  has(name: string): boolean {
    return Object.hasOwn(this.#value, name);
  }

  /** 0 to `limit` objects in a list. */
  objects(name: string, limit: number): readonly Fields[] {
    const all = this.#read(
      name,
      listOf((each) => each, limit),
    );
    return all.map((each, index) => Fields.#of(each, this.#code, `${this.#path}${name}.${index}.`));
  }

  /** The fields of an object inside. */
  within(name: string): Fields {
    return Fields.#of(this.#value[name], this.#code, `${this.#path}${name}.`);
  }
}
