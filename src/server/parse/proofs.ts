/** Who asks for something: certificates and signatures that came with a request, before anybody is known to be behind them. */
import {
  assertIntroduced,
  type ListForProof,
  MAX_CHAIN_BYTES,
  type ProvenIntroduction,
  readIntroduction,
} from "../../membership/introduction/introduction.js";
import { type SignedBytes, verifySigned } from "../../membership/request/request.js";
import { ProtocolError } from "../../openpgp/errors.js";
import {
  assertUsable,
  type Certificate,
  parseSealingKey,
  readOneCertificate,
  writeCertificate,
} from "../../openpgp/keys.js";
import { assertFewPackets } from "../../openpgp/packets.js";
import { assertSize } from "../../openpgp/policy.js";
import { beforeRevocation, revokedSince } from "../../openpgp/revocation.js";
import { MAX_BROUGHT_PACKETS } from "../base/limits.js";

/** By whom a request must be signed. */
export type ClaimedSigner =
  /** by the certificate that it brings */
  | { readonly kind: "claim"; readonly certificate: Uint8Array }
  /** by that, and by an introduction of one of these owners */
  | {
      readonly kind: "join";
      readonly certificate: Uint8Array;
      readonly introduction: Uint8Array;
      readonly list: Pick<ListForProof, "address" | "fingerprints"> & {
        readonly owners: readonly Uint8Array[];
      };
    }
  /** by somebody on the roster */
  | {
      readonly kind: "member";
      readonly certificate: Uint8Array;
      /** Whether they say that the key is in other hands: of one that was revoked before, nothing else is heard. */
      readonly revokes: boolean;
    };

/** A request, and who has to be behind it. */
export interface RequestProof {
  readonly signed: SignedBytes;
  readonly by: ClaimedSigner;
  readonly at: number;
}

/** What was proved. */
export interface Proved {
  readonly kind: "proved";
  /** Whose it is, as it was verified with. */
  readonly certificate: Uint8Array;
  readonly signedAt: Date;
  /** Of a member: their key was revoked before. */
  readonly isRevoked: boolean;
  /** Of a join. */
  readonly introduction?: Omit<ProvenIntroduction, "certificate">;
}

/** A certificate of a member, usable on that day. */
export interface CertificateRead {
  readonly kind: "certificate";
  readonly certificate: Uint8Array;
}

/** @throws ListSealError if nothing is proved */
export async function proveRequest({ signed, by, at }: RequestProof): Promise<Proved> {
  const now = new Date(at);
  switch (by.kind) {
    case "claim": {
      const certificate = await usable(by.certificate, now);
      const signedAt = await verifySigned({ signed }, [certificate], now);
      return { kind: "proved", certificate: writeCertificate(certificate), signedAt, isRevoked: false };
    }
    case "join": {
      const owners = await Promise.all(by.list.owners.map((octets) => parseSealingKey("member", octets)));
      const { certificate: introducing, ...introduction } = await readIntroduction(
        by.introduction,
        { ...by.list, owners },
        now,
      );
      const certificate = await usable(by.certificate, now);
      await assertIntroduced(certificate, { ...introduction, certificate: introducing }, now);
      const signedAt = await verifySigned({ signed }, [introducing, certificate], now);
      return {
        kind: "proved",
        certificate: writeCertificate(certificate),
        signedAt,
        isRevoked: false,
        introduction,
      };
    }
    case "member": {
      const key = await parseSealingKey("member", by.certificate);
      const isRevoked = (await revokedSince(key.certificate, now)) !== undefined;
      // attack: a thief dates requests back to when the key was good; the roster's certificate is of now
      if (isRevoked && !by.revokes) {
        throw new ProtocolError("key-revoked", "signed by a key that its holder has revoked");
      }
      const { certificate } = isRevoked ? await beforeRevocation(key) : key;
      const signedAt = await verifySigned({ signed }, [certificate], now);
      return { kind: "proved", certificate: by.certificate, signedAt, isRevoked };
    }
  }
}

/** @throws ListSealError */
export async function readCertificate({
  certificate,
  at,
}: {
  readonly certificate: Uint8Array;
  readonly at: number;
}): Promise<CertificateRead> {
  return { kind: "certificate", certificate: writeCertificate(await usable(certificate, new Date(at))) };
}

/** One certificate of a member, usable at that time. Its packets are counted before they are parsed. */
async function usable(octets: Uint8Array, now: Date): Promise<Certificate> {
  assertSize(octets, MAX_CHAIN_BYTES, "the certificate");
  assertFewPackets(octets, MAX_BROUGHT_PACKETS);
  const only = await readOneCertificate(octets);
  await assertUsable(only, now);
  return (await parseSealingKey("member", writeCertificate(only))).certificate;
}
