/** Locking, in the event page as it really is: opened mail is forgotten, the worker ends, and neither comes back. */
import { jest } from "@jest/globals";
import type { DisplayCalls } from "../../src/extension/app/calls/display-calls.js";
import { keepUnlocked, lockAll } from "../../src/extension/keys/unlocked.js";
import type { InputOf } from "../../src/extension/platform/rpc/call.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { seal } from "../../src/extension/worker/seal.js";
import { toBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { type HeaderField, type Leaf, textLeaf, writeEntity } from "../../src/mail/mime.js";
import { generateKey, sealingHalf, writeOpeningKey, writeSealingKey } from "../../src/openpgp/keys.js";
import { HOST_ID, local, messageListeners } from "./fake-host.js";
import { beforeMail, haveThunderbird, mails, shownIn } from "./fake-thunderbird.js";
import { haveWorkerNear, workers } from "./near-worker.js";
import { stored, storedList } from "./stored-fixture.js";

/** What our own pages ask, as the bridge hands it over. */
type BridgeHandler = (message: { readonly data: unknown }) => Promise<string>;
const bridge: BridgeHandler[] = [];
jest.unstable_mockModule("webext-bridge/background", () => ({
  onMessage: (_id: string, handler: BridgeHandler) => bridge.push(handler),
}));

const TAB = 7;
const MAIL = 1;
let unlock: () => Promise<void>;

beforeAll(async () => {
  haveThunderbird();
  await haveWorkerNear();
  await import("../../src/extension/app/thunderbird/background.js");
  // QUIRK: jest can't link two modules at once, as the page does when it is asked something for the first time
  await import("../../src/extension/app/handlers/page-handlers.js");
  await import("../../src/extension/app/thunderbird/popup-handlers.js");

  const now = new Date().toISOString();
  const profile = "compatible";
  const address = storedList.invitee;
  const made = await makeKey({ address, name: "Alice", passphrase: "correct horse", profile, now });
  const listKey = await generateKey("list", { address: storedList.address, profile });
  const server = await generateKey("server", { address: storedList.address, profile });
  const list = {
    ...storedList,
    listKey: toBase64(await writeOpeningKey(listKey)),
    listKeyFingerprint: listKey.fingerprint,
    serverCertificate: toBase64(writeSealingKey(sealingHalf(server))),
    serverFingerprint: server.fingerprint,
    owners: [],
    introduction: null,
    introductionSecret: null,
    memberKey: made.key.fingerprint,
  };
  await local.set({
    listseal: {
      ...stored,
      lists: { [list.address]: list },
      memberKeys: { [made.key.fingerprint]: made.key },
    },
  });
  const letter = {
    from: { address: parseAddress(address) },
    to: [{ address: parseAddress(list.address) }],
    cc: [],
    subject: "the subject",
    date: new Date(),
    messageId: "<one@lists.example>",
    references: [],
    text: "the words",
    attachments: [],
  };
  const { parts, notice } = await seal({ letter, list, key: made.key, secret: made.secret });
  const files = parts.map((part): Leaf => ({ ...part, disposition: "attachment" }));
  const fields: HeaderField[] = [
    ["From", address],
    ["To", list.address],
  ];
  mails.set(MAIL, writeEntity(fields, { type: "multipart/mixed", parts: [textLeaf(notice), ...files] }));
  shownIn.set(TAB, MAIL);
  unlock = () => keepUnlocked(made.key.fingerprint, made.secret);
});

// the timer that locks would keep the process alive
afterAll(() => lockAll());

/** What the display script is told of the mail that is shown. */
async function shown(): Promise<unknown> {
  for (const listener of messageListeners) {
    const sender = { id: HOST_ID, url: "imap://127.0.0.1/INBOX", tab: { id: TAB } };
    const input: InputOf<DisplayCalls["display"]> = { likely: true, font: "unseen" };
    const answer = listener({ name: "display", input }, sender);
    if (answer !== undefined) return answer;
  }
  throw new Error("nobody answers");
}

/** "Lock now", pressed in the options page. */
async function lock(): Promise<void> {
  const answer = await bridge[0]?.({ data: { name: "key:lock", input: null } });
  expect(answer).toBe('{"ok":true,"value":null}');
}

const shownAs = (answer: unknown) => ({ ok: true, value: expect.objectContaining({ answer }) });
const opened = shownAs(expect.objectContaining({ kind: "opened", text: "the words" }));
const locked = shownAs({ kind: "locked" });

test("a mail that was opened is locked again, and the worker that has opened it is gone", async () => {
  await unlock();
  expect(await shown()).toEqual(opened);
  expect(workers.at(-1)?.ended).toBe(false);
  await lock();
  expect(workers.every(({ ended }) => ended)).toBe(true);
  expect(await shown()).toEqual(locked);
});

test("a mail that is still being fetched when the keys are locked is not opened", async () => {
  await unlock();
  beforeMail.wait = () => lock();
  expect(await shown()).toEqual(locked);
  // one has taken the mail apart; none has had a key
  expect(workers.filter(({ ended }) => !ended).flatMap(({ asked }) => asked)).toEqual(["read-mail"]);
  beforeMail.wait = async () => undefined;
  expect(await shown()).toEqual(locked);
});

test("a mail that is being opened when the keys are locked is shown once, and not kept", async () => {
  await unlock();
  let locking: Promise<void> | undefined;
  beforeMail.wait = async () => {
    const worker = workers.at(-1);
    if (worker === undefined || Object.hasOwn(worker, "postMessage")) return;
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (job) => {
      post(job);
      if (job.name === "open") locking = lock();
    };
  };
  expect(await shown()).toEqual(opened);
  expect(locking).toBeDefined();
  await locking;
  expect(workers.every(({ ended }) => ended)).toBe(true);
  beforeMail.wait = async () => undefined;
  expect(await shown()).toEqual(locked);
});
