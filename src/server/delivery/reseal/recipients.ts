/**
 * Members' certificates, parsed and validated once: what the fast path needs of them.
 *
 * Validating a certificate (its self-signatures, its subkeys' bindings) costs several times what sealing for it does, and a
 * certificate is the same for every post. It is validated again when it, or the subkey, runs out, and daily, since the
 * library's judgement may depend on the date in more ways than these. Revocations come as other bytes.
 */
import { createHash } from "node:crypto";
import { generateSessionKey, type PublicKey } from "openpgp";
import { assertUsable, parseSealingKey, type SealingKey } from "../../../openpgp/keys.js";
import { type PkeskTarget, readTarget } from "../../../openpgp/pkesk-writer.js";
import { configFor, fullReadingConfig } from "../../../openpgp/policy.js";
import type { Suite } from "./container.js";

/** A member as the fast path knows them. */
export interface Recipient {
  /** In milliseconds since 1970: from then on the certificate must be validated again. */
  readonly freshUntil: number;
  readonly suite: Suite | "library";
  readonly seal:
    | { readonly by: "native"; readonly target: PkeskTarget }
    /** An algorithm that this software does not write: openpgp.js seals the session key. */
    | { readonly by: "library"; readonly member: SealingKey<"member"> };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** How many certificates are kept. A native one takes about 2 kB; the bound stops a growth without end. */
export const MAX_RECIPIENTS = 50_000;

/**
 * Validates a certificate at `now` and takes out what sealing needs.
 *
 * @throws ListSealError `key-expired`, `key-revoked`, `weak-algorithm`
 */
export async function readRecipient(member: SealingKey<"member">, now: Date): Promise<Recipient> {
  const { certificate } = member;
  await assertUsable(certificate, now);
  const config = fullReadingConfig();
  const key = await certificate.getEncryptionKey(undefined, now, undefined, config);
  const suite = await suiteOf(certificate, now);
  const ends = await Promise.all([
    certificate.getExpirationTime(undefined, config),
    "mainKey" in key ? key.getExpirationTime(now, config) : null,
  ]);
  const freshUntil = Math.min(
    now.getTime() + DAY_MS,
    ...ends.map((end) => (end instanceof Date ? end.getTime() : Number.POSITIVE_INFINITY)),
  );
  const fingerprint = key.keyPacket.getFingerprintBytes();
  const target =
    fingerprint === null || suite === "library" ? undefined : readTarget(key.keyPacket.write(), fingerprint);
  return {
    freshUntil,
    suite,
    seal: target === undefined ? { by: "library", member } : { by: "native", target },
  };
}

/** What the library would encrypt with for this certificate: its own choice from the preferences, not ours again. */
async function suiteOf(certificate: PublicKey, date: Date): Promise<Suite | "library"> {
  const { data, algorithm, aeadAlgorithm } = await generateSessionKey({
    encryptionKeys: certificate,
    date,
    // the choice follows the recipient's preferences; both profiles want the same of them
    config: configFor("rfc9580"),
  });
  data.fill(0);
  if (algorithm !== "aes128" && algorithm !== "aes256") return "library";
  if (aeadAlgorithm === undefined) return { version: 1, cipher: algorithm };
  return aeadAlgorithm === "gcm" ? { version: 2, cipher: algorithm, aead: "gcm" } : "library";
}

/** Recipients by the bytes of their certificates; the least recently used go first. */
export class Recipients {
  readonly #byBytes = new Map<string, Promise<Recipient>>();
  readonly #byKey = new WeakMap<PublicKey, Promise<Recipient>>();
  readonly #limit: number;
  readonly #clock: () => Date;

  /** @param clock for tests; the machine's if absent */
  constructor(limit: number = MAX_RECIPIENTS, clock: () => Date = () => new Date()) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** How many certificates are kept now. */
  get size(): number {
    return this.#byBytes.size;
  }

  /**
   * The recipient that a certificate, as the roster keeps it, stands for. Known by the SHA-256 of its bytes: a renewed or
   * revoked certificate is another one.
   *
   * @throws ListSealError `key-damaged`, `wrong-role`, `key-expired`, `key-revoked`, `weak-algorithm`
   */
  async ofCertificate(bytes: Uint8Array): Promise<Recipient> {
    const name = createHash("sha256").update(bytes).digest("base64url");
    const kept = await this.#byBytes.get(name);
    const now = this.#clock();
    if (kept !== undefined && now.getTime() < kept.freshUntil) {
      // a Map keeps the order of insertion: the first is the least recently used
      const again = this.#byBytes.get(name);
      if (again !== undefined) {
        this.#byBytes.delete(name);
        this.#byBytes.set(name, again);
      }
      return kept;
    }
    const read = parseSealingKey("member", bytes).then((member) => readRecipient(member, now));
    this.#byBytes.delete(name);
    this.#byBytes.set(name, read);
    const [oldest] = this.#byBytes.keys();
    if (this.#byBytes.size > this.#limit && oldest !== undefined) this.#byBytes.delete(oldest);
    try {
      return await read;
    } catch (error) {
      // a refusal is not kept: it is judged anew each time, and others may be waiting for this entry's place
      if (this.#byBytes.get(name) === read) this.#byBytes.delete(name);
      throw error;
    }
  }

  /**
   * As {@link ofCertificate} for a certificate that the caller has parsed; kept as long as the caller keeps it.
   *
   * @throws ListSealError `key-expired`, `key-revoked`, `weak-algorithm`
   */
  async ofKey(member: SealingKey<"member">): Promise<Recipient> {
    const kept = await this.#byKey.get(member.certificate);
    const now = this.#clock();
    if (kept !== undefined && now.getTime() < kept.freshUntil) return kept;
    const read = readRecipient(member, now);
    this.#byKey.set(member.certificate, read);
    try {
      return await read;
    } catch (error) {
      if (this.#byKey.get(member.certificate) === read) this.#byKey.delete(member.certificate);
      throw error;
    }
  }
}
