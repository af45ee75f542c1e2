/**
 * What one entry of the record changes in an owner's own log.
 *
 * A command whose signer had no right to it any more when the server carried it out (removed, demoted, key revoked) is
 * passed over, and said once. Servers of former versions let such commands in when two came at one moment; a record that
 * could never be followed again would hide all that comes after.
 */
import type { Address } from "../../mail/mailbox.js";
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
import { MembershipError } from "../file/errors.js";
import { checked, parseJson } from "../file/json-fields.js";
import { assertIntroduced, type ListForProof, readIntroduction } from "../introduction/introduction.js";
import type { RecordLink } from "../request/answer-result.js";
import type { ConfirmedMember } from "../request/commands.js";
import { type Command, type OpenedRequest, readSigned, verifySigned } from "../request/request.js";
import { revokedCertificate } from "../request/revocation.js";
import { type HistoryChange, type HistoryIndex, type MemberAtAddress, noChange } from "./change.js";
import {
  anyUnsignedEntry,
  isUnsignedKind,
  signedEntryDeclaration,
  type UnsignedChange,
  unsignedEntryDeclaration,
} from "./log.js";
import { hasAuthority, type LoggedMember, type UnsignedEntry } from "./state.js";

/** Something in the record that no honest server writes. */
export const altered = (why: string, cause?: unknown) =>
  new MembershipError("roster-altered", why, { cause });

/** Thrown for a command that counts for nothing, since whoever signed it had no right to it then. */
class Unentitled extends Error {
  readonly address: Address | undefined;

  constructor(why: string, address?: Address) {
    super(why);
    this.address = address;
  }
}

const laterOf = (one: Date, other: Date): Date => new Date(Math.max(one.getTime(), other.getTime()));

/** What changes if introductions for `address` are burnt that were made at `date` or before. */
function burn(known: HistoryIndex, address: Address, date: Date): Pick<HistoryChange, "burnt"> {
  const text = date.toISOString();
  const before = known.burntUntil(address);
  return { burnt: before !== undefined && before >= text ? {} : { [address]: text } };
}

/** What changes if the operator, or a link, did something. */
async function afterUnsigned(known: HistoryIndex, number: number, value: unknown): Promise<HistoryChange> {
  const { by, do: what, address } = checked(value, anyUnsignedEntry, "roster-altered");
  const said: UnsignedEntry = { number, by, what, ...(address === undefined ? {} : { address }) };
  const noted = { ...noChange, unsigned: [said] };
  // an entry of a later version is noted and passed over
  if (!isUnsignedKind(what)) return noted;
  const change = checked(value, unsignedEntryDeclaration, "roster-altered");
  return { ...noted, ...(await afterKnownKind(known, change)) };
}

async function afterKnownKind(known: HistoryIndex, change: UnsignedChange): Promise<Partial<HistoryChange>> {
  switch (change.do) {
    case "add": {
      const { fingerprint, at } = change;
      const certificate = change.certificate === undefined ? undefined : await memberOf(change.certificate);
      if (certificate !== undefined && certificate.fingerprint !== fingerprint) {
        throw altered("added with another key than it says");
      }
      return enrol(known, change.address, {
        fingerprint,
        role: "member",
        since: at.toISOString(),
        by: "operator",
        ...(certificate === undefined ? {} : { certificate: armorSealingKey(certificate) }),
      });
    }
    case "remove":
      return { members: { [change.address]: null }, ...burn(known, change.address, change.at) };
    case "role": {
      const member = known.memberAt(change.address);
      if (member === undefined) throw altered("a role for nobody");
      return { members: { [change.address]: { ...member, role: change.role, roleBy: "operator" } } };
    }
    default:
      // list, list key and policy are no matter of the roster
      return {};
  }
}

