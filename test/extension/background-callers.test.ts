/**
 * Every door of the background page, with its real handlers and the real worker's jobs: who may not come in, and that no
 * private key comes out to those who may. A new call does not compile here until it has an example.
 */
import { displayCalls } from "../../src/extension/app/calls/display-calls.js";
import { MAIL_PAGES, mailPageCalls } from "../../src/extension/app/calls/mail-page-calls.js";
import { type PageCalls, pageCalls } from "../../src/extension/app/calls/page-calls.js";
import { calls as sharedCalls } from "../../src/extension/app/handlers/page-handlers.js";
import { displayHandlers } from "../../src/extension/app/thunderbird/display-handlers.js";
import { mailPageHandlers } from "../../src/extension/app/thunderbird/mail-page-handlers.js";
import { composeHandlers } from "../../src/extension/app/thunderbird/popup-handlers.js";
import { keepUnlocked, lockAll, secretOf } from "../../src/extension/keys/unlocked.js";
import { pageOf } from "../../src/extension/platform/bridge-guard.js";
import { answerCall } from "../../src/extension/platform/rpc/bridge.js";
import { answering, type InputOf } from "../../src/extension/platform/rpc/call.js";
import { answeredTable, answerMessages } from "../../src/extension/platform/rpc/messages.js";
import { displayTab, ourPage } from "../../src/extension/platform/rpc/senders.js";
import type { Stored } from "../../src/extension/records/stored.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { toBase64 } from "../../src/mail/base64.js";
import { armorOpeningKey, generateKey, readOpeningKey, writeOpeningKey } from "../../src/openpgp/keys.js";
import { HOST_BASE, HOST_ID, local, messageListeners, resetHost } from "./fake-host.js";
import { haveWorkerNear } from "./near-worker.js";
import { stored, storedList } from "./stored-fixture.js";

const PASSPHRASE = "correct horse battery";
let fingerprint: string;
let plain: string;
let kept: Stored;
/** Every secret that is kept or in memory, as it could be written into an answer. */
let secrets: readonly string[];

beforeAll(async () => {
  await haveWorkerNear();
  const address = storedList.invitee;
  const now = new Date().toISOString();
  const made = await makeKey({ address, name: "Alice", passphrase: PASSPHRASE, profile: "compatible", now });
  const listKey = await generateKey("list", { address: storedList.address, profile: "compatible" });
  const introduction = await generateKey("introduction", { address, profile: "compatible" });
  const introductionSecret = toBase64(await writeOpeningKey(introduction));
  const list = {
    ...storedList,
    listKey: toBase64(await writeOpeningKey(listKey)),
    introductionSecret,
    memberKey: made.key.fingerprint,
  };
  fingerprint = made.key.fingerprint;
  plain = made.secret;
  kept = { ...stored, lists: { [list.address]: list }, memberKeys: { [fingerprint]: made.key } };
  const member = await readOpeningKey("member", Buffer.from(made.secret, "base64"));
  const armored = (text: string) => text.split(/\r?\n\r?\n/)[1]?.slice(0, 40) ?? text;
  secrets = [
    ...[made.secret, made.key.secret, list.listKey, introductionSecret].map((secret) =>
      secret.slice(-60, -8),
    ),
    armored(await armorOpeningKey(member)),
    "PRIVATE KEY BLOCK",
    PASSPHRASE,
  ];
});

// the timer that locks would keep the process alive
afterAll(() => lockAll());

