/**
 * Requests as version 1 of their record kept them, in each state of their sending. Never changed: it stands for what is on
 * people's disks.
 */
const asked = {
  list: "team@lists.example",
  requestAddress: "team-request@lists.example",
  server: "U0VSVkVS",
  from: "alice@example.test",
  key: "dd".repeat(20),
  sealed: "U0VBTEVE",
  askedAt: "2026-01-01T00:00:00.000Z",
};

export const requestsVersion1 = {
  version: 1,
  pending: [
    { ...asked, id: "11".repeat(16), do: "leave", about: null, sending: "unsent", failure: "may-not-send" },
    {
      ...asked,
      id: "12".repeat(16),
      do: "remove",
      about: "eve@example.test",
      sending: "outbox",
      failure: null,
    },
    { ...asked, id: "13".repeat(16), do: "roster", about: null, sending: "sent", failure: null },
  ],
  answered: [
    { id: "14".repeat(16), do: "join", list: "team@lists.example", server: "U0VSVkVS", refused: "withdrawn" },
    { id: "15".repeat(16), do: "renew", list: "team@lists.example", server: "U0VSVkVS", refused: null },
  ],
  reported: [`${"16".repeat(16)} joined`, `${"17".repeat(16)} second-join`],
};