/** An address and a fingerprint stand in the roster once. */
function enrol(known: HistoryIndex, address: Address, member: LoggedMember): Pick<HistoryChange, "members"> {
  if (known.memberAt(address) !== undefined || known.holderOf(member.fingerprint) !== undefined) {
    throw altered("an address or key that is on the roster joined again");
  }
  return { members: { [address]: member } };
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

async function withListKey(known: HistoryIndex, name: Uint8Array): Promise<Pick<HistoryChange, "listKeys">> {
  const id = await listKeyIdIn(name);
  return { listKeys: known.listKeys.includes(id) ? [] : [id] };
}

async function afterClaim(
  known: HistoryIndex,
  entry: Entry,
  command: CommandOf<"claim">,
): Promise<Partial<HistoryChange>> {
  const owner = await memberOf(command.certificate);
  if (owner.fingerprint !== entry.by) throw altered("claimed by another key than it says");
  if (!entry.list.owners.some(({ fingerprint }) => fingerprint === owner.fingerprint)) {
    throw altered("claimed by nobody who is known as an owner");
  }
  await verifySigned(entry.opened, [owner.certificate], entry.now);
  for (const { by } of known.members()) if (by === "claim") throw altered("claimed twice");
  const claimed = enrol(known, command.address, {
    fingerprint: owner.fingerprint,
    role: "owner",
    since: entry.at.toISOString(),
    by: "claim",
    certificate: armorSealingKey(owner),
  });
  return { ...claimed, ...(await withListKey(known, command.listKey)) };
}

async function afterJoin(
  known: HistoryIndex,
  entry: Entry,
  command: CommandOf<"join">,
): Promise<Partial<HistoryChange>> {
  const { opened, list, now } = entry;
  const fingerprints = [...list.fingerprints, ...known.listKeys];
  const introduction = await readIntroduction(command.introduction, { ...list, fingerprints }, now);
  const member = await memberOf(command.certificate);
  await assertIntroduced(member.certificate, introduction, now);
  if (member.fingerprint !== entry.by) throw altered("joined with another key than it says");
  await verifySigned(opened, [introduction.certificate, member.certificate], now);
  const { address, introducedAt, joinBy } = introduction;
  const burntUntil = known.burntUntil(address);
  // the invitee's clock may be ahead, as far as the server allows it (assertInWindow)
  const latest = new Date(joinBy.getTime() + FUTURE_ALLOWED_MS);
  if (opened.request.date > latest || entry.at > joinBy) throw altered("joined after join-by");
  if (known.hasIntroduction(introduction.fingerprint)) throw altered("joined by a used introduction");
  if (burntUntil !== undefined && introducedAt.toISOString() <= burntUntil) {
    throw altered("joined by a burnt introduction");
  }
  const present = known.listKeys.at(-1);
  const joined = enrol(known, address, {
    fingerprint: member.fingerprint,
    role: "member",
    since: entry.at.toISOString(),
    by: "introduction",
    ...(present === undefined || present === opened.request.list.key ? {} : { lateFor: present }),
    certificate: armorSealingKey(member),
  });
  return { ...joined, ...burn(known, address, introducedAt), introductions: [introduction.fingerprint] };
}

/**
 * An owner's word for a certificate: a new member, or the confirmation of one whom the operator enrolled. On the word of
 * an owner who is one by the operator's alone, the member stays the operator's.
 */
async function afterEnrolment(
  known: HistoryIndex,
  { at }: Entry,
  command: CommandOf<"enrol">,
  confirmed: boolean,
): Promise<Partial<HistoryChange>> {
  const certificate = await memberOf(command.certificate);
  const { address } = command;
  const before = known.memberAt(address);
  const by = confirmed ? "owner" : "operator";
  const word = { by, certificate: armorSealingKey(certificate) } as const;
  if (before?.fingerprint === certificate.fingerprint) {
    // once more, for somebody who is in by an owner's word: their certificate may be a later one by now
    if (before.by !== "operator") return {};
    // a role by the operator's word stays so: the owner sets it as well, or not
    return { members: { [address]: { ...before, ...word } } };
  }
  return enrol(known, address, {
    fingerprint: certificate.fingerprint,
    role: "member",
    since: at.toISOString(),
    ...word,
  });
}

/** A command of somebody who is a member already. */
async function afterMembers(
  known: HistoryIndex,
  entry: Entry,
  certificateOf: (fingerprint: Fingerprint) => SealingKey<"member"> | undefined,
): Promise<Partial<HistoryChange>> {
  const { opened, by, now, link } = entry;
  const { command } = opened.request;
  const signer = known.holderOf(by);
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
  const change = await afterCommand(known, entry, signer);
  if (hasAuthority(member)) return change;
  const unsigned: UnsignedEntry = { number: link.number, by: "unconfirmed", what: command.do, address };
  return { ...change, unsigned: [unsigned] };
}

/** What somebody commands whose signature is good, as far as their role allows it. */
async function afterCommand(
  known: HistoryIndex,
  entry: Entry,
  { address, member }: MemberAtAddress,
): Promise<Partial<HistoryChange>> {
  const { opened, by, at, now, link } = entry;
  const { command, date } = opened.request;
  const confirmed = hasAuthority(member);
  const asOwner = () => {
    if (member.role !== "owner") {
      throw new Unentitled("a command of somebody whose role did not allow it", address);
    }
  };
  const named = ({ address: at_, fingerprint }: { address: Address; fingerprint: Fingerprint }) => {
    const found = known.memberAt(at_);
    // somebody whom an unentitled command brought in, and who is taken off again
    if (found?.fingerprint !== fingerprint) throw new Unentitled("a command about nobody", at_);
    return found;
  };
  switch (command.do) {
    case "leave":
      // by the server's clock: a leave dated back would leave an unused introduction alive
      return { members: { [address]: null }, ...burn(known, address, laterOf(date, at)) };
    case "remove":
      asOwner();
      named(command);
      // by the owner's clock, as the introductions are: the next one may be made a second later
      return { members: { [command.address]: null }, ...burn(known, command.address, date) };
    case "withdraw":
      asOwner();
      return burn(known, command.address, date);
    case "renew": {
      const renewed = await memberOf(command.certificate);
      if (renewed.fingerprint !== by) throw altered("renewed with another primary key");
      return { members: { [address]: { ...member, certificate: armorSealingKey(renewed) } } };
    }
    case "revoke": {
      const revoked = await revokedCertificate(command.certificate, by, now);
      if (revoked === undefined) throw altered("a revocation that is none");
      const certificate = armorSealingKey(await parseSealingKey("member", revoked));
      return { members: { [address]: { ...member, certificate, revoked: true } } };
    }
    case "set-role": {
      asOwner();
      const { roleBy: _, ...rest } = named(command);
      const byOperator = confirmed ? {} : ({ roleBy: "operator" } as const);
      return { members: { [command.address]: { ...rest, role: command.role, ...byOperator } } };
    }
    case "enrol":
      asOwner();
      return afterEnrolment(known, entry, command, confirmed);
    case "confirm": {
      asOwner();
      const members = confirmedAmong(known, command.members);
      if (members === undefined) throw new Unentitled("a command about nobody");
      // on the word of an owner who is one by the operator's alone, they stay the operator's
      return confirmed ? { members } : {};
    }
    case "new-list-key":
      asOwner();
      // on the operator's word alone nobody's introductions become good
      return confirmed ? withListKey(known, command.listKey) : {};
    case "new-server-key":
      asOwner();
      return {};
    case "resume-server":
      asOwner();
      if (command.head.number !== link.number - 1 || command.head.hash !== link.previous) {
        throw altered("resumed after another entry than the owner named");
      }
      return {};
    default:
      throw altered("a command that has no place in the record");
  }
}

/**
 * Those whom an owner's `confirm` names exactly as they are, with their place and role on the owner's word. Undefined if it names
 * nobody so.
 */
function confirmedAmong(
  known: HistoryIndex,
  named: readonly ConfirmedMember[],
): HistoryChange["members"] | undefined {
  const members: Record<Address, LoggedMember> = {};
  for (const { address, fingerprint, role } of named) {
    const member = known.memberAt(address);
    if (member?.fingerprint !== fingerprint || member.role !== role) continue;
    const { roleBy: _, ...rest } = member;
    members[address] = { ...rest, by: rest.by === "operator" ? "owner" : rest.by };
  }
  return Object.keys(members).length === 0 ? undefined : members;
}

/** What an entry changes. */
export async function changeOf(
  known: HistoryIndex,
  link: RecordLink,
  context: HistoryContext,
  now: Date,
): Promise<HistoryChange> {
  const value = parseJson(new TextEncoder().encode(link.entry), "roster-altered");
  if (!isRecord(value)) throw altered("an entry is no object");
  if (!Object.hasOwn(value, "command")) return afterUnsigned(known, link.number, value);
  const said = checked(value, signedEntryDeclaration, "roster-altered");
  const { by, at } = said;
  const opened = await readSigned({ bytes: said.command, signatures: said.signatures });
  const { request } = opened;
  const { list, certificateOf = () => undefined } = context;
  if (said.do !== request.command.do) throw altered("not what was signed");
  if (request.list.address !== list.address) throw altered("signed for another list");
  const name = `${by} ${request.id}`;
  if (known.hasCommand(name)) throw altered("a command was carried out twice");
  const entry: Entry = { link, opened, by, at, list, now };
  const noted = { ...noChange, commands: [name] };
  switch (request.command.do) {
    case "claim":
      return { ...noted, ...(await afterClaim(known, entry, request.command)) };
    case "join":
      return { ...noted, ...(await afterJoin(known, entry, request.command)) };
    default:
      break;
  }
  try {
    return { ...noted, ...(await afterMembers(known, entry, certificateOf)) };
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
    return { ...noted, unsigned: [said] };
  }
}

/** What the record is checked against. Nothing of it comes from the server. */
export interface HistoryContext {
  /** Owners, present and former, and list keys, from the invitation or one's own making, and owners' notices. */
  readonly list: ListForProof;
  /** The certificate of somebody whom the operator enrolled, if it is known here by other means (a pin). */
  readonly certificateOf?: (fingerprint: Fingerprint) => SealingKey<"member"> | undefined;
}
