import { z } from "zod";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { readInvitationFile } from "../../src/extension/worker/invitation.js";
import { keptKey } from "../../src/extension/worker/member-keys.js";
import { type OpeningKey, userIdOf } from "../../src/openpgp/keys.js";
import type { HandedInvitation } from "../tour/owner.js";
import type { Browser } from "./browser.js";

/** What the extension keeps of a member of lists, as joining by its pages would leave it. */
export async function memberRecord(
  invitations: readonly HandedInvitation[],
  key: OpeningKey<"member">,
): Promise<Stored> {
  const now = new Date().toISOString();
  const kept = await keptKey(key, userIdOf(key), null, now);
  const lists = await Promise.all(
    invitations.map(async ({ file, code }) => {
      const { list } = await readInvitationFile({ file, code, now });
      return [list.address, { ...list, memberKey: kept.fingerprint }] as const;
    }),
  );
  return {
    ...emptyStored,
    lists: Object.fromEntries(lists),
    memberKeys: { [kept.fingerprint]: kept },
  };
}

/** Puts it into a browser. */
export async function becomeMember(browser: Browser, record: Stored): Promise<void> {
  const page = await browser.open("app/browser/options.html");
  const keep = `(record) => (globalThis.browser ?? chrome).storage.local.set({ listseal: record })`;
  await page.run(z.null(), keep, record);
  await page.close();
}
