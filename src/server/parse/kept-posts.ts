/** Takes kept posts apart and opens them in the thread that reads. */
import { ListSealError } from "../../openpgp/errors.js";
import { profileOf } from "../../openpgp/secrets.js";
import { type PostOpener, UnopenablePost } from "../delivery/copies.js";
import type { ParseJobs, Unreadable } from "./jobs.js";
import { writeKeys } from "./key-transfer.js";
import type { Reader } from "./reader.js";
import { ReadingEnded } from "./thread.js";

/**
 * As `openerHere` of out/copies.ts. A post that ended the thread is poison when it does so again: the first time may have been
 * our own fault.
 */
export function keptPostsIn(reader: Reader): PostOpener {
  return {
    async apart({ raw, ...post }) {
      const octets = raw.length;
      const { mail } = await orPoison(reader, "read", { raw });
      switch (mail.kind) {
        case "sealed":
          return { ...post, mail, octets };
        case "refused":
          throw poison(mail);
        case "not-sealed":
          throw poison({ kind: "refused", code: "not-sealed" });
      }
    },
    async open({ mail: { sealed }, author, accepted }, list) {
      const { outerSecret } = sealed;
      const secret =
        outerSecret === undefined
          ? undefined
          : await list.secrets.of("server", profileOf(list.ref.key), outerSecret);
      const made = await orPoison(reader, "reopen", {
        sealed,
        author: author.certificate,
        keys: await writeKeys(list, secret),
        at: accepted,
      });
      if (made.kind === "refused") throw poison(made);
      const ref = [list.ref, ...list.former.map((each) => each.ref)][made.ref];
      if (ref === undefined) throw new Error("a post under a list key that was not given");
      return { opened: made.opened, ref };
    },
  };
}

async function orPoison<K extends keyof ParseJobs>(
  reader: Reader,
  job: K,
  given: ParseJobs[K]["given"],
): Promise<ParseJobs[K]["made"]> {
  try {
    return await reader.do(job, given);
  } catch (cause) {
    if (!(cause instanceof ReadingEnded) || cause.reason !== "before") throw cause;
    throw new UnopenablePost("a post that ended the thread before", { cause });
  }
}

const poison = ({ code }: Unreadable): UnopenablePost =>
  new UnopenablePost("a post that can't be opened", {
    cause: new ListSealError(code, "said by the reading thread"),
  });
