/**
 * The owner's own log: who is a member by signed commands, worked out from the record and not taken from the server.
 *
 * It decides whom a new list key is sealed to. A server that invents a member, hides a removal, does something twice or
 * lets somebody in by a used introduction is found here: by the signature that it does not have.
 *
 * A command whose signer had no right to it any more when the server carried it out (removed, demoted, key revoked) is
 * passed over, and said once. Servers of former versions let such commands in when two came at one moment; a record that
 * could never be followed again would hide all that comes after.
 */
import { type Address, isAddress } from "../../mail/mailbox.js";
import {
  armorSealingKey,
  type Fingerprint,
  parseSealingKey,
  readOneCertificate,
  type SealingKey,
  writeCertificate,
} from "../../openpgp/keys.js";
import { listKeyIdIn } from "../../openpgp/list-keys.js";
import { FUTURE_ALLOWED_MS } from "../../openpgp/policy.js";
import { isRecord } from "../file/check.js";
import { MembershipError, refusalOf } from "../file/errors.js";
import { checked, parseJson } from "../file/json-fields.js";
import { assertIntroduced, type ListForProof, readIntroduction } from "../introduction/introduction.js";
import type { RecordLink } from "../request/answer-result.js";
import { type Command, type OpenedRequest, readSigned, verifySigned } from "../request/request.js";
import { revokedCertificate } from "../request/revocation.js";
import {
  anyUnsignedEntry,
  followChain,
  isUnsignedKind,
  signedEntryDeclaration,
  type UnsignedChange,
  unsignedEntryDeclaration,
} from "./log.js";
import {
  hasAuthority,
  type LoggedMember,
  type RosterHistory,
  type UnsignedEntry,
  withConfirmed,
} from "./state.js";

const altered = (why: string, cause?: unknown) => new MembershipError("roster-altered", why, { cause });

/** Thrown for a command that counts for nothing, since whoever signed it had no right to it then. */
class Unentitled extends Error {
  readonly address: Address | undefined;

  constructor(why: string, address?: Address) {
    super(why);
    this.address = address;
  }
}

type Members = RosterHistory["members"];

function without(members: Members, address: Address): Members {
  const { [address]: _, ...rest } = members;
  return rest;
}

function holder(
  members: Members,
  fingerprint: string,
): { address: Address; member: LoggedMember } | undefined {
  for (const [address, member] of Object.entries(members)) {
    if (member.fingerprint === fingerprint && isAddress(address)) return { address, member };
  }
  return undefined;
}

const laterOf = (one: Date, other: Date): Date => new Date(Math.max(one.getTime(), other.getTime()));

/** The state with introductions for `address` burnt that were made at `date` or before. */
function burn(state: RosterHistory, address: Address, date: Date): RosterHistory {
  const text = date.toISOString();
  const before = state.burnt[address];
  return before !== undefined && before >= text
    ? state
    : { ...state, burnt: { ...state.burnt, [address]: text } };
}

/** The state after the operator, or a link, did something. */
async function applyUnsigned(state: RosterHistory, number: number, value: unknown): Promise<RosterHistory> {
  const { by, do: what, address } = checked(value, anyUnsignedEntry, "roster-altered");
  const said: UnsignedEntry = { number, by, what, ...(address === undefined ? {} : { address }) };
  const noted = { ...state, unsigned: [...state.unsigned, said] };
  // an entry of a later version is noted and passed over
  return isUnsignedKind(what)
    ? applyKnown(noted, checked(value, unsignedEntryDeclaration, "roster-altered"))
    : noted;
}

