/** The commands of members. They change nothing unless the asker's role allows it now. */
import { readOneCertificate } from "../../../membership/certification.js";
import { MAX_CHAIN_BYTES } from "../../../membership/introduction.js";
import type { MemberRole } from "../../../membership/requests.js";
import { revokedCertificate } from "../../../membership/revocation.js";
import { assertUsable, parseSealingKey } from "../../../protocol/keys.js";
import { assertSize } from "../../../protocol/policy.js";
import { DAY_MS } from "../../kept/limits.js";
import { Conflict, type Member } from "../../kept/store.js";
import {
  type Asked,
  type AskedFor,
  change,
  type Done,
  outcomeOf,
  refusal,
  remembered,
  tellAll,
  tellOwners,
  tellOwnersAnd,
} from "./asked.js";
import { enrol } from "./enrolment.js";
import { decide, heldPosts } from "./held.js";
import { listKeyFor } from "./list-key.js";
import { keepReceipt, passNotice, receiptsOf } from "./owner-notices.js";
import { resumeServer } from "./resume-server.js";
import { roster } from "./roster.js";

/** Why a member's copies are switched off when they asked for it themselves (`PausedBy` of answers.ts). */
const OWN_WISH = "member";

/** Longest grace for a replaced list key, in milliseconds: posts under it are readable to whoever it was replaced for. */
const MAX_GRACE_MS = 90 * DAY_MS;

/**
 * How long a replaced server key opens what members seal to it, in milliseconds: for those who are away and have not heard
 * of the new one.
 */
const FORMER_SERVER_KEY_MS = 60 * DAY_MS;

const whoMay: Readonly<Record<"owners" | "moderators", readonly MemberRole[]>> = {
  owners: ["owner"],
  moderators: ["owner", "moderator"],
};

/** Carries out a member's command. The signature is verified, and recent. */
export async function carryOut(asked: Asked, member: Member): Promise<Done> {
  const { opened, parts, now } = asked;
  const { command, date } = opened.request;
  const { store } = parts;
  const self = remembered(asked, member.fingerprint);
  const entry = () => change(asked, member.fingerprint);
  const may = (who: keyof typeof whoMay) => whoMay[who].includes(member.role);
  switch (command.do) {
    case "leave": {
      // by the later of two clocks: a leave that is dated back would leave an unused introduction alive
      const burnt = Math.max(date.getTime(), now.getTime());
      const left = await store.dropMember(self, member, burnt, entry());
      return outcomeOf(left, () => tellOwners(asked, "left"));
    }
    case "remove": {
      if (!may("owners")) return refusal("not-allowed");
      // by the owner's clock, as the introductions are: the next one may be made a second later
      const removed = await store.dropMember(self, command, date.getTime(), entry());
      return outcomeOf(removed, () => tellOwners(asked, "removed", member.fingerprint));
    }
    case "withdraw":
      if (!may("owners")) return refusal("not-allowed");
      return outcomeOf(await store.burnIntroductions(self, command.address, date.getTime(), entry()));
    case "set-role": {
      if (!may("owners")) return refusal("not-allowed");
      const changed = await store.changeRole(self, command, command.role, entry());
      return outcomeOf(changed, () => tellOwnersAnd(asked, "role", command.fingerprint, member.fingerprint));
    }
    case "renew":
      return renew(asked, member, command);
    case "revoke":
      return revoke(asked, member, command);
    case "preferences":
      return outcomeOf(await store.setShape(self, member.id, command.shape));
    case "pause":
      await parts.ledger.suspend(member.id, OWN_WISH, now.getTime());
      return { result: "done", reports: [] };
    case "resume":
      await parts.ledger.resume(member.id);
      return { result: "done", reports: [] };
    case "roster":
      return { result: await roster(asked, member, command.after), reports: [] };
    case "held":
      return may("moderators") ? heldPosts(asked) : refusal("not-allowed");
    case "release":
    case "reject":
      return may("moderators") ? decide(asked, member, command) : refusal("not-allowed");
    case "resume-server":
      return may("owners") ? resumeServer(asked, member, command) : refusal("not-allowed");
    case "new-list-key":
      return may("owners") ? newListKey(asked, member, command) : refusal("not-allowed");
    case "new-server-key":
      return may("owners") ? switchServerKey(asked, member, command) : refusal("not-allowed");
    case "enrol":
      return may("owners") ? enrol(asked, member, command) : refusal("not-allowed");
    case "notice":
      return may("owners") ? passNotice(asked, member, command) : refusal("not-allowed");
    case "receipts":
      return may("owners") ? receiptsOf(asked, command) : refusal("not-allowed");
    case "receipt":
      return keepReceipt(asked, member, command);
    case "claim":
    case "join":
      return refusal("already-a-member");
  }
}

