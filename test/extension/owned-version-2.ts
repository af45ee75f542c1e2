/**
 * The owned lists as version 2 of their record wrote them: one that is owned and has everything that can stand in it, and
 * one in each other state of its claim. Never changed: it stands for what is on people's disks.
 */
const common = {
  requestAddress: "team-request@lists.example",
  mode: "key",
  delivery: "resealed",
  profile: "compatible",
  ownerAddress: "olga@example.test",
  ownerKey: "0a".repeat(20),
  listKey: "TElTVFNFQ1JFVA==",
  listKeyFingerprint: "aa".repeat(20),
  formerListKeys: [],
  serverCertificate: "U0VSVkVS",
  serverFingerprint: "bb".repeat(20),
  owners: [
    {
      fingerprint: "0a".repeat(20),
      certificate: "T0xHQQ==",
      userId: "Olga <olga@example.test>",
      address: "olga@example.test",
      from: 0,
      to: null,
    },
  ],
  invitations: [],
  history: {
    hashes: [],
    members: {},
    listKeys: [],
    introductions: [],
    burnt: {},
    commands: [],
    unsigned: [],
  },
  heads: [],
  awaited: [],
  members: [],
  membersAt: null,
  held: 0,
  refusals: [],
  rekeying: null,
  notices: [],
  alarms: [],
};

export const ownedVersion2 = {
  version: 2,
  lists: {
    "team@lists.example": {
      ...common,
      address: "team@lists.example",
      name: "Team",
      formerListKeys: ["ab".repeat(20)],
      claim: { kind: "confirmed", at: "2026-02-01T00:00:00.000Z" },
      invitations: [
        {
          introduction: "1d".repeat(20),
          address: "dave@example.test",
          fileName: "team-dave.listseal",
          madeAt: "2026-02-03T00:00:00.000Z",
          joinBy: "2026-02-17T00:00:00.000Z",
          withdrawnAt: null,
        },
        {
          introduction: "1e".repeat(20),
          address: "erin@example.test",
          fileName: "team-erin.listseal",
          madeAt: "2026-02-03T00:00:00.000Z",
          joinBy: "2026-02-17T00:00:00.000Z",
          withdrawnAt: "2026-02-04T00:00:00.000Z",
        },
      ],
      history: {
        hashes: ["11".repeat(32), "22".repeat(32)],
        members: {
          "olga@example.test": {
            fingerprint: "0a".repeat(20),
            role: "owner",
            since: "2026-02-01T00:00:00.000Z",
            by: "claim",
            certificate: "T0xHQQ==",
          },
          "bob@example.test": {
            fingerprint: "0b".repeat(20),
            role: "moderator",
            since: "2026-02-02T00:00:00.000Z",
            by: "introduction",
            roleBy: "operator",
            certificate: "Qk9C",
          },
          "eve@example.test": {
            fingerprint: "0e".repeat(20),
            role: "member",
            since: "2026-02-02T00:00:00.000Z",
            by: "operator",
          },
        },
        listKeys: ["ab".repeat(20), "aa".repeat(20)],
        introductions: ["1b".repeat(20)],
        burnt: { "mallory@example.test": "2026-02-02T00:00:00.000Z" },
        commands: [`${"0a".repeat(20)} ${"12".repeat(16)}`],
        unsigned: [
          { number: 2, by: "operator", what: "add", address: "eve@example.test" },
          { number: 3, by: "unconfirmed", what: "remove", address: "eve@example.test" },
        ],
      },
      heads: [
        {
          number: 2,
          hash: "22".repeat(32),
          first: "2026-02-02T00:00:00.000Z",
          last: "2026-02-03T00:00:00.000Z",
        },
      ],
      awaited: [{ signer: "0a".repeat(20), id: "13".repeat(16), sent: "2026-02-04T00:00:00.000Z" }],
      members: [
        {
          address: "bob@example.test",
          name: "Bob",
          fingerprint: "0b".repeat(20),
          role: "moderator",
          since: "2026-02-02T00:00:00.000Z",
          delivery: "paused",
          keyExpires: "2028-02-02T00:00:00.000Z",
          bounces: 3,
        },
      ],
      membersAt: "2026-02-04T00:00:00.000Z",
      held: 2,
      refusals: [
        {
          what: "remove",
          about: "mallory@example.test",
          code: "not-a-member",
          at: "2026-02-04T00:00:00.000Z",
        },
      ],
      rekeying: {
        serial: 2,
        listKey: "TkVX",
        fingerprint: "ac".repeat(20),
        graceEnds: "2026-03-01T00:00:00.000Z",
        stage: "agreed",
      },
      notices: [
        {
          news: "new-list-key",
          serial: 1,
          at: "2026-02-03T00:00:00.000Z",
          graceEnds: "2026-02-17T00:00:00.000Z",
          to: [
            {
              address: "bob@example.test",
              fingerprint: "0b".repeat(20),
              confirmedAt: "2026-02-03T10:00:00.000Z",
            },
          ],
        },
        {
          news: "owners",
          serial: 1,
          at: "2026-02-03T00:00:00.000Z",
          graceEnds: null,
          to: [{ address: "bob@example.test", fingerprint: "0b".repeat(20), confirmedAt: null }],
        },
      ],
      alarms: [{ code: "roster-forked", about: null, at: "2026-02-04T00:00:00.000Z" }],
    },
    "waiting@lists.example": {
      ...common,
      address: "waiting@lists.example",
      name: "Waiting",
      claim: { kind: "waiting", request: "14".repeat(16) },
    },
    "appointed@lists.example": {
      ...common,
      address: "appointed@lists.example",
      name: "Appointed",
      claim: { kind: "appointed", at: "2026-02-01T00:00:00.000Z" },
    },
    "ended@lists.example": {
      ...common,
      address: "ended@lists.example",
      name: "Ended",
      claim: { kind: "ended", at: "2026-02-01T00:00:00.000Z" },
    },
    "refused@lists.example": {
      ...common,
      address: "refused@lists.example",
      name: "Refused",
      claim: { kind: "refused", code: "already-claimed" },
    },
  },
};
