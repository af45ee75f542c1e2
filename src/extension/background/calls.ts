import { parseAddress } from "../../mail/mailbox.js";
import { ListSealError } from "../../protocol/errors.js";
import { fromBase64 } from "../base64.js";
import { prepareDraftIdentities } from "../compose/draft-identity.js";
import { refresh, statusOf, turnOff, turnOn } from "../compose/list-mode.js";
import { changeState } from "../compose/window-state.js";
import { stop } from "../compose/work.js";
import { t } from "../i18n.js";
import { chooseKeeping, listsKept } from "../local-copies/choice.js";
import type { CallHandlers } from "../messaging.js";
import { thunderbird } from "../platform.js";
import { lookForArrivals } from "../requests/arrivals.js";
import { forgetPending, sendAgain } from "../requests/asking.js";
import { loadRequests, summaryOfRequest } from "../requests/pending.js";
import { keepUnlocked, load, lockAll, summaryOfKey, summaryOfList, update } from "../storage.js";
import type { Stored, StoredMemberKey } from "../stored.js";
import { runJob } from "../worker/client.js";
import { arrivals } from "./answers.js";
import { importInvitation } from "./import-invitation.js";
import { certifyWaiting, keyOf } from "./list-keys.js";
import { forgetOpened } from "./received.js";
import { saveFile } from "./save.js";

/** What the background page answers to our own pages. */
export const calls: CallHandlers = {
  "compose:status": ({ tabId }) => statusOf(tabId),

  async "compose:answer"({ tabId, answer }) {
    switch (answer) {
      case "turn-on":
        await turnOn(tabId, "hand");
        break;
      case "turn-off":
        await turnOff(tabId, "hand");
        break;
      case "list-only":
        await keepListOnly(tabId);
        break;
      case "send-in-clear":
        await changeState(tabId, { clearAllowed: true, hindrance: null });
        break;
      case "stop":
        stop(tabId);
        break;
      case "dismiss":
        await changeState(tabId, { hindrance: null });
    }
    return refresh(tabId);
  },

  async "key:unlock"({ fingerprint, passphrase }) {
    const { secret } = await runJob("unlock-key", { key: keyOf(await load(), fingerprint), passphrase });
    await keepUnlocked(fingerprint, secret);
    await certifyWaiting();
    return null;
  },

  async "key:lock"() {
    await lockAll();
    forgetOpened();
    return null;
  },

  async "key:make"({ address, name, passphrase, profile }) {
    const now = new Date().toISOString();
    const { key, secret } = await runJob("make-key", {
      address: parseAddress(address),
      name,
      passphrase,
      profile,
      now,
    });
    if (key.locked) await keepUnlocked(key.fingerprint, secret);
    await update((stored) => ({ stored: withNewKey(stored, key), result: undefined }));
    await certifyWaiting();
    return summaryOfKey(key);
  },

  async "key:protect"({ fingerprint, current, next }) {
    const { key, secret } = await runJob("protect-key", {
      key: keyOf(await load(), fingerprint),
      current,
      next,
    });
    await update((stored) => ({
      stored: { ...stored, memberKeys: { ...stored.memberKeys, [fingerprint]: key } },
      result: undefined,
    }));
    if (key.locked) await keepUnlocked(fingerprint, secret);
    return summaryOfKey(key);
  },

  async "key:public"({ fingerprint }) {
    return runJob("armor-key", { key: keyOf(await load(), fingerprint) });
  },

  async "key:save-public"({ fingerprint }) {
    const key = keyOf(await load(), fingerprint);
    const { armored } = await runJob("armor-key", { key });
    await saveFile(`${key.address} public key.asc`, new TextEncoder().encode(armored), "text/plain");
    return null;
  },

  async overview() {
    const { lists, memberKeys } = await load();
    return {
      lists: Object.values(lists).map(summaryOfList),
      keys: await Promise.all(Object.values(memberKeys).map(summaryOfKey)),
      copies: await listsKept(),
    };
  },

  async "list:import"({ file, code }) {
    const now = new Date().toISOString();
    const list = await runJob("read-invitation", { file: bytesOf(file), code, now });
    forgetOpened();
    const kept = await update((stored) => importInvitation(stored, list));
    await prepareDraftIdentities(t("draft_identity_label"));
    await certifyWaiting();
    return summaryOfList(kept);
  },

  async "list:use-key"({ address, fingerprint }) {
    const chosen = await update((stored) => {
      const list = stored.lists[address];
      if (list === undefined) throw new ListSealError("no-list", "there is no such list");
      const key = keyOf(stored, fingerprint);
      if (key.address !== list.invitee)
        throw new ListSealError("wrong-address", "the key belongs to another address");
      const next = { ...list, memberKey: fingerprint };
      return {
        stored: { ...stored, lists: { ...stored.lists, [address]: next } },
        result: summaryOfList(next),
      };
    });
    await certifyWaiting();
    return chosen;
  },

  async "copies:choose"({ list, keeping }) {
    await chooseKeeping(list, keeping);
    return null;
  },

  async "list:remove"({ address }) {
    await chooseKeeping(address, "off");
    forgetOpened();
    await update((stored) => {
      const { [address]: _list, ...lists } = stored.lists;
      const { [address]: _pins, ...pins } = stored.pins;
      return { stored: { ...stored, lists, pins }, result: undefined };
    });
    await prepareDraftIdentities(t("draft_identity_label"));
    return null;
  },

  async "requests:look"() {
    await lookForArrivals(arrivals);
    return (await loadRequests()).pending.map(summaryOfRequest);
  },

  async "requests:again"({ id }) {
    return summaryOfRequest(await sendAgain(id));
  },

  async "requests:forget"({ id }) {
    await forgetPending(id);
    return null;
  },
};

/** A new key is used at once by the lists that wait for one for its address. */
function withNewKey(stored: Stored, key: StoredMemberKey): Stored {
  const lists = Object.fromEntries(
    Object.entries(stored.lists).map(([address, list]) => [
      address,
      list.memberKey === null && list.invitee === key.address
        ? { ...list, memberKey: key.fingerprint }
        : list,
    ]),
  );
  return { ...stored, lists, memberKeys: { ...stored.memberKeys, [key.fingerprint]: key } };
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    throw new ListSealError("invitation-damaged", "not base64", { cause });
  }
}

/** Takes every recipient but the list out of a mail that is to be sealed. */
async function keepListOnly(tabId: number): Promise<void> {
  const { list } = await statusOf(tabId);
  if (list === null) throw new ListSealError("no-list", "no list among the recipients");
  await thunderbird().compose.setComposeDetails(tabId, {
    to: [`${list.name} <${list.address}>`],
    cc: [],
    bcc: [],
  });
  await changeState(tabId, { hindrance: null });
}
