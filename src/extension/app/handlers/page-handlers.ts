import { lookAtBackup, makeBackup, restoreBackup } from "../../backup/backup.js";
import { certifyWaiting, keyOf } from "../../keys/certify-key.js";
import { lockAfter } from "../../keys/lock-after.js";
import { makeMemberKey } from "../../keys/new-member-key.js";
import { needStrong } from "../../keys/new-passphrase.js";
import { keepUnlocked, lockAll, summaryOfKey } from "../../keys/unlocked.js";
import { deleteListKeys } from "../../member/delete-list-keys.js";
import { forgetToldDeliveries } from "../../member/delivery-record.js";
import { forgetFellows } from "../../member/fellow-members.js";
import { forgetJoining, joinList, leaveList, lookAtInvitation } from "../../member/join.js";
import { renewMember, revokeMember } from "../../member/member-key.js";
import { takeOffered } from "../../member/offered-invitation.js";
import { askHeld, decideHeld, knownHeldPosts } from "../../moderation/held-posts.js";
import { AddonError } from "../../platform/errors.js";
import { host } from "../../platform/host.js";
import { listsKept } from "../../reading/local-copies/choice.js";
import { ownedRecord } from "../../records/owned-storage.js";
import { load, refusedJoins, summaryOfList, update } from "../../records/storage.js";
import { noteSent, partsToSend, saveRequest } from "../../requests/by-hand.js";
import { lastRefusal, loadRequests, summaryOfRequest } from "../../requests/pending.js";
import { forgetPending, sendAgain } from "../../requests/send-request.js";
import { runJob } from "../../worker/client.js";
import { loadGuards, switchGuard } from "../../writing/guard-switches.js";
import type { CallHandlers, composeCalls } from "../calls/page-calls.js";
import { ownerHandlers } from "./owner-handlers.js";
import { settingsHandlers } from "./settings-handlers.js";
import { unlockMember } from "./unlocked-keys.js";

/**
 * What our own pages ask for, in every program: in Thunderbird the background page does it, in a browser the page itself.
 * What compose windows ask for is in `popup-handlers.ts`.
 */
export const calls: Omit<CallHandlers, keyof typeof composeCalls> = {
  ...ownerHandlers,
  ...settingsHandlers,

  "guards:read": () => loadGuards(),
  "guards:switch": ({ guard, asks }) => switchGuard(guard, asks),

  async "key:unlock"({ fingerprint, passphrase }) {
    await unlockMember(keyOf(await load(), fingerprint), passphrase);
    return null;
  },

  async "key:lock"() {
    await lockAll();
    return null;
  },

  async "key:make"(wish) {
    const key = await makeMemberKey(wish);
    await certifyWaiting();
    return summaryOfKey(key);
  },

  "held:read": ({ list }) => knownHeldPosts(list),
  async "held:ask"({ list }) {
    await askHeld(list);
    return null;
  },
  async "held:decide"({ list, decision, author, messageId }) {
    await decideHeld(list, decision, { author, messageId });
    return null;
  },

  async "key:revoke"({ fingerprint }) {
    return summaryOfKey(await revokeMember(fingerprint));
  },

  async "key:renew"({ fingerprint }) {
    return summaryOfKey(await renewMember(fingerprint));
  },

  async "key:protect"({ fingerprint, current, next }) {
    needStrong(next);
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
    await host().saveFile(`${key.address} public key.asc`, new TextEncoder().encode(armored), "text/plain");
    return null;
  },

  async overview() {
    // the page for owners is a click away, and a large list takes a second to read
    void ownedRecord.load().catch(() => undefined);
    const stored = await load();
    const requests = await loadRequests();
    const lists = Object.values(stored.lists);
    return {
      lists: lists.map((list) => summaryOfList(list, stored)),
      keys: await Promise.all(Object.values(stored.memberKeys).map(summaryOfKey)),
      backedUpAt: stored.backedUpAt,
      refused: refusedJoins(stored),
      requests: requests.pending.map(summaryOfRequest),
      refusals: lists.flatMap(({ address }) => {
        const refusal = lastRefusal(requests, address);
        return refusal === null ? [] : [{ list: address, ...refusal }];
      }),
      copies: await listsKept(),
      lockAfter: await lockAfter(),
    };
  },

  "join:offered": () => takeOffered(),

  async "compare:wanted"() {
    const { wantedComparison } = await import("../../reading/comparison.js");
    return wantedComparison();
  },

  async "compare:confirm"(wanted) {
    const { confirmKey } = await import("../../reading/comparison.js");
    await confirmKey(wanted);
    return null;
  },

  "join:look": ({ file, code }) => lookAtInvitation(file, code),

  async "join:start"(wish) {
    const request = await joinList(wish);
    // what could not be opened before may open now
    host().renewViews();
    return summaryOfRequest(request);
  },

  async "join:forget"({ address }) {
    await forgetJoining(address);
    await host().listsChanged();
    return null;
  },

  async "list:leave"({ address }) {
    return summaryOfRequest(await leaveList(address));
  },

  async "list:use-key"({ address, fingerprint }) {
    const chosen = await update((stored) => {
      const list = stored.lists[address];
      if (list === undefined) throw new AddonError("no-such-list", "there is no such list");
      const key = keyOf(stored, fingerprint);
      if (key.address !== list.invitee)
        throw new AddonError("key-for-another-address", "the key belongs to another address");
      const next = { ...list, memberKey: fingerprint };
      return {
        stored: { ...stored, lists: { ...stored.lists, [address]: next } },
        result: summaryOfList(next, stored),
      };
    });
    await certifyWaiting();
    return chosen;
  },

  async "copies:choose"({ list, keeping }) {
    await host().keepCopies(list, keeping);
    return null;
  },

  async "list:remove"({ address }) {
    await host().keepCopies(address, "off");
    await update((stored) => {
      const { [address]: _list, ...lists } = stored.lists;
      const { [address]: _pins, ...pins } = stored.pins;
      const { [address]: _joining, ...joining } = stored.joining;
      return { stored: { ...stored, lists, pins, joining }, result: undefined };
    });
    await forgetToldDeliveries(address);
    await forgetFellows(address);
    host().renewViews();
    await host().listsChanged();
    return null;
  },

  async "list:delete-keys"({ address, until }) {
    await deleteListKeys(address, until);
    return null;
  },

  async "backup:make"({ passphrase }) {
    needStrong(passphrase);
    await makeBackup(passphrase);
    return null;
  },

  "backup:look": ({ file, passphrase }) => lookAtBackup(file, passphrase),

  async "backup:restore"({ file, passphrase, agreed }) {
    const accepted = Object.keys(agreed).filter((id) => agreed[id] === true);
    await restoreBackup(file, passphrase, accepted);
    host().renewViews();
    return null;
  },

  async "requests:look"() {
    await host().lookForArrivals();
    return (await loadRequests()).pending.map(summaryOfRequest);
  },

  async "requests:again"({ id }) {
    return summaryOfRequest(await sendAgain(id));
  },

  async "requests:forget"({ id }) {
    await forgetPending(id);
    return null;
  },

  async "requests:parts"({ id }) {
    const { attachment, ...parts } = await partsToSend(id);
    return { ...parts, fileName: attachment.name };
  },

  async "requests:save"({ id, as }) {
    await saveRequest(id, as);
    return null;
  },

  async "requests:sent"({ id }) {
    return summaryOfRequest(await noteSent(id));
  },
};
