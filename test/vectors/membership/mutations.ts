/** Every check of docs/MEMBERSHIP.md, as a switch that takes it out of a copy of the product. At least one vector notices each. */
import { fileMutations } from "./file-mutations.js";

import { inFile, type Mutation } from "./in-file.js";

const messages: readonly Mutation[] = [
  ...inFile("membership/request/request.ts", [
    ["size of a request", 'assertSize(sealed, MAX_NOTICE_REQUEST_BYTES, "the request");', ""],
    ["size of a command", 'assertSize(layer.literal, limit, "the opened request");', ""],
    ["a request's list", "request.list.address !== list.address || !known", "!known"],
    [
      "a request's list key",
      "request.list.address !== list.address || !known",
      "request.list.address !== list.address",
    ],
    [
      "a request's readers",
      "for (const packet of packets) assertIntendedFor(intendedRecipients(packet), server.fingerprint);",
      "",
    ],
    [
      "a signature on a request",
      "if (signatures.length === 0) throw",
      "if (signatures.length === 0) return now; if (false) throw",
    ],
    ["number of signatures", "if (signatures.length !== certificates.length) {", "if (false) {"],
    ["which signature is whose", "certificates.length === 1 ? signatures : made,", "signatures.slice(0, 1),"],
    ["kind of a request's signature", 'readNotations(notations, "request", []);', ""],
    ["signed within the window", "assertInWindow(signedAt, now);", ""],
    ["dated within the window", "assertInWindow(request.date, now);", ""],
  ]),
  ...inFile("membership/request/commands.ts", [
    ["a command of a later version", "if (!commandNames.some((each) => each === name))", "if (false)"],
    [
      "fields of a command",
      'const command = checked(value, commandDeclaration, "damaged");',
      "const command = value as any;",
    ],
  ]),
  ...inFile("server/parse/proofs.ts", [
    ["revoked key of a member", "if (isRevoked && !by.revokes) {", "if (false) {"],
    ["a revoke by a revoked key", "isRevoked ? await beforeRevocation(key) : key", "key"],
    [
      "a join's introduction lets it in",
      "await assertIntroduced(certificate, { ...introduction, certificate: introducing }, now);",
      "",
    ],
    [
      "a join's two signatures",
      "verifySigned({ signed }, [introducing, certificate], now)",
      "verifySigned({ signed }, [certificate], now)",
    ],
    [
      "a claim's signature",
      'const signedAt = await verifySigned({ signed }, [certificate], now);\n      return { kind: "proved", certificate: writeCertificate(certificate), signedAt, isRevoked: false };',
      'return { kind: "proved", certificate: writeCertificate(certificate), signedAt: now, isRevoked: false };',
    ],
  ]),
  ...inFile("membership/request/answers.ts", [
    ["size of an answer", 'assertSize(sealed, MAX_ANSWER_BYTES, "the answer");', ""],
    ["an answer's readers", "assertIntendedFor(readers, asker.fingerprint);", ""],
    ["kind of an answer's signature", 'readNotations(notations, "answer", []);', ""],
    ["an answer's list", "if (list.address !== expected.list.address) {", "if (false) {"],
    [
      "an answer that is awaited",
      "if (!mayComeUnasked(result) && !expected.requests.includes(request)) {",
      "if (false) {",
    ],
    ["what is told unasked", "!mayComeUnasked(result) && ", ""],
    ["an answer's server", "if (server.fingerprint !== expected.server.fingerprint) {", "if (false) {"],
  ]),
  ...inFile("membership/request/answer-result.ts", [
    ["a result of a later version", "if (!Object.hasOwn(resultFields, kind))", "if (false)"],
    [
      "fields of a result",
      'const result = checked(value, resultDeclaration, "damaged");',
      "const result = value as any;",
    ],
    ["a code of a later version", '?? "unsupported-version"', '?? "damaged"'],
  ]),
  ...inFile("membership/notice/owner-notice.ts", [
    ["size of a notice", 'assertSize(sealed, MAX_NOTICE_BYTES, "the notice");', ""],
    [
      "owners of today",
      "const signer = presentOwners(known.owners).find(",
      "const signer = known.owners.find(",
    ],
    ["a notice's readers", "assertIntendedFor(readers, member.fingerprint);", ""],
    [
      "a kind of notice",
      'if (kind === undefined) throw new ProtocolError("wrong-kind", "not a notice");',
      'if (kind === undefined) return { kind: "not-for-me" };',
    ],
    ["kind of a notice's signature", "readNotations(notations, kind, []);", ""],
    [
      "fields of a notice",
      'const said = checked(value, noticeDeclaration, "damaged");',
      "const said = value as any;",
    ],
    ["a notice's list", "if (list.address !== known.address) throw", "if (false) throw"],
    [
      "a list key that is the server key",
      "if (allFingerprints(news.listKey.secret).some((one) => server.includes(one)))",
      "if (false)",
    ],
    [
      "a server key that is another's",
      "if (allFingerprints(news.server.certificate).some((one) => others.includes(one)))",
      "if (false)",
    ],
    ["an owner is left", "if (presentOwners(owners).length === 0) throw", "if (false) throw"],
    [
      "an owner once",
      "if (new Set(owners.map(({ certificate }) => certificate.fingerprint)).size !== owners.length) {",
      "if (false) {",
    ],
    ["terms that begin", "from > serial || (", "("],
    ["terms that end", "(to > serial || to < from)", "to > serial"],
    ["terms that end ahead", "(to > serial || to < from)", "to < from"],
    ["earlier owners are kept", "if (!kept) throw", "if (false) throw"],
    ["a term that began then", "(before.from === 0 || after.from === before.from) &&", ""],
    ["a term that ended then", ": after.to === before.to)", ": true)"],
    ["a term that ends now", "after.to === undefined || after.to > known.serials.owners", "true"],
    [
      "old serial",
      'throw new MembershipError("old-serial", "an older notice than one that was taken");',
      'return { kind: "news", notice, by };',
    ],
    ["late list key", "if (late) return", "if (false) return"],
    ["known late list key", "&& !known.keys.includes(news.listKey.fingerprint);", ";"],
    ["size of a receipt", 'assertSize(sealed, MAX_NOTICE_BYTES, "the receipt");', ""],
    [
      "a receipt of whom it was sent to",
      "if (member === undefined) throw",
      "if (member === undefined) return { list, news, serial, by, date }; if (false) throw",
    ],
    ["a receipt's readers", "assertIntendedFor(readers, owner.fingerprint);", ""],
    ["kind of a receipt's signature", 'readNotations(notations, "receipt", []);', ""],
  ]),
];

