import type { ComposeDetails } from "../../src/extension/platform/thunderbird.js";
import { update } from "../../src/extension/records/storage.js";
import { threadAfterLetter } from "../../src/extension/writing/letter.js";
import { innerDetails, outerDetails } from "../../src/extension/writing/window/outer-details.js";
import {
  isContinued,
  quotedIn,
  withContinued,
  withoutContinued,
} from "../../src/extension/writing/window/thread.js";
import { resetHost } from "./fake-host.js";
import { haveThunderbird, identities } from "./fake-thunderbird.js";

beforeEach(() => {
  resetHost();
  haveThunderbird();
  identities.set("id1", { id: "id1", email: "alice@example.test", label: "" });
});

const sealed = {
  parts: [],
  subject: "[team] encrypted message",
  notice: "This message is <sealed> & more",
  header: { name: "X-ListSeal", value: "v=1" },
};
const details: ComposeDetails = {
  identityId: "id9",
  subject: "予算",
  isPlainText: false,
  body: "<p>words</p>",
  deliveryFormat: "auto",
  customHeaders: [
    { name: "X-Other-Addon", value: "marks" },
    { name: "X-Listseal-Thread", value: "<a@x>" },
  ],
  to: ["Team <team@lists.example>"],
  cc: [],
  bcc: [],
  replyTo: ["private@example.test"],
  followupTo: [],
  priority: "high",
  returnReceipt: true,
  attachVCard: true,
  attachPublicPGPKey: true,
};

test("outside stand fixed texts, one field of ours, and nothing that the person had set", async () => {
  await update((stored) => ({ stored: { ...stored, draftIdentities: { id9: "id1" } }, result: undefined }));
  const outer = await outerDetails(details, sealed);
  expect(outer).toMatchObject({
    identityId: "id1",
    subject: "[team] encrypted message",
    deliveryFormat: "plaintext",
    customHeaders: [sealed.header],
    replyTo: [],
    priority: "normal",
    returnReceipt: false,
    attachVCard: false,
    attachPublicPGPKey: false,
    // those that stood there, whatever the true identity adds
    to: ["Team <team@lists.example>"],
    cc: [],
    bcc: [],
  });
  expect(outer.body).toContain("This message is &lt;sealed&gt; &amp; more");
  expect(JSON.stringify(outer)).not.toMatch(/予算|words|private|marks|a@x/);
});

test("whatever stood there before comes back", async () => {
  const changed = Object.keys(await outerDetails(details, sealed)).filter((name) => name !== "identityId");
  const back = innerDetails(details);
  expect(Object.keys(back)).toEqual(expect.arrayContaining(changed));
  expect(details).toMatchObject(back);
});

test("no card is attached either that the twin did not have", async () => {
  expect(await outerDetails({ ...details, attachVCard: false }, sealed)).toMatchObject({
    attachVCard: false,
  });
  expect(await outerDetails({ identityId: "id9" }, sealed)).toMatchObject({
    attachVCard: false,
    cc: [],
    bcc: [],
  });
});

test("a plain-text composer gets plain text", async () => {
  const plain = { ...details, isPlainText: true, plainTextBody: "words" };
  expect(await outerDetails(plain, sealed)).toMatchObject({ plainTextBody: sealed.notice });
  expect(innerDetails(plain)).toMatchObject({ plainTextBody: "words" });
});

describe("the field that never leaves", () => {
  const other = { name: "X-Other-Addon", value: "marks" };
  const thread = { inReplyTo: "<b@x>", references: ["<a@x>", "<b@x>"] };

  test("is put beside the others, once, and taken away again", () => {
    const marked = { customHeaders: withContinued({ customHeaders: [other] }, thread, null) };
    expect(marked.customHeaders).toEqual([other, { name: "X-Listseal-Thread", value: "<a@x> <b@x>" }]);
    expect(withContinued(marked, thread, null)).toEqual(marked.customHeaders);
    expect(isContinued(marked)).toBe(true);
    expect(withoutContinued(marked)).toEqual([other]);
  });

  test("names the list that is quoted beside it, and takes that away as well", () => {
    const customHeaders = withContinued({ customHeaders: [other] }, thread, "team@lists.example");
    expect(customHeaders).toContainEqual({ name: "X-Listseal-Quotes", value: "team@lists.example" });
    expect(quotedIn({ customHeaders })).toBe("team@lists.example");
    expect(withoutContinued({ customHeaders })).toEqual([other]);
    expect(withContinued({ customHeaders }, thread, null)).toHaveLength(2);
    expect(quotedIn({ customHeaders: [other] })).toBeNull();
  });

  test("says so of a forward, which goes on with nothing", () => {
    const customHeaders = withContinued({}, { references: [] }, null);
    expect(customHeaders).toEqual([{ name: "X-Listseal-Thread", value: "none" }]);
    expect(isContinued({ customHeaders })).toBe(true);
    expect(isContinued({})).toBe(false);
  });

  test("an answer goes by the ids inside the seal", () => {
    expect(
      threadAfterLetter({ messageId: "<c@x>", inReplyTo: "<b@x>", references: ["<a@x>", "<b@x>"] }),
    ).toEqual({
      inReplyTo: "<c@x>",
      references: ["<a@x>", "<b@x>", "<c@x>"],
    });
    expect(threadAfterLetter({ messageId: "<c@x>", inReplyTo: "<b@x>", references: [] }).references).toEqual([
      "<b@x>",
      "<c@x>",
    ]);
  });
});
