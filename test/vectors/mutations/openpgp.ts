/** What is checked of seals, of what is inside them, of signatures and keys. */
import type { Mutation } from "../suite.js";
import { inFile } from "./in-file.js";

export const openpgpMutations: readonly Mutation[] = [
  ...inFile("openpgp/open-layer.ts", [
    [
      "a message under a secret is tried in its one form alone",
      'if (!isSecretSealed(halves)) return "not-for-me";',
      "",
    ],
    [
      "a hidden recipient is not tried",
      'if (named.some((id) => /^0*$/.test(id.toHex()))) return "not-for-me";',
      "",
    ],
    [
      "what names none of one's keys is not for one",
      'if (forEach.every((count) => count === 0)) return "not-for-me";',
      "",
    ],
    [
      "one key has at most 2 session key packets",
      "if (forEach.some((count) => count > MAX_PACKETS_FOR_ONE_KEY))",
      "if (false)",
    ],
    ["the data packet is of the profile's version", "dataPacketVersion(dataPacket) === wanted.data &&", ""],
    [
      "the session key packets are of the profile's version",
      "sessionKeyVersions(keyPacket).every(({ kind, version }) => version === wanted[kind])",
      "true",
    ],
    ["what is under a secret is of its profile", "assertOfProfile(halves, opener);\n    return", "return"],
    ["the list's seal is under AES-256", 'opener.role === "list" ? "aes256" : "aes"', '"aes"'],
    ["what the library opens has the same limit", 'assertSize(result.data, maxBytes, "the literal");', ""],
    [
      "the library's refusal of a size is told as that",
      "/maximum decompressed|size exceed/i.test(text)",
      "false",
    ],
  ]),
  ...inFile("openpgp/seipd-reader.ts", [
    [
      "a data packet is under AES",
      'if (octets === undefined) throw unsupported("another cipher than AES");',
      'if (octets === undefined) return "unknown";',
    ],
    ["a data packet's AEAD is GCM or OCB", "version === 2 && aead !== GCM_ID && aead !== OCB_ID", "false"],
    ["the modification detection code", "expected.every((octet, i) => octet === code[i])", "true"],
    [
      "the packet around the modification detection code",
      "|| plain[length - MDC] !== 0xd3 || plain[length - MDC + 1] !== 0x14",
      "",
    ],
    [
      "chunks have at most 4 MiB",
      'if (chunkSizeOctet > MAX_CHUNK_SIZE_OCTET) throw damaged("chunks of more than 4 MiB");',
      "",
    ],
    [
      "the tag over the length",
      "await open({ nonce: numbered(nonce, chunks), associated: last, sealed: sealed.subarray(-GCM_TAG) });",
      "",
    ],
  ]),
  ...inFile("openpgp/gcm.ts", [["the tag of a chunk", "decipher.final();", ""]]),
  ...inFile("openpgp/literal-reader.ts", [
    ["there are at most 16 packets inside a seal", "count === MAX_PACKETS_INSIDE", "false"],
    ["a literal is within its limit", 'assertSize(data, maxBytes, "the literal");', ""],
    [
      "nothing stands beside a compressed packet",
      "first?.tag !== tag.compressed || second !== undefined",
      "first?.tag !== tag.compressed",
    ],
    [
      "what is compressed is ZIP or ZLIB",
      "if (format === undefined)\n",
      "if (format === undefined) return new Uint8Array(); else if (false)\n",
    ],
    ["what is compressed inflates within its limit", "if (needed > this.#limit)", "if (false)"],
  ]),
  ...inFile("openpgp/signature.ts", [
    [
      "there is a signature",
      'if (signature === undefined) throw new ProtocolError("not-signed", "there is no signature");',
      'if (signature === undefined) throw new ProtocolError("bad-signature", "there is no signature");',
    ],
    [
      "there is one signature",
      "signatures.length !== 1 || signature.packets.length !== 1 || packet === undefined",
      "packet === undefined",
    ],
    [
      "a signature is over octets",
      'if (packet.signatureType !== 0) throw new ProtocolError("wrong-kind", "not a signature over bytes");',
      "",
    ],
    [
      "a signature names its right signer",
      'if (!known) throw new ProtocolError("unknown-author", "signed by another key than the one expected");',
      "",
    ],
    [
      "a signature is of its key's version",
      "if (packet.version !== certificate.keyPacket.version)",
      "if (false)",
    ],
    [
      "a signature's hash is SHA-2",
      "packet.hashAlgorithm === null || !hashes.includes(packet.hashAlgorithm)",
      "false",
    ],
    ["a signature verifies", "await only.verified;", ""],
    [
      "a signature that was made too late is told from a forged one",
      "await assertHeldAt(certificate, created);",
      "",
    ],
    ["a signature is not from the future", "assertNotFuture(created, now);", ""],
    ["a signature says whom it was made for", "readers: intendedRecipients(packet),", "readers: [],"],
  ]),
  ...inFile("openpgp/intended-recipients.ts", [
    ["a signature was made for its reader", "named.length > 0 && !named.includes(reader)", "false"],
    ["intended recipients are one kind of subpacket", ".filter(({ type }) => type === SUBPACKET_TYPE)", ""],
  ]),
  ...inFile("openpgp/policy.ts", [
    ["the limit of a key packet", "MAX_KEY_PACKET_BYTES = 4096", "MAX_KEY_PACKET_BYTES = 4 * 4096"],
    ["the limit of a key part", "MAX_KEY_PART_BYTES = 32 * 1024", "MAX_KEY_PART_BYTES = 64 * 1024"],
    [
      "the number of session key packets: not more",
      "MAX_SESSION_KEY_PACKETS = 8",
      "MAX_SESSION_KEY_PACKETS = 9",
    ],
    [
      "the number of session key packets: not fewer",
      "MAX_SESSION_KEY_PACKETS = 8",
      "MAX_SESSION_KEY_PACKETS = 7",
    ],
    [
      "the number of packets for one key: not more",
      "MAX_PACKETS_FOR_ONE_KEY = 2",
      "MAX_PACKETS_FOR_ONE_KEY = 3",
    ],
    [
      "the number of packets for one key: not fewer",
      "MAX_PACKETS_FOR_ONE_KEY = 2",
      "MAX_PACKETS_FOR_ONE_KEY = 1",
    ],
    ["the number of packets inside: not more", "MAX_PACKETS_INSIDE = 16", "MAX_PACKETS_INSIDE = 17"],
    ["the number of packets inside: not fewer", "MAX_PACKETS_INSIDE = 16", "MAX_PACKETS_INSIDE = 15"],
    [
      "the limit of a payload",
      "MAX_PAYLOAD_BYTES = 100 * 1024 * 1024",
      "MAX_PAYLOAD_BYTES = 101 * 1024 * 1024",
    ],
    [
      "how far ahead a date may be: not more",
      "FUTURE_ALLOWED_MS = 10 * 60 * 1000",
      "FUTURE_ALLOWED_MS = 12 * 60 * 1000",
    ],
    [
      "how far ahead a date may be: not less",
      "FUTURE_ALLOWED_MS = 10 * 60 * 1000",
      "FUTURE_ALLOWED_MS = 8 * 60 * 1000",
    ],
    [
      "how old a submission may be: not more",
      "PAST_WINDOW_MS = 7 * 24 * 60 * 60 * 1000",
      "PAST_WINDOW_MS = 8 * 24 * 60 * 60 * 1000",
    ],
    [
      "how old a submission may be: not less",
      "PAST_WINDOW_MS = 7 * 24 * 60 * 60 * 1000",
      "PAST_WINDOW_MS = 6 * 24 * 60 * 60 * 1000",
    ],
    ["the grammar of packets", "enforceGrammar: true", "enforceGrammar: false"],
    ["a submission is within the window", "signedAt.getTime() < now.getTime() - PAST_WINDOW_MS", "false"],
    ["a date is not ahead of the clock", "signedAt.getTime() > now.getTime() + FUTURE_ALLOWED_MS", "false"],
    [
      "a packet type without a meaning ends the parsing",
      "additionalAllowedPackets: refusedPackets",
      "additionalAllowedPackets: []",
    ],
  ]),
  ...inFile("openpgp/keys.ts", [
    ["a key is in its role", "if (!fits)", "if (false)"],
    [
      "a certificate was not revoked",
      "if (await certificate.isRevoked(undefined, undefined, date, full))",
      "if (false)",
    ],
    ["a certificate has not expired", "if (expires instanceof Date && expires <= date)", "if (false)"],
    ["a certificate was made by then", "await assertGood(certificate, date);", ""],
    ["a key is of its list's version", "if (profileOfKey(key) !== profile)", "if (false)"],
    [
      "a key was not revoked when it signed",
      "if (await certificate.isRevoked(undefined, undefined, date, fullReadingConfig()))",
      "if (false)",
    ],
    [
      "a key had not expired when it signed",
      "(expires instanceof Date && expires <= date);\n  if",
      "false;\n  if",
    ],
    ["a key was made before it signed", "createdAt(certificate) > date || ran", "ran"],
  ]),
];
