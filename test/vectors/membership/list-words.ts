/** What files say of the list. */
import { reformatKey } from "openpgp";
import { requestAddress } from "../../../src/mail/mailbox.js";
import { armorSealingKey, type OpeningKey, type Role, sealingHalf } from "../../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../../src/openpgp/revocation.js";
import { type MembershipCast, NOW, team } from "./cast.js";

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

/** The same key under the name of another role. */
export async function renamed(key: OpeningKey<Role>, role: "list" | "server"): Promise<OpeningKey<Role>> {
  const userIDs = [{ name: `ListSeal ${role} key`, email: team }];
  const { privateKey } = await reformatKey({ privateKey: key.secret, userIDs, date: NOW, format: "object" });
  return { ...key, role, secret: privateKey };
}

/** The certificate of a revoked key, for whoever needs one. */
export const revokedCertificate = async (key: OpeningKey<"member">, date: Date) =>
  (await revokeMemberKey(key, date)).certificate.write();
