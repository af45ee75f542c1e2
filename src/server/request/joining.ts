/**
 * The two commands of people who are not members yet: the first owner's claim and an invitee's join.
 *
 * An introduction lets one key in, once: its join-by, its single use and its end by a removal are kept here, since the
 * chain itself says only "an owner once invited this address".
 */

import { type Address, parseAddress } from "../../mail/mailbox.js";
import type { CopyShape } from "../../mail/part-types.js";
import { claimDigest } from "../../membership/invitation/server-card.js";
import { assertRecent } from "../../membership/request/request.js";
import { type SealingKey, writeSealingKey } from "../../openpgp/keys.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import type { Proved } from "../parse/proofs.js";
import type { Authorization } from "../store/authorization.js";
import { Conflict, type Member, type NewMember } from "../store/store.js";
import { conflictCode, listKeyFor } from "./list-key.js";
import {
  type CommandNamed,
  type CommandResult,
  commandOutcome,
  listKeysOf,
  memberKeyOf,
  prove,
  type RequestContext,
  type Requester,
  recordedCommand,
  refusal,
  unproved,
} from "./request-context.js";

/** A verified request: what to answer, and how it is carried out. */
export interface JoiningMember {
  readonly asker: Requester;
  readonly signedAt: Date;
  /** Whose it is; nobody's who is no member yet. */
  readonly member?: Member;
  readonly carryOut: () => Promise<CommandResult>;
}

function newMember(key: SealingKey<"member">, address: string, name: string, shape: CopyShape): NewMember {
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
export async function proveClaim(
  asked: RequestContext,
  command: CommandNamed<"claim">,
): Promise<JoiningMember> {
  const { parts, list, opened, now } = asked;
  const { certificate, signedAt } = await prove(asked, { kind: "claim", certificate: command.certificate });
  const owner = await memberKeyOf(list, certificate);
  const digest = await claimDigest(command.code);
  const status = await parts.store.claimStatus(list.id, digest, now.getTime());
  if (status === "wrong") throw unproved("a claim with another code than the card's");
  const asker: Requester = { key: owner, address: command.address, name: command.name };
  const carryOut = async (): Promise<CommandResult> => {
    assertRecent(opened.request, signedAt, now);
    if (status === "used") {
      // the owner once more, whose add-on never got our answer: the list is theirs
      const member = await parts.store.memberByFingerprint(list.id, owner.fingerprint);
      const theirs = member?.role === "owner" && list.listKeyFingerprint === opened.request.list.key;
      return theirs ? { kind: "answer", result: "done" } : refusal("already-claimed");
    }
    if (status === "expired") return refusal("card-expired");
    const key = await listKeyFor(asked, command.listKey);
    if (typeof key === "string") return refusal(key);
    if (key.fingerprint !== opened.request.list.key) return refusal("wrong-list");
    try {
      return commandOutcome(
        await parts.store.claimList(
          recordedCommand(asked, { list, signedAt: signedAt.getTime(), by: { kind: "card" } }, asker),
          digest,
          key,
          newMember(owner, command.address, command.name, command.shape),
        ),
      );
    } catch (error) {
      // a list key is for one list only, ever
      if (error instanceof Conflict) return refusal(conflictCode(error));
      throw error;
    }
  };
  return { asker, signedAt, carryOut };
}

/**
 * Proves a join: an owner of today made the introduction, it certified the member key, and both signed these bytes. (One
 * signature alone would let somebody put another's certificate under their own address.)
 *
 * @throws ListSealError if nothing is proved
 */
export async function proveJoin(
  asked: RequestContext,
  command: CommandNamed<"join">,
): Promise<JoiningMember> {
  const { parts, list } = asked;
  const owners = await parts.store.owners(list.id);
  // an invitation made under the key before is still one: its introduction names that key
  const fingerprints = (await listKeysOf(parts.store, list)).map(parseListKeyId);
  const { introduction, certificate, signedAt } = await prove(asked, {
    kind: "join",
    certificate: command.certificate,
    introduction: command.introduction,
    list: {
      address: parseAddress(list.address),
      fingerprints,
      // of today, by the roster
      owners: owners.map((owner) => owner.certificate),
    },
  });
  const by = owners.find(({ fingerprint }) => fingerprint === introduction?.by);
  if (by === undefined || introduction === undefined)
    throw unproved("an introduction by nobody who is an owner");
  const member = await memberKeyOf(list, certificate);
  const asker: Requester = { key: member, address: introduction.address, name: command.name };
  // an introduction counts as long as its owner is one
  const warrant: Authorization = {
    list,
    signedAt: signedAt.getTime(),
    by: { kind: "member", member: by, roles: ["owner"] },
  };
  return { asker, signedAt, carryOut: () => join(asked, command, introduction, asker, warrant) };
}

type Introduced = NonNullable<Proved["introduction"]>;

async function join(
  asked: RequestContext,
  command: CommandNamed<"join">,
  introduction: Introduced,
  asker: Requester,
  warrant: Authorization,
): Promise<CommandResult> {
  const { parts, list, opened, now } = asked;
  assertRecent(opened.request, new Date(warrant.signedAt), now);
  if (introduction.joinBy < now) return refusal("invitation-expired");
  const besides: Address = introduction.address;
  if (besides === list.address) return refusal("bad-address");
  return commandOutcome(
    await parts.store.joinList(
      recordedCommand(asked, warrant, asker),
      {
        fingerprint: introduction.fingerprint,
        address: introduction.address,
        introducedAt: introduction.introducedAt.getTime(),
      },
      newMember(asker.key, introduction.address, command.name, command.shape),
    ),
  );
}