/** Another expiry or other subkeys of the same primary key, and nothing else. */
async function renew(asked: Asked, member: Member, command: AskedFor<"renew">): Promise<Done> {
  const { parts, now } = asked;
  assertSize(command.certificate, MAX_CHAIN_BYTES, "the certificate");
  const renewed = await readOneCertificate(command.certificate);
  if (renewed.getFingerprint() !== member.fingerprint) return refusal("not-allowed");
  await assertUsable(renewed, now);
  await parseSealingKey("member", renewed.write());
  return outcomeOf(
    await parts.store.renewCertificate(
      remembered(asked, member.fingerprint),
      member,
      renewed.write(),
      change(asked, member.fingerprint),
    ),
  );
}

/**
 * The member's word that their key is in other hands, or lost. From the moment that this is stored the key gets no copies,
 * posts nothing and asks for nothing; an owner removes its holder and invites them anew. Everybody is told: a thief who has
 * the list key, too, can write to members without this server.
 */
async function revoke(asked: Asked, member: Member, command: AskedFor<"revoke">): Promise<Done> {
  const { parts, now } = asked;
  const revoked = await revokedCertificate(command.certificate, member.fingerprint, now);
  if (revoked === undefined) return refusal("not-allowed");
  const carried = await parts.store.revokeCertificate(
    remembered(asked, member.fingerprint),
    member,
    revoked,
    change(asked, member.fingerprint),
  );
  if (carried.kind === "done") await parts.ledger.noteUnusableKey(member.id, "key-revoked", now.getTime());
  return outcomeOf(carried, () => tellAll(asked, "revoked", member.fingerprint));
}

/** The owner has compared the offered key's fingerprint with the operator; they tell the members next. */
async function switchServerKey(
  asked: Asked,
  member: Member,
  { fingerprint, replaces }: AskedFor<"new-server-key">,
): Promise<Done> {
  const until = asked.now.getTime() + FORMER_SERVER_KEY_MS;
  return outcomeOf(
    await asked.parts.store.switchServerKey(
      remembered(asked, member.fingerprint),
      { fingerprint, replaces, until },
      change(asked, member.fingerprint),
    ),
  );
}

/** The owner tells the members; the server hears what it has to take posts under, and until when also the one before. */
async function newListKey(asked: Asked, member: Member, command: AskedFor<"new-list-key">): Promise<Done> {
  const { parts, now } = asked;
  const key = await listKeyFor(asked, command.listKey);
  if (typeof key === "string") return refusal(key);
  const graceEnds = Math.min(command.graceEnds.getTime(), now.getTime() + MAX_GRACE_MS);
  try {
    return outcomeOf(
      await parts.store.replaceListKey(
        remembered(asked, member.fingerprint),
        key,
        { serial: command.serial, replaces: command.replaces, graceEnds },
        change(asked, member.fingerprint),
      ),
    );
  } catch (error) {
    // a list key is for one list only, ever
    if (error instanceof Conflict) return refusal("list-conflict");
    throw error;
  }
}
