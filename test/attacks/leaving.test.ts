/**
 * What leaves with an answer. The mail on the screen was opened, by itself or by a click, and a part of it is selected: Thunderbird
 * quotes that. A composer that goes by how far its own reading got takes such a mail for an ordinary one.
 */

import { thunderbirdHost } from "../../src/extension/app/thunderbird/thunderbird-host.js";
import { setHost } from "../../src/extension/platform/host.js";
import type { ComposeDetails } from "../../src/extension/platform/thunderbird.js";
import { areCopiesKept } from "../../src/extension/reading/local-copies/keep.js";
import { secretsOf } from "../../src/extension/reading/opening.js";
import { readMessage } from "../../src/extension/reading/read-message.js";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { runJob } from "../../src/extension/worker/client.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { openedDraft } from "../../src/extension/writing/window/opened-draft.js";
import { unsealInPlace } from "../../src/extension/writing/window/recover.js";
import {
  beginningOf,
  type RelatedMail,
  relatedTo,
  type WindowContent,
} from "../../src/extension/writing/window/related-mail.js";
import { withContinued } from "../../src/extension/writing/window/thread.js";
import { changeState } from "../../src/extension/writing/window/window-state.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { partTypes } from "../../src/mail/part-types.js";
import { writeClearMail } from "../../src/mail/payload.js";
import { local, resetHost } from "../extension/fake-host.js";
import {
  attached,
  composed,
  external,
  files,
  folders,
  haveThunderbird,
  localFolders,
  mails,
  shownIn,
} from "../extension/fake-thunderbird.js";
import { haveWorkerNear } from "../extension/near-worker.js";
import { keyRecord, MadeList, makePerson } from "../tour/made-list.js";
import { inForeignShell } from "../tour/scenery.js";
import { mayLeaveReadable } from "./naive/naive-answer.js";

const OPENED = 1;
const FOREIGN = 2;
const ALTERED = 3;
const FOR_ANOTHER = 4;
const ORDINARY = 5;
const COPY = 6;
const OLD_COPY = 7;
const DRAFT = 8;
const GONE = 99;

let stored: Stored;

beforeAll(async () => {
  haveThunderbird();
  setHost(thunderbirdHost);
  await haveWorkerNear();
  const [alice, olive, bob] = await Promise.all([
    makePerson("alice@example.test", "Alice"),
    makePerson("olive@example.test", "Olive"),
    makePerson("bob@example.test", "Bob"),
  ]);
  const list = await MadeList.make("team@lists.example", "Team", [olive]);
  const letter = (messageId: string) => ({
    subject: "the plan",
    messageId,
    text: "the words\r\n".repeat(20),
  });
  const good = await list.copyFor(alice, olive, letter("<one@x.test>"));
  const text = Buffer.from(good).toString("latin1");
  const middle = text.lastIndexOf("\r\n", text.length - 400) - 20;
  const turned = text[middle] === "A" ? "B" : "A";
  const ordinary = "From: eve@example.test\r\nSubject: listseal\r\nContent-Type: text/plain\r\n\r\nhello\r\n";
  const clear = {
    ...letter("<copy@x.test>"),
    ...{
      from: { address: olive.address },
      to: [{ address: list.address }],
      cc: [],
      date: new Date(),
      references: [],
      attachments: [],
    },
  };
  const copy = writeClearMail(
    { ...clear, from: { address: parseAddress("olive@example.test") } },
    list.address,
  );
  mails.set(OPENED, good);
  mails.set(FOREIGN, inForeignShell(good));
  mails.set(ALTERED, Buffer.from(text.slice(0, middle) + turned + text.slice(middle + 1), "latin1"));
  mails.set(FOR_ANOTHER, await list.copyFor(bob, olive, letter("<two@x.test>")));
  mails.set(ORDINARY, Buffer.from(ordinary));
  mails.set(COPY, copy);
  mails.set(
    OLD_COPY,
    Buffer.from(
      Buffer.from(copy)
        .toString("latin1")
        .replace(/^X-ListSeal-Copy.*\r\n/im, ""),
      "latin1",
    ),
  );
  folders.set(OLD_COPY, { path: "/ListSeal/Team" });
  folders.set(DRAFT, { path: "/Drafts", specialUse: ["drafts"] });
  mails.set(
    DRAFT,
    Buffer.from(
      `From: a@x.test\r\nIn-Reply-To: <${OPENED}@lists.example>\r\nX-Listseal-Thread: <one@x.test>\r\nX-Listseal-Quotes: ${list.address}\r\n\r\nhi\r\n`,
    ),
  );
  const record = await keyRecord(alice);
  stored = {
    ...emptyStored,
    lists: { [list.address]: await list.record(alice) },
    memberKeys: { [record.fingerprint]: record },
  };
});

