/**
 * The owner's own log: who is a member by signed commands, worked out from the record and not taken from the server.
 *
 * It decides whom a new list key is sealed to. A server that invents a member, hides a removal, does something twice or
 * lets somebody in by a used introduction is found here: by the signature that it does not have. What each entry changes:
 * entry.ts.
 */
import { type Address, isAddress } from "../../mail/mailbox.js";
import { type Fingerprint, parseSealingKey, type SealingKey } from "../../openpgp/keys.js";
import { refusalOf } from "../file/errors.js";
import type { RecordLink } from "../request/answer-result.js";
import { type HistoryChange, HistoryIndex, together, withChange } from "./change.js";
import { altered, changeOf, type HistoryContext } from "./entry.js";
import { followChain } from "./log.js";
import type { LoggedMember, RosterHistory } from "./state.js";

/** What entries that were followed say, beside the hashes that they are known by. */
export interface FollowedEntries {
  readonly hashes: readonly string[];
  readonly change: HistoryChange;
  /** Those who went with them, as they were: also who came with them, whom no log before or after has. */
  readonly gone: readonly LoggedMember[];
}

/**
 * Follows entries after those that are known, and takes over what they change.
 *
 * @param known  is not to be used any more if this throws: it may have taken some of `links`
 * @param links  the record's entries that come after those known so far
 * @throws ListSealError `roster-forked`, `roster-altered`: the caller keeps nothing of `links`, and the owner is alarmed
 */
export async function followEntries(
  known: HistoryIndex,
  links: readonly RecordLink[],
  context: HistoryContext,
  now: Date = new Date(),
): Promise<FollowedEntries> {
  const hashes = await followChain(known.newest, links);
  const changes: HistoryChange[] = [];
  const gone: LoggedMember[] = [];
  for (const link of links) {
    try {
      const next = await changeOf(known, link, context, now);
      gone.push(...known.take(link.hash, next));
      changes.push(next);
    } catch (thrown) {
      // whatever is wrong with an entry that the server passed on as good
      throw altered(`entry ${link.number}: ${refusalOf(thrown, "damaged")}`, thrown);
    }
  }
  return { hashes, change: together(changes), gone };
}

/**
 * The history after `links`: {@link followEntries} for who follows a record once.
 *
 * @throws ListSealError `roster-forked`, `roster-altered`: nothing of `links` is taken, and the owner is alarmed
 */
export async function continueHistory(
  before: RosterHistory,
  links: readonly RecordLink[],
  context: HistoryContext,
  now: Date = new Date(),
): Promise<RosterHistory> {
  const { hashes, change } = await followEntries(new HistoryIndex(before), links, context, now);
  return withChange(before, hashes, change);
}

/** Whether a command of one's own has come into the record: a removal that never does is an alarm. */
export function isRecorded(history: RosterHistory, signer: Fingerprint, id: string): boolean {
  return history.commands.includes(`${signer} ${id}`);
}

/**
 * The members whom a new list key is for, with their certificates: those who are in by an owner's word. Left out are
 * those whom only the operator enrolled.
 */
export async function membersForNewKey(
  history: RosterHistory,
): Promise<readonly { readonly address: Address; readonly certificate: SealingKey<"member"> }[]> {
  const found: { address: Address; certificate: SealingKey<"member"> }[] = [];
  for (const [address, { by, certificate, revoked }] of Object.entries(history.members)) {
    if (by === "operator" || certificate === undefined || revoked || !isAddress(address)) continue;
    found.push({ address, certificate: await parseSealingKey("member", certificate) });
  }
  return found;
}
