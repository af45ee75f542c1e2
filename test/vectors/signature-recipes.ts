/**
 * Vectors for what a signature is made of, octet by octet: each fault in the author's inner signature, in the outer one at the server,
 * and in the list's.
 */
import { type ProtocolCode, protocolCodes } from "../../src/openpgp/errors.js";
import type { Mode, SealedMessage } from "../../src/protocol/index.js";
import { NOW, type VectorCast } from "./cast.js";
import { letter } from "./letters.js";
import {
  concat,
  dateSubpacket,
  type HashWord,
  issuerIdSubpacket,
  issuerSubpacket,
  literalPacket,
  notationSubpacket,
  onePassPacket,
  packet,
  type RawSignature,
  recipientSubpacket,
  signatureBody,
  subpacket,
  tag,
  usualSubpackets,
} from "./raw.js";
import { deliver, inMinutes, type RawChange, type Recipe, submit, vectors } from "./recipes.js";

/** Whose signature it is: the outer one at the server, the inner one, the list's. */
type Place = "outer" | "inner" | "list";

interface Around {
  readonly cast: VectorCast;
  /** Who rightly signs here. */
  readonly signer: VectorCast["alice"] | VectorCast["serverKey"];
  /** Whom the signature names as its readers. */
  readonly readers: readonly string[];
}

type Changes = (usual: RawSignature, around: Around) => Partial<RawSignature>;

interface Fault {
  readonly name: string;
  readonly comment: string;
  /** At the server and of the inner signature. */
  readonly expect: "opened" | ProtocolCode;
  /** For a list signature: why the list's word is missing; `list` if it is not. */
  readonly origin: string | ProtocolCode;
  readonly signature?: Changes;
  readonly packets?: (usual: RawSignature, around: Around) => Uint8Array;
  readonly places?: readonly Place[];
}

const isCode = (text: string): text is ProtocolCode => protocolCodes.some((code) => code === text);
const suffix = "@v1.listseal.example";
const isNotation = (octets: Uint8Array) => octets[1] === 20;
const isType = (type: number) => (octets: Uint8Array) => ((octets[1] ?? 0) & 0x7f) === type;
const without = (all: readonly Uint8Array[], type: number) => all.filter((each) => !isType(type)(each));

/** The notation of this name, if it is one. */
const named = (octets: Uint8Array, name: string) =>
  isNotation(octets) && Buffer.from(octets).toString("latin1").includes(`${name}${suffix}`);

/** The same subpackets, with another value for one notation. */
const saying = (all: readonly Uint8Array[], name: string, value: string | Uint8Array) =>
  all.map((each) => (named(each, name) ? notationSubpacket(name + suffix, value) : each));

const more =
  (make: (around: Around) => readonly Uint8Array[]): Changes =>
  (usual, around) => ({
    hashed: [...usual.hashed, ...make(around)],
  });
const unhashed =
  (make: (around: Around) => readonly Uint8Array[]): Changes =>
  (_, around) => ({
    unhashed: make(around),
  });
const hash =
  (word: HashWord): Changes =>
  () => ({ hash: word });

/** The packets of a signed message, of several signature bodies: one-pass packets in the opposite order. */
function messageOf(over: Uint8Array, signatures: readonly RawSignature[]): Uint8Array {
  const bodies = signatures.map((each) => ({ body: signatureBody(each), by: each.by }));
  return concat(
    ...bodies.map(({ body, by }, i) => onePassPacket(body, by, i === bodies.length - 1)),
    literalPacket(over),
    ...bodies.toReversed().map(({ body }) => packet(tag.signature, body)),
  );
}

/** A signature packet of these octets around the literal, in place of the right one. */
const bodied = (change: (body: Uint8Array) => Uint8Array) => (usual: RawSignature) => {
  const body = signatureBody(usual);
  return concat(
    onePassPacket(body, usual.by),
    literalPacket(usual.over),
    packet(tag.signature, change(body)),
  );
};

const good = (name: string, comment: string, signature: Changes, rest: Partial<Fault> = {}): Fault => ({
  name,
  comment,
  expect: "opened",
  origin: "list",
  signature,
  ...rest,
});
const bad = (
  name: string,
  expect: ProtocolCode,
  comment: string,
  signature: Changes,
  rest: Partial<Fault> = {},
): Fault => ({ name, comment, expect, origin: "unreadable", signature, ...rest });