beforeEach(async () => {
  resetHost();
  haveThunderbird();
  shownIn.clear();
  external.clear();
  attached.length = 0;
  composed.length = 0;
  localFolders.length = 0;
  await keys("unlocked");
});

async function keys(state: "locked" | "unlocked"): Promise<void> {
  const memberKeys = Object.fromEntries(
    Object.entries(stored.memberKeys).map(([name, key]) => [name, { ...key, locked: state === "locked" }]),
  );
  await local.set({ listseal: { ...stored, memberKeys } });
}

const headerOf = (id: number) => ({
  ...{
    id,
    headerMessageId: `never kept ${Math.random()}`,
    author: "",
    recipients: [],
    ccList: [],
    subject: "",
  },
  ...{ date: new Date(), size: 1 },
});

/** Asks about a window, and how often sealing was told to begin before it was known what is inside. */
async function about(
  details: ComposeDetails,
): Promise<{ readonly related: RelatedMail; readonly told: number }> {
  let told = 0;
  const beginning = await beginningOf(1, details);
  const related = await relatedTo(beginning, details, async () => {
    told += 1;
  });
  return { related, told };
}

const dangerous = [
  ["in a foreign shell, opened by a click", FOREIGN, "unlocked"],
  ["whose key was locked meanwhile", OPENED, "locked"],
  ["that was altered", ALTERED, "unlocked"],
  ["for somebody else's key", FOR_ANOTHER, "unlocked"],
] as const;

describe.each(dangerous)("a mail %s", (_, id, state) => {
  test("leaves readable where it is asked how far the reading got", async () => {
    await keys(state);
    expect(mayLeaveReadable(await readMessage(headerOf(id), "in-its-own-shell"))).toBe(true);
  });

  test.each(["reply", "forward", "redirect"] as const)(
    "is sealed mail to us, in a window of the kind %s",
    async (type) => {
      await keys(state);
      const { related, told } = await about({ type, relatedMessageId: id });
      expect(related).toEqual({ kind: "unopened" });
      expect(told).toBe(1);
    },
  );
});

test("a mail that is gone meanwhile, or was deleted by a filter, counts as sealed", async () => {
  expect(await about({ type: "reply", relatedMessageId: GONE })).toEqual({
    related: { kind: "unopened" },
    told: 1,
  });
});

test("an opened one is known to be sealed before it is opened", async () => {
  const { related, told } = await about({ type: "reply", relatedMessageId: OPENED });
  expect(related).toMatchObject({ kind: "opened", list: "team@lists.example" });
  expect(told).toBe(1);
  // and again from memory
  expect((await about({ type: "forward", relatedMessageId: OPENED })).told).toBe(1);
});

test("an ordinary mail, and a window that comes from none, are left alone", async () => {
  const nothing = { related: { kind: "nothing" }, told: 0 };
  expect(await about({ type: "reply", relatedMessageId: ORDINARY })).toEqual(nothing);
  expect(await about({ type: "new" })).toEqual(nothing);
  expect(await about({ type: "draft", relatedMessageId: ORDINARY })).toEqual(nothing);
});

test.each([
  ["by its field", COPY, "team@lists.example"],
  ["by its folder, written before there was a field", OLD_COPY, null],
])("a readable copy is known %s", async (_, id, list) => {
  expect(mayLeaveReadable(await readMessage(headerOf(id), "in-its-own-shell"))).toBe(true);
  for (const type of ["reply", "forward", "redirect", "new"] as const)
    expect((await about({ type, relatedMessageId: id })).related).toEqual({ kind: "copy", list });
});