async function applyKnown(state: RosterHistory, change: UnsignedChange): Promise<RosterHistory> {
  switch (change.do) {
    case "add": {
      const { fingerprint, at } = change;
      const certificate = change.certificate === undefined ? undefined : await memberOf(change.certificate);
      if (certificate !== undefined && certificate.fingerprint !== fingerprint) {
        throw altered("added with another key than it says");
      }
      const member: LoggedMember = {
        fingerprint,
        role: "member",
        since: at.toISOString(),
        by: "operator",
        ...(certificate === undefined ? {} : { certificate: armorSealingKey(certificate) }),
      };
      return enrol(state, change.address, member);
    }
    case "remove":
      return burn({ ...state, members: without(state.members, change.address) }, change.address, change.at);
    case "role": {
      const member = state.members[change.address];
      if (member === undefined) throw altered("a role for nobody");
      return {
        ...state,
        members: {
          ...state.members,
          [change.address]: { ...member, role: change.role, roleBy: "operator" },
        },
      };
    }
    default:
      // list, list key and policy are no matter of the roster
      return state;
  }
}

/** An address and a fingerprint stand in the roster once. */
function enrol(state: RosterHistory, address: Address, member: LoggedMember): RosterHistory {
  if (state.members[address] !== undefined || holder(state.members, member.fingerprint) !== undefined) {
    throw altered("an address or key that is on the roster joined again");
  }
  return { ...state, members: { ...state.members, [address]: member } };
}

/** An entry being applied. */
interface Entry {
  readonly link: RecordLink;
  readonly opened: OpenedRequest;
  readonly by: Fingerprint;
  readonly at: Date;
  readonly list: ListForProof;
  readonly now: Date;
}

type CommandOf<D extends Command["do"]> = Extract<Command, { readonly do: D }>;

async function memberOf(certificate: Uint8Array): Promise<SealingKey<"member">> {
  const only = await readOneCertificate(certificate);
  return parseSealingKey("member", writeCertificate(only));
}

async function withListKey(state: RosterHistory, name: Uint8Array): Promise<RosterHistory> {
  const id = await listKeyIdIn(name);
  return state.listKeys.includes(id) ? state : { ...state, listKeys: [...state.listKeys, id] };
}

async function applyClaim(
  state: RosterHistory,
  entry: Entry,
  command: CommandOf<"claim">,
): Promise<RosterHistory> {
  const owner = await memberOf(command.certificate);
  if (owner.fingerprint !== entry.by) throw altered("claimed by another key than it says");
  if (!entry.list.owners.some(({ fingerprint }) => fingerprint === owner.fingerprint)) {
    throw altered("claimed by nobody who is known as an owner");
  }
  await verifySigned(entry.opened, [owner.certificate], entry.now);
  if (Object.values(state.members).some(({ by }) => by === "claim")) throw altered("claimed twice");
  return enrol(await withListKey(state, command.listKey), command.address, {
    fingerprint: owner.fingerprint,
    role: "owner",
    since: entry.at.toISOString(),
    by: "claim",
    certificate: armorSealingKey(owner),
  });
}

async function applyJoin(
  state: RosterHistory,
  entry: Entry,
  command: CommandOf<"join">,
): Promise<RosterHistory> {
  const { opened, list, now } = entry;
  const fingerprints = [...list.fingerprints, ...state.listKeys];
  const introduction = await readIntroduction(command.introduction, { ...list, fingerprints }, now);
  const member = await memberOf(command.certificate);
  await assertIntroduced(member.certificate, introduction, now);
  if (member.fingerprint !== entry.by) throw altered("joined with another key than it says");
  await verifySigned(opened, [introduction.certificate, member.certificate], now);
  const { address, introducedAt, joinBy } = introduction;
  const burntUntil = state.burnt[address];
  // the invitee's clock may be ahead, as far as the server allows it (assertInWindow)
  const latest = new Date(joinBy.getTime() + FUTURE_ALLOWED_MS);
  if (opened.request.date > latest || entry.at > joinBy) throw altered("joined after join-by");
  if (state.introductions.includes(introduction.fingerprint)) throw altered("joined by a used introduction");
  if (burntUntil !== undefined && introducedAt.toISOString() <= burntUntil) {
    throw altered("joined by a burnt introduction");
  }
  const present = state.listKeys.at(-1);
  const joined = enrol(state, address, {
    fingerprint: member.fingerprint,
    role: "member",
    since: entry.at.toISOString(),
    by: "introduction",
    ...(present === undefined || present === opened.request.list.key ? {} : { lateFor: present }),
    certificate: armorSealingKey(member),
  });
  return burn(
    { ...joined, introductions: [...joined.introductions, introduction.fingerprint] },
    address,
    introducedAt,
  );
}

