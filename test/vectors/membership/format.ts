/** The files of the membership vectors: one JSON file for each kind of object, with a list of cases. README.md says how to use them. */
import type { RecordLink } from "../../../src/membership/request/answer-result.js";
import type { Profile } from "../../../src/openpgp/keys.js";

export const groups = [
  "card",
  "invitation",
  "backup",
  "author",
  "request",
  "answer",
  "notice",
  "receipt",
  "record",
  "server",
] as const;
export type Group = (typeof groups)[number];

/** What comes to a list's server, one after the other. */
export interface ServerStep {
  /** The server's clock. */
  readonly at: string;
  /** The sealed request, base64. */
  readonly sealed: string;
  /** Address of the mail's From. */
  readonly from: string;
  /** `answered CODE`, `unproved CODE`, or `repeat`. */
  readonly expect: string;
}

/** One input and what comes of it. */
export interface Case {
  readonly name: string;
  /** What a reader makes of it: a word of the group's own, or the code of the refusal. Of `server`: the last step's. */
  readonly expect: string;
  /** The one fault, for people. */
  readonly comment: string;
  readonly profile: Profile;
  /** Bytes in base64, dates and words as they are. */
  readonly given: Readonly<Record<string, string>>;
  /** Of `record`: pages of links, followed in their order. */
  readonly pages?: readonly (readonly RecordLink[])[];
  /** Of `server`. */
  readonly steps?: readonly ServerStep[];
}

/** How a case is made. */
export interface Recipe<C> extends Pick<Case, "name" | "expect" | "comment"> {
  readonly make: (cast: C) => Promise<Pick<Case, "given" | "pages" | "steps">>;
  /** Also in `rfc9580`. */
  readonly both?: true;
}

/** A recipe. @param both whether it is made in both profiles */
export const recipe = <C>(
  name: string,
  expect: string,
  comment: string,
  make: Recipe<C>["make"],
  both = false,
): Recipe<C> => ({ name, expect, comment, make, ...(both ? { both } : {}) });

export const vectorFile = (group: Group) => new URL(`./${group}.json`, import.meta.url);

/** The text of a file. */
export const vectorText = (group: Group, cases: readonly Case[]): string =>
  `${JSON.stringify({ group, cases }, null, 1)}\n`;

/** The cases of a file. */
export function readVectors(text: string): readonly Case[] {
  const { cases }: { readonly cases: readonly Case[] } = JSON.parse(text);
  return cases;
}
