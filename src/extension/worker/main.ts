import { outcomeOf } from "../platform/rpc/outcome.js";
import { readBackupFile, writeBackupFile } from "./backup.js";
import { openDraftMail, sealDraftMail } from "./draft.js";
import { exportKey, importKey } from "./imported-keys.js";
import { certifyKey, readInvitationFile } from "./invitation.js";
import type { JobAnswer, JobMessage, JobName, Jobs } from "./jobs.js";
import {
  armorKey,
  makeKey,
  protectKey,
  readRevocationReport,
  renewKey,
  revokeKey,
  unlockKey,
} from "./member-keys.js";
import { openSealedNotice } from "./notices.js";
import { open } from "./open.js";
import { listKeyFile, makeListKey, readCardFile, readPublicKey } from "./owner-card.js";
import { makeInvitation } from "./owner-invite.js";
import {
  followRecord,
  newListKeyNotice,
  ownersNotice,
  readReceipt,
  readServerOffer,
  serverNotice,
} from "./owner-record.js";
import { practise } from "./practice.js";
import { readMail } from "./read-mail.js";
import { openSealedAnswer, writeSealedRequest } from "./requests.js";
import { seal, sealMail } from "./seal.js";

/** The worker: does one job a message and answers with its outcome. It reads no storage and has no browser API. */
const jobs: { readonly [K in JobName]: (input: Jobs[K]["input"]) => Promise<Jobs[K]["output"]> } = {
  seal,
  "seal-mail": sealMail,
  open,
  "read-mail": readMail,
  "seal-draft": sealDraftMail,
  "open-draft": openDraftMail,
  "make-key": makeKey,
  "unlock-key": unlockKey,
  "protect-key": protectKey,
  "renew-key": renewKey,
  "revoke-key": revokeKey,
  "read-revocation": readRevocationReport,
  "certify-key": certifyKey,
  "import-key": importKey,
  "export-key": exportKey,
  practise,
  "armor-key": armorKey,
  "write-request": writeSealedRequest,
  "open-answer": openSealedAnswer,
  "write-backup": writeBackupFile,
  "read-backup": readBackupFile,
  "open-notice": openSealedNotice,
  "read-invitation": readInvitationFile,
  "read-card": readCardFile,
  "make-list-key": makeListKey,
  "make-invitation": makeInvitation,
  "follow-record": followRecord,
  "new-list-key-notice": newListKeyNotice,
  "owners-notice": ownersNotice,
  "read-server-offer": readServerOffer,
  "server-notice": serverNotice,
  "open-receipt": readReceipt,
  "read-public-key": readPublicKey,
  "list-key-file": listKeyFile,
};

function run<K extends JobName>(name: K, input: Jobs[K]["input"]): Promise<Jobs[K]["output"]> {
  return jobs[name](input);
}

/** The buffers of an answer, to be moved instead of copied: attachments can be 25 MB. */
function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (value instanceof Uint8Array) {
    // a view on nearly all of its buffer too: as a copy, it would take the whole buffer along anyway
    if (value.buffer instanceof ArrayBuffer && value.byteLength > 0.9 * value.buffer.byteLength)
      found.add(value.buffer);
  } else if (Array.isArray(value)) {
    for (const item of value) buffersIn(item, found);
  } else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) buffersIn(item, found);
  }
  return found;
}

self.addEventListener("message", async ({ data }: MessageEvent<JobMessage>) => {
  const { id, name, input } = data;
  const outcome = await outcomeOf<unknown>(() => run(name, input), "worker-failed");
  const answer: JobAnswer = { id, outcome };
  self.postMessage(answer, { transfer: [...buffersIn(answer)] });
});
