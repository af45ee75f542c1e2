/** What the notations say, and what the server and the reader compare it with. */
import type { Mutation } from "../suite.js";
import { inFile } from "./in-file.js";

export const protocolMutations: readonly Mutation[] = [
  ...inFile("protocol/binding.ts", [
    ["notations are of this version's namespace", "name.endsWith(suffix)", "anyVersion.test(name)"],
    [
      "notations of a later version are told as that",
      "ours.length === 0 && said.some(({ name }) => anyVersion.test(name))",
      "false",
    ],
    ["a notation stands there once", "only === undefined || found.length !== 1", "only === undefined"],
    ["a notation is text", 'new TextDecoder("utf-8", { fatal: true })', 'new TextDecoder("utf-8")'],
    ["a signature is of its kind", 'if (read("kind") !== kind)', "if (false)"],
    ["a signature says no more than its kind may", "if (ours.length !== names.length + 1)", "if (false)"],
    [
      "the outer signature has the body's digest",
      'return ["list", "msgid", ...body];',
      'return ["list", "msgid"];',
    ],
    [
      "the list signature has the body's digest",
      'return ["list", "msgid", ...body, "by", "roster"];',
      'return ["list", "msgid", "by", "roster"];',
    ],
  ]),
  ...inFile("protocol/reseal.ts", [
    [
      "server: the mail names the secret that is shared with its author",
      "sealed.outerSecret !== (isSecret(server) ? server.fingerprint : undefined)",
      "false",
    ],
    [
      "server: the outer literal has its limit",
      'const maxBytes = sealed.mode === "key" ? MAX_KEY_PACKET_BYTES : MAX_PAYLOAD_BYTES;',
      "const maxBytes = MAX_PAYLOAD_BYTES;",
    ],
    [
      "server: the outer signature",
      "const signature = await verifyOnly(literal, layer.signatures, author.certificate, now);",
      "const signature = { by: author.fingerprint, signedAt: now, readers: [], notations: layer.signatures[0]?.packets[0]?.rawNotations ?? [] };",
    ],
    [
      "server: the author's key is of the list's version",
      "assertKeyVersion(author, profileOf(list.key));",
      "",
    ],
    [
      "server: the list that was signed for",
      "if (says.list !== listValue(list.address, list.key.fingerprint))",
      "if (false)",
    ],
    [
      "server: whom the signature was made for",
      "assertIntendedFor(signature.readers, server.fingerprint);",
      "",
    ],
    ["server: the body that was signed", '&& says["body-sha256"] !== bodyDigest', "&& false"],
    ["server: the date", "assertInWindow(signature.signedAt, now);", ""],
    [
      "server: the key packet",
      "const { keyPacket } = checkLiteral(literal, sealed.mode, await keyPacketTarget(list.key, now));",
      "const keyPacket = literal;",
    ],
    ["server: the size of the key part", 'assertSize(sealed.key, MAX_KEY_PART_BYTES, "the key part");', ""],
    [
      "server: the body is one data packet",
      "assertDataPacket(sealed.body);\n  return sealed.key;",
      "return sealed.key;",
    ],
  ]),
  ...inFile("protocol/open-post.ts", [
    [
      "reader: the key packet",
      "const { keyPacket } = checkLiteral(outer.layer.literal, sealed.mode, target);",
      'const { keyPacket } = sealed.mode === "key" ? { keyPacket: outer.layer.literal } : checkLiteral(outer.layer.literal, sealed.mode, target);',
    ],
    [
      "reader: the inner signature",
      "const signature = await verifyOnly(payload, inner.signatures, claimed.author.certificate, now, begun);",
      "const first = inner.signatures[0]?.packets[0]; const signature = { by: claimed.author.fingerprint, signedAt: now, readers: [] as string[], notations: first?.rawNotations ?? [] };",
    ],
    [
      "reader: the author's key is of the list's version",
      "assertKeyVersion(claimed.author, profileOf(listKey));",
      "",
    ],
    ["reader: the list that was signed for", "if (says.list !== list)", "if (false)"],
    ["reader: the message id that was signed", "if (says.msgid !== claimed.messageId)", "if (false)"],
    [
      "reader: whom the signature was made for",
      "assertIntendedFor(signature.readers, listKey.fingerprint);",
      "",
    ],
    [
      "reader: the size of the key part",
      'sealed.mode === "key" ? MAX_KEY_PART_BYTES : MAX_PAYLOAD_BYTES, "the sealed part"',
      'MAX_PAYLOAD_BYTES, "the sealed part"',
    ],
    ["reader: the body is one data packet", "    assertDataPacket(sealed.body);\n", ""],
    [
      "reader: the outer literal has its limit",
      'const maxBytes = sealed.mode === "key" ? MAX_KEY_PACKET_BYTES : MAX_PAYLOAD_BYTES;',
      "const maxBytes = MAX_PAYLOAD_BYTES;",
    ],
    [
      "reader: the secret that the mail names",
      "keys.secrets?.find(({ fingerprint }) => fingerprint === outerSecret)",
      "keys.secrets?.[0]",
    ],
    [
      "reader: the size of a detached list signature",
      'if (listSignature !== undefined) assertSize(listSignature, MAX_KEY_PACKET_BYTES, "the list signature");',
      "",
    ],
    [
      "reader: the list signature",
      "const signature = await verifyOnly(outer.literal, outer.signatures, keys.server.certificate, now);",
      "const signature = { signedAt: now, notations: outer.signatures[0]?.packets[0]?.rawNotations ?? [] };",
    ],
    ["list signature: the list", 'if (says.list !== post.list) return unproved("for-another-list");', ""],
    [
      "list signature: the message id",
      'if (says.msgid !== post.messageId) return unproved("for-another-message");',
      "",
    ],
    ["list signature: the body", 'mode === "key" && says["body-sha256"] !== body)', "false)"],
    [
      "list signature: it is not older than the post",
      "signature.signedAt.getTime() < post.signedAt.getTime() - LIST_SIGNATURE_SLACK_MS",
      "false",
    ],
    [
      "list signature: who submitted it is who wrote it",
      'if (by !== post.author) return unproved("by-another-author");',
      "",
    ],
    ["list signature: the roster entry is of its form", "if (match === null) throw", "if (false) throw"],
    ["list signature: the number has no leading zeros", "(0|[1-9]\\d{0,14})", "(\\d{1,15})"],
    [
      "list signature: the kinds are never taken for one another",
      '"through-nonmember", bindingNames("through-nonmember", mode)',
      '"through", bindingNames("through", mode)',
    ],
    [
      "own copy: the key is one's own",
      "keys.member.find((key) => key.fingerprint === post.author)",
      "keys.member[0]",
    ],
    ["own copy: the list", "says.list === post.list &&\n      says.msgid", "says.msgid"],
    ["own copy: the message id", "says.msgid === post.messageId &&\n      (mode", "(mode"],
    ["own copy: the body", '(mode === "whole" || says["body-sha256"] === body)', "true"],
    [
      "own copy: the kind",
      'readNotations(signature.notations, "submit", bindingNames("submit", mode))',
      '({ list: post.list, msgid: post.messageId, "body-sha256": body })',
    ],
    [
      "own copy: the signature",
      "const signature = await verifyOnly(outer.literal, outer.signatures, sealingHalf(own).certificate, now);",
      "const signature = { notations: outer.signatures[0]?.packets[0]?.rawNotations ?? [] };",
    ],
  ]),
  ...inFile("membership/introduction/letter-author.ts", [
    ["the letter has its author's certificate", "if (letter.author === undefined)", "if (false)"],
    [
      "From is an address of the certificate",
      "if (!addressesOf(author).includes(letter.from.address))",
      "if (false)",
    ],
  ]),
  ...inFile("server/store/posts.ts", [
    [
      "replays: what was accepted is remembered",
      'if (!(yield* rememberReplay(post))) return (yield* lookUpReplay(post)) ?? { kind: "replayed" };\n  if (hold)',
      "yield* rememberReplay(post);\n  if (hold)",
    ],
    [
      "replays: another data packet under a known message id",
      'if (!isSamePost) return { kind: "message-id-reused" };',
      "",
    ],
    [
      "replays: the same post in another outer seal is no repeat",
      'return { kind: textColumn(same, "seal_digest") === post.sealDigest ? "repeat" : "replayed" };',
      'return { kind: "repeat" };',
    ],
  ]),
  ...inFile("extension/records/storage.ts", [
    [
      "shown before: another data packet",
      'return known[3] === dataPacketDigest ? "again" : "reused";',
      'return "again";',
    ],
    ["shown before: only what came through the list counts", 'if (!cameThroughList) return "first";', ""],
  ]),
  ...inFile("membership/introduction/pins.ts", [
    ["pins: an introduction is for one key", "if (used !== undefined && used !== key)", "if (false)"],
    ["pins: a pinned key is the one", "if (pin.key === key) return stays", "if (true) return stays"],
    ["pins: only a later introduction moves a pin", "if (!newer)", "if (false)"],
    ["pins: an earlier introduction is told as that", "older ? {", "false ? {"],
    ["pins: a former key is told as that", "pin.former?.includes(key) === true", "false"],
    [
      "pins: a new key is said until it is acknowledged",
      "pin.unacknowledged === undefined || former === undefined",
      "true",
    ],
    [
      "pins: a key that nobody introduced is not pinned",
      "pins: remembered(state, sighting) };",
      'pins: pinned(state, address, { key, how: "confirmed" }) };',
    ],
    [
      "pins: another key that nobody introduced is told",
      'last === key ? "same-key" : "another-key"',
      '"same-key"',
    ],
    ["pins: an owner is pinned", "pins: pinOwner(state, sighting)", "pins: state"],
    [
      "pins: who has not signed is not the author",
      'proof.kind === "failed" && (proof.step === "size" || proof.step === "signer")',
      "false",
    ],
  ]),
  ...inFile("protocol/private-letter.ts", [
    [
      "private letter: the signature",
      "const signature = await verifyOnly(layer.literal, layer.signatures, author.certificate, now);",
      "const signature = { by: author.fingerprint, signedAt: now, readers: [], notations: layer.signatures[0]?.packets[0]?.rawNotations ?? [] };",
    ],
    ["private letter: the message id", "if (says.msgid !== messageId)", "if (false)"],
    [
      "private letter: whom it is written to",
      "if (says.to !== key.fingerprint && signature.by !== key.fingerprint)",
      "if (false)",
    ],
    [
      "private letter: what its author reads of their own",
      "if (says.to !== key.fingerprint && signature.by !== key.fingerprint)",
      "if (says.to !== key.fingerprint)",
    ],
    [
      "private letter: the author's key is of the reader's version",
      "assertKeyVersion(author, profileOf(key));",
      "",
    ],
    [
      "private letter: whom the signature was made for",
      "assertIntendedFor(signature.readers, key.fingerprint);",
      "",
    ],
  ]),
  ...inFile("extension/worker/private-letters.ts", [
    ["private letter: a list that is known", "namesOf(each).includes(opened.list)", "true"],
    [
      "private letter: list keys of before",
      "[listKeyFingerprint, ...formerListKeys.map(({ fingerprint }) => fingerprint)]",
      "[listKeyFingerprint]",
    ],
  ]),
  ...inFile("mail/found-parts.ts", [
    [
      "private letter: there is one",
      "return found.length === 1 && only?.partName !== undefined",
      "return only?.partName !== undefined",
    ],
  ]),
];
