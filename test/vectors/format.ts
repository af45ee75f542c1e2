/**
 * A test vector as a file: a head of `name: value` lines, an empty line, then each part in base64 under its name. `shared`
 * names the roles that are held by a shared secret (`cast.ts` has them), `outer-secret` the secret's id as the mail does.
 *
 * ```
 * expect: damaged
 * role: member
 * profile: compatible
 * comment: One bit of the body is flipped.
 *
 * key:
 * wV4D...
 * body:
 * 0sA...
 * ```
 */

import { type ProtocolCode, protocolCodes } from "../../src/openpgp/errors.js";
import { isSecretId } from "../../src/openpgp/secrets.js";
import type { Profile, SealedMessage } from "../../src/protocol/index.js";

/** Who opens it: the server a submission, or Bob a copy (`author`: Alice her own copy in Sent). */
export type VectorRole = "server" | "member" | "author";

/** What a vector says of itself. */
export interface VectorHead {
  readonly expect: "opened" | "not-for-me" | ProtocolCode;
  readonly role: VectorRole;
  readonly profile: Profile;
  /** For readers, where `expect` is `opened`: `list`, `list-from-nonmember`, `own-copy`, or why the list's word is missing. */
  readonly origin?: string;
  /** For readers, where `expect` is `opened`: SHA-256 of the payload, in hex. */
  readonly "payload-sha256"?: string;
  /** Roles that are held by a shared secret and not by a key pair. */
  readonly shared?: string;
  /** Keys in the place of the usual ones. */
  readonly keys?: string;
  /** What is wrong with it, for people. */
  readonly comment: string;
}

export interface Vector extends VectorHead {
  readonly sealed: SealedMessage;
}

/** The names of the parts; `key` and `body` are mode `key`, `message` is mode `whole`. */
const partNames = ["key", "body", "message", "list-signature"] as const;
const optionalNames = ["origin", "payload-sha256", "shared", "keys"] as const;
const headNames = ["expect", "role", "profile", ...optionalNames, "comment"] as const;

function partsOf(sealed: SealedMessage): [(typeof partNames)[number], Uint8Array][] {
  const main: [(typeof partNames)[number], Uint8Array][] =
    sealed.mode === "key"
      ? [
          ["key", sealed.key],
          ["body", sealed.body],
        ]
      : [["message", sealed.message]];
  return sealed.listSignature === undefined ? main : [...main, ["list-signature", sealed.listSignature]];
}

/** The text of a vector's file. */
export function writeVector(vector: Vector): string {
  const head = headNames.flatMap((name) => {
    const value = vector[name];
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  const { outerSecret } = vector.sealed;
  if (outerSecret !== undefined) head.push(`outer-secret: ${outerSecret}`);
  return `${[...head, "", writeParts(vector.sealed)].join("\n")}\n`;
}

/** The parts alone, each in base64 under its name. */
export function writeParts(sealed: SealedMessage): string {
  const parts = partsOf(sealed).flatMap(([name, bytes]) => [
    `${name}:`,
    ...(Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,76}/g) ?? []),
  ]);
  return parts.join("\n");
}

/** Reads a vector's file. @throws Error for anything that is not one */
export function readVector(text: string): Vector {
  const [head = "", body = ""] = text.split(/\n\n/);
  const fields = new Map(
    head.split("\n").map((line): [string, string] => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  const oneOf = <T extends string>(name: string, allowed: readonly T[]): T => {
    const found = allowed.find((value) => value === fields.get(name));
    if (found === undefined) throw new Error(`a vector without a proper ${name}`);
    return found;
  };
  const outerSecret = fields.get("outer-secret");
  return {
    expect: oneOf("expect", ["opened", "not-for-me", ...protocolCodes]),
    role: oneOf("role", ["server", "member", "author"]),
    profile: oneOf("profile", ["compatible", "rfc9580"]),
    ...Object.fromEntries(
      optionalNames.flatMap((name) => {
        const value = fields.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    comment: fields.get("comment") ?? "",
    sealed: {
      ...readParts(body),
      ...(outerSecret !== undefined && isSecretId(outerSecret) ? { outerSecret } : {}),
    },
  };
}

/** The inverse of {@link writeParts}. @throws Error for anything else */
export function readParts(body: string): SealedMessage {
  const part = (name: (typeof partNames)[number]): Uint8Array | undefined => {
    const found = new RegExp(`^${name}:\n((?:[A-Za-z0-9+/=]+\n)*)`, "m").exec(body)?.[1];
    return found === undefined ? undefined : Uint8Array.from(Buffer.from(found, "base64"));
  };
  const listSignature = part("list-signature");
  const through = listSignature === undefined ? {} : { listSignature };
  const message = part("message");
  if (message !== undefined) return { mode: "whole", message, ...through };
  const key = part("key");
  const bytes = part("body");
  if (key === undefined || bytes === undefined) throw new Error("a vector without its parts");
  return { mode: "key", key, body: bytes, ...through };
}
