import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { emptyStored, noSerials, type Stored, type StoredList } from "../../src/extension/records/stored.js";
import { keptKey } from "../../src/extension/worker/member-keys.js";
import { toBase64 } from "../../src/mail/base64.js";
import { parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { sealingHalf, userIdOf, writeOpeningKey, writeSealingKey } from "../../src/openpgp/keys.js";
import type { Person, PlayList } from "../server/play-server.js";
import type { Sheet } from "./browser.js";

/** People of a `PlayServer` in a real browser: what the extension would keep of them after they have joined. */

/** One list as a member's add-on keeps it. Nobody was introduced: its authors are new to each other, but for owners. */
async function keptList(
  { list, address, key, server }: PlayList,
  who: Person,
  owners: readonly Person[],
): Promise<StoredList> {
  return {
    address,
    name: "Team",
    requestAddress: requestAddress(parseAddress(address)),
    mode: list.mode,
    delivery: list.delivery,
    profile: list.profile,
    listKey: toBase64(await writeOpeningKey(key)),
    listKeyFingerprint: key.fingerprint,
    formerListKeys: [],
    serverCertificate: toBase64(writeSealingKey(server)),
    serverFingerprint: server.fingerprint,
    formerServers: [],
    owners: owners.map(({ key: ownersKey, address: at }) => {
      const half = sealingHalf(ownersKey);
      const certificate = toBase64(writeSealingKey(half));
      return {
        fingerprint: half.fingerprint,
        certificate,
        userId: userIdOf(half),
        address: at,
        from: 1,
        to: null,
      };
    }),
    serials: noSerials,
    invitee: who.address,
    introduction: null,
    introductionSecret: null,
    certified: null,
    memberKey: who.key.fingerprint,
    importedAt: new Date().toISOString(),
    membership: "member",
    role: "member",
  };
}

/** What the add-on of `who` keeps. @param passphrase locks the key @param owners of the lists */
export async function keptBy(
  who: Person,
  lists: readonly PlayList[],
  passphrase: string | null = null,
  owners: readonly Person[] = [],
): Promise<Stored> {
  const key = await keptKey(who.key, userIdOf(sealingHalf(who.key)), passphrase, new Date().toISOString());
  const kept = await Promise.all(lists.map((list) => keptList(list, who, owners)));
  return {
    ...emptyStored,
    lists: Object.fromEntries(kept.map((list) => [list.address, list])),
    memberKeys: { [key.fingerprint]: key },
  };
}

/** Runs in a page of the extension. */
const KEEP = `async (stored) => {
  const api = globalThis.browser ?? chrome;
  await api.storage.session.clear();
  await api.storage.local.clear();
  await api.storage.local.set({ listseal: stored });
}`;

/** Puts records into the extension's storage, in the place of whatever was there. */
export async function keepInBrowser(page: Sheet, stored: Stored): Promise<void> {
  await page.run(z.null(), KEEP, stored);
}

const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong with a page of the extension as it is, also in its shadow roots and frames of its own origin. */
export function axeComplaints(page: Sheet): Promise<readonly string[]> {
  const source = `async () => {
    if (!globalThis.axe) { ${AXE_SOURCE}; globalThis.axe ??= module.exports; }
    const { violations } = await globalThis.axe.run(document, { iframes: false });
    return violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target.join(" ")).join(", "));
  }`;
  return page.run(z.array(z.string()), source);
}
