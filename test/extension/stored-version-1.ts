/** A record as version 1 wrote it. Never changed: there are add-ons that have one. */
export const storedVersion1 = {
  version: 1,
  lists: {
    "team@lists.example": {
      address: "team@lists.example",
      name: "Team",
      requestAddress: "team-request@lists.example",
      mode: "key",
      delivery: "resealed",
      profile: "compatible",
      listKey: "TElTVFNFQ1JFVA==",
      listKeyFingerprint: "aa".repeat(20),
      serverCertificate: "U0VSVkVS",
      serverFingerprint: "bb".repeat(20),
      owners: [
        { fingerprint: "cc".repeat(20), certificate: "T1dORVI=", userId: "Olive <olive@example.test>" },
      ],
      invitee: "alice@example.test",
      introduction: "SU5UUk9TRUNSRVQ=",
      certified: "dd".repeat(20),
      memberKey: "dd".repeat(20),
      importedAt: "2026-01-01T00:00:00.000Z",
    },
  },
  memberKeys: {
    ["dd".repeat(20)]: {
      fingerprint: "dd".repeat(20),
      address: "alice@example.test",
      userId: "Alice <alice@example.test>",
      certificate: "Q0VSVA==",
      secret: "TUVNQkVSU0VDUkVU",
      locked: false,
      createdAt: "2026-01-01T00:00:00.000Z",
    },
  },
  pins: {
    "team@lists.example": {
      pins: {
        "bob@example.test": {
          key: "ee".repeat(20),
          how: "introduced",
          introducedAt: "2026-01-01T00:00:00.000Z",
        },
      },
      introductions: { ["12".repeat(20)]: "ee".repeat(20) },
      seen: {},
    },
  },
  draftIdentities: { id9: "id1" },
} as const;
