import { fromBase64 } from "../../mail/base64.js";
import { count } from "../../membership/file/check.js";
import { MembershipError } from "../../membership/file/errors.js";
import { MAX_PERSON_NAME } from "../../membership/request/commands.js";
import { certified, keyOf } from "../keys/certify-key.js";
import { keysFor } from "../keys/key-validity.js";
import { makeMemberKey } from "../keys/new-member-key.js";
import { needSecretOf } from "../keys/unlocked.js";
import { browser } from "../platform/browser.js";
import { AddonError, codeOf } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { awake } from "../platform/keep-awake.js";
import { load, update } from "../records/storage.js";
import type { StoredList, StoredMemberKey } from "../records/stored.js";
import type { AnswerResult } from "../requests/incoming.js";
import { loadRequests, type PendingRequest } from "../requests/pending.js";
import { askServer, forgetPending, pendingFor } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";
import {
  assertJoinable,
  beginJoin,
  forgetJoin,
  joined,
  joinRefused,
  knownList,
  left,
  type OpenedInvitation,
} from "./membership-changes.js";
import { noteUsed } from "./used-invitations.js";

/**
 * From an invitation to membership: look at it (code), compare, join, wait for the server. The file and its code are given
 * twice, to look and to join; nothing of an opened invitation is kept before the person has said yes.
 */

/** An invitation as a page shows it: nothing secret. */
export interface InvitationSummary {
  readonly list: { readonly address: string; readonly name: string; readonly fingerprint: string };
  readonly owners: readonly { readonly userId: string; readonly fingerprint: string }[];
  readonly invitee: string;
  /** The name of the account that has the invitee's address; empty if it has none, or accounts are not known. */
  readonly name: string;
  /** ISO 8601. */
  readonly joinBy: string;
  /** The member key that will be used; null if one is to be made. */
  readonly memberKey: string | null;
}

interface Invited extends OpenedInvitation {
  readonly joinBy: string;
  readonly name: string;
}

/** Opens an invitation. @throws ListSealError what `readInvitation` throws, `wrong-address`, and as `assertJoinable` */
async function invited(file: string, code: string): Promise<Invited> {
  await slowDown();
  let opened: OpenedInvitation & { readonly joinBy: string };
  try {
    const now = new Date().toISOString();
    opened = await runJob("read-invitation", { file: bytesOf(file), code, now });
  } catch (error) {
    if (codeOf(error, "worker-failed") === "wrong-code") await noteTry("wrong");
    throw error;
  }
  await noteTry("right");
  const account = await host().accountOf(opened.list.invitee);
  if (account === null) throw new AddonError("invitation-for-another", "no account has the address");
  assertJoinable(await load(), opened);
  return { ...opened, name: account.name };
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    throw new MembershipError("invitation-damaged", "not base64", { cause });
  }
}

/** What a person compares before they join. Changes nothing. @throws ListSealError as {@link invited} */
export function lookAtInvitation(file: string, code: string): Promise<InvitationSummary> {
  return awake(async () => {
    const { list, joinBy, name } = await invited(file, code);
    const key = await keyFor(list);
    // of a list that is known nothing but the introduction is taken
    const shown = knownList(await load(), list.address) ?? list;
    return {
      list: { address: shown.address, name: shown.name, fingerprint: shown.listKeyFingerprint },
      owners: shown.owners
        .filter(({ to }) => to === null)
        .map(({ userId, fingerprint }) => ({ userId, fingerprint })),
      invitee: list.invitee,
      name,
      joinBy,
      memberKey: key?.fingerprint ?? null,
    };
  });
}

/** The member key that is there for a list: the one that it uses, or else any that fits. */
async function keyFor({ address, invitee, profile }: StoredList): Promise<StoredMemberKey | undefined> {
  const { lists, memberKeys } = await load();
  const good = keysFor(memberKeys, { address: invitee, profile }, new Date());
  return good.find(({ fingerprint }) => fingerprint === lists[address]?.memberKey) ?? good[0];
}

/** What a page asks for when the person has compared and says yes. */
export type JoinInput = {
  readonly file: string;
  readonly code: string;
  /** How others see the person; null for the account's name. */
  readonly name: string | null;
  /** For a key that is made now. */
  readonly passphrase: string | null;
};

/**
 * Makes or picks the member key, has the introduction certify it, keeps the list and asks the server.
 * @throws ListSealError as {@link invited}; `key-locked`
 */