/**
 * An owner's word for a certificate: a new member, or the confirmation of one whom the operator enrolled. On the word of
 * an owner who is one by the operator's alone, the member stays the operator's.
 */
async function applyEnrolment(
  state: RosterHistory,
  { at }: Entry,
  command: CommandOf<"enrol">,
  confirmed: boolean,
): Promise<RosterHistory> {
  const certificate = await memberOf(command.certificate);
  const { address } = command;
  const before = state.members[address];
  const by = confirmed ? "owner" : "operator";
  const word = { by, certificate: armorSealingKey(certificate) } as const;
  if (before?.fingerprint === certificate.fingerprint) {
    // once more, for somebody who is in by an owner's word: their certificate may be a later one by now
    if (before.by !== "operator") return state;
    // a role by the operator's word stays so: the owner sets it as well, or not
    return { ...state, members: { ...state.members, [address]: { ...before, ...word } } };
  }
  return enrol(state, address, {
    fingerprint: certificate.fingerprint,
    role: "member",
    since: at.toISOString(),
    ...word,
  });
}

/** A command of somebody who is a member already. */
async function applyMembers(
  before: RosterHistory,
  entry: Entry,
  certificateOf: (fingerprint: Fingerprint) => SealingKey<"member"> | undefined,
): Promise<RosterHistory> {
  const { opened, by, at, now, link } = entry;
  const { command, date } = opened.request;
  const signer = holder(before.members, by);
  if (signer === undefined) throw new Unentitled("a command of nobody who was a member then");
  const { address, member } = signer;
  // whoever signed it: with a revoked certificate no signature verifies
  if (member.revoked) throw new Unentitled("a command of a key that was revoked", address);
  const key =
    member.certificate === undefined
      ? certificateOf(by)
      : await parseSealingKey("member", member.certificate);
  if (key === undefined || key.fingerprint !== by) {
    // enrolled by the operator of an older server, and never seen here: it is the operator's word again, and shown as such
    if (hasAuthority(member)) throw altered("a command of somebody whose certificate nobody knows");
  } else {
    await verifySigned(opened, [key.certificate], now);
  }
  const confirmed = hasAuthority(member);
  const unsigned: UnsignedEntry = { number: link.number, by: "unconfirmed", what: command.do, address };
  const state = confirmed ? before : { ...before, unsigned: [...before.unsigned, unsigned] };
  const asOwner = () => {
    if (member.role !== "owner") {
      throw new Unentitled("a command of somebody whose role did not allow it", address);
    }
  };
  const named = ({ address: at_, fingerprint }: { address: Address; fingerprint: Fingerprint }) => {
    const found = state.members[at_];
    // somebody whom an unentitled command brought in, and who is taken off again
    if (found?.fingerprint !== fingerprint) throw new Unentitled("a command about nobody", at_);
    return found;
  };
  switch (command.do) {
    case "leave":
      // by the server's clock: a leave dated back would leave an unused introduction alive
      return burn({ ...state, members: without(state.members, address) }, address, laterOf(date, at));
    case "remove":
      asOwner();
      named(command);
      // by the owner's clock, as the introductions are: the next one may be made a second later
      return burn({ ...state, members: without(state.members, command.address) }, command.address, date);
    case "withdraw":
      asOwner();
      return burn(state, command.address, date);
    case "renew": {
      const renewed = await memberOf(command.certificate);
      if (renewed.fingerprint !== by) throw altered("renewed with another primary key");
      const next = { ...member, certificate: armorSealingKey(renewed) };
      return { ...state, members: { ...state.members, [address]: next } };
    }
    case "revoke": {
      const revoked = await revokedCertificate(command.certificate, by, now);
      if (revoked === undefined) throw altered("a revocation that is none");
      const certificate = armorSealingKey(await parseSealingKey("member", revoked));
      const next: LoggedMember = { ...member, certificate, revoked: true };
      return { ...state, members: { ...state.members, [address]: next } };
    }
    case "set-role": {
      asOwner();
      const { roleBy: _, ...rest } = named(command);
      const next: LoggedMember = {
        ...rest,
        role: command.role,
        ...(confirmed ? {} : { roleBy: "operator" }),
      };
      return { ...state, members: { ...state.members, [command.address]: next } };
    }
    case "enrol":
      asOwner();
      return applyEnrolment(state, entry, command, confirmed);
    case "confirm": {
      asOwner();
      const members = withConfirmed(state.members, command.members);
      if (members === undefined) throw new Unentitled("a command about nobody");
      // on the word of an owner who is one by the operator's alone, they stay the operator's
      return confirmed ? { ...state, members } : state;
    }
    case "new-list-key":
      asOwner();
      // on the operator's word alone nobody's introductions become good
      return confirmed ? withListKey(state, command.listKey) : state;
    case "new-server-key":
      asOwner();
      return state;
    case "resume-server":
      asOwner();
      if (command.head.number !== link.number - 1 || command.head.hash !== link.previous) {
        throw altered("resumed after another entry than the owner named");
      }
      return state;
    default:
      throw altered("a command that has no place in the record");
  }
}

