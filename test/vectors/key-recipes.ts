/** Vectors for keys: whose they are, how long they are good, which of several is meant; and for the form of packets under a secret. */
import { encryptSessionKey, enums } from "openpgp";
import { configFor } from "../../src/openpgp/policy.js";
import { passphraseOf } from "../../src/openpgp/secrets.js";
import { type Mode, type SealedMessage, sealingHalf } from "../../src/protocol/index.js";
import { NOW, usualCast, type VectorCast, vectorSecrets } from "./cast.js";
import { type LetterChange, letter } from "./letters.js";
import { bodyOfPacket, concat, dateSubpacket, packet, type RawSkesk, skeskPacket, tag } from "./raw.js";
import {
  type DeliverChange,
  deliver,
  type Expected,
  type Family,
  type RawChange,
  type Recipe,
  submit,
  vectors,
} from "./recipes.js";

/** A day on which the keys that end later were still good. */
const BEFORE = new Date("2025-02-01T00:00:00Z");

const dated = (date: Date): RawChange => ({
  signature: ({ hashed }) => ({
    hashed: [dateSubpacket(date), ...hashed.filter((each) => each[1] !== 2)],
  }),
});

const dates = new Map([
  ["now", NOW],
  ["before", BEFORE],
]);

/** A copy of a letter by a key of Alice's that is not good any more. */
function byOldKey(
  key: "alice-expired" | "alice-revoked",
  name: string,
  expect: Expected,
  comment: string,
  said: { readonly letter: string; readonly signature: string; readonly list: "none" | "now" },
): [string, Recipe][] {
  const payload = (cast: VectorCast) => letter(cast, { date: dates.get(said.letter) ?? NOW });
  return vectors(
    "member",
    name,
    expect,
    comment,
    (cast, mode) =>
      deliver(cast, mode, {
        payload: payload(cast),
        innerRaw: dated(dates.get(said.signature) ?? NOW),
        ...(said.list === "none" ? { through: "none" as const } : {}),
      }),
    { keys: [key], payload },
  );
}

/** A copy of another letter of Alice's. */
function written(
  name: string,
  expect: Expected,
  comment: string,
  change: (cast: VectorCast) => LetterChange,
  more: DeliverChange = {},
): [string, Recipe][] {
  const payload = (cast: VectorCast) => letter(cast, change(cast));
  const make = (cast: VectorCast, mode: Mode) => deliver(cast, mode, { payload: payload(cast), ...more });
  return vectors("member", name, expect, comment, make, { payload });
}

/** Sealed to the server key, and not to Alice's own, which can't be encrypted to. */
const toServerAlone: RawChange = { seal: (usual) => ({ to: usual.to.slice(0, 1) }) };

/** A submission and a copy for the same keys; `make` puts the inner seal's recipients in. */
function toOldSubkey(cast: VectorCast, mode: Mode, role: "list" | "server"): Promise<SealedMessage> {
  return usualCast(cast.profile).then(({ listKey, serverKey }) =>
    role === "list"
      ? submit(cast, mode, { inner: { to: [sealingHalf(listKey)] } })
      : submit(cast, mode, { outer: { to: [sealingHalf(serverKey), sealingHalf(cast.alice)] } }),
  );
}

/** A submission and a copy whose outer seal is under a secret, and the session key packets as they are wanted. */
function underSecret(
  name: string,
  verdicts: { readonly server: Expected; readonly copy: Expected; readonly inner: Expected },
  comment: string,
  packets: (skesk: Omit<RawSkesk, "secret" | "version">) => Omit<RawSkesk, "secret" | "version">,
  family: Family = {},
): [string, Recipe][] {
  const made = (cast: VectorCast, secret: RawSkesk["secret"]): RawChange => ({
    seal: {
      to: [secret],
      keyPackets: (sessionKey) =>
        skeskPacket({ secret, version: cast.profile === "rfc9580" ? 6 : 4, ...packets({}) }, sessionKey),
    },
  });
  return sealedUnder(name, verdicts, comment, async (cast, secret) => made(cast, secret), family);
}

type SecretSeal = (cast: VectorCast, secret: RawSkesk["secret"]) => Promise<RawChange>;

