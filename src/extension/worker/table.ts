import type { Outcome } from "../platform/rpc/outcome.js";
import { readBackupFile, writeBackupFile } from "./backup.js";
import { openDraftMail, sealDraftMail } from "./draft.js";
import { noticePackets, sealNoticeForAll, targetsOf } from "./epoch-notice.js";
import { exportKey, importKey } from "./imported-keys.js";
import { makeIndexKey, unsealIndexKey } from "./index-key.js";
import { certifyKey, readInvitationFile } from "./invitation.js";
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
import { openMail } from "./open-mail.js";
import { listKeyFile, makeListKey, readCardFile, readPublicKey } from "./owner-card.js";
import { makeInvitation } from "./owner-invite.js";
import { followRecord, readLog, readReceipt, readReceiptAuthor, readServerOffer } from "./owner-record.js";
import { practise } from "./practice.js";
import { openPrivateLetter, sealPrivateLetter } from "./private-letters.js";
import { readMail } from "./read-mail.js";
import { openSealedAnswer, readKeyRequest, writeSealedRequest } from "./requests.js";
import { seal, sealMail } from "./seal.js";
import { sealAgain } from "./seal-again.js";

/**
 * What our pages ask of the worker, by name: the background page in Thunderbird, each page in a browser. A job is declared once, by
 * the function that does it: what it takes and gives is inferred from there (`client.ts`).
 *
 * Everything that touches openpgp happens in the worker: pure JavaScript cryptography on 25 MB blocks its thread for seconds,
 * and the background page must keep answering (and stay awake). Keys cross here as bytes; the worker is our own code in our own
 * process, so what crosses is checked by the compiler alone.
 */
export const jobs = {
  seal,
  "seal-mail": sealMail,
  "seal-again": sealAgain,
  open,
  "read-mail": readMail,
  "open-mail": openMail,
  "seal-private": sealPrivateLetter,
  "open-private": openPrivateLetter,
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
  "read-key-request": readKeyRequest,
  "write-backup": writeBackupFile,
  "read-backup": readBackupFile,
  "open-notice": openSealedNotice,
  "read-invitation": readInvitationFile,
  "read-card": readCardFile,
  "make-list-key": makeListKey,
  "make-invitation": makeInvitation,
  "follow-record": followRecord,
  "read-log": readLog,
  "seal-notice": sealNoticeForAll,
  "notice-packets": noticePackets,
  "notice-targets": targetsOf,
  "read-server-offer": readServerOffer,
  "receipt-author": readReceiptAuthor,
  "open-receipt": readReceipt,
  "read-public-key": readPublicKey,
  "list-key-file": listKeyFile,
  "make-index-key": makeIndexKey,
  "open-index-key": unsealIndexKey,
};

export type JobName = keyof typeof jobs;
/** What a job takes. */
export type JobInput<K extends JobName> = Parameters<(typeof jobs)[K]>[0];
/** What a job gives. */
export type JobOutput<K extends JobName> = Awaited<ReturnType<(typeof jobs)[K]>>;

/** One job as it crosses to the worker. */
export type JobMessage = {
  readonly [K in JobName]: { readonly id: number; readonly name: K; readonly input: JobInput<K> };
}[JobName];

/** One answer as it comes back. */
export interface JobAnswer {
  readonly id: number;
  readonly outcome: Outcome<unknown>;
}
