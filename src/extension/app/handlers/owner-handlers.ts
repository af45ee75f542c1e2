import { fellowsOf } from "../../member/fellow-members.js";
import { claimList, forgetClaim, openCard } from "../../owner/claim-list.js";
import { confirmMembers } from "../../owner/confirming.js";
import { enrol, saveListKey } from "../../owner/enrolling.js";
import { decideOnKeys, packetsAtWork, stopRenewal } from "../../owner/epochs.js";
import { keptFiles } from "../../owner/invitation-files.js";
import {
  codesToTell,
  codeTold,
  invitationText,
  invite,
  mailInvitation,
  saveInvitation,
  sendInvitation,
  withdraw,
} from "../../owner/inviting.js";
import { askRoster, changeRole, letServerResume, removeFromList } from "../../owner/members.js";
import { confirmServer, declineServer } from "../../owner/new-server-key.js";
import { askReceipts, beginNewKey, tellMembers } from "../../owner/notices.js";
import { askAsOwner } from "../../owner/owner-requests.js";
import { viewOf } from "../../owner/view.js";
import type { HandlersOf } from "../../platform/rpc/call.js";
import { changeOwned, loadOwned, ownedRecord } from "../../records/owned-storage.js";
import { loadRequests } from "../../requests/pending.js";
import type { ownerCalls } from "../calls/owner-calls.js";

/** What the background page answers to the page for owners. It only connects. */
export const ownerHandlers: HandlersOf<typeof ownerCalls> = {
  async "owner:lists"(wish) {
    const { lists } = await ownedRecord.load();
    const { pending } = await loadRequests();
    const files = await keptFiles();
    const now = new Date();
    return {
      lists: Object.values(lists).map((list) =>
        viewOf(list, pending, files, now, { wish, atWork: packetsAtWork(list.address) }),
      ),
    };
  },
  "owner:open-card": ({ file }) => openCard(file),
  async "owner:claim"(input) {
    await claimList(input);
    return null;
  },
  async "owner:forget"({ list }) {
    await forgetClaim(list);
    return null;
  },
  "owner:invite": (wish) => invite(wish),
  async "owner:codes"({ list }) {
    return { codes: await codesToTell(list) };
  },
  async "owner:code-told"({ introduction }) {
    await codeTold(introduction);
    return null;
  },
  "owner:invitation-text": ({ list }) => invitationText(list),
  async "owner:save-invitation"({ introduction }) {
    await saveInvitation(introduction);
    return null;
  },
  async "owner:mail-invitation"({ list, introduction }) {
    await mailInvitation(list, introduction);
    return null;
  },
  async "owner:send-invitation"({ list, introduction }) {
    await sendInvitation(list, introduction);
    return null;
  },
  async "owner:withdraw"({ list, address }) {
    await withdraw(list, address);
    return null;
  },
  async "owner:remove"({ list, address, fingerprint }) {
    await removeFromList(list, address, fingerprint);
    return null;
  },
  async "owner:set-role"({ list, address, fingerprint, role }) {
    await changeRole(list, address, fingerprint, role);
    return null;
  },
  async "owner:refresh"({ list }) {
    await askRoster(list);
    return null;
  },
  async "owner:enrol"({ list, file, address, name }) {
    await enrol(list, file, address, name);
    return null;
  },
  async "owner:confirm"({ list, members }) {
    await confirmMembers(list, members);
    return null;
  },
  async "owner:resume-server"({ list }) {
    await letServerResume(list);
    return null;
  },
  async "owner:save-list-key"({ list, address }) {
    await saveListKey(list, address);
    return null;
  },
  async "owner:confirm-server"({ list, fingerprint }) {
    await confirmServer(list, fingerprint);
    return null;
  },
  async "owner:decline-server"({ list }) {
    await declineServer(list);
    return null;
  },
  async "owner:new-key"({ list, graceDays }) {
    await beginNewKey(list, graceDays);
    return null;
  },
  async "owner:epochs"({ list, itself, days }) {
    await decideOnKeys(list, itself === "yes" ? "itself" : "by-hand", days);
    return null;
  },
  async "owner:stop-key"({ list }) {
    await stopRenewal(list);
    return null;
  },

  async "owner:members-shown"({ list }) {
    return { shown: (await fellowsOf(list)).shown };
  },

  async "owner:show-members"({ list, members }) {
    await askAsOwner(await loadOwned(list), { do: "show-members", members }, members);
    return null;
  },
  async "owner:tell"({ list }) {
    await tellMembers(list);
    return null;
  },
  async "owner:receipts"({ list, news, serial }) {
    await askReceipts(list, news, serial);
    return null;
  },
  async "owner:dismiss"({ list, what }) {
    await changeOwned(list, (now) => ({ ...now, [what]: [] }));
    return null;
  },
};