/** The three places of a secret: Alice's with the server, Bob's with the server, the list's. */
function sealedUnder(
  name: string,
  verdicts: { readonly server: Expected; readonly copy: Expected; readonly inner: Expected },
  comment: string,
  seal: SecretSeal,
  family: Family = {},
): [string, Recipe][] {
  return [
    ...vectors(
      "server",
      `shared-server-${name}`,
      verdicts.server,
      comment,
      async (cast, mode) => {
        const { server } = await vectorSecrets(cast.profile);
        const sealed = await submit(cast, mode, { outerRaw: withoutReaders(await seal(cast, server)) });
        return { ...sealed, outerSecret: server.fingerprint };
      },
      { ...family, shared: "server" },
    ),
    ...vectors(
      "member",
      `shared-member-${name}`,
      verdicts.copy,
      comment,
      async (cast, mode) => {
        const { member } = await vectorSecrets(cast.profile);
        const sealed = await deliver(cast, mode, { outerRaw: await seal(cast, member) });
        return { ...sealed, outerSecret: member.fingerprint };
      },
      { ...family, shared: "member" },
    ),
    ...vectors(
      "member",
      `shared-list-${name}`,
      verdicts.inner,
      comment,
      async (cast, mode) => {
        const { list } = await vectorSecrets(cast.profile);
        const says = { list: `${cast.address} ${list.fingerprint}` };
        return deliver(cast, mode, {
          innerSays: says,
          through: says,
          innerRaw: withoutReaders(await seal(cast, list)),
        });
      },
      { ...family, shared: "list" },
    ),
  ];
}

/** A signature under a secret names no reader. */
const withoutReaders = (raw: RawChange): RawChange => ({
  ...raw,
  signature: ({ hashed }) => ({ hashed: hashed.filter((each) => each[1] !== 35) }),
});

/** What openpgp.js writes with other settings. */
async function argon2(cast: VectorCast, secret: RawSkesk["secret"], sessionKey: Uint8Array) {
  const packetOf: Uint8Array = await encryptSessionKey({
    data: Uint8Array.from(sessionKey),
    algorithm: "aes256",
    ...(cast.profile === "rfc9580" ? { aeadAlgorithm: "gcm" } : {}),
    passwords: passphraseOf(secret),
    format: "binary",
    config: {
      ...configFor(cast.profile),
      s2kType: enums.s2k.argon2,
      s2kArgon2Params: { passes: 1, parallelism: 1, memoryExponent: 12 },
    },
  });
  return packetOf;
}

/** Refused for its form: at the server it opens nothing, for a reader it is not a mail under a secret, in the inner seal no key packet. */
const malformed = { server: "wrong-list", copy: "not-for-me", inner: "malformed-key-packet" } as const;
const refusal = "unsupported-algorithm";
const opens = { server: "opened", copy: { origin: "list" }, inner: { origin: "list" } } as const;

