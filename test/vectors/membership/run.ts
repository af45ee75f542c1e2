/** What the product makes of a case: a word, or the code of its refusal. */
import { isAddress } from "../../../src/mail/mailbox.js";
import { readBackup } from "../../../src/membership/file/backup.js";
import { proveAuthor } from "../../../src/membership/introduction/introduction.js";
import { readInvitation } from "../../../src/membership/invitation/invitation.js";
import { assertNoConflict, type ListIdentity } from "../../../src/membership/invitation/invited-list.js";
import { readCard } from "../../../src/membership/invitation/server-card.js";
import {
  type ListBeforeNotice,
  openNotice,
  openReceipt,
} from "../../../src/membership/notice/owner-notice.js";
import { openAnswer } from "../../../src/membership/request/answers.js";
import { assertRecent, openRequest } from "../../../src/membership/request/request.js";
import { continueHistory } from "../../../src/membership/roster/history.js";
import { noHistory, type RosterHistory } from "../../../src/membership/roster/state.js";
import { ListSealError } from "../../../src/openpgp/errors.js";
import { parseFingerprint, sealingHalf, writeSealingKey } from "../../../src/openpgp/keys.js";
import { readListSecret } from "../../../src/openpgp/list-keys.js";
import { revokeMemberKey } from "../../../src/openpgp/revocation.js";
import { profileOf } from "../../../src/openpgp/secrets.js";
import { type ClaimedSigner, proveRequest } from "../../../src/server/parse/proofs.js";
import { addresses, type MembershipCast, proofList, team } from "./cast.js";
import type { Case, Group } from "./format.js";
import { ID } from "./sealing.js";
import { runServer } from "./server.js";

type Given = Case["given"];

const bytes = ({ zeros, ...given }: Given, name: string): Uint8Array =>
  zeros === undefined
    ? new Uint8Array(Buffer.from(given[name] ?? "", "base64"))
    : new Uint8Array(Number(zeros));
const at = ({ now = "" }: Given): Date => new Date(now);

/** What is known of the list before an invitation, by the word that a case gives. */
function knownLists(
  known: string | undefined,
  { list, newList, server, newServer, olga, oscar }: MembershipCast,
): ListIdentity[] {
  if (known === undefined) return [];
  const owner = ({ fingerprint }: { readonly fingerprint: string }, isOwnerToday = true) => ({
    fingerprint,
    isOwnerToday,
  });
  const same: ListIdentity = {
    address: team,
    listKeys: [list.fingerprint],
    server: server.fingerprint,
    owners: [owner(olga), owner(oscar)],
  };
  switch (known) {
    case "same":
      return [same];
    case "same-key-elsewhere":
      return [{ ...same, address: "other@lists.example", server: newServer.fingerprint }];
    case "other-key":
      return [{ ...same, listKeys: [newList.fingerprint] }];
    case "other-server":
      return [{ ...same, server: newServer.fingerprint }];
    case "former-owner":
      return [{ ...same, owners: [owner(olga, false), owner(oscar)] }];
    case "one-owner":
      return [{ ...same, owners: [owner(olga)] }];
    default:
      throw new Error(`known: ${known}`);
  }
}

async function readInvited(cast: MembershipCast, given: Given): Promise<string> {
  const read = await readInvitation(bytes(given, "file"), given["code"] ?? "", at(given));
  const invited = {
    address: read.listAddress,
    listKey: read.listKey.fingerprint,
    server: read.server.fingerprint,
    owners: read.owners.map(({ fingerprint }) => fingerprint),
    by: read.by,
  };
  assertNoConflict(invited, knownLists(given["known"], cast));
  return "read";
}

async function author(cast: MembershipCast, given: Given): Promise<string> {
  const { signer = "", signedAt = "", from = "", introduction } = given;
  if (!isAddress(from)) throw new Error("no address");
  const evidence = {
    signer: parseFingerprint(signer),
    signedAt: new Date(signedAt),
    from,
    certificate: bytes(given, "certificate"),
    ...(introduction === undefined ? {} : { introduction: bytes(given, "introduction") }),
  };
  const list = proofList(cast);
  const { revoked } = given;
  // what is known here of Olga, and not what a post brings
  if (revoked !== undefined) list.owners[0] = await revokeMemberKey(cast.olga, new Date(revoked));
  const proof = await proveAuthor(evidence, list, at(given));
  return proof.kind === "failed" ? `${proof.step} ${proof.code}` : proof.kind;
}