async function apply(
  state: RosterHistory,
  link: RecordLink,
  context: HistoryContext,
  now: Date,
): Promise<RosterHistory> {
  const value = parseJson(new TextEncoder().encode(link.entry), "roster-altered");
  if (!isRecord(value)) throw altered("an entry is no object");
  if (!Object.hasOwn(value, "command")) return applyUnsigned(state, link.number, value);
  const said = checked(value, signedEntryDeclaration, "roster-altered");
  const { by, at } = said;
  const opened = await readSigned({ bytes: said.command, signatures: said.signatures });
  const { request } = opened;
  const { list, certificateOf = () => undefined } = context;
  if (said.do !== request.command.do) throw altered("not what was signed");
  if (request.list.address !== list.address) throw altered("signed for another list");
  const name = `${by} ${request.id}`;
  if (state.commands.includes(name)) throw altered("a command was carried out twice");
  const entry: Entry = { link, opened, by, at, list, now };
  const known = { ...state, commands: [...state.commands, name] };
  switch (request.command.do) {
    case "claim":
      return applyClaim(known, entry, request.command);
    case "join":
      return applyJoin(known, entry, request.command);
    default:
      break;
  }
  try {
    return await applyMembers(known, entry, certificateOf);
  } catch (thrown) {
    if (!(thrown instanceof Unentitled)) throw thrown;
    const { address } = thrown;
    const what = request.command.do;
    const said: UnsignedEntry = {
      number: link.number,
      by: "unentitled",
      what,
      ...(address === undefined ? {} : { address }),
    };
    return { ...known, unsigned: [...known.unsigned, said] };
  }
}

/** What the record is checked against. Nothing of it comes from the server. */
export interface HistoryContext {
  /** Owners, present and former, and list keys, from the invitation or one's own making, and owners' notices. */
  readonly list: ListForProof;
  /** The certificate of somebody whom the operator enrolled, if it is known here by other means (a pin). */
  readonly certificateOf?: (fingerprint: Fingerprint) => SealingKey<"member"> | undefined;
}

/**
 * The history after `links`, the record's entries that come after those known so far.
 *
 * @throws ListSealError `roster-forked`, `roster-altered`: nothing of `links` is taken, and the owner is alarmed
 */
export async function continueHistory(
  before: RosterHistory,
  links: readonly RecordLink[],
  context: HistoryContext,
  now: Date = new Date(),
): Promise<RosterHistory> {
  const hashes = await followChain(before.hashes, links);
  let state = before;
  for (const link of links) {
    try {
      state = await apply(state, link, context, now);
    } catch (thrown) {
      // whatever is wrong with an entry that the server passed on as good
      throw altered(`entry ${link.number}: ${refusalOf(thrown, "damaged")}`, thrown);
    }
  }
  return { ...state, hashes };
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