const record: readonly Mutation[] = [
  ...inFile("membership/roster/log.ts", [
    ["number of an entry", "if (link.number !== newest.number + hashes.length + 1) {", "if (false) {"],
    ["entry before", "if (link.previous !== (hashes.at(-1) ?? newest.hash)) {", "if (false) {"],
    ["forked or altered", "throw index === 0\n", "throw false\n"],
    ["hash of an entry", "!== link.hash) {", '=== "") {'],
  ]),
  ...inFile("membership/roster/entry.ts", [
    [
      "whom an owner confirms: their key",
      "if (member?.fingerprint !== fingerprint || member.role !== role) continue;",
      "if (member === undefined || member.role !== role) continue;",
    ],
    [
      "whom an owner confirms: their role",
      "if (member?.fingerprint !== fingerprint || member.role !== role) continue;",
      "if (member?.fingerprint !== fingerprint) continue;",
    ],
    ["an entry says what was signed", "if (said.do !== request.command.do) throw", "if (false) throw"],
    ["an entry's list", "if (request.list.address !== list.address) throw", "if (false) throw"],
    ["a command once", "if (known.hasCommand(name)) throw", "if (false) throw"],
    [
      "fields of a signed entry",
      'const said = checked(value, signedEntryDeclaration, "roster-altered");',
      'const raw = value as any; const said = { ...raw, at: new Date(raw.at), command: new Uint8Array(Buffer.from(raw.command, "base64")), signatures: new Uint8Array(Buffer.from(raw.signatures, "base64")) };',
    ],
    ["claimed by its certificate", "if (owner.fingerprint !== entry.by) throw", "if (false) throw"],
    [
      "claimed by an owner",
      "if (!entry.list.owners.some(({ fingerprint }) => fingerprint === owner.fingerprint)) {",
      "if (false) {",
    ],
    ["signature of a claim", "await verifySigned(entry.opened, [owner.certificate], entry.now);", ""],
    ["claimed once", 'for (const { by } of known.members()) if (by === "claim") throw', "if (false) throw"],
    ["joined by an introduction", "await assertIntroduced(member.certificate, introduction, now);", ""],
    ["joined by its certificate", "if (member.fingerprint !== entry.by) throw", "if (false) throw"],
    [
      "signatures of a join",
      "await verifySigned(opened, [introduction.certificate, member.certificate], now);",
      "",
    ],
    ["joined in time", "|| entry.at > joinBy) throw", ") throw"],
    ["asked in time", "opened.request.date > latest || ", ""],
    ["a clock ahead", "joinBy.getTime() + FUTURE_ALLOWED_MS", "joinBy.getTime()"],
    [
      "burnt introduction",
      "if (burntUntil !== undefined && introducedAt.toISOString() <= burntUntil) {",
      "if (false) {",
    ],
    [
      "an address and a key once",
      "if (known.memberAt(address) !== undefined || known.holderOf(member.fingerprint) !== undefined) {",
      "if (false) {",
    ],
    [
      "added with the key that it says",
      "if (certificate !== undefined && certificate.fingerprint !== fingerprint) {",
      "if (false) {",
    ],
    [
      "a role for somebody",
      'if (member === undefined) throw altered("a role for nobody");',
      "if (member === undefined) return {};",
    ],
    [
      "a command of a member",
      "if (signer === undefined) throw new Unentitled(",
      "if (signer === undefined) throw altered(",
    ],
    [
      "a command of a key that is revoked",
      "if (member.revoked) throw new Unentitled(",
      "if (false) throw new Unentitled(",
    ],
    ["signature of a command", "await verifySigned(opened, [key.certificate], now);", ""],
    ["role of a signer", 'if (member.role !== "owner") {', "if (false) {"],
    [
      "a command about somebody",
      "if (found?.fingerprint !== fingerprint) throw new Unentitled(",
      "if (false) throw new Unentitled(",
    ],
    ["renewed with the same key", "if (renewed.fingerprint !== by) throw", "if (false) throw"],
    [
      "a revocation",
      'if (revoked === undefined) throw altered("a revocation that is none");',
      "if (revoked === undefined) return {};",
    ],
    [
      "resumed after the entry before",
      "if (command.head.number !== link.number - 1 || command.head.hash !== link.previous) {",
      "if (false) {",
    ],
    [
      "the operator's owner is not the owners'",
      'const by = confirmed ? "owner" : "operator";',
      'const by = "owner";',
    ],
    ["the operator's owner is noted", "if (hasAuthority(member)) return change;", "return change;"],
    ["unsigned entries are noted", "unsigned: [said] };\n  // an entry", "unsigned: [] };\n  // an entry"],
  ]),
];

