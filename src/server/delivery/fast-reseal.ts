/**
 * The server's work a member, fast (seed, steps 207 and 409): one encrypted container a post, one PKESK a member.
 *
 * A member who left knows the session keys of the posts that they got, so none is ever used for a second post: they live in an
 * object that belongs to one post and can't be given another. What else makes it sound: `openpgp/shared-seal.ts`.
 *
 * Same interface as the plain path (`resealFor` of `protocol/reseal.ts`); what this can't do is done by that one.
 */
import { Buffer } from "node:buffer";
import type { CipherSuite } from "../../openpgp/ciphers.js";
import type { SealingKey } from "../../openpgp/keys.js";
import { isSecret, type Sealer } from "../../openpgp/secrets.js";
import {
  keyPacketFor,
  type Recipient,
  type SharedSeal,
  sealShared,
  wipeSharedSeal,
} from "../../openpgp/shared-seal.js";
import type { SealedMessage } from "../../protocol/message.js";
import { type PreparedReseal, resealFor as plainResealFor } from "../../protocol/reseal.js";
import { BufferCollector } from "../base/force-gc.js";
import { Recipients } from "./recipients.js";

/** One member's outer seal in its two pieces; concatenated they are the OpenPGP message. */
export interface SealedPieces {
  /** The session key for this member: about 100 octets. */
  readonly pkesk: Uint8Array;
  /** The very buffer that all copies of this post share. Never write to it. */
  readonly container: Uint8Array;
}

/** The containers of one post, each made when the first member needs it. */
class PostSeals {
  readonly #prepared: PreparedReseal;
  readonly #containers = new Map<string, Promise<SharedSeal>>();

  constructor(prepared: PreparedReseal) {
    this.#prepared = prepared;
  }

  /** At most one container a suite: v4 and v6 members can't read each other's. */
  containerFor(suite: CipherSuite): Promise<SharedSeal> {
    const name = `${suite.version} ${suite.cipher}`;
    const made = this.#containers.get(name) ?? this.#make(suite);
    this.#containers.set(name, made);
    return made;
  }

  #make(suite: CipherSuite): Promise<SharedSeal> {
    const { opened, listSignature } = this.#prepared;
    const garbage = new BufferCollector();
    return sealShared(opened.literal, listSignature, suite, (octets) => garbage.add(octets));
  }

  wipe(): void {
    for (const made of this.#containers.values()) {
      // one that is still being made has its members first
      made.then(wipeSharedSeal, () => undefined);
    }
    this.#containers.clear();
  }
}

/** Seals posts for members. One for the whole server: it keeps the validated certificates. */
export class FastReseal {
  readonly #recipients: Recipients;
  readonly #posts = new WeakMap<PreparedReseal, PostSeals>();

  constructor(recipients: Recipients = new Recipients()) {
    this.#recipients = recipients;
  }

  /**
   * One member's copy; what `resealFor` of the protocol gives, for every kind of member.
   *
   * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`: this member gets no copy, the others do
   */
  async resealFor(prepared: PreparedReseal, member: Sealer<"member">): Promise<SealedMessage> {
    if (isSecret(member)) return plainResealFor(prepared, member);
    const recipient = await this.#recipients.ofKey(member);
    if (recipient.suite === "library") return plainResealFor(prepared, member);
    return asSealedMessage(prepared, await this.#pieces(prepared, recipient, recipient.suite));
  }

  /**
   * One member's outer seal in pieces, so that the copies of a large `whole` post share its memory.
   *
   * @param member a certificate as the roster keeps it, or parsed
   * @returns `library` for the rare certificate whose preferences this path doesn't write (AES-192, OCB alone): use
   *          {@link resealFor}
   * @throws ListSealError as {@link resealFor}; for bytes also `key-damaged`, `wrong-role`
   */
  async piecesFor(
    prepared: PreparedReseal,
    member: Uint8Array | SealingKey<"member">,
  ): Promise<SealedPieces | "library"> {
    const recipient = await (member instanceof Uint8Array
      ? this.#recipients.ofCertificate(member)
      : this.#recipients.ofKey(member));
    return recipient.suite === "library" ? "library" : this.#pieces(prepared, recipient, recipient.suite);
  }

  /**
   * Looks at a member's certificate as sealing for it would.
   *
   * @throws ListSealError as {@link piecesFor}
   */
  async check(member: Uint8Array): Promise<void> {
    await this.#recipients.ofCertificate(member);
  }

  /** Ends a post: its session keys are overwritten. Copies made before stay good; later ones get a new container. */
  finish(prepared: PreparedReseal): void {
    this.#posts.get(prepared)?.wipe();
    this.#posts.delete(prepared);
  }

  async #pieces(prepared: PreparedReseal, recipient: Recipient, suite: CipherSuite): Promise<SealedPieces> {
    let post = this.#posts.get(prepared);
    if (post === undefined) {
      post = new PostSeals(prepared);
      this.#posts.set(prepared, post);
    }
    const shared = await post.containerFor(suite);
    return { pkesk: await keyPacketFor(shared, recipient), container: shared.dataPacket };
  }
}

/** The pieces as a message that travels. In mode `whole` this copies the container: the price of one buffer a member. */
export function asSealedMessage(prepared: PreparedReseal, { pkesk, container }: SealedPieces): SealedMessage {
  const outer = Buffer.concat([pkesk, container]);
  const { body } = prepared.opened;
  return body === undefined ? { mode: "whole", message: outer } : { mode: "key", key: outer, body };
}
