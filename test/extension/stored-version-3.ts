/** A record as version 3 of the stored state wrote it. Never changed: it stands for what is on people's disks. */
export const storedVersion3 = {
  version: 3,
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
      formerListKeys: [
        { listKey: "T0xE", fingerprint: "ab".repeat(20), graceEnds: "2026-03-01T00:00:00.000Z" },
      ],
      serverCertificate: "U0VSVkVS",
      serverFingerprint: "bb".repeat(20),
      formerServers: ["T0xEU0VSVkVS"],
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
      serials: { owners: 1, "new-list-key": 2, "new-server-key": 0 },
      invitee: "alice@example.test",
      introduction: "SU5UUk8=",
      introductionSecret: null,
      certified: "dd".repeat(20),
      memberKey: "dd".repeat(20),
      importedAt: "2026-01-01T00:00:00.000Z",
      membership: "member",
      role: "moderator",
    },
  },
  memberKeys: {
    ["dd".repeat(20)]: {
      fingerprint: "dd".repeat(20),
      address: "alice@example.test",
      userId: "Alice <alice@example.test>",
      certificate: "Q0VSVA==",
      secret: "TUVNQkVSU0VDUkVU",
      locked: true,
      createdAt: "2026-01-01T00:00:00.000Z",
    },
  },
  pins: {
    "team@lists.example": {
      pins: { "bob@example.test": { key: "ee".repeat(20), how: "confirmed", former: ["ef".repeat(20)] } },
      introductions: { ["12".repeat(20)]: "ee".repeat(20) },
      seen: { "eve@example.test": "ff".repeat(20) },
    },
  },
  joining: { "new@lists.example": { name: "New", before: null, refused: "withdrawn" } },
  backedUpAt: "2026-02-01T00:00:00.000Z",
  draftIdentities: { id9: "id1" },
};