const server: readonly Mutation[] = [
  ...inFile("server/request/member-commands.ts", [
    ["role of whoever asks", 'if (!roles.includes(member.role)) return refusal("not-allowed");', ""],
    [
      "renewal of the same key",
      'if (renewed.fingerprint !== member.fingerprint) return refusal("not-allowed");',
      "",
    ],
    [
      "revocation of one's own key",
      'if (revoked === undefined) return refusal("not-allowed");',
      'if (revoked === undefined) return { kind: "answer", result: "done" };',
    ],
    [
      "the list's own address enrolled",
      'if (address === list.address) return refusal("bad-address");\n  return commandOutcome(\n    await parts.store.enrolMember',
      "return commandOutcome(\n    await parts.store.enrolMember",
    ],
    ["a used list key", "if (error instanceof Conflict) return refusal(conflictCode(error));", ""],
  ]),
  ...inFile("server/request/joining.ts", [
    ["the card's code", 'if (status === "wrong") throw', "if (false) throw"],
    ["the card's time", 'if (status === "expired") return refusal("card-expired");', ""],
    ["claimed by somebody else", "return theirs ?", "return true ?"],
    [
      "list key of a claim",
      'if (key.fingerprint !== opened.request.list.key) return refusal("wrong-list");',
      "",
    ],
    ["join-by at the server", 'if (introduction.joinBy < now) return refusal("invitation-expired");', ""],
    [
      "owners of today by the roster",
      "owners: owners.map((owner) => owner.certificate),",
      "owners: [...owners.map((owner) => owner.certificate), command.introduction],",
    ],
    [
      "a claim in the window",
      "const carryOut = async (): Promise<CommandResult> => {\n    assertRecent(opened.request, signedAt, now);",
      "const carryOut = async (): Promise<CommandResult> => {",
    ],
  ]),
  ...inFile("server/request/list-key.ts", [
    [
      "a list key that is the server key, at the server",
      "if (allFingerprints(key.certificate).some((one) => own.includes(one))) return",
      "if (false) return",
    ],
  ]),
  ...inFile("server/request/take-request.ts", [
    ["one answer an hour", "if (isRecent(before)) return repeat;", ""],
    ["a member's window", "assertRecent(asked.opened.request, signedAt, asked.now);", ""],
  ]),
  ...inFile("server/store/membership-commands.ts", [
    ["a used introduction at the server", "if (used !== undefined) {", "if (false) {"],
    [
      "the same join again",
      "if (inBy === member.fingerprint && present !== undefined) return nothingToReport;",
      "",
    ],
    ["a burnt introduction at the server", 'throw new Refused("withdrawn");', "{}"],
    [
      "the last owner stays",
      'if (member.role === "owner" && !(yield* isOwned(listId))) throw',
      "if (false) throw",
    ],
    [
      "the last owner stays one",
      'if (before.role === "owner" && !(yield* isOwned(listId))) throw',
      "if (false) throw",
    ],
    [
      "a member that is named",
      'if (row === undefined) throw new Refused("not-a-member");\n  return memberOf(row);',
      'if (row === undefined) throw new Refused("damaged");\n  return memberOf(row);',
    ],
    ["a newer serial", 'if (newer !== undefined) throw new Refused("old-serial");', ""],
    ["replaces today's list key", 'if (present === undefined) throw new Refused("old-serial");', ""],
    ["somebody once", 'if (changes === 0) throw new Refused("already-a-member");', ""],
    ["somebody to confirm", 'if (found === 0) throw new Refused("not-a-member");', ""],
    [
      "the record has gone on since the notice",
      'throw new Refused("roster-behind");\n        }\n        yield* exchangeListKey',
      "}\n        yield* exchangeListKey",
    ],
  ]),
  ...inFile("server/store/passed-notices.ts", [
    ["serial of a notice", 'throw new Refused("old-serial");', "{}"],
    ["a notice for somebody", 'if (passed === 0) throw new Refused("not-a-member");', ""],
    ["a receipt for a notice", 'if (kept.changes === 0) throw new Refused("no-such-notice");', ""],
  ]),
  ...inFile("server/store/shared-notices.ts", [
    ["serial of a notice for all", 'if (newer !== undefined) throw new Refused("old-serial");', ""],
    ["a notice for all has somebody", 'if (kept === 0) throw new Refused("not-a-member");', ""],
  ]),
  ...inFile("server/request/owner-notices.ts", [
    ["the body of a notice for all", "assertDataPacket(body);", ""],
    ["the packets of a notice for all", "for (const { packet } of packets) assertKeyPacket(packet);", ""],
    ["receipts of a notice", 'if (rows.length === 0) return refusal("no-such-notice");', ""],
  ]),
  ...inFile("server/request/held-posts.ts", [
    ["a post that waits", 'return refusal("no-such-post");', 'return { kind: "answer", result: "done" };'],
  ]),
];

export const mutations: readonly Mutation[] = [...fileMutations, ...messages, ...record, ...server];
