import type { OwnedList } from "../../src/extension/records/owned-list.js";
import { noEpoch } from "../../src/extension/records/stored-epoch.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { noHistory } from "../../src/membership/roster/state.js";
import { parseFingerprint } from "../../src/openpgp/keys.js";

/** An owned list as it is kept, with made-up keys: for what never looks into the keys. */

export const olga = parseAddress("olga@example.test");
export const bob = parseAddress("bob@example.test");
export const eve = parseAddress("eve@example.test");
export const keyOf = { olga: "0a".repeat(20), bob: "0b".repeat(20), eve: "0e".repeat(20) };

const joined = "2026-02-01T00:00:00.000Z";

const member = (name: "olga" | "bob" | "eve", role: "owner" | "member") => ({
  address: `${name}@example.test`,
  name: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
  fingerprint: keyOf[name],
  role,
  since: joined,
  delivery: "on" as const,
  keyExpires: null,
  bounces: 0,
});

export const ownedList: OwnedList = {
  address: "team@lists.example",
  name: "Team",
  requestAddress: "team-request@lists.example",
  mode: "key",
  delivery: "resealed",
  profile: "compatible",
  ownerAddress: olga,
  ownerKey: keyOf.olga,
  listKey: "TElTVFNFQ1JFVA==",
  listKeyFingerprint: "aa".repeat(20),
  formerListKeys: [],
  serverCertificate: "U0VSVkVS",
  serverFingerprint: "bb".repeat(20),
  owners: [
    {
      fingerprint: keyOf.olga,
      certificate: "CERT",
      userId: "Olga <olga@example.test>",
      address: olga,
      from: 0,
      to: null,
    },
  ],
  claim: { kind: "confirmed", at: joined },
  invitations: [],
  history: {
    ...noHistory,
    hashes: ["11".repeat(32), "22".repeat(32)],
    members: {
      [olga]: {
        fingerprint: parseFingerprint(keyOf.olga),
        role: "owner",
        since: joined,
        by: "claim",
        certificate: "CERT",
      },
      [bob]: {
        fingerprint: parseFingerprint(keyOf.bob),
        role: "member",
        since: joined,
        by: "introduction",
        certificate: "CERT",
      },
      [eve]: {
        fingerprint: parseFingerprint(keyOf.eve),
        role: "member",
        since: joined,
        by: "operator",
      },
    },
  },
  heads: [],
  awaited: [],
  members: [member("olga", "owner"), member("bob", "member"), member("eve", "member")],
  membersAt: joined,
  held: 0,
  refusals: [],
  rekeying: null,
  serverMove: null,
  telling: null,
  notices: [],
  epoch: noEpoch,
  alarms: [],
};