const noSignature: Changes = () => ({});

const faults: readonly Fault[] = [
  // what it is over, and by whom
  bad(
    "over-other-octets",
    "bad-signature",
    "It names its right signer, and is over something else.",
    () => ({ over: new TextEncoder().encode("something else") }),
    // the literal stays what it is
    {
      packets: (usual) => {
        const body = signatureBody({ ...usual, over: new TextEncoder().encode("something else") });
        const literal = literalPacket(usual.over);
        return concat(onePassPacket(body, usual.by), literal, packet(tag.signature, body));
      },
    },
  ),
  bad("twice", "several-signatures", "The right signer has signed it twice.", noSignature, {
    packets: (usual) => messageOf(usual.over, [usual, usual]),
  }),
  bad(
    "beside-eves",
    "several-signatures",
    "Another signature, of Eve's, is beside the right one.",
    noSignature,
    {
      packets: (usual, { cast }) =>
        messageOf(usual.over, [
          usual,
          { by: cast.eve, over: usual.over, hashed: usualSubpackets(cast.eve, {}) },
        ]),
    },
  ),
  bad(
    "names-another",
    "unknown-author",
    "The issuer's fingerprint is Eve's, the signature the right one's.",
    (usual, { cast }) => ({
      hashed: [...without(usual.hashed, 33), issuerSubpacket(cast.eve.fingerprint)],
    }),
    { origin: "not-by-this-server" },
  ),
  bad(
    "by-eve-in-its-name",
    "bad-signature",
    "Eve has made it, and it names the right signer.",
    (_, { cast }) => ({
      by: cast.eve,
    }),
  ),
  bad(
    "names-nobody",
    "unknown-author",
    "It names no issuer.",
    (usual) => ({
      hashed: without(usual.hashed, 33),
    }),
    { origin: "not-by-this-server" },
  ),
  good(
    "issuer-unhashed",
    "The issuer's fingerprint is in the unhashed area: it only says whose key to try.",
    (usual, { signer }) => ({
      hashed: without(usual.hashed, 33),
      unhashed: [issuerSubpacket(signer.fingerprint)],
    }),
  ),
  // what kind of signature
  bad("type-text", "wrong-kind", "Of type 0x01, over text.", () => ({ type: 1 })),
  bad("type-standalone", "not-signed", "Of type 0x02, over nothing.", () => ({ type: 2 }), {
    origin: "absent",
  }),
  // the hash
  good("sha256", "SHA-256.", hash("SHA-256")),
  good("sha384", "SHA-384.", hash("SHA-384")),
  bad("sha1", "weak-algorithm", "SHA-1.", hash("SHA-1")),
  bad("sha3-512", "weak-algorithm", "SHA3-512.", hash("SHA3-512")),
  // which area
  bad(
    "notations-unhashed",
    "binding-missing",
    "All notations are in the unhashed area, where anybody can write.",
    (usual) => ({
      hashed: usual.hashed.filter((each) => !isNotation(each)),
      unhashed: usual.hashed.filter(isNotation),
    }),
  ),
  good(
    "another-kind-unhashed",
    "A second kind, in the unhashed area: it is not looked at.",
    unhashed(() => [notationSubpacket(`kind${suffix}`, "request")]),
  ),
  good(
    "another-date-unhashed",
    "A date of next year, in the unhashed area: it is not looked at.",
    unhashed(() => [dateSubpacket(inMinutes(365 * 24 * 60))]),
  ),
  bad(
    "date-unhashed",
    "damaged",
    "The only date is in the unhashed area.",
    (usual) => ({ hashed: without(usual.hashed, 2), unhashed: [dateSubpacket(NOW)] }),
    { origin: "damaged" },
  ),
  bad("no-date", "damaged", "It has no date.", (usual) => ({ hashed: without(usual.hashed, 2) }), {
    origin: "damaged",
  }),
  good(
    "other-readers-unhashed",
    "Eve as intended recipient, in the unhashed area: it is not looked at.",
    (usual, { cast }) => ({
      hashed: without(usual.hashed, 35),
      unhashed: [recipientSubpacket(cast.eve.fingerprint)],
    }),
  ),
  // whom it was made for
  bad(
    "for-eve",
    "wrong-list",
    "The intended recipient is Eve alone.",
    (usual, { cast }) => ({
      hashed: [...without(usual.hashed, 35), recipientSubpacket(cast.eve.fingerprint)],
    }),
    { origin: "list" },
  ),
  good("for-several", "Eve is an intended recipient beside the right one.", (usual, { cast, readers }) => ({
    hashed: [...without(usual.hashed, 35), ...[cast.eve.fingerprint, ...readers].map(recipientSubpacket)],
  })),
  good("for-nobody", "No intended recipient: the notations say whom it is for.", (usual) => ({
    hashed: without(usual.hashed, 35),
  })),
  good(
    "for-nobody-unknown",
    "No intended recipient, and a subpacket of a type that nobody knows.",
    (usual) => ({
      hashed: [...without(usual.hashed, 35), subpacket(100, Uint8Array.of(1, 2, 3))],
    }),
  ),
  // subpackets that a reader does not know
  bad(
    "unknown-critical",
    "bad-signature",
    "A critical subpacket of a type that nobody knows.",
    more(() => [subpacket(100, Uint8Array.of(1), true)]),
  ),
  good(
    "unknown-not-critical",
    "A subpacket of a type that nobody knows.",
    more(() => [subpacket(100, Uint8Array.of(1))]),
  ),
  bad(
    "unknown-critical-notation",
    "bad-signature",
    "A critical notation of somebody else's.",
    more(() => [notationSubpacket("what@example.org", "ever", true)]),
  ),
  good(
    "unknown-notation",
    "A notation of somebody else's.",
    more(() => [notationSubpacket("what@example.org", "ever")]),
  ),
  bad("critical-kind", "bad-signature", "The kind is a critical notation.", (usual) => ({
    hashed: usual.hashed.map((each) =>
      named(each, "kind") ? concat(each.subarray(0, 1), Uint8Array.of(20 | 0x80), each.subarray(2)) : each,
    ),
  })),
  bad("ended", "bad-signature", "It was good for a minute.", (usual) => ({
    hashed: [
      ...without(usual.hashed, 2),
      dateSubpacket(inMinutes(-5)),
      subpacket(3, Uint8Array.of(0, 0, 0, 60)),
    ],
  })),
  // what it says
  bad("kind-twice", "binding-missing", "The kind stands there twice, with the same value.", (usual) => ({
    hashed: [...usual.hashed, ...usual.hashed.filter((each) => named(each, "kind"))],
  })),
  bad(
    "msgid-twice",
    "binding-missing",
    "The message id stands there twice, with the same value.",
    (usual) => ({
      hashed: [...usual.hashed, ...usual.hashed.filter((each) => named(each, "msgid"))],
    }),
  ),
  bad("kind-capital", "wrong-kind", "The kind begins with a capital letter.", (usual, { readers }) => ({
    hashed: saying(
      usual.hashed,
      "kind",
      readers.length === 0 ? "Through" : readers.length === 1 ? "Post" : "Submit",
    ),
  })),
  bad("name-capital", "binding-missing", "The name of the kind begins with a capital letter.", (usual) => ({
    hashed: [
      ...usual.hashed.filter((each) => !named(each, "kind")),
      notationSubpacket(`Kind${suffix}`, "post"),
    ],
  })),
  bad("not-text", "binding-missing", "The message id is not UTF-8.", (usual) => ({
    hashed: saying(usual.hashed, "msgid", Uint8Array.of(0x3c, 0xff, 0x40, 0x62, 0x3e)),
  })),
  bad(
    "says-more",
    "binding-mismatch",
    "A notation of this namespace that no kind has.",
    more(() => [notationSubpacket(`more${suffix}`, "x")]),
  ),
  good(
    "another-version-beside",
    "A notation of a later version, beside all of this one.",
    more(() => [notationSubpacket("more@v2.listseal.example", "x")]),
  ),
  bad(
    "list-fingerprint-capitals",
    "wrong-list",
    "The list key's fingerprint is in capitals.",
    (usual, { cast }) => ({
      hashed: saying(usual.hashed, "list", `${cast.address} ${cast.listKey.fingerprint.toUpperCase()}`),
    }),
    { origin: "for-another-list" },
  ),
  bad(
    "list-address-capitals",
    "wrong-list",
    "The list's address is not in its canonical form.",
    (usual, { cast }) => ({
      hashed: saying(usual.hashed, "list", `Team@lists.example ${cast.listKey.fingerprint}`),
    }),
    { origin: "for-another-list" },
  ),
  // its octets
  bad("version-3", "not-signed", "A signature packet of version 3.", noSignature, {
    packets: bodied((body) => concat(Uint8Array.of(3), body.subarray(1))),
    origin: "absent",
  }),
  bad(
    "other-version",
    "unsupported-algorithm",
    "A signature packet of another version than its key's.",
    (_, { cast }) => ({ version: cast.profile === "rfc9580" ? 4 : 6 }),
  ),
  bad("before-its-key", "key-expired", "It is dated before its key was made.", (usual) => ({
    hashed: [dateSubpacket(new Date("2024-12-31T00:00:00Z")), ...without(usual.hashed, 2)],
  })),
  bad("cut", "damaged", "The signature packet lacks its last octet.", noSignature, {
    packets: bodied((body) => body.subarray(0, -1)),
    origin: "damaged",
  }),
  bad("flipped", "bad-signature", "A bit of the signature's value is flipped.", noSignature, {
    packets: bodied((body) => body.map((octet, i) => (i === body.length - 20 ? octet ^ 1 : octet))),
  }),
];

