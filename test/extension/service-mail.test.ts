/** Mail of our own that needs nobody: recognised, marked as read, moved by choice; and what has to be seen stays as it came. */

import { chooseServiceMail } from "../../src/extension/requests/service-choice.js";
import { needsNobody, tidyAway } from "../../src/extension/requests/service-mail.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { isArrivingSubject, maybeArrivingSubject, requestSubject } from "../../src/mail/request-mail.js";
import host, { granted, resetHost } from "./fake-host.js";

const team = parseAddress("team@lists.example");
const folder = { id: "inbox", accountId: "imap", name: "Inbox", path: "/Inbox" };
const header = {
  id: 7,
  headerMessageId: "7@lists.example",
  author: "team-request@lists.example",
  recipients: ["bob@example.test"],
  ccList: [],
  subject: requestSubject("answer", team),
  date: new Date(0),
  size: 1,
  read: false,
  folder,
};
const done = { kind: "answer", list: team, do: "join", result: "done" } as const;

let happened: (readonly unknown[])[];
beforeEach(() => {
  resetHost();
  granted.clear();
  happened = [];
  const made: { id: string; name: string }[] = [];
  Object.assign(host, {
    messages: {
      update: async (...input: unknown[]) => void happened.push(["update", ...input]),
      move: async (...input: unknown[]) => void happened.push(["move", ...input]),
    },
    accounts: {
      list: async () => [{ id: "imap", type: "imap", rootFolder: { id: "root" }, identities: [] }],
    },
    folders: {
      getSubFolders: async () => made,
      create: async (parent: string, name: string) => {
        happened.push(["create", parent, name]);
        made.push({ id: "ours", name });
        return made[0];
      },
    },
    compose: {},
    messageDisplay: {},
    identities: {},
  });
});

describe("subjects", () => {
  test.each(["answer", "notice", "receipt"] as const)("of a %s say that there is nothing to do", (kind) => {
    expect(requestSubject(kind, team)).toBe("[team] ListSeal: nothing to do");
    expect(maybeArrivingSubject(requestSubject(kind, team))).toBe(true);
  });

  test.each(["[team] encrypted answer", "[team] sealed notice", "[EXTERNAL] [team] encrypted receipt"])(
    "that were written before are recognised: %s",
    (subject) => {
      expect(maybeArrivingSubject(subject)).toBe(true);
    },
  );

  test("of what somebody wrote about it are theirs", () => {
    expect(isArrivingSubject(`Fwd: ${requestSubject("answer", team)}`, team)).toBe(false);
    expect(isArrivingSubject(requestSubject("answer", parseAddress("other@lists.example")), team)).toBe(
      false,
    );
    expect(maybeArrivingSubject("[team] encrypted message")).toBe(false);
    expect(maybeArrivingSubject(requestSubject("request", team))).toBe(false);
  });
});

test("what was done is marked as read, and stays where it arrived", async () => {
  await tidyAway(header, done);
  expect(happened).toEqual([["update", 7, { read: true }]]);
});

test("by choice it is moved within its own account, to a folder that is made once", async () => {
  await chooseServiceMail(true);
  for (const right of ["accountsFolders", "messagesMove"]) granted.add(right);
  await Promise.all([tidyAway(header, done), tidyAway({ ...header, id: 8 }, done)]);
  expect(happened.filter(([what]) => what === "create")).toEqual([["create", "root", "ListSeal notices"]]);
  expect(happened.filter(([what]) => what === "move")).toEqual([
    ["move", [7], "ours"],
    ["move", [8], "ours"],
  ]);
});

test("nothing is moved once the right was taken back", async () => {
  await chooseServiceMail(true);
  await tidyAway(header, done);
  expect(happened.map(([what]) => what)).toEqual(["update"]);
});

// attack: an alarm that is put away before anybody has seen it
test.each([
  { kind: "answer", list: team, do: "join", result: { refused: "withdrawn" } },
  { kind: "report", list: team, event: "second-join" },
  { kind: "report", list: team, event: "revoked" },
  { kind: "report", list: team, event: "server-key-offer" },
  { kind: "locked" },
  { kind: "not-for-me" },
  { kind: "refused", code: "damaged" },
] as const)("what a person has to see stays unread: %j", async (arrived) => {
  expect(needsNobody(arrived)).toBe(false);
  await tidyAway(header, arrived);
  expect(happened).toEqual([]);
});

// attack on nobody, but a friend's question lost: a forwarded answer with their words beside it
test("what has another subject, or is in no folder, stays as it is", async () => {
  await tidyAway({ ...header, subject: `Fwd: ${header.subject}` }, done);
  await tidyAway({ ...header, external: true }, done);
  expect(happened).toEqual([]);
});
