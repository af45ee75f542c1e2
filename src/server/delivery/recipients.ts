/**
 * Members' certificates, parsed and validated once.
 *
 * Validating a certificate (its self-signatures, its subkeys' bindings) costs several times what sealing for it does, and a
 * certificate is the same for every post. It is validated again when it, or the subkey, runs out, and daily. Revocations
 * come as other bytes.
 */
import { createHash } from "node:crypto";
import { type Certificate, parseSealingKey, type SealingKey } from "../../openpgp/keys.js";
import { type Recipient, readRecipient } from "../../openpgp/shared-seal.js";

/** How many certificates are kept. A native one takes about 2 kB; the bound stops a growth without end. */
export const MAX_RECIPIENTS = 50_000;

/** Recipients by the bytes of their certificates; the least recently used go first. */
export class Recipients {
  readonly #byBytes = new Map<string, Promise<Recipient>>();
  readonly #byKey = new WeakMap<Certificate, Promise<Recipient>>();
  /** Digests of certificates, by the very bytes: one copy asks more than once. */
  readonly #names = new WeakMap<Uint8Array, string>();
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
   * @param bytes never changed by whoever has them
   * @throws ListSealError `key-damaged`, `wrong-role`, `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`
   */
  async ofCertificate(bytes: Uint8Array): Promise<Recipient> {
    const name = this.#names.get(bytes) ?? createHash("sha256").update(bytes).digest("base64url");
    this.#names.set(bytes, name);
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
      // a refusal is not kept: it is judged again each time, and others may be waiting for this entry's place
      if (this.#byBytes.get(name) === read) this.#byBytes.delete(name);
      throw error;
    }
  }

  /**
   * As {@link ofCertificate} for a certificate that the caller has parsed; kept as long as the caller keeps it.
   *
   * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`
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