/** Where the usual signature is, and what a fault of it comes to. */
function inPlace(fault: Fault, place: Place): [string, Recipe][] {
  const change = (cast: VectorCast): RawChange => {
    const signer = place === "list" ? cast.serverKey : cast.alice;
    const readers =
      place === "list"
        ? []
        : place === "inner"
          ? [cast.listKey.fingerprint]
          : [cast.serverKey.fingerprint, cast.alice.fingerprint];
    const around = { cast, signer, readers };
    const { signature, packets } = fault;
    return {
      ...(signature === undefined || packets !== undefined
        ? {}
        : { signature: (usual) => signature(usual, around) }),
      ...(packets === undefined ? {} : { packets: (usual) => packets(usual, around) }),
    };
  };
  const name = `${place}-signature-${fault.name}`;
  const make = (cast: VectorCast, mode: Mode): Promise<SealedMessage> =>
    place === "outer"
      ? submit(cast, mode, { outerRaw: change(cast) })
      : deliver(cast, mode, place === "inner" ? { innerRaw: change(cast) } : { outerRaw: change(cast) });
  if (place === "outer") return vectors("server", name, fault.expect, fault.comment, make);
  const expect =
    place === "list"
      ? isCode(fault.origin)
        ? fault.origin
        : { origin: fault.origin }
      : fault.expect === "opened"
        ? { origin: "list" }
        : fault.expect;
  return vectors("member", name, expect, fault.comment, make);
}

