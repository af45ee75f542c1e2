/** Every check of docs/MEMBERSHIP.md, as a switch that takes it out of a copy of the product. At least one vector notices each. */

/** A text that stands once in a file, below the project, and what is put in its place. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

type Switch = readonly [name: string, find: string, replace: string];

const inFile = (file: string, switches: readonly Switch[]): readonly Mutation[] =>
  switches.map(([name, find, replace]) => ({ name, file: `src/${file}`, find, replace }));

const json: readonly Mutation[] = [
  ...inFile("membership/file/json-fields.ts", [
    [
      "no version",
      'if (typeof version !== "number" || !Number.isInteger(version) || version < 1)',
      "if (false)",
    ],
    ["later version", "if (version !== FILE_VERSION) throw new", "if (false) throw new"],
    ["kind of a file", 'if (from === "file") throw new', 'if (from === "file") return; throw new'],
    [
      "kind of a message",
      'throw new ProtocolError("wrong-kind", `not a message',
      'if (false) throw new ProtocolError("wrong-kind", `not a message',
    ],
  ]),
  ...inFile("membership/file/declaration.ts", [
    ["form of a text", "|| !regular.test(value))", ")"],
    ["length of a text", "(limit !== undefined && isLonger(value, limit)) ||", ""],
    ["length in code points", "(text.length > 2 * limit || [...text].length > limit)", "true"],
    ["range of a count", "|| value < 0 || value > limit)", ")"],
    [
      "words",
      "if (found === undefined) throw new CheckError(`one of",
      "if (false) throw new CheckError(`one of",
    ],
    ["canonical address", 'if (typeof value !== "string" || !isAddress(value)) throw', "if (false) throw"],
    [
      "day of a month",
      "if (Number.isNaN(date.getTime()) || format(date) !== value) throw",
      "if (false) throw",
    ],
    ["base64 in one spelling", "if (toBase64(bytes) !== written) throw", "if (false) throw"],
    ["least of a list", "|| value.length < least) throw", ") throw"],
    [
      "optional fields alone may be absent",
      "at(name, field, Object.hasOwn(value, name) ? value[name] : undefined)",
      "Object.hasOwn(value, name) ? at(name, field, value[name]) : undefined",
    ],
  ]),
  ...inFile("membership/request/request.ts", [
    [
      "fields of a request",
      'checked(value, envelope, "damaged")',
      'checked(value, (all: any) => ({ ...all, date: new Date(all.date) }), "damaged")',
    ],
  ]),
];

const files: readonly Mutation[] = [
  ...inFile("membership/file/code.ts", [
    [
      "check digits",
      "if (checkDigit(group, values.slice(0, RANDOM_DIGITS)) !== values[RANDOM_DIGITS])",
      "if (false)",
    ],
  ]),
  ...inFile("membership/file/backup-passphrase.ts", [
    ["passphrase in NFC", 'text.normalize("NFC").trim()', "text.trim()"],
    ["passphrase without blanks at its ends", '.normalize("NFC").trim()', '.normalize("NFC")'],
    ["shortest passphrase", "[...passphrase].length < MIN_OWN_PASSPHRASE ?", "false ?"],
    [
      "mistyped passphrase",
      'if (typed.kind === "mistyped" && groups === BACKUP_GROUPS * 5) return typed;',
      "",
    ],
  ]),
  ...inFile("membership/file/sealed-file.ts", [
    ["size of a file", '  assertSize(file, limit, "the file");\n  let', "  let"],
    [
      "code of a file",
      'if (opened === "wrong-code") throw new',
      'if (opened === "wrong-code") return { bytes: new Uint8Array(), signatures: [] }; if (false) throw new',
    ],
  ]),
  ...inFile("openpgp/passphrase-message.ts", [
    [
      "one SKESK",
      "if (keyPacket === undefined || hex(keyPacket.write()) !== hex(split(sealed).keyPacket.subarray(2))) {",
      "if (false) {",
    ],
    ["S2K", "if (type !== 3 && !argon2)", "if (false)"],
    ["passes of Argon2", "passes <= MAX_ARGON2_PASSES &&", ""],
    ["lanes of Argon2", "lanes <= MAX_ARGON2_LANES &&", ""],
    ["memory of Argon2", "memory <= MAX_ARGON2_MEMORY_EXPONENT;", "true;"],
  ]),
  ...inFile("membership/invitation/server-card.ts", [
    ["size of a card", 'assertSize(file, MAX_CARD_BYTES, "the card");', ""],
    ["profile of a card", "if (profileOf(card.server) !== card.profile) throw", "if (false) throw"],
    [
      "signature of a card",
      "const { notations: named } = await verifyOnly(bytes, signatures, card.server.certificate, now);",
      "const named = signatures[0]?.packets[0]?.rawNotations ?? [];",
    ],
    ["kind of a card's signature", 'readNotations(named, "card", []);', ""],
    [
      "card signed ahead",
      'if (thrown instanceof ListSealError && thrown.code === "from-the-future") throw thrown;\n    throw damaged("the signature',
      'throw damaged("the signature',
    ],
    ["expiry of a card", "if (card.expires <= now) throw", "if (false) throw"],
    [
      "usable server key",
      'return await readSealingKey("server", armor, now);',
      'return await readSealingKey("server", armor, new Date("2025-01-02T00:00:00Z"));',
    ],
  ]),
  ...inFile("membership/invitation/invitation.ts", [
    [
      "signer of an invitation is an owner",
      'if (owner === undefined) throw new ProtocolError("wrong-role", "not signed by an owner");',
      "if (owner === undefined) return owners[0]!.fingerprint;",
    ],
    [
      "signature of an invitation",
      "const { notations } = await verifyOnly(bytes, signatures, owner.certificate, now);",
      "const notations = signatures[0]?.packets[0]?.rawNotations ?? [];",
    ],
    ["kind of an invitation's signature", 'readNotations(notations, "invitation", []);', ""],
    [
      "profile of an invitation",
      "if (profileOf(listKey) !== profile || profileOf(server) !== profile) {",
      "if (false) {",
    ],
    ["one key in one role", "if (new Set(all).size !== all.length) throw", "if (false) throw"],
    [
      "introduction inside",
      "proven = await readIntroduction(writeSealingKey(sealingHalf(introduction)), knownListOf(invitation), now);",
      "proven = { address: invitation.invitee, joinBy: invitation.joinBy, by: owners[0]!.fingerprint } as any;",
    ],
    ["introduction for the invitee", "proven.address === invitation.invitee &&", ""],
    [
      "introduction with the same join-by",
      "&& formatDate(proven.joinBy) === formatDate(invitation.joinBy)",
      "",
    ],
    ["introduction by who signed", "if (introducedBy !== by)\n", "if (false)\n"],
    ["join-by of an invitation", "if (invitation.joinBy <= now) throw", "if (false) throw"],
  ]),
  ...inFile("membership/invitation/invited-list.ts", [
    ["a key of another list", "if (sharesKey) throw", "if (false) throw"],
    ["other list key of a known list", "if (!list.listKeys.includes(invited.listKey) || list", "if (list"],
    ["other server key of a known list", " || list.server !== invited.server) {", ") {"],
    ["signed by an owner of today", "if (!today)", "if (false)"],
    ["names known owners", "if (!invited.owners.every((owner) => owners.includes(owner))) {", "if (false) {"],
  ]),
];

const chain: readonly Mutation[] = [
  ...inFile("membership/introduction/introduction.ts", [
    ["size of a chain", "if (bytes > MAX_CHAIN_BYTES)", "if (false)"],
    ["packets of an introduction", "assertFewPackets(bytes, MAX_INTRODUCTION_PACKETS);", ""],
    [
      "an owner's key as introduction",
      "if (list.owners.some((owner) => owner.fingerprint === fingerprintOfCertificate(certificate))) {",
      "if (false) {",
    ],
    ["revoked introduction", "if (hasRevocation(certificate)) {", "if (false) {"],
    [
      "User ID of an introduction",
      "if (!isAddress(address) || userIdFor(address) !== text) {",
      'if (!isAddress(address)) { const bare = /<(.*)>/.exec(text)?.[1] ?? ""; if (isAddress(bare)) return bare; }\n  if (false) {',
    ],
    [
      "join-by is a date",
      "if (joinBy === undefined) throw",
      "if (joinBy === undefined) return { joinBy: now } as any; if (false) throw",
    ],
    ["the owner's key was held then", "await assertHeldAt(issuer, certifiedAt);\n  return", "return"],
    [
      "list, list key and address",
      "if (listKey === undefined) throw",
      "if (listKey === undefined) return list.fingerprints[0]!; if (false) throw",
    ],
    [
      "the introduction as member",
      "if (fingerprintOfCertificate(member) === introduction.fingerprint) {",
      "if (false) {",
    ],
    [
      "the member's same words",
      "if (said.introduction !== introductionValue(introduction)) {",
      "if (false) {",
    ],
    [
      "the member's later date",
      "if (certification.certifiedAt < introduction.introducedAt) {",
      "if (false) {",
    ],
    [
      "the member's own User ID",
      "if (!(await hasOwnUserId(member, (text) => text === userIdFor(address), now)))",
      "if (false)",
    ],
    ["the signer's certificate", "if (fingerprintOfCertificate(member) !== signer)", "if (false)"],
    ["a post signed ahead", "assertNotFuture(signedAt, now);", ""],
    ["a primary key that was good", "await assertPrimaryKeyGood(member, signedAt);", ""],
    [
      "an owner's own address",
      "if (owner !== undefined && (await names(owner.certificate, from, now))) {",
      "if (owner !== undefined) {",
    ],
    ["an owner's revocation", 'await at("signer", () => assertHeldAt(owner.certificate, signedAt));', ""],
    ["From is the introduced address", "if (proven.address !== from)", "if (false)"],
    [
      "what the owner says",
      'const said = readNotations(certification.notations, "introduction", ["introduction", "join-by"]);',
      'const text = (name: string) => new TextDecoder().decode(certification.notations.find((each) => each.name.startsWith(name + "@"))?.value);\n  const said = { introduction: text("introduction"), "join-by": text("join-by") };',
    ],
    [
      "what the introduction says",
      'const said = readNotations(certification.notations, "member", ["introduction"]);',
      'const said = { introduction: new TextDecoder().decode(certification.notations.find((each) => each.name.startsWith("introduction@"))?.value) };',
    ],
    [
      "exactly one User ID for the address",
      'if (result === "no-such-user-id")\n    throw',
      'if (result === "no-such-user-id") return { notations: [] } as any;\n  if (false)\n    throw',
    ],
  ]),
  ...inFile("openpgp/certification.ts", [
    [
      "a certification by an owner",
      'if (only === undefined)\n    throw new ProtocolError("not-signed", "no certification',
      'if (only === undefined) return { issuer: issuers[0]!, certifiedAt: now, notations: found.user.otherCertifications[0]?.rawNotations ?? [] };\n  if (false)\n    throw new ProtocolError("not-signed", "no certification',
    ],
    ["one certification", "if (candidates.length !== 1) throw", "if (false) throw"],
    ["a revoked User ID", "if (found.user.revocationSignatures.length > 0)", "if (false)"],
    ["type of a certification", "if (!certificationTypes.has(packet.signatureType))", "if (false)"],
    ["hash of a certification", "if (!strongHashes.has(packet.hashAlgorithm)) throw", "if (false) throw"],
    ["expiry of a certification", "if (!packet.signatureNeverExpires) throw", "if (false) throw"],
    [
      "a certification ahead",
      "assertNotFuture(created, now);\n  try {\n    await packet.verify",
      "try {\n    await packet.verify",
    ],
    [
      "a certification that is good",
      'throw new ProtocolError("bad-signature", "the certification does not fit", { cause });',
      "",
    ],
  ]),
];

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
      "if (!isUnasked(result) && !expected.requests.includes(request)) {",
      "if (false) {",
    ],
    ["what is told unasked", "!isUnasked(result) && ", ""],
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
    ["number of an entry", "if (link.number !== after.length + 1) throw", "if (false) throw"],
    ["entry before", "if (link.previous !== (after.at(-1) ?? NO_PREVIOUS)) {", "if (false) {"],
    ["forked or altered", "throw index === 0\n", "throw false\n"],
    ["hash of an entry", "!== link.hash) {", '=== "") {'],
  ]),
  ...inFile("membership/roster/history.ts", [
    ["an entry says what was signed", "if (said.do !== request.command.do) throw", "if (false) throw"],
    ["an entry's list", "if (request.list.address !== list.address) throw", "if (false) throw"],
    ["a command once", "if (state.commands.includes(name)) throw", "if (false) throw"],
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
    [
      "claimed once",
      'if (Object.values(state.members).some(({ by }) => by === "claim")) throw',
      "if (false) throw",
    ],
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
      "used introduction",
      "if (state.introductions.includes(introduction.fingerprint)) throw",
      "if (false) throw",
    ],
    [
      "burnt introduction",
      "if (burntUntil !== undefined && introducedAt.toISOString() <= burntUntil) {",
      "if (false) {",
    ],
    [
      "an address and a key once",
      "if (state.members[address] !== undefined || holder(state.members, member.fingerprint) !== undefined) {",
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
      "if (member === undefined) return state;",
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
      "if (revoked === undefined) return state;",
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
    ["the operator's owner is noted", "const state = confirmed ? before :", "const state = true ? before :"],
    [
      "unsigned entries are noted",
      "unsigned: [...state.unsigned, said] };\n  // an entry",
      "unsigned: state.unsigned };\n  // an entry",
    ],
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
    ["a used list key", 'if (error instanceof Conflict) return refusal("list-conflict");', ""],
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
    [
      "replaces today's list key",
      'if (changes === 0) throw new Refused("old-serial");\n        // no key',
      "// no key",
    ],
    ["somebody once", 'if (changes === 0) throw new Refused("already-a-member");', ""],
  ]),
  ...inFile("server/store/passed-notices.ts", [
    ["serial of a notice", 'throw new Refused("old-serial");', "{}"],
    ["a notice for somebody", 'if (passed === 0) throw new Refused("not-a-member");', ""],
    ["a receipt for a notice", 'if (changes === 0) throw new Refused("no-such-notice");', ""],
  ]),
  ...inFile("server/request/owner-notices.ts", [
    ["receipts of a notice", 'if (rows.length === 0) return refusal("no-such-notice");', ""],
  ]),
  ...inFile("server/request/held-posts.ts", [
    ["a post that waits", 'return refusal("no-such-post");', 'return { kind: "answer", result: "done" };'],
  ]),
];

export const mutations: readonly Mutation[] = [
  ...json,
  ...files,
  ...chain,
  ...messages,
  ...record,
  ...server,
];
