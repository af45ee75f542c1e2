/**
 * Vectors for what a reader remembers of authors (MEMBERSHIP, 5): sightings in their order. A line is who wrote (address, key), what
 * the mail proved, and behind `=>` what is said of the author. Keys are letters; an introduction says which, by whom, and when.
 */

/** One line: what is seen, and what is said of it. */
export interface Sighting {
  readonly address: string;
  readonly key: string;
  readonly proof: string;
  readonly expect: string;
}

export interface PinSequence {
  readonly comment: string;
  readonly sightings: readonly Sighting[];
}

export const writePins = ({ comment, sightings }: PinSequence): string =>
  [
    `comment: ${comment}`,
    "",
    ...sightings.map(({ address, key, proof, expect }) => `${address} ${key} ${proof} => ${expect}`),
    "",
  ].join("\n");

export function readPins(text: string): PinSequence {
  const [head = "", lines = ""] = text.split("\n\n");
  return {
    comment: head.slice("comment: ".length),
    sightings: lines
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [seen = "", expect = ""] = line.split(" => ");
        const [address = "", key = "", ...proof] = seen.split(" ");
        return { address, key, proof: proof.join(" "), expect };
      }),
  };
}

const carol = (key: string, proof: string, expect: string): Sighting => ({
  address: "carol@example.test",
  key,
  proof,
  expect,
});
const dave = (key: string, proof: string, expect: string): Sighting => ({
  ...carol(key, proof, expect),
  address: "dave@example.test",
});

/** An introduction `d` by the owner `e`. */
const introduced = (introduction: string, day: string) => `introduced ${introduction} e 2025-02-${day}`;

export const pinRecipes: ReadonlyMap<string, PinSequence> = new Map(
  Object.entries({
    introduced: {
      comment: "An introduced key is pinned: later mail needs no introduction.",
      sightings: [carol("a", introduced("d", "01"), "introduced"), carol("a", "absent", "known introduced")],
    },
    "another-key": {
      comment: "Another key than the pinned one, which nobody introduced: an alarm.",
      sightings: [
        carol("a", introduced("d", "01"), "introduced"),
        carol("b", "absent", "changed another-key"),
      ],
    },
    "introduced-anew": {
      comment:
        "A later introduction by an owner moves the pin, and that is said until it is acknowledged; the former key is an alarm.",
      sightings: [
        carol("a", introduced("d", "01"), "introduced"),
        carol("b", introduced("c", "02"), "re-introduced"),
        carol("b", "absent", "re-introduced"),
        carol("a", "absent", "changed superseded"),
      ],
    },
    "introduced-earlier": {
      comment: "An introduction that is older than the pinned one's does not move the pin.",
      sightings: [
        carol("a", introduced("d", "02"), "introduced"),
        carol("b", introduced("c", "01"), "changed superseded"),
        carol("a", "absent", "known introduced"),
      ],
    },
    "introduced-same-day": {
      comment: "An introduction of the very same date does not move the pin.",
      sightings: [
        carol("a", introduced("d", "01"), "introduced"),
        carol("b", introduced("c", "01"), "changed another-key"),
      ],
    },
    "introduction-twice": {
      comment: "One introduction for two keys: somebody else has used it as well.",
      sightings: [
        carol("a", introduced("d", "01"), "introduced"),
        carol("b", introduced("d", "01"), "changed introduction-used-twice"),
      ],
    },
    "introduction-twice-elsewhere": {
      comment: "One introduction for two keys under two addresses.",
      sightings: [
        carol("a", introduced("d", "01"), "introduced"),
        dave("b", introduced("d", "01"), "changed introduction-used-twice"),
      ],
    },
    "not-introduced": {
      comment:
        "A key that nobody introduced is never pinned, and another one under the same address is told.",
      sightings: [
        carol("a", "absent", "new-not-introduced never"),
        carol("a", "absent", "new-not-introduced same-key"),
        carol("b", "absent", "new-not-introduced another-key"),
      ],
    },
    "not-introduced-first": {
      comment:
        "Whoever writes first without an introduction does not take the address from the introduced key.",
      sightings: [
        carol("b", "absent", "new-not-introduced never"),
        carol("a", introduced("d", "01"), "introduced"),
        carol("b", "absent", "changed another-key"),
      ],
    },
    "failed-proof": {
      comment: "An introduction that proves nothing is told, and nothing is remembered.",
      sightings: [
        carol("a", "failed owner-certification", "refused owner-certification"),
        carol("a", "absent", "new-not-introduced never"),
      ],
    },
    "failed-proof-known": {
      comment: "A pinned key stays known, also with an introduction of an owner who is not known here.",
      sightings: [
        carol("a", introduced("d", "01"), "introduced"),
        carol("a", "failed owner-certification", "known introduced"),
      ],
    },
    "failed-signer": {
      comment: "Another key has signed than the one that the mail brings: the pin has nothing to say.",
      sightings: [
        carol("a", introduced("d", "01"), "introduced"),
        carol("a", "failed signer", "refused signer"),
      ],
    },
    owner: {
      comment: "An owner is pinned at once, and no introduction moves that pin.",
      sightings: [
        carol("a", "owner", "owner"),
        carol("a", "absent", "known owner"),
        carol("b", introduced("d", "01"), "changed another-key"),
      ],
    },
  } satisfies Record<string, PinSequence>),
);
