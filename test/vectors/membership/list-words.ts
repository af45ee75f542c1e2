/** What files say of the list. */
import { requestAddress } from "../../../src/mail/mailbox.js";
import { armorSealingKey, type OpeningKey, type Role, sealingHalf } from "../../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../../src/openpgp/revocation.js";
import { type MembershipCast, team } from "./cast.js";

export const certificateOf = (key: OpeningKey<Role>) => armorSealingKey(sealingHalf(key));
export const words = ({ profile }: MembershipCast) => ({
  address: team,
  name: "Team 計画",
  requestAddress: requestAddress(team),
  mode: "key" as const,
  delivery: "resealed" as const,
  profile,
});
export const infoOf = (cast: MembershipCast) => {
  const { address: listAddress, name: listName, ...rest } = words(cast);
  return { listAddress, listName, ...rest };
};

/** The certificate of a revoked key, for whoever needs one. */
export const revokedCertificate = async (key: OpeningKey<"member">, date: Date) =>
  (await revokeMemberKey(key, date)).certificate.write();
