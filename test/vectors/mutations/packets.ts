/** What is checked on octets: headers, where a message splits, the key packet. */
import type { Mutation } from "../suite.js";
import { inFile } from "./in-file.js";

export const packetMutations: readonly Mutation[] = inFile("openpgp/packets.ts", [
  [
    "a packet's length is within the data",
    'if (end > bytes.length) throw new ProtocolError("damaged", "a packet ends too early");',
    "",
  ],
  ["an old header's length is in its shortest form", "shortest: octets === needed", "shortest: true"],
  [
    "an old header's length is not indeterminate",
    "return { tag: type, partial: false, shortest: false, start: at + 1, end: bytes.length };",
    "return { tag: type, partial: false, shortest: true, start: at + 1, end: bytes.length };",
  ],
  ["a new header's length is in its shortest form", "octets < 5 || length >= 8384", "true"],
  [
    "a packet is not in too many small chunks",
    'if (small > MAX_SMALL_CHUNKS) throw new ProtocolError("too-large", "a packet in too many small chunks");',
    "",
  ],
  [
    "nothing follows the data packet of a message",
    'if (header.end !== message.length) throw new ProtocolError("damaged", "bytes after the data packet");',
    "",
  ],
  [
    "only session key packets stand in front of the data packet",
    'throw new ProtocolError("damaged", "a session key packet was expected");',
    "",
  ],
  ["there are at most 8 session key packets", "sessionKeys === MAX_SESSION_KEY_PACKETS", "false"],
  [
    "the body is a data packet",
    "header.tag !== tag.seipd || header.end !== bytes.length",
    "header.end !== bytes.length",
  ],
  [
    "the body is one packet",
    "header.tag !== tag.seipd || header.end !== bytes.length",
    "header.tag !== tag.seipd",
  ],
  [
    "the key packet is of its type",
    'if (header.tag !== (target.kind === "key" ? tag.pkesk : tag.skesk)) throw malformed("is of another type");',
    "",
  ],
  [
    "the key packet's header is in its shortest form",
    'if (!header.shortest) throw malformed("has a header that is not in its shortest form");',
    "",
  ],
  [
    "the key packet has at most 4096 octets",
    'assertSize(literal.subarray(0, header.end), MAX_KEY_PACKET_BYTES, "the key packet");',
    "",
  ],
  [
    "the key packet's fields are exact",
    'if (!exact) throw malformed("has other fields than it should");',
    "",
  ],
  [
    "the key packet names the list's key",
    'if (!namesTarget(body, target)) throw new ProtocolError("wrong-list", "the key packet names another key");',
    "",
  ],
  [
    "the key packet's fields fill it",
    "fields !== undefined && fieldsAt + fields === body.length",
    "fields !== undefined",
  ],
  [
    "an ECDH point is in its one spelling",
    "point === undefined || isLongX25519(body, at + 2, at + point)",
    "point === undefined",
  ],
  [
    "an X25519 key is in its one spelling",
    "if (isSpelledLong(octet(body, at + X25519_BYTES - 1))) return undefined;",
    "",
  ],
  [
    "a number's count of bits is exact",
    "return topBits + (octets - 1) * 8 === bits ? 2 + octets : undefined;",
    "return 2 + octets;",
  ],
  ["a number has bits", "if (bits === 0) return undefined;", ""],
  ["the key packet is of the profile's version", "if (octet(body, 0) !== target.version)", "if (false)"],
  [
    "the length of the key packet's fingerprint",
    "octet(body, 1) !== 33 || octet(body, 2) !== 6",
    "octet(body, 2) !== 6",
  ],
  [
    "the version of the key packet's fingerprint",
    "octet(body, 1) !== 33 || octet(body, 2) !== 6",
    "octet(body, 1) !== 33",
  ],
  [
    "the key packet's key id or fingerprint",
    "if (target.id.some((value, i) => body[idAt + i] !== value)) return false;",
    "",
  ],
  [
    "the key packet's algorithm",
    "return octet(body, idAt + target.id.length) === target.algorithm;",
    "return true;",
  ],
  ["an SKESK's cipher is AES-256", "cipher !== AES_256 || ", ""],
  ["an SKESK's S2K is iterated, with SHA-256 and count octet 0", "|| s2k.join() !== ", "|| s2k.join() === "],
  [
    "an SKESK of version 4 has its length",
    "return body.length === s2kAt + ITERATED_S2K_OCTETS + 1 + 32;",
    "return true;",
  ],
  ["an SKESK of version 6 has GCM", "octet(body, 3) === GCM.id &&", ""],
  ["an SKESK's S2K has its length", "octet(body, 4) === ITERATED_S2K_OCTETS &&", ""],
  ["an SKESK counts its fields", "octet(body, 1) === 3 + ITERATED_S2K_OCTETS + GCM.nonce &&", ""],
  [
    "an SKESK of version 6 has its length",
    "body.length === s2kAt + ITERATED_S2K_OCTETS + GCM.nonce + 32 + GCM.tag",
    "true",
  ],
  [
    "a message under a secret has one SKESK of the form",
    'checkLiteral(keyPacket, "key", { kind: "secret", version });',
    "",
  ],
  [
    "nothing follows the key packet in mode key",
    'if (rest.length !== 0) throw new ProtocolError("malformed-key-packet", "bytes after the key packet");',
    "",
  ],
  ["a data packet follows the key packet in mode whole", "assertDataPacket(rest);", ""],
]);
