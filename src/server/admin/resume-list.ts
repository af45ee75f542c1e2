/** How a list that was restored from a backup goes on without the add-on: by an owner's signed file. */
import {
  claimedSigners,
  type OpenedRequest,
  readRequestFile,
  verifySigned,
} from "../../membership/request/request.js";
import { signedChange } from "../../membership/roster/log.js";
import { allFingerprints, parseSealingKey } from "../../openpgp/keys.js";
import { PAST_WINDOW_MS } from "../../openpgp/policy.js";
import { REPLAY_MARGIN_MS } from "../base/limits.js";
import { ownersOf } from "../delivery/suspension.js";
import { resume } from "../request/resume-server.js";
import { type RecordedCommand, Stale } from "../store/authorization.js";
import type { Heads } from "../store/rollback-guard.js";
import type { List, Member, Store } from "../store/store.js";
import { BadRequest } from "./administration.js";

/** What resuming by a file works on. */
export interface ResumeContext {
  readonly store: Store;
  readonly heads: Heads;
  readonly now: () => number;
}

/**
 * Lets a paused list go on.
 *
 * `armored` is a request `resume-server`, signed by an owner: what in/requests/resume-server.ts carries out, with the
 * reasons in the operator's words.
 *
 * @throws BadRequest, ListSealError
 */
export async function resumeList(
  parts: ResumeContext,
  list: List,
  armored: string,
): Promise<{ readonly owner: Member; readonly setAside: number }> {
  const { store, heads, now } = parts;
  const since = await heads.pausedSince(list.address);
  if (since === undefined) throw new BadRequest(`${list.address} is not paused`);
  const opened = await readRequestFile(armored);
  const { request } = opened;
  if (request.list.address !== list.address || request.command.do !== "resume-server") {
    throw new BadRequest(`that file is not a request to resume ${list.address}`);
  }
  const { owner, signedAt } = await signedByOwner(parts, list, opened);
  const { head } = request.command;
  const at = now();
  const verified: RecordedCommand = {
    warrant: { list, signedAt: signedAt.getTime(), by: { kind: "member", member: owner, roles: ["owner"] } },
    command: {
      listId: list.id,
      signer: owner.fingerprint,
      id: request.id,
      keptUntil: at + PAST_WINDOW_MS + REPLAY_MARGIN_MS,
    },
    change: signedChange(opened, owner.fingerprint, new Date(at)),
    signed: opened.signed,
    server: list.serverFingerprint,
    now: at,
  };
  const resumed = await resume(parts, { list, owner, date: request.date, head, verified }).catch(
    staleToSentence,
  );
  if (resumed.kind === "done") return { owner, setAside: resumed.setAside };
  if (resumed.kind === "not-paused") throw new BadRequest(`${list.address} is not paused`);
  switch (resumed.code) {
    case "not-allowed":
      throw new BadRequest(notAnOwner);
    case "too-old":
      throw new BadRequest(
        `the owner signed that before the list was paused (${new Date(since).toISOString()}): ask for a new signature`,
      );
    case "roster-behind": {
      const newest = await store.recordHead(list.id);
      throw new BadRequest(
        `the owner signed for a newest entry that is not the database's (${newest.number} ${newest.hash}), so the backup is older than the list: remove again everyone who was removed since, then have the owner check the roster and sign for the new newest entry`,
      );
    }
  }
}

function staleToSentence(error: unknown): never {
  if (!(error instanceof Stale)) throw error;
  throw new BadRequest("the roster has just changed: check it, and run the command again");
}

const notAnOwner = "that file was not signed by an owner of the list";

async function signedByOwner(
  { store, now }: ResumeContext,
  list: List,
  opened: OpenedRequest,
): Promise<{ readonly owner: Member; readonly signedAt: Date }> {
  const owners = await ownersOf(store, list.id);
  if (owners.length === 0) throw new BadRequest(`${list.address} has no owner: name one with member role`);
  const signers = await claimedSigners(opened);
  for (const owner of owners) {
    const { certificate } = await parseSealingKey("member", owner.certificate);
    if (!signers.some((signer) => allFingerprints(certificate).includes(signer))) continue;
    return { owner, signedAt: await verifySigned(opened, [certificate], new Date(now())) };
  }
  throw new BadRequest(notAnOwner);
}
