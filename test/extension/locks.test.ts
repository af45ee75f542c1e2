/** Several pages of a browser work on the same records: what one of them does waits for what another has begun. */

import { keepUnlocked, lockAll, noteUse, secretOf } from "../../src/extension/keys/unlocked.js";
import { keepInvitation, keptFiles } from "../../src/extension/owner/invitation-files.js";
import { keepTurnsForFrames, type LockName, lockName } from "../../src/extension/platform/locks.js";
import { load, update } from "../../src/extension/records/storage.js";
import { connectListeners, FakePort, HOST_BASE, HOST_ID, local, resetHost, session } from "./fake-host.js";
import { stored, storedKey } from "./stored-fixture.js";

beforeEach(() => resetHost());
afterEach(() => lockAll());

/** Another page, in the middle of its own change: it holds the lock until it is told to go on. */
function otherPage(turn: LockName): { readonly goOn: (work: () => Promise<void>) => Promise<void> } {
  let begin: (work: () => Promise<void>) => void = () => undefined;
  const told = new Promise<() => Promise<void>>((resolve) => {
    begin = resolve;
  });
  const ended = navigator.locks.request(lockName(turn), async () => (await told)());
  return {
    goOn: (work) => {
      begin(work);
      return ended;
    },
  };
}

/** Long enough for anything that does not wait for a lock. */
const meanwhile = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a change waits for the change of another page, and sees what it has written", async () => {
  const other = otherPage("storage");
  const change = update((before) => ({ stored: { ...before, backedUpAt: "2026" }, result: before.joining }));
  await meanwhile();
  expect(await local.get("listseal")).toEqual({});
  const joining = { "a@lists.example": { name: "A", before: null, refused: null } };
  await other.goOn(() => local.set({ listseal: { ...stored, joining } }));
  expect(await change).toEqual(joining);
  expect(await load()).toEqual({ ...stored, joining, backedUpAt: "2026" });
});

test("a page that notes a use does not unlock again what another page locks meanwhile", async () => {
  const locked = { ...storedKey, locked: true };
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  await Promise.all([noteUse(), lockAll()]);
  expect(await session.get(null)).toEqual({});
  expect(await secretOf(locked)).toBeNull();
});

test("invitation files that two pages make at once are both kept", async () => {
  await Promise.all(
    ["a", "b"].map((name) =>
      keepInvitation({ introduction: name, code: "1" }, `${name}.listseal`, new Uint8Array(3)),
    ),
  );
  expect(await keptFiles()).toEqual(["a", "b"]);
});

describe("for a frame in a page of the web the background holds the lock", () => {
  const frame = { id: HOST_ID, url: `${HOST_BASE}webmail/frame.html` };
  beforeAll(keepTurnsForFrames);
  const connect = (name: string, sender = frame) => {
    const port = new FakePort(name, sender);
    for (const listener of connectListeners) listener(port);
    return port;
  };

  test("until the frame closes its port; the next one waits for that", async () => {
    const [first, second] = [connect(lockName("storage")), connect(lockName("storage"))];
    await meanwhile();
    expect([first.told, second.told]).toEqual([["begin"], []]);
    first.close();
    await meanwhile();
    expect(second.told).toEqual(["begin"]);
    second.close();
  });

  test("and a frame that is gone before its turn came keeps nobody waiting", async () => {
    const [first, second] = [connect(lockName("storage")), connect(lockName("storage"))];
    second.close();
    await meanwhile();
    first.close();
    await update((before) => ({ stored: before, result: 1 }));
    expect(second.told).toEqual([]);
  });

  test.each([
    ["a content script in a page of the web", { id: HOST_ID, url: "https://mail.example/" }],
    ["another add-on", { id: "other@add.on", url: "moz-extension://other/page.html" }],
    ["a page whose address begins like ours", { id: HOST_ID, url: `https://x.example/${HOST_BASE}` }],
  ])("%s gets no turn and holds nobody up", async (_, sender) => {
    const port = connect(lockName("storage"), sender);
    await update((before) => ({ stored: before, result: 1 }));
    expect([port.connected, port.told]).toEqual([false, []]);
  });

  test("other ports are none of its business", () => {
    expect(connect("something else").connected).toBe(true);
  });
});
