/** The commands of members. They change nothing unless the asker's role allows it now. */
import { type CommandName, type MemberRole, memberRoles } from "../../membership/request/request.js";
import { revokedCertificate } from "../../membership/request/revocation.js";
import { parseSealingKey, writeSealingKey } from "../../openpgp/keys.js";
import { revokedSince } from "../../openpgp/revocation.js";
import { DAY_MS } from "../base/limits.js";
import type { Authorization, RecordedCommand } from "../store/authorization.js";
import { Conflict, type Member } from "../store/store.js";
import { deliveryToAuthor } from "./deliveries.js";
import { decide, heldPosts } from "./held-posts.js";
import { conflictCode, listKeyFor } from "./list-key.js";
import { copiesOf, keepSharedNotice, passNotice, receiptsOf } from "./owner-notices.js";
import {
  type CommandNamed,
  type CommandResult,
  commandOutcome,
  memberKey,
  type RequestContext,
  type Requester,
  recordedCommand,
  refusal,
  verifiedCommand,
} from "./request-context.js";
import { resumeServer } from "./resume-server.js";
import { roster } from "./roster.js";

/** Longest grace for a replaced list key, in milliseconds: posts under it are readable to whoever it was replaced for. */
const MAX_GRACE_MS = 90 * DAY_MS;

/**
 * How long a replaced server key opens what members seal to it, in milliseconds: for those who are away and have not heard
 * of the new one.
 */
const FORMER_SERVER_KEY_MS = 60 * DAY_MS;

type MembersCommand = Exclude<CommandName, "claim" | "join">;

/** Who may ask for what. Asked again when it is carried out. */
const whoMay: Readonly<Record<MembersCommand, readonly MemberRole[]>> = {
  leave: memberRoles,
  renew: memberRoles,
  revoke: memberRoles,
  preferences: memberRoles,
  pause: memberRoles,
  resume: memberRoles,
  roster: memberRoles,
  "list-key": memberRoles,
  receipt: memberRoles,
  delivery: memberRoles,
  held: ["owner", "moderator"],
  release: ["owner", "moderator"],
  reject: ["owner", "moderator"],
  remove: ["owner"],
  withdraw: ["owner"],
  "set-role": ["owner"],
  "resume-server": ["owner"],
  "new-list-key": ["owner"],
  "new-server-key": ["owner"],
  enrol: ["owner"],
  confirm: ["owner"],
  notice: ["owner"],
  "shared-notice": ["owner"],
  "list-key-notice": ["owner"],
  receipts: ["owner"],
  "show-members": ["owner"],
};

/** Carries out a member's command. The signature is verified, and recent. @throws Stale */
export async function carryOut(
  asked: RequestContext,
  member: Member,
  asker: Requester,
  signedAt: Date,
): Promise<CommandResult> {
  const { opened, parts, now, list } = asked;
  const { command, date } = opened.request;
  const { store } = parts;
  if (command.do === "claim" || command.do === "join") return refusal("already-a-member");
  const roles = whoMay[command.do];
  if (!roles.includes(member.role)) return refusal("not-allowed");
  const warrant: Authorization = {
    list,
    signedAt: signedAt.getTime(),
    by: { kind: "member", member, roles },
  };
  const verified = () => verifiedCommand(asked, warrant, asker);
  const recorded = () => recordedCommand(asked, warrant, asker);
  /** For what is only looked up: nobody sees it who has lost the right to by the time that it is there. */
  const shown = async (looking: Promise<CommandResult>): Promise<CommandResult> => {
    const found = await looking;
    await store.confirm(warrant);
    return found;
  };
  switch (command.do) {
    case "leave": {
      // by the later of two clocks: a leave that is dated back would leave an unused introduction alive
      const burnt = Math.max(date.getTime(), now.getTime());
      return commandOutcome(await store.dropMember(recorded(), member, burnt));
    }
    case "remove":
      // by the owner's clock, as the introductions are: the next one may be made a second later
      return commandOutcome(await store.dropMember(recorded(), command, date.getTime()));
    case "withdraw":
      return commandOutcome(await store.burnIntroductions(recorded(), command.address, date.getTime()));
    case "set-role":
      return commandOutcome(await store.changeRole(recorded(), command, command.role));
    case "renew":
      return renew(asked, recorded(), member, command);
    case "revoke":
      return revoke(asked, recorded(), member, command);
    case "preferences":
      return commandOutcome(await store.setShape(verified(), member.id, command.shape));
    case "pause":
      return commandOutcome(await store.pauseCopies(verified(), member.id));
    case "resume":
      return commandOutcome(await store.resumeCopies(verified(), member.id));
    case "roster":
      return shown(roster(asked, member, command));
    case "list-key":
      return commandOutcome(await store.askListKey(verified(), member.id));
    case "held":
      return shown(heldPosts(asked));
    case "release":
    case "reject":
      return decide(asked, verified(), command);
    case "resume-server":
      return resumeServer(asked, recorded(), member, command);
    case "new-list-key":
      return newListKey(asked, recorded(), command);
    case "new-server-key":
      return switchServerKey(asked, recorded(), command);
    case "enrol":
      return enrolMember(asked, recorded(), command);
    case "confirm":
      return commandOutcome(await store.confirmMembers(recorded(), command.members));
    case "notice":
      return passNotice(asked, verified(), command, command.copies);
    case "shared-notice":
      return passNotice(asked, verified(), command, copiesOf(command));
    case "list-key-notice":
      return keepSharedNotice(asked, verified(), command);
    case "receipts":
      return shown(receiptsOf(asked, command));
    case "show-members":
      return commandOutcome(await store.showMembers(verified(), command.members === "shown"));
    case "delivery":
      return shown(deliveryToAuthor(asked, member, command));
    case "receipt":
      return commandOutcome(await store.keepReceipt(verified(), command, member.id, command.receipt));
  }
}

