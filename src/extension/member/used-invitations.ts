import { toBase64 } from "../../mail/base64.js";
import { type Checked, listOf, object, only, text } from "../../membership/file/check.js";
import { keptRecord, load } from "../records/storage.js";

/**
 * Which invitation files were used here: the mail that brought one says so afterwards, in place of asking for a code once more. Digests
 * of files, no secret in them.
 */
const VERSION = 1;

/** The newest ones are remembered. */
const LIMIT = 100;

const use = object<{ readonly digest: string; readonly list: string }>({ digest: text, list: text });

interface UsedInvitations {
  readonly version: typeof VERSION;
  readonly used: readonly Checked<typeof use>[];
}

const record = object<{ readonly [K in keyof UsedInvitations]: UsedInvitations[K] }>({
  version: only(VERSION),
  used: listOf(use),
});

const kept = keptRecord(
  "usedInvitations",
  (value): UsedInvitations => (value === undefined ? { version: VERSION, used: [] } : record(value)),
);

async function digestOf(file: Uint8Array): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(file))));
}

/** Notes that one has asked to join a list by this file. */
export async function noteUsed(file: Uint8Array, list: string): Promise<void> {
  const digest = await digestOf(file);
  await kept.update((before) => ({
    stored: {
      ...before,
      used: [...before.used.filter((one) => one.digest !== digest), { digest, list }].slice(-LIMIT),
    },
    result: undefined,
  }));
}

/** What an invitation has come to here. `asked`: the list's server has not answered. */
export interface InvitationUse {
  readonly list: string;
  readonly standing: "joined" | "asked";
}

/**
 * What became of an invitation's file; null if it was not used, one is no member by it any more, or that can't be read: then it is
 * offered as ever.
 */
export async function useOf(file: Uint8Array): Promise<InvitationUse | null> {
  try {
    const digest = await digestOf(file);
    const found = (await kept.load()).used.find((one) => one.digest === digest);
    const list = found === undefined ? undefined : (await load()).lists[found.list];
    if (list === undefined || list.membership === "left") return null;
    return { list: list.name, standing: list.membership === "member" ? "joined" : "asked" };
  } catch {
    return null;
  }
}
