/**
 * A vector with state: posts in the order in which somebody gets them. A file of blocks between lines of `===`: the first says
 * who opens them (`comment`, `role`, `profile`), each other is one post, as in the vectors of `posts/`, with `expect` and, for the
 * server, `from`.
 */
import type { Profile, SealedMessage } from "../../src/protocol/index.js";
import { readParts, writeParts } from "./format.js";
import { readFacts, writeFacts } from "./mail-format.js";

/** One post of a sequence. */
export interface Step {
  /** Whose mail it says to be, for the server: a member of the vectors. */
  readonly from: "alice" | "bob";
  /** At the server `accepted` or a code; for a reader an origin, or `shown-before`. */
  readonly expect: string;
  readonly sealed: SealedMessage;
}

export interface Sequence {
  readonly comment: string;
  readonly role: "server" | "member";
  readonly profile: Profile;
  readonly steps: readonly Step[];
}

const BETWEEN = "\n===\n";

export function writeSequence({ comment, role, profile, steps }: Sequence): string {
  const blocks = steps.map(
    ({ from, expect, sealed }) => `${writeFacts({ from, expect })}\n${writeParts(sealed)}`,
  );
  return `${[writeFacts({ comment, role, profile }), ...blocks].map((block) => block.trimEnd()).join(BETWEEN)}\n`;
}

export function readSequence(text: string): Sequence {
  const [head = "", ...blocks] = text.split(BETWEEN);
  const about = readFacts(head);
  return {
    comment: about["comment"] ?? "",
    role: about["role"] === "server" ? "server" : "member",
    profile: about["profile"] === "rfc9580" ? "rfc9580" : "compatible",
    steps: blocks.map((block): Step => {
      const [facts = "", parts = ""] = block.split("\n\n");
      const { from, expect = "" } = readFacts(facts);
      return { from: from === "bob" ? "bob" : "alice", expect, sealed: readParts(`${parts}\n`) };
    }),
  };
}
