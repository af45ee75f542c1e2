/** Several pages of a browser work on the same records: what one of them does waits for what another has begun. */
import { lockName, type Turn } from "../../src/extension/in-turn.js";
import { keepUnlocked, lockAll, noteUse, secretOf } from "../../src/extension/locking/unlocked.js";
import { keepFile, keptFiles } from "../../src/extension/owner/invitation-files.js";
import { load, update } from "../../src/extension/storage.js";
import { local, resetHost, session } from "./fake-host.js";
import { stored, storedKey } from "./stored-fixture.js";

beforeEach(() => resetHost());
afterEach(() => lockAll());

/** Another page, in the middle of its own change: it holds the lock until it is told to go on. */
function otherPage(turn: Turn): { readonly goOn: (work: () => Promise<void>) => Promise<void> } {
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
  await Promise.all(["a", "b"].map((name) => keepFile(name, `${name}.listseal`, new Uint8Array(3))));
  expect(await keptFiles()).toEqual(["a", "b"]);
});
