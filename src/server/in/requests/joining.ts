/**
 * The two commands of people who are not members yet: the first owner's claim and an invitee's join.
 *
 * An introduction lets one key in, once: its join-by, its single use and its end by a removal are kept here, since the
 * chain itself says only "an owner once invited this address".
 */
import { type Address, parseAddress } from "../../../mail/mailbox.js";
import { claimDigest } from "../../../membership/card.js";
import { readOneCertificate } from "../../../membership/certification.js";
import {
  assertIntroduced,
  type KnownList,
  MAX_CHAIN_BYTES,
  type ProvenIntroduction,
  readIntroduction,
} from "../../../membership/introduction.js";
import { assertRecent, verifySigned } from "../../../membership/requests.js";
import {
  assertUsable,
  parseFingerprint,
  parseSealingKey,
  type SealingKey,
  writeSealingKey,
} from "../../../protocol/keys.js";
import { assertSize } from "../../../protocol/policy.js";
import { Conflict, type NewMember, type Shape } from "../../kept/store.js";
import {
  type Asked,
  type AskedFor,
  type Asker,
  askerOf,
  change,
  type Done,
  listKeysOf,
  outcomeOf,
  type ReportTo,
  refusal,
  remembered,
  tellOwners,
  unproved,
} from "./asked.js";
import { listKeyFor } from "./list-key.js";

/** A verified request of somebody who is no member: what to answer, and how it is carried out. */
export interface Newcomer {
  readonly asker: Asker;
  readonly signedAt: Date;
  readonly carryOut: () => Promise<Done>;
}

/** One certificate of a member, usable today. @throws ListSealError */
export async function memberKey(bytes: Uint8Array, now: Date): Promise<SealingKey<"member">> {
  assertSize(bytes, MAX_CHAIN_BYTES, "the certificate");
  const only = await readOneCertificate(bytes);
  await assertUsable(only, now);
  return parseSealingKey("member", only.write());
}

function newMember(key: SealingKey<"member">, address: string, name: string, shape: Shape): NewMember {
  return {
    address,
    name: name.trim() || address,
    certificate: writeSealingKey(key),
    fingerprint: key.fingerprint,
    shape,
  };
}

/**
 * Proves a claim: signed by the key that comes with it, and with the card's code. Without the code nobody is answered:
 * the address in a claim is anybody's.
 *
 * @throws ListSealError if nothing is proved
 */
export async function proveClaim(asked: Asked, command: AskedFor<"claim">): Promise<Newcomer> {
  const { parts, list, opened, now } = asked;
  const owner = await memberKey(command.certificate, now);
  const signedAt = await verifySigned(opened, [owner.certificate], now);
  const digest = await claimDigest(command.code);
  const standing = await parts.store.claimStanding(list.id, digest, now.getTime());
  if (standing === "wrong") throw unproved("a claim with another code than the card's");
  const asker: Asker = { key: owner, address: command.address, name: command.name };
  const carryOut = async (): Promise<Done> => {
    assertRecent(opened.request, signedAt, now);
    if (standing === "used") {
      // the owner once more, whose add-on never got our answer: the list is theirs
      const member = await parts.store.memberByFingerprint(list.id, owner.fingerprint);
      const theirs = member?.role === "owner" && list.listKeyFingerprint === opened.request.list.key;
      return theirs ? { result: "done", reports: [] } : refusal("already-claimed");
    }
    if (standing === "expired") return refusal("card-expired");
    const key = await listKeyFor(asked, command.listKey);
    if (typeof key === "string") return refusal(key);
    if (key.fingerprint !== opened.request.list.key) return refusal("wrong-list");
    try {
      return outcomeOf(
        await parts.store.claimList(
          remembered(asked, owner.fingerprint),
          digest,
          key,
          newMember(owner, command.address, command.name, command.shape),
          change(asked, owner.fingerprint),
          now.getTime(),
        ),
      );
    } catch (error) {
      // a list key is for one list only, ever
      if (error instanceof Conflict) return refusal("list-conflict");
      throw error;
    }
  };
  return { asker, signedAt, carryOut };
}

/** The list as introductions are checked against: its owners of today, by the roster. */
async function knownList({ parts, list }: Asked): Promise<KnownList> {
  const owners = (await parts.store.members(list.id)).filter(({ role }) => role === "owner");
  const keys = await listKeysOf(parts.store, list);
  return {
    address: parseAddress(list.address),
    // an invitation made under the key before is still one: its introduction names that key
    fingerprints: keys.map(parseFingerprint),
    owners: await Promise.all(owners.map(({ certificate }) => parseSealingKey("member", certificate))),
  };
}

/**
 * Proves a join: an owner of today made the introduction, it certified the member key, and both signed these bytes. (One
 * signature alone would let somebody put another's certificate under their own address.)
 *
 * @throws ListSealError if nothing is proved
 */
export async function proveJoin(asked: Asked, command: AskedFor<"join">): Promise<Newcomer> {
  const { opened, now } = asked;
  const introduction = await readIntroduction(command.introduction, await knownList(asked), now);
  const member = await memberKey(command.certificate, now);
  await assertIntroduced(member.certificate, introduction, now);
  const signedAt = await verifySigned(opened, [introduction.certificate, member.certificate], now);
  const asker: Asker = { key: member, address: introduction.address, name: command.name };
  return { asker, signedAt, carryOut: () => join(asked, command, introduction, member, signedAt) };
}

async function join(
  asked: Asked,
  command: AskedFor<"join">,
  introduction: ProvenIntroduction,
  member: SealingKey<"member">,
  signedAt: Date,
): Promise<Done> {
  const { parts, list, opened, now } = asked;
  assertRecent(opened.request, signedAt, now);
  if (introduction.joinBy < now) return refusal("invitation-expired");
  const besides: Address = introduction.address;
  if (besides === list.address) return refusal("bad-address");
  const joined = await parts.store.joinList(
    remembered(asked, member.fingerprint),
    {
      fingerprint: introduction.fingerprint,
      address: introduction.address,
      introducedAt: introduction.introducedAt.getTime(),
    },
    newMember(member, introduction.address, command.name, command.shape),
    change(asked, member.fingerprint),
    now.getTime(),
  );
  if (joined.kind !== "second-join") return outcomeOf(joined, () => tellOwners(asked, "joined"));
  // the only sign of an intercepted invitation: whoever came in by it hears of it as well
  const { result } = refusal("introduction-used");
  return { result, reports: await alarm(asked, joined.inBy) };
}

async function alarm(asked: Asked, inBy: string): Promise<readonly ReportTo[]> {
  const owners = await tellOwners(asked, "second-join");
  const first = await asked.parts.store.memberByFingerprint(asked.list.id, inBy);
  if (first === undefined || first.role === "owner") return owners;
  return [...owners, { event: "second-join", to: await askerOf(first) }];
}
