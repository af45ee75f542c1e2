import type { OpenedView } from "../../src/extension/reading/view.js";

/** An opened mail with which nothing is the matter. */
export const openedView: OpenedView = {
  kind: "opened",
  list: { name: "Team", address: "team@lists.example", fingerprint: "ab".repeat(20) },
  subject: "x",
  author: {
    name: "Alice",
    address: "alice@example.test",
    fingerprint: "cd".repeat(20),
    standing: "introduced",
  },
  to: [],
  cc: [],
  date: "2026-01-01T00:00:00.000Z",
  signedAt: "2026-01-01T00:00:00.000Z",
  text: "",
  html: null,
  inline: {},
  attachments: [],
  passage: { via: "list", roster: 3 },
  ownKeyEnds: null,
  underOldKey: false,
  shell: "own",
};
