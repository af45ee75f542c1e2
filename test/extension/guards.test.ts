import { type CallHandlers, pageCalls } from "../../src/extension/app/calls/page-calls.js";
import { summaryOfKey } from "../../src/extension/keys/unlocked.js";
import { mayPass, pageOf } from "../../src/extension/platform/bridge-guard.js";
import { answerCall } from "../../src/extension/platform/rpc/bridge.js";
import { answering } from "../../src/extension/platform/rpc/call.js";
import { displayTab } from "../../src/extension/platform/rpc/senders.js";
import { summaryOfList } from "../../src/extension/records/storage.js";
import { HOST_BASE, HOST_ID, local, resetHost } from "./fake-host.js";
import { stored, storedKey, storedList } from "./stored-fixture.js";

const port = (endpointName: string, url: string, id = HOST_ID) => ({
  name: JSON.stringify({ endpointName, fingerprint: "x" }),
  sender: { id, url },
});

describe("a port of the bridge", () => {
  test("may speak for the page that the browser says it is", () => {
    expect(pageOf(port("options", `${HOST_BASE}app/options/options.html`))).toBe("options");
    expect(pageOf(port("popup", `${HOST_BASE}app/thunderbird/popup.html#x`))).toBe("popup");
  });

  test.each([
    ["a display script that calls itself options", port("options", "imap://127.0.0.1/INBOX")],
    ["a page of the web", port("popup", "https://example.test/app/thunderbird/popup.html")],
    ["another add-on", port("options", `${HOST_BASE}app/options/options.html`, "other@add.on")],
    ["the popup as options", port("options", `${HOST_BASE}app/thunderbird/popup.html`)],
    ["a content script as itself", port("", "imap://127.0.0.1/INBOX")],
    ["the background itself", port("background", `${HOST_BASE}app/options/options.html`)],
    [
      "a name that is no JSON",
      { name: "options", sender: { id: HOST_ID, url: `${HOST_BASE}app/options/options.html` } },
    ],
  ])("%s is refused", (_, hostile) => {
    expect(pageOf(hostile)).toBeUndefined();
  });

  test("may deliver what its own page says and nothing else", () => {
    const from = (context: string) => ({ type: "deliver", message: { origin: { context } } });
    expect(mayPass(from("options"), "options")).toBe(true);
    expect(mayPass({ type: "sync" }, "options")).toBe(true);
    expect(mayPass(from("background"), "options")).toBe(false);
    expect(mayPass(from("popup"), "options")).toBe(false);
    expect(mayPass({ type: "deliver" }, "options")).toBe(false);
    expect(mayPass("deliver", "options")).toBe(false);
  });
});

describe("a display script", () => {
  test("is known by its tab and by not being a page of ours", () => {
    const tab = { id: 7, index: 0, highlighted: false, active: true, pinned: false, incognito: false };
    expect(displayTab({ id: HOST_ID, url: "imap://127.0.0.1/INBOX", tab })).toBe(7);
    expect(displayTab({ id: HOST_ID, url: `${HOST_BASE}app/options/options.html`, tab })).toBeUndefined();
    expect(displayTab({ id: "other@add.on", url: "imap://127.0.0.1/INBOX", tab })).toBeUndefined();
    expect(displayTab({ id: HOST_ID, url: "imap://127.0.0.1/INBOX" })).toBeUndefined();
  });
});

describe("a call", () => {
  let reached = 0;
  const never = async (): Promise<never> => {
    reached += 1;
    throw new Error("not answered here");
  };
  const handlers: CallHandlers = {
    "compose:status": never,
    "compose:answer": never,
    "guards:read": never,
    "guards:switch": never,
    "key:unlock": never,
    "key:lock": never,
    "key:make": never,
    "key:renew": never,
    "key:revoke": never,
    "held:read": never,
    "held:ask": never,
    "held:decide": never,
    "key:protect": never,
    "key:save-public": never,
    "key:public": never,
    overview: async () => ({
      lists: [summaryOfList(storedList, stored)],
      keys: [await summaryOfKey(storedKey)],
      backedUpAt: null,
      refused: [],
      requests: [],
      refusals: [],
      copies: [],
      lockAfter: "60",
    }),
    "join:offered": never,
    "join:look": never,
    "join:start": never,
    "join:forget": never,
    "list:leave": never,
    "copies:choose": never,
    "list:use-key": never,
    "list:remove": never,
    "list:delete-keys": never,
    "backup:make": never,
    "compare:wanted": never,
    "compare:confirm": never,
    "backup:look": never,
    "backup:restore": never,
    "requests:look": never,
    "requests:again": never,
    "requests:forget": never,
    "requests:parts": never,
    "requests:save": never,
    "requests:sent": never,
    "settings:read": never,
    "settings:lock-after": never,
    "key:import": never,
    "key:save-secret": never,
    "storage:save": never,
    "storage:start-over": never,
    practise: never,
    "owner:lists": never,
    "owner:open-card": never,
    "owner:claim": never,
    "owner:forget": never,
    "owner:invite": never,
    "owner:save-invitation": never,
    "owner:mail-invitation": never,
    "owner:withdraw": never,
    "owner:remove": never,
    "owner:set-role": never,
    "owner:confirm-server": never,
    "owner:decline-server": never,
    "owner:refresh": never,
    "owner:enrol": never,
    "owner:confirm": never,
    "owner:resume-server": never,
    "owner:save-list-key": never,
    "owner:new-key": never,
    "owner:stop-key": never,
    "owner:epochs": never,
    "owner:tell": never,
    "owner:members-shown": never,
    "owner:show-members": never,
    "owner:receipts": never,
    "owner:dismiss": never,
    "settings:service-mail": never,
    "owner:codes": never,
    "owner:code-told": never,
    "owner:invitation-text": never,
    "owner:send-invitation": never,
  };
  const answer = answering(pageCalls, async () => handlers);

  test.each([
    ["no call", 17],
    ["an unknown name", { name: "key:secret", input: null }],
    ["a name from the prototype", { name: "constructor", input: null }],
  ])("%s is refused", async (_, data) => {
    expect(await answerCall(answer, data)).toEqual({ ok: false, code: "foreign-caller" });
  });

  test.each([
    ["a number where text belongs", { name: "key:unlock", input: { fingerprint: 1, passphrase: "x" } }],
    ["a missing field", { name: "key:unlock", input: { fingerprint: "x" } }],
    [
      "an answer that does not exist",
      { name: "compose:answer", input: { tabId: 1, answer: "send-everything" } },
    ],
    ["a text that fills memory", { name: "join:look", input: { file: "x".repeat(1_000_001), code: "" } }],
  ])("%s never reaches its handler", async (_, data) => {
    reached = 0;
    expect(await answerCall(answer, data)).toEqual({ ok: false, code: "worker-failed" });
    expect(reached).toBe(0);
  });

  test("gives no secret out", async () => {
    resetHost();
    await local.set({ listseal: stored });
    const text = JSON.stringify(await answerCall(answer, { name: "overview", input: null }));
    expect(text).toContain(storedKey.fingerprint);
    for (const secret of [storedKey.secret, storedList.listKey, storedList.introductionSecret]) {
      expect(text).not.toContain(secret);
    }
  });
});