const team = storedList.address;
const examples = (): { readonly [K in keyof PageCalls]: InputOf<PageCalls[K]> } => ({
  "compose:status": { tabId: 1 },
  "compose:answer": { tabId: 1, answer: "turn-on", about: null, dontAsk: false },
  "key:unlock": { fingerprint, passphrase: PASSPHRASE },
  "key:lock": null,
  "key:make": { address: "new@example.test", name: "New", passphrase: null, profile: "compatible" },
  "key:protect": { fingerprint, current: PASSPHRASE, next: PASSPHRASE },
  "key:save-public": { fingerprint },
  "key:public": { fingerprint },
  "key:import": { file: kept.memberKeys[fingerprint]?.secret ?? "", passphrase: PASSPHRASE, address: null },
  "key:save-secret": { fingerprint, current: PASSPHRASE, passphrase: "long enough for a file" },
  overview: null,
  "join:offered": null,
  "join:look": { file: "AAAA", code: "1" },
  "join:start": { file: "AAAA", code: "1", name: null, passphrase: null },
  "join:forget": { address: team },
  "list:leave": { address: team },
  "list:use-key": { address: team, fingerprint },
  "list:remove": { address: team },
  "list:delete-keys": { address: team, until: "2026-01-01T00:00:00.000Z" },
  "backup:make": { passphrase: "long enough for a file" },
  "compare:wanted": null,
  "compare:confirm": { list: team, address: "bob@example.test", fingerprint },
  "backup:look": { file: "AAAA", passphrase: "long enough for a file" },
  "backup:restore": { file: "AAAA", passphrase: "long enough for a file", agreed: {} },
  "requests:look": null,
  "requests:again": { id: "11" },
  "requests:forget": { id: "11" },
  "requests:parts": { id: "11" },
  "requests:save": { id: "11", as: "mail" },
  "requests:sent": { id: "11" },
  "settings:read": null,
  "settings:service-mail": { moves: false },
  "settings:lock-after": { after: "exit" },
  "storage:save": null,
  "storage:start-over": null,
  practise: { text: "hello" },
  "owner:lists": { wanted: "", rows: 100, leaving: [] },
  "owner:open-card": { file: "AAAA" },
  "owner:claim": {
    file: "AAAA",
    address: storedList.invitee,
    name: "Alice",
    passphrase: null,
    listKey: "pair",
  },
  "owner:forget": { list: team },
  "owner:invite": { list: team, address: "bob@example.test", name: null, days: 7 },
  "owner:codes": { list: team },
  "owner:code-told": { introduction: "11" },
  "owner:invitation-text": { list: team },
  "owner:send-invitation": { list: team, introduction: "11" },
  "owner:save-invitation": { introduction: "11" },
  "owner:mail-invitation": { list: team, introduction: "11" },
  "owner:withdraw": { list: team, address: "bob@example.test" },
  "owner:remove": { list: team, address: "bob@example.test", fingerprint },
  "owner:set-role": { list: team, address: "bob@example.test", fingerprint, role: "moderator" },
  "owner:refresh": { list: team },
  "owner:enrol": { list: team, file: "AAAA", address: null, name: "Bob" },
  "owner:save-list-key": { list: team, address: "bob@example.test" },
  "owner:new-key": { list: team, graceDays: 7 },
  "owner:stop-key": { list: "team@lists.example" },
  "owner:epochs": { list: "team@lists.example", itself: "yes", days: 90 },
  "owner:tell": { list: team },
  "owner:members-shown": { list: "x" },
  "owner:show-members": { list: "x", members: "shown" },
  "owner:confirm-server": { list: team, fingerprint },
  "owner:decline-server": { list: team },
  "owner:receipts": { list: team, news: "owners", serial: 1 },
  "owner:confirm": { list: team, members: [{ address: "bob@example.test", fingerprint, role: "member" }] },
  "owner:resume-server": { list: team },
  "key:renew": { fingerprint },
  "key:revoke": { fingerprint },
  "held:read": { list: team },
  "held:ask": { list: team },
  "held:decide": { list: team, decision: "release", author: fingerprint, messageId: "<1@x>" },
  "copies:choose": { list: team, keeping: "off" },
  "guards:read": null,
  "guards:switch": { guard: "bcc", asks: false },
  "owner:dismiss": { list: team, what: "alarms" },
});

const answer = answering(pageCalls, async () => ({ ...sharedCalls, ...composeHandlers }));
const names = Object.keys(pageCalls);
const tab = { id: 7, index: 0, highlighted: false, active: true, pinned: false, incognito: false };
const displayScript = { id: HOST_ID, url: "imap://127.0.0.1/INBOX", tab };
const strangers = [
  { id: "other@add.on", url: "moz-extension://other/app/options/options.html", tab },
  { id: "other@add.on", url: "imap://127.0.0.1/INBOX", tab },
  { id: HOST_ID, url: `${HOST_BASE}app/options/options.html`, tab },
  { id: HOST_ID, url: "imap://127.0.0.1/INBOX" },
];

beforeEach(async () => {
  resetHost();
  await local.set({ listseal: kept });
  if (messageListeners.length === 0)
    answerMessages(
      answeredTable(
        displayTab,
        answering(displayCalls, async () => displayHandlers),
      ),
      answeredTable(
        (sender) => ourPage(sender, MAIL_PAGES),
        answering(mailPageCalls, async () => mailPageHandlers),
      ),
    );
});

test.each(names)("a display script can't ask for %s", (name) => {
  const listener = messageListeners[0];
  if (listener === undefined) throw new Error("no door");
  const call = { name, input: null };
  for (const message of [call, { type: "deliver", message: { messageID: "listseal", data: call } }]) {
    expect(listener(message, displayScript)).toBeUndefined();
  }
  // nor over the bridge, by whatever name its port goes
  for (const endpointName of ["options", "popup", "background"]) {
    const port = { name: JSON.stringify({ endpointName, fingerprint: "x" }), sender: displayScript };
    expect(pageOf(port)).toBeUndefined();
  }
});

test.each(Object.keys(displayCalls))("%s is answered to a display script alone", async (name) => {
  for (const sender of strangers) {
    expect(await messageListeners[0]?.({ name, input: null }, sender)).toEqual({
      ok: false,
      code: "foreign-caller",
    });
  }
});

test.each(Object.keys(mailPageCalls))("%s is answered to our pages about a mail alone", async (name) => {
  for (const sender of [...strangers, displayScript]) {
    expect(await messageListeners[0]?.({ name, input: null }, sender)).toEqual({
      ok: false,
      code: "foreign-caller",
    });
  }
  const page = { id: HOST_ID, url: `${HOST_BASE}app/thunderbird/mail-page/verdict.html`, tab };
  expect(await messageListeners[0]?.({ name, input: 7 }, page)).toEqual({ ok: false, code: "worker-failed" });
});

test.each(names)("%s gives no private key out, locked or unlocked", async (name) => {
  const input = Object.entries(examples()).find(([one]) => one === name)?.[1];
  expect(input).toBeDefined();
  for (const unlock of [false, true]) {
    if (unlock) await keepUnlocked(fingerprint, plain);
    const text = JSON.stringify(await answerCall(answer, { name, input }));
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
});

test("the search would find one: the secrets are what storage and memory hold", async () => {
  await answerCall(answer, { name: "key:unlock", input: examples()["key:unlock"] });
  const key = kept.memberKeys[fingerprint];
  const held = JSON.stringify([kept, key === undefined ? null : await secretOf(key)]);
  for (const secret of secrets.slice(0, 4)) expect(held).toContain(secret);
});