const places: readonly Place[] = ["outer", "inner", "list"];

/** A version 4 issuer's key id, as GnuPG of before wrote it. */
const oldIssuers = places.flatMap((place) =>
  [
    bad(
      "issuer-id-of-another",
      "unknown-author",
      "An issuer's key id that is nobody's.",
      (usual, { cast }) => ({
        hashed: [...without(usual.hashed, 33), issuerIdSubpacket(cast.eve.fingerprint)],
      }),
      { origin: "not-by-this-server" },
    ),

    good("issuer-id", "The issuer is named by its key id alone.", (usual, { signer }) => ({
      hashed: [...without(usual.hashed, 33), issuerIdSubpacket(signer.fingerprint)],
    })),
  ].flatMap((fault) => inPlace(fault, place).filter(([name]) => name.endsWith("compatible"))),
);

export const signatureRecipes: ReadonlyMap<string, Recipe> = new Map([
  ...faults.flatMap((fault) => (fault.places ?? places).flatMap((place) => inPlace(fault, place))),
  ...oldIssuers,
  // a signature says what it is over, not what is around it
  ...vectors(
    "member",
    "inner-signature-before-literal",
    { origin: "list" },
    "A signature in front of the literal, without a one-pass packet (RFC 9580, 10.3).",
    (cast, mode) =>
      deliver(cast, mode, {
        innerRaw: {
          packets: (usual) =>
            concat(packet(tag.signature, signatureBody(usual)), literalPacket(letter(cast))),
        },
      }),
  ),
]);