/** Another expiry or other subkeys of the same primary key, and nothing else. */
async function renew(
  asked: RequestContext,
  verified: RecordedCommand,
  member: Member,
  command: CommandNamed<"renew">,
): Promise<CommandResult> {
  const renewed = await memberKey(asked, command.certificate);
  if (renewed.fingerprint !== member.fingerprint) return refusal("not-allowed");
  return commandOutcome(await asked.parts.store.renewCertificate(verified, member, writeSealingKey(renewed)));
}

/**
 * The member's word that their key is in other hands, or lost. From the moment that this is stored the key gets no copies,
 * posts nothing and asks for nothing; an owner removes its holder and invites them again. Everybody is told: a thief who has
 * the list key, too, can write to members without this server.
 */
async function revoke(
  { parts, now }: RequestContext,
  verified: RecordedCommand,
  member: Member,
  command: CommandNamed<"revoke">,
): Promise<CommandResult> {
  const revoked = await revokedCertificate(command.certificate, member.fingerprint, now);
  if (revoked === undefined) return refusal("not-allowed");
  const { certificate } = await parseSealingKey("member", member.certificate);
  // once more: the record has it
  if ((await revokedSince(certificate, now)) !== undefined) return { kind: "answer", result: "done" };
  return commandOutcome(await parts.store.revokeCertificate(verified, member, revoked));
}

/** The owner has compared the offered key's fingerprint with the operator; they tell the members next. */
async function switchServerKey(
  { parts, now }: RequestContext,
  verified: RecordedCommand,
  { fingerprint, replaces }: CommandNamed<"new-server-key">,
): Promise<CommandResult> {
  const until = now.getTime() + FORMER_SERVER_KEY_MS;
  return commandOutcome(await parts.store.switchServerKey(verified, { fingerprint, replaces, until }));
}

/** The owner tells the members; the server hears what it has to take posts under, and until when also the one before. */
async function newListKey(
  asked: RequestContext,
  verified: RecordedCommand,
  command: CommandNamed<"new-list-key">,
): Promise<CommandResult> {
  const { parts, now } = asked;
  const key = await listKeyFor(asked, command.listKey);
  if (typeof key === "string") return refusal(key);
  const graceEnds = Math.min(command.graceEnds.getTime(), now.getTime() + MAX_GRACE_MS);
  try {
    return commandOutcome(
      await parts.store.replaceListKey(verified, key, {
        serial: command.serial,
        replaces: command.replaces,
        graceEnds,
        ...(command.notice === undefined ? {} : { notice: command.notice }),
      }),
    );
  } catch (error) {
    // a list key is for one list only, ever
    if (error instanceof Conflict) return refusal(conflictCode(error));
    throw error;
  }
}

/** An owner's word for somebody's certificate: a person with GnuPG alone, or one whom the operator enrolled before. */

/** Enrols, or confirms whom the operator enrolled with this very key; the record has the owner's signature either way. */
export async function enrolMember(
  asked: RequestContext,
  verified: RecordedCommand,
  command: CommandNamed<"enrol">,
): Promise<CommandResult> {
  const { address, name, shape } = command;
  const { parts, list } = asked;
  const key = await memberKey(asked, command.certificate);
  if (address === list.address) return refusal("bad-address");
  return commandOutcome(
    await parts.store.enrolMember(verified, {
      address,
      name: name.trim() || address,
      certificate: writeSealingKey(key),
      fingerprint: key.fingerprint,
      shape,
    }),
  );
}