export function joinList({ file, code, name, passphrase }: JoinInput): Promise<PendingRequest> {
  return awake(async () => {
    const invitation = await invited(file, code);
    const shown = (name?.trim() || invitation.name || invitation.list.invitee).slice(0, MAX_PERSON_NAME);
    const { invitee, profile } = invitation.list;
    const named = shown === invitee ? null : shown;
    const key =
      (await keyFor(invitation.list)) ??
      (await makeMemberKey({ address: invitee, name: named, passphrase, profile }));
    const secret = await needSecretOf(key);
    const kept = await update((stored) => beginJoin(stored, invitation, key.fingerprint));
    // a note that can't be written costs a question for the code, and no membership
    await noteUsed(bytesOf(file), kept.address).catch(() => undefined);
    const introduced = await certified(kept, key, secret);
    await host().listsChanged();
    for (const { id, list, do: what } of (await loadRequests()).pending) {
      if (list === kept.address && what === "join") await forgetPending(id);
    }
    return askServer({
      command: { do: "join", name: shown, shape: "encrypted" },
      list: introduced.list,
      key: introduced.key,
      ...(kept.introductionSecret === null ? {} : { introduction: kept.introductionSecret }),
      about: kept.invitee,
    });
  });
}

/** Takes a join back that was not answered yet, or a refusal away. */
export async function forgetJoining(address: string): Promise<void> {
  for (const { id, list, do: what } of (await loadRequests()).pending) {
    if (list === address && what === "join") await forgetPending(id);
  }
  await update((stored) => forgetJoin(stored, address));
}

/**
 * Asks the server to drop oneself. Until its answer everything stays as it is.
 * @throws ListSealError `no-such-list`, `no-member-key`, `key-locked`
 */
export async function leaveList(address: string): Promise<PendingRequest> {
  const stored = await load();
  const list = stored.lists[address];
  if (list === undefined) throw new AddonError("no-such-list", "there is no such list");
  return askServer({
    command: { do: "leave" },
    list,
    key: keyOf(stored, list.memberKey),
    about: list.invitee,
  });
}

/** The answer to a join: one is a member now, or everything is as it was before. */
export async function joinAnswered({ list }: PendingRequest, result: AnswerResult): Promise<void> {
  await update((stored) =>
    result.kind === "refused" ? joinRefused(stored, list, result.code) : joined(stored, list),
  );
}

/** The answer to a leave. A refusal (the last owner) changes nothing. @returns whether one has left */
export async function leaveAnswered({ list }: PendingRequest, result: AnswerResult): Promise<boolean> {
  if (result.kind === "refused") return false;
  await update((stored) => left(stored, list));
  return true;
}

/** Asking the server what one may do in a list: members hear that they are in it, and as what. */

/**
 * Asks, unless it is asked already. The answer is taken by `owner/second-owner.ts`: it may be an owner's.
 * @throws ListSealError `no-member-key`, `key-locked`; what `askServer` throws
 */
export async function askStanding(address: string): Promise<void> {
  const stored = await load();
  const list = stored.lists[address];
  if (list === undefined) return;
  const waiting = (await pendingFor(address)).filter(({ do: what }) => what === "roster");
  if (waiting.some(({ failure }) => failure === null)) return;
  for (const { id } of waiting) await forgetPending(id);
  await askServer({ command: { do: "roster", after: 0 }, list, key: keyOf(stored, list.memberKey) });
}

/**
 * Wrong codes and what they cost. The code itself is strong enough to publish the file; this keeps somebody at the
 * keyboard from trying one after the other, and a person from hurrying.
 */
const WRONG = "wrong-codes";
/** So many are free: a person mistypes. */
const FREE = 3;
const LONGEST_MS = 30_000;

/** How long the next try has to wait after so many wrong codes. Pure. */
export function waitAfter(wrong: number): number {
  return wrong < FREE ? 0 : Math.min(LONGEST_MS, 1_000 * 2 ** (wrong - FREE));
}

async function wrongSoFar(): Promise<number> {
  const found = await browser.storage.session.get(WRONG);
  return found[WRONG] === undefined ? 0 : count(found[WRONG]);
}

/** Waits as long as the wrong codes before demand. */
async function slowDown(): Promise<void> {
  const wait = waitAfter(await wrongSoFar());
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}

/** Notes how a try ended: a right code makes the wrong ones forgotten. */
async function noteTry(ended: "right" | "wrong"): Promise<void> {
  await browser.storage.session.set({ [WRONG]: ended === "right" ? 0 : (await wrongSoFar()) + 1 });
}