async function request(cast: MembershipCast, given: Given): Promise<string> {
  const { olga, oscar, list, server } = cast;
  const known = { address: team, keys: [list.fingerprint] };
  const opened = await openRequest(bytes(given, "sealed"), server, known);
  const { command } = opened.request;
  let by: ClaimedSigner;
  if (given["by"] === "claim" && command.do === "claim")
    by = { kind: "claim", certificate: command.certificate };
  else if (given["by"] === "join" && command.do === "join") {
    const owners = [olga, oscar].map((owner) => writeSealingKey(sealingHalf(owner)));
    const { certificate, introduction } = command;
    by = { kind: "join", certificate, introduction, list: { ...proofList(cast), owners } };
  } else {
    const key = given["revoked"] === undefined ? sealingHalf(olga) : await revokeMemberKey(olga, at(given));
    by = { kind: "member", certificate: writeSealingKey(key), revokes: command.do === "revoke" };
  }
  const proved = await proveRequest({ signed: opened.signed, by, at: at(given).getTime() });
  assertRecent(opened.request, proved.signedAt, at(given));
  return "taken";
}

async function answer({ joinedBob, server }: MembershipCast, given: Given): Promise<string> {
  const expected = { list: { address: team }, server: sealingHalf(server), requests: [ID] };
  const opened = await openAnswer(bytes(given, "sealed"), joinedBob, expected, at(given));
  if (opened === "not-for-me") return opened;
  const { result } = opened;
  return result.kind === "refused" ? `refused ${result.code}` : result.kind;
}

async function notice(cast: MembershipCast, given: Given): Promise<string> {
  const { olga, oscar, joinedBob, list, newList, server } = cast;
  const taken = Number(given["taken"] ?? 0);
  const former = { certificate: sealingHalf(oscar), address: addresses.oscar, from: 0, to: 1 };
  const { to: _, ...present } = former;
  const others =
    { former: [former], present: [present], "since-1": [{ ...present, from: 1 }] }[given["oscar"] ?? ""] ??
    [];
  const profile = profileOf(olga);
  const held = (given["secrets"] ?? "").split(" ").filter((text) => text !== "");
  const secrets = await Promise.all(held.map((text) => readListSecret(text, profile)));
  const pairs = given["keys"] === undefined ? [list.fingerprint] : [list.fingerprint, newList.fingerprint];
  const known: ListBeforeNotice = {
    address: team,
    profile,
    secrets,
    keys: secrets.length > 0 ? secrets.map(({ fingerprint }) => fingerprint) : pairs,
    owners: [{ certificate: sealingHalf(olga), address: addresses.olga, from: 0 }, ...others],
    server: sealingHalf(server),
    serials: { owners: taken, "new-list-key": taken, "new-server-key": taken },
  };
  const opened = await openNotice(bytes(given, "sealed"), joinedBob, known, at(given));
  if (opened.kind === "not-for-me") return opened.kind;
  return `${opened.kind} ${opened.notice.news.kind} ${opened.notice.serial}`;
}

async function receipt({ olga, joinedBob }: MembershipCast, given: Given): Promise<string> {
  const opened = await openReceipt(bytes(given, "sealed"), olga, [sealingHalf(joinedBob)], at(given));
  return opened === "not-for-me" ? opened : `${opened.news} ${opened.serial}`;
}

async function record(cast: MembershipCast, { given, pages = [] }: Case): Promise<string> {
  let state: RosterHistory = noHistory;
  for (const page of pages) state = await continueHistory(state, page, { list: proofList(cast) }, at(given));
  const members = Object.entries(state.members)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([address, { role, by }]) => `${address.split("@")[0]}:${role}:${by}`);
  const noted = state.unsigned.map(({ number, by }) => `${number}:${by}`);
  return [`followed ${members.join(" ")}; noted`, ...noted].join(" ");
}

/** What comes of a case. */
export async function outcomeOf(group: Group, vector: Case, cast: MembershipCast): Promise<string> {
  const { given } = vector;
  try {
    switch (group) {
      case "card":
        await readCard(bytes(given, "file"), at(given));
        return "read";
      case "invitation":
        return await readInvited(cast, given);
      case "backup":
        await readBackup(bytes(given, "file"), given["passphrase"] ?? "");
        return "read";
      case "author":
        return await author(cast, given);
      case "request":
        return await request(cast, given);
      case "answer":
        return await answer(cast, given);
      case "notice":
        return await notice(cast, given);
      case "receipt":
        return await receipt(cast, given);
      case "record":
        return await record(cast, vector);
      case "server":
        return await runServer(vector, cast);
    }
  } catch (error) {
    if (error instanceof ListSealError) return error.code;
    throw error;
  }
}
