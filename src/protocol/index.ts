/**
 * ListSeal's protocol: bytes in, bytes out. It knows OpenPGP and nothing about mail, disks or networks.
 *
 * A post travels through four hands:
 *
 * ```
 * author          sealPost(...)        inner seal: list key;  outer seal: server key
 * server          openAtServer(...)    opens the outer seal; what it gets is still sealed to the list key
 *                 prepareReseal(...)   signs once that it came through the list
 *                 resealFor(member)    outer seal: this member's key
 * member          openPost(...)        member key, then list key; verified before anything is handed out
 * ```
 *
 * The three kinds of key are made with `generateKey("list" | "server", ...)` and `generateMemberKey(...)`; the role is
 * part of their type. Who belongs to a list, how mail looks around these bytes and who may post is decided on the
 * floors above (`membership`, `mail`, `server`, `extension`).
 *
 * The server imports `reseal.js` and never `open.js`: import from the files, not from here, where that matters.
 */

export { ListSealError, type ProtocolCode, ProtocolError, protocolCodes } from "../openpgp/errors.js";
export {
  armorOpeningKey,
  armorSealingKey,
  assertUsable,
  type Fingerprint,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  parseFingerprint,
  parseSealingKey,
  type Role,
  readOpeningKey,
  readSealingKey,
  type SealingKey,
  sealingHalf,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../openpgp/keys.js";
export { join, type SplitMessage, split } from "../openpgp/packets.js";
export type { Profile } from "../openpgp/profiles.js";
export {
  generateSecret,
  isSecret,
  type ListName,
  nameOf,
  type Opener,
  profileOf,
  readSecret,
  type Sealer,
  type SecretId,
  type SecretName,
  type SharedSecret,
} from "../openpgp/secrets.js";
export { BINDING_VERSION, type Kind } from "./binding.js";
export type {
  DeliveryMode,
  ListRef,
  Mode,
  PostOrigin,
  RosterHead,
  SealedMessage,
  UnprovedReason,
} from "./message.js";
export {
  type ClaimedAuthor,
  type MemberKeys,
  type OpenedPost,
  type OpenResult,
  openPost,
} from "./open-post.js";
export {
  forwardOpened,
  type OpenedAtServer,
  openAtServer,
  type PreparedReseal,
  prepareReseal,
  resealFor,
  type ServerContext,
} from "./reseal.js";
export { newMessageId, type PostToSeal, sealPost } from "./seal-post.js";
