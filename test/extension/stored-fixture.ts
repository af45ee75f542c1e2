import {
  emptyStored,
  type Stored,
  type StoredList,
  type StoredMemberKey,
} from "../../src/extension/records/stored.js";

/** Records as they are kept, with made-up keys: for what never looks into the keys. */
export const storedList: StoredList = {
  address: "team@lists.example",
  name: "Team",
  requestAddress: "team-request@lists.example",
  mode: "key",
  delivery: "resealed",
  profile: "compatible",
  listKey: "TElTVFNFQ1JFVA==",
  listKeyFingerprint: "aa".repeat(20),
  formerListKeys: [],
  serverCertificate: "U0VSVkVS",
  serverFingerprint: "bb".repeat(20),
  formerServers: [],
  owners: [
    {
      fingerprint: "cc".repeat(20),
      certificate: "T1dORVI=",
      userId: "Olive <olive@example.test>",
      address: "olive@example.test",
      from: 0,
      to: null,
    },
  ],
  serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
  invitee: "alice@example.test",
  introduction: "SU5UUk8=",
  introductionSecret: "SU5UUk9TRUNSRVQ=",
  certified: null,
  memberKey: null,
  importedAt: "2026-01-01T00:00:00.000Z",
  membership: "member",
  role: "member",
};

export const storedKey: StoredMemberKey = {
  fingerprint: "dd".repeat(20),
  address: "alice@example.test",
  userId: "Alice <alice@example.test>",
  certificate: "Q0VSVA==",
  secret: "TUVNQkVSU0VDUkVU",
  locked: false,
  createdAt: "2026-01-01T00:00:00.000Z",
  expiresAt: null,
  revokedAt: null,
};

export const stored: Stored = {
  ...emptyStored,
  lists: { [storedList.address]: storedList },
  memberKeys: { [storedKey.fingerprint]: storedKey },
};
