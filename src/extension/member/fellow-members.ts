import { parseAddress } from "../../mail/mailbox.js";
import {
  type Checked,
  flag,
  listOf,
  object,
  oneOf,
  only,
  orNull,
  recordOf,
  text,
} from "../../membership/file/check.js";
import { type MemberRole, memberRoles } from "../../membership/request/command-names.js";
import { keyOf } from "../keys/certify-key.js";
import { AddonError } from "../platform/errors.js";
import { keptRecord, load } from "../records/storage.js";
import { type Migrations, migrate } from "../records/stored.js";
import type { AnswerResult } from "../requests/incoming.js";
import { loadRequests, type PendingRequest } from "../requests/pending.js";
import { askServer, forgetPending, isGood } from "../requests/send-request.js";
import { knownList } from "./membership-changes.js";

/**
 * Who else is on a list, where its owners let members see it: asked of the server by the person, and kept as it was said then. A record
 * of its own, in no backup.
 */
const fellow = object<{ readonly address: string; readonly name: string; readonly role: MemberRole }>({
  address: text,
  name: text,
  role: oneOf(...memberRoles),
});
const known = object<{
  readonly shown: "shown" | "hidden";
  readonly toldAt: string;
  readonly isWhole: boolean;
  readonly members: readonly Checked<typeof fellow>[];
}>({ shown: oneOf("shown", "hidden"), toldAt: text, isWhole: flag, members: listOf(fellow) });

/** Raise it with each change of {@link FellowRecord}, and add the step to {@link fellowMigrations}. */
export const FELLOW_VERSION = 1;

interface FellowRecord {
  readonly version: typeof FELLOW_VERSION;
  readonly lists: Readonly<Record<string, Checked<typeof known>>>;
}

const record = object<{ readonly [K in keyof FellowRecord]: FellowRecord[K] }>({
  version: only(FELLOW_VERSION),
  lists: recordOf(known),
});

/** Version 1 is the first: nothing to migrate yet. */
export const fellowMigrations: Migrations = {};

/** @throws CheckError if it is damaged, or made by a newer version of the add-on */
export function readFellowRecord(value: unknown): FellowRecord {
  return value === undefined
    ? { version: FELLOW_VERSION, lists: {} }
    : record(migrate(value, FELLOW_VERSION, fellowMigrations));
}

const kept = keptRecord("listseal-fellow-members", readFellowRecord);

/** Members that are kept of a list. Attack: a server that names people without end. */
export const FELLOW_LIMIT = 10_000;

/** What is known of a list's members. */
export interface FellowsView {
  /** Whether the server was asked, and has not answered yet; `unsent`: the request has not left. */
  readonly asked: "no" | "unsent" | "asked";
  /** Null while the server has not said whether they are shown. */
  readonly shown: "shown" | "hidden" | null;
  /** ISO 8601: the server's date. */
  readonly toldAt: string | null;
  readonly members: readonly Checked<typeof fellow>[];
}

const fellowsShape = orNull(known);

/** What is known of a list's members. @throws ListSealError as `keptRecord` */
export async function fellowsOf(list: string): Promise<FellowsView> {
  const found = fellowsShape((await kept.load()).lists[list] ?? null);
  const asked = await rosterRequest(list);
  return {
    asked: asked === undefined ? "no" : hasLeft(asked) ? "asked" : "unsent",
    shown: found?.shown ?? null,
    toldAt: found?.toldAt ?? null,
    members: found?.members ?? [],
  };
}

/** The newest request for it that waits. */
async function rosterRequest(list: string): Promise<PendingRequest | undefined> {
  return (await loadRequests()).pending.findLast((one) => one.do === "roster" && one.list === list);
}

const hasLeft = ({ sending }: PendingRequest): boolean => sending === "sent" || sending === "outbox";

/**
 * Asks the server who is on a list. A request that the person has not sent yet stays the one that they are to send.
 * @throws ListSealError `no-such-list`, `left-list`, `no-member-key`, `key-locked`; what `askServer` throws
 */
export async function askFellows(list: string, from?: string): Promise<void> {
  const stored = await load();
  const target = knownList(stored, list);
  if (target === undefined) throw new AddonError("no-such-list", "no such list is here");
  if (target.membership === "left") throw new AddonError("left-list", "one has left the list");
  const before = await rosterRequest(list);
  if (from === undefined && before?.sending === "by-hand") {
    if (isGood(before)) return;
    await forgetPending(before.id);
  }
  const more = from === undefined ? {} : { from: parseAddress(from) };
  const key = keyOf(stored, target.memberKey);
  await askServer({ command: { do: "roster", after: 0, ...more }, list: target, key });
}

/** The server's answer to a member, a page of it; the next page is asked for by itself. To an owner: whether members are shown. */
export async function fellowsAnswered(
  { list }: PendingRequest,
  result: AnswerResult,
  date: Date,
): Promise<void> {
  const toldAt = date.toISOString();
  if (result.kind === "roster") {
    const shown = result.status?.members;
    if (shown !== undefined) await note(list, { shown, toldAt, isWhole: true, members: [] });
    return;
  }
  if (result.kind !== "member") return;
  const { members, from, next } = result;
  if (members === undefined) return note(list, { shown: "hidden", toldAt, isWhole: true, members: [] });
  const page = members.map(({ address, name, role }) => ({ address, name, role }));
  const before = from === undefined ? [] : ((await kept.load()).lists[list]?.members ?? []);
  const all = [...before.filter(({ address }) => from !== undefined && address <= from), ...page];
  const goesOn = next !== undefined && page.length > 0 && all.length < FELLOW_LIMIT;
  await note(list, { shown: "shown", toldAt, isWhole: !goesOn, members: all.slice(0, FELLOW_LIMIT) });
  // a page that can't be asked for now is asked for with the next press
  if (goesOn) await askFellows(list, next).catch(() => undefined);
}

/** An owner's choice was carried out: `about` says which. */
export async function visibilityAnswered(
  { list, about }: PendingRequest,
  result: AnswerResult,
): Promise<void> {
  if (result.kind !== "done" || (about !== "shown" && about !== "hidden")) return;
  await note(list, { shown: about, toldAt: new Date().toISOString(), isWhole: true, members: [] });
}

/** Forgets who was on a list. @throws ListSealError as `keptRecord` */
export function forgetFellows(list: string): Promise<void> {
  return kept.update((before) => {
    const { [list]: gone, ...lists } = before.lists;
    return { stored: gone === undefined ? before : { ...before, lists }, result: undefined };
  });
}

function note(list: string, next: Checked<typeof known>): Promise<void> {
  return kept.update((before) => ({
    stored: { ...before, lists: { ...before.lists, [list]: next } },
    result: undefined,
  }));
}
