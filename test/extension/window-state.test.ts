/** What is remembered of a compose window while its event page comes and goes. */
import { jest } from "@jest/globals";

/** A page that has just started: its modules are new, and what was in the browser's memory is there still. */
async function freshPage(before?: { readonly session: Record<string, unknown> }) {
  jest.resetModules();
  const { default: browser } = await import("webextension-polyfill");
  if (before !== undefined) await browser.storage.session.set(before.session);
  const page = await import("../../src/extension/writing/window/window-state.js");
  return { ...page, session: () => browser.storage.session.get(null) };
}

const hindrances = [
  { kind: "failed", doing: "keeping", code: "storage-full" },
  { kind: "locked", doing: "sending", fingerprint: "ab".repeat(20), address: "alice@example.test" },
  { kind: "other-recipients", others: ["zoe@example.test"] },
  { kind: "bcc", others: [] },
  { kind: "missing-attachment", word: "attached" },
  { kind: "clear-to-list" },
  { kind: "no-list" },
  { kind: "sealed-quote" },
] as const;

test.each(hindrances)(
  "$kind still stands in the way when the page was ended and has started again",
  async (hindrance) => {
    const { changeState, session } = await freshPage();
    await changeState(7, { sealing: "on", hindrance });
    const { stateOf } = await freshPage({ session: await session() });
    expect(await stateOf(7)).toMatchObject({ sealing: "on", hindrance });
  },
);

test("of changes at the same time none undoes another", async () => {
  const { changeState, forgetState, stateOf } = await freshPage();
  await Promise.all([
    changeState(7, { sealing: "on" }),
    changeState(7, { keptDraft: 3 }),
    changeState(7, { hindrance: { kind: "clear-to-list" } }),
  ]);
  expect(await stateOf(7)).toMatchObject({
    sealing: "on",
    keptDraft: 3,
    hindrance: { kind: "clear-to-list" },
  });
  await Promise.all([changeState(7, { phase: "sealing" }), forgetState(7)]);
  expect((await stateOf(7)).sealing).toBe("off");
});

test("nothing stands in the way of a window that is gone", async () => {
  const { changeState, forgetState, stateOf } = await freshPage();
  await changeState(8, { hindrance: { kind: "sealed-quote" } });
  await forgetState(8);
  expect((await stateOf(8)).hindrance).toBeNull();
});

test("what an older version had remembered is read", async () => {
  const { changeState } = await freshPage();
  const { hindrance, ...older } = await changeState(9, { sealing: "on" });
  expect(hindrance).toBeNull();
  const { stateOf } = await freshPage({ session: { "compose-9": older } });
  expect(await stateOf(9)).toEqual({ ...older, hindrance: null });
});
