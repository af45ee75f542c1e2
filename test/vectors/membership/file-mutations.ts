/** The checks of JSON, files and introductions, as switches. */
import { inFile, type Mutation } from "./in-file.js";

const json: readonly Mutation[] = [
  ...inFile("membership/file/json-fields.ts", [
    ["later version", "if (version > newest) throw new", "if (false) throw new"],
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
    ["a secret in version 1", "if (!isPair && said.listseal === FILE_VERSION)", "if (false)"],
    ["a pair in version 2", "if (isPair && said.listseal === SECRET_VERSION)", "if (false)"],
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

export const fileMutations: readonly Mutation[] = [...json, ...files, ...chain];
