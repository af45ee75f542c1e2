/** What a reader says of each author of a sequence, from no memory on. */
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  type AuthorVerdict,
  judge,
  noPins,
  type Proof,
  type Step,
} from "../../src/membership/introduction/pins.js";
import { parseFingerprint } from "../../src/openpgp/keys.js";
import type { PinSequence } from "./pin-recipes.js";

const fingerprint = (letter: string) => parseFingerprint(letter.repeat(40));
const steps: readonly Step[] = [
  "size",
  "signer",
  "introduction",
  "owner-certification",
  "member-certification",
  "from",
];

function proofOf(text: string): Proof {
  const [kind = "", one = "", by = "", date = ""] = text.split(" ");
  const step = steps.find((each) => each === one);
  if (kind === "introduced") {
    return { kind, introduction: fingerprint(one), by: fingerprint(by), introducedAt: new Date(date) };
  }
  if (kind === "failed" && step !== undefined) return { kind, step, code: "bad-signature" };
  return kind === "owner" ? { kind } : { kind: "absent" };
}

function said(verdict: AuthorVerdict): string {
  switch (verdict.kind) {
    case "known":
      return `${verdict.kind} ${verdict.how}`;
    case "new-not-introduced":
      return `${verdict.kind} ${verdict.before}`;
    case "changed":
      return `${verdict.kind} ${verdict.why}`;
    case "refused":
      return `${verdict.kind} ${verdict.step}`;
    default:
      return verdict.kind;
  }
}

export function runPins({ sightings }: PinSequence): readonly string[] {
  let state = noPins;
  return sightings.map(({ address, key, proof }) => {
    const decision = judge(state, { address: parseAddress(address), key: fingerprint(key) }, proofOf(proof));
    state = decision.pins;
    return said(decision.verdict);
  });
}