export const keyRecipes: ReadonlyMap<string, Recipe> = new Map([
  // how long a key is good
  ...byOldKey("alice-expired", "expired-key", "key-expired", "Alice's key ended before she wrote this.", {
    letter: "now",
    signature: "now",
    list: "now",
  }),
  ...byOldKey(
    "alice-expired",
    "expired-key-old-letter",
    "key-expired",
    "The letter's Date is of the key's time, and the signature's is not.",
    { letter: "before", signature: "now", list: "now" },
  ),
  ...byOldKey(
    "alice-expired",
    "expired-key-back-dated",
    { origin: "absent" },
    "Signature and letter are dated back into the key's time: only the list's word could tell.",
    { letter: "before", signature: "before", list: "none" },
  ),
  ...byOldKey(
    "alice-expired",
    "expired-key-back-dated-list",
    { origin: "list" },
    "Dated back into the key's time, with the list's word of today: the list's date may be later by any time.",
    { letter: "before", signature: "before", list: "now" },
  ),
  ...byOldKey(
    "alice-revoked",
    "revoked-key",
    "key-revoked",
    "Alice's key was revoked before she wrote this.",
    {
      letter: "now",
      signature: "now",
      list: "now",
    },
  ),
  ...byOldKey(
    "alice-revoked",
    "revoked-key-old-letter",
    "key-revoked",
    "The letter's Date is of before the revocation, and the signature's is not.",
    { letter: "before", signature: "now", list: "now" },
  ),
  ...vectors(
    "server",
    "expired-key",
    "key-expired",
    "Alice's key ended before she wrote this.",
    (cast, mode) => submit(cast, mode, { innerRaw: {}, outerRaw: toServerAlone }),
    { keys: ["alice-expired"] },
  ),
  ...vectors(
    "server",
    "revoked-key",
    "key-revoked",
    "Alice's key was revoked before she wrote this.",
    (cast, mode) => submit(cast, mode, { innerRaw: {}, outerRaw: toServerAlone }),
    { keys: ["alice-revoked"] },
  ),
  // of which version
  ...vectors(
    "member",
    "other-key-version",
    "wrong-key-version",
    "Alice's key is of the other profile's version.",
    (cast, mode) => deliver(cast, mode, { innerRaw: {} }),
    { keys: ["alice-other-profile"] },
  ),
  ...vectors(
    "server",
    "other-key-version",
    "wrong-key-version",
    "Alice's key is of the other profile's version.",
    (cast, mode) => submit(cast, mode, { innerRaw: {}, outerRaw: toServerAlone }),
    { keys: ["alice-other-profile"] },
  ),
  // which of several
  ...vectors(
    "server",
    "list-subkey-newest",
    "opened",
    "The list key has two encryption subkeys, and it is sealed to the newer one.",
    (cast, mode) => submit(cast, mode),
    { keys: ["list-renewed"] },
  ),
  ...vectors(
    "server",
    "list-subkey-older",
    "wrong-list",
    "The list key has two encryption subkeys, and it is sealed to the older one.",
    (cast, mode) => toOldSubkey(cast, mode, "list"),
    { keys: ["list-renewed"] },
  ),
  ...vectors(
    "server",
    "server-subkey-older",
    "opened",
    "The server key has two encryption subkeys, and it is sealed to the older one.",
    (cast, mode) => toOldSubkey(cast, mode, "server"),
    { keys: ["server-renewed"] },
  ),
  // whose certificate the letter carries
  ...written(
    "letter-without-certificate",
    "unknown-author",
    "No certificate of the author's in the letter.",
    () => ({
      author: undefined,
    }),
  ),
  ...written(
    "letter-with-eves-certificate",
    "wrong-author",
    "The letter is from Alice, the certificate Eve's.",
    (cast) => ({
      author: cast.eve,
    }),
  ),
  ...written(
    "letter-with-list-certificate",
    "wrong-role",
    "The certificate in the letter is a list key's.",
    (cast) => ({ author: { ...cast.listKey, role: "member" } }),
  ),
  ...written(
    "letter-of-another-message-id",
    "binding-mismatch",
    "The letter's Message-ID is another than the signed one.",
    () => ({
      messageId: "<2@example.test>",
    }),
  ),
  // the form of a session key packet under a secret
  ...underSecret("packet", opens, "A session key packet under the secret, octet by octet.", (usual) => usual),
  ...underSecret("s2k-simple", malformed, "The S2K is simple (type 0).", (usual) => ({ ...usual, type: 0 })),
  ...underSecret("s2k-salted", malformed, "The S2K is salted (type 1).", (usual) => ({ ...usual, type: 1 })),
  ...underSecret("s2k-count", malformed, "The S2K's count octet is 96.", (usual) => ({
    ...usual,
    count: 96,
  })),
  ...underSecret("s2k-sha512", malformed, "The S2K's hash is SHA-512.", (usual) => ({
    ...usual,
    hash: "SHA-512",
  })),
  ...underSecret("skesk-aes128", malformed, "The session key is encrypted by AES-128.", (usual) => ({
    ...usual,
    cipher: "aes128",
  })),
  ...sealedUnder("s2k-argon2", malformed, "The S2K is Argon2.", async (cast, secret) => {
    const sessionKey = crypto.getRandomValues(new Uint8Array(32));
    const made = await argon2(cast, secret, sessionKey);
    return { seal: { to: [secret], sessionKey, keyPackets: () => made } };
  }),
  ...sealedUnder(
    "other-version",
    { server: refusal, copy: refusal, inner: refusal },
    "SKESK and data packet are of the other profile.",
    async (cast, secret) => {
      const version = cast.profile === "rfc9580" ? 1 : 2;
      const keyPackets = (sessionKey: Uint8Array) =>
        skeskPacket({ secret, version: version === 1 ? 4 : 6 }, sessionKey);
      return { seal: { to: [secret], version, keyPackets } };
    },
  ),
  ...sealedUnder(
    "ocb",
    malformed,
    "The session key is encrypted with OCB.",
    async (_, secret) => ({
      seal: {
        to: [secret],
        keyPackets: (sessionKey) => skeskPacket({ secret, version: 6, aead: "ocb" }, sessionKey),
      },
    }),
    { profiles: ["rfc9580"] },
  ),
  ...sealedUnder(
    "two-packets",
    malformed,
    "Two session key packets under the secret.",
    async (cast, secret) => {
      const version = cast.profile === "rfc9580" ? 6 : 4;
      const keyPackets = (sessionKey: Uint8Array) =>
        concat(skeskPacket({ secret, version }, sessionKey), skeskPacket({ secret, version }, sessionKey));
      return { seal: { to: [secret], keyPackets } };
    },
  ),
  ...sealedUnder(
    "trailing",
    malformed,
    "The session key packet is an octet longer than its fields.",
    async (cast, secret) => {
      const version = cast.profile === "rfc9580" ? 6 : 4;
      const keyPackets = (sessionKey: Uint8Array) => {
        const made = skeskPacket({ secret, version }, sessionKey);
        return packet(tag.skesk, concat(bodyOfPacket(made), Uint8Array.of(0)));
      };
      return { seal: { to: [secret], keyPackets } };
    },
  ),
  ...vectors(
    "server",
    "shared-server-names-readers",
    "wrong-list",
    "Under Alice's secret, and the signature names the server key as its reader.",
    async (cast, mode) => {
      const { server } = await vectorSecrets(cast.profile);
      const sealed = await submit(cast, mode, { outerRaw: { seal: { to: [server] } } });
      return { ...sealed, outerSecret: server.fingerprint };
    },
    { shared: "server" },
  ),
]);