test("the draft of an answer is found behind the mail that it answers, and never taken for it", async () => {
  const draft: ComposeDetails = { type: "draft", relatedMessageId: OPENED, subject: "Re: sealed" };
  expect(await openedDraft(draft)).toBe(DRAFT);
  expect((await about(draft)).related).toMatchObject({ kind: "continued", list: "team@lists.example" });
  // another one's draft is not it; but what it answers is known
  const other = { ...draft, subject: "Re: another matter" };
  expect(await openedDraft(other)).toBeNull();
  expect((await about(other)).related).toMatchObject({ kind: "continued", list: "team@lists.example" });
  expect(await openedDraft({ ...draft, relatedMessageId: ORDINARY })).toBeNull();
  expect(await openedDraft({ ...draft, relatedMessageId: DRAFT })).toBe(DRAFT);
});

test("a draft, or a template, that quotes what came sealed does so still", async () => {
  for (const type of ["draft", "new"] as const)
    expect((await about({ type, relatedMessageId: DRAFT })).related).toMatchObject({
      kind: "continued",
      list: "team@lists.example",
    });
  const customHeaders = withContinued({}, { references: ["<a@x.test>"] }, "team@lists.example");
  // a window that a new page finds: what stands there is the person's, and is not quoted again
  expect((await about({ type: "reply", relatedMessageId: OPENED, customHeaders })).related.kind).toBe(
    "continued",
  );
});

describe("where Thunderbird does not say which mail it is", () => {
  test("those that lie open are looked at", async () => {
    shownIn.set(3, FOREIGN);
    external.add(FOREIGN);
    expect((await about({ type: "reply" })).related).toEqual({ kind: "unopened" });
    shownIn.set(3, ORDINARY);
    external.add(ORDINARY);
    expect((await about({ type: "reply" })).related).toEqual({ kind: "nothing" });
  });

  test("none of them open: it counts as sealed", async () => {
    shownIn.set(3, ORDINARY);
    expect((await about({ type: "reply" })).related).toEqual({ kind: "unopened" });
  });

  test("several attached at once: a readable copy may be among them where copies are kept", async () => {
    attached.push("one.eml", "two.eml");
    const kind = async (): Promise<WindowContent> => beginningOf(1, { type: "forward" });
    expect(await kind()).toBe("forward-attached");
    expect((await about({ type: "forward" })).related).toEqual({ kind: "nothing" });
    localFolders.push("ListSeal");
    expect(await areCopiesKept()).toBe(true);
    expect((await about({ type: "forward" })).related).toEqual({ kind: "copy", list: null });
  });
});

describe("sealed parts that somebody has sent, attached to a mail whose sending fails", () => {
  const parts = new Map([
    ["sealed-key.pgp", partTypes.key],
    ["sealed-body.pgp", partTypes.body],
  ]);

  beforeEach(async () => {
    const mail = await readMail({ raw: mails.get(OPENED) ?? new Uint8Array() });
    if (mail.kind !== "sealed") throw new Error("not sealed");
    for (const [name, type] of parts) {
      attached.push(name);
      files.set(name, mail.parts.find((part) => part.type === type)?.bytes ?? new Uint8Array());
    }
  });

  test("open where it is not asked whose they are", async () => {
    const opened = await runJob("open", {
      parts: [...parts].map(([name, type]) => ({
        name,
        type,
        bytes: Uint8Array.from(files.get(name) ?? []),
      })),
      lists: Object.values(stored.lists),
      secrets: await secretsOf(stored),
      pins: {},
      now: new Date().toISOString(),
    });
    expect(opened).toMatchObject({ kind: "opened", letter: { subject: "the plan" } });
  });

  test.each(["writing", "sealing", "sealed"] as const)(
    "stay closed, and the person's words stay, in a window that was %s",
    async (phase) => {
      await changeState(1, { phase, sealing: "on", listAddress: "team@lists.example" });
      expect(await unsealInPlace(1)).toBe(false);
      expect(composed).toEqual([]);
    },
  );
});
