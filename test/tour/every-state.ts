/** How pages, popups and mails are brought into every state that they have, in a real Thunderbird, to be looked at. */

/** Of the Thunderbird in which everything is looked at. */
export const LOOKING_PREFERENCES = {
  "extensions.webextensions.keepUuidOnUninstall": true,
  "extensions.webextOptionalPermissionPrompts": false,
  // Debian's Thunderbird compiles no JavaScript: axe takes ten times as long there, and finds the same
  "javascript.options.baselinejit": true,
  "mail.server.default.autosync_offline_stores": false,
};

/** Runs in the background page. What the page itself was just writing may come after it: then it is kept once more. */
export const KEEP_RECORDS = `async (records, session) => {
  const { storage } = globalThis.messenger ?? globalThis.browser;
  const listsOf = ({ listseal }) => JSON.stringify(listseal?.lists ?? {});
  for (let tries = 0; tries < 600; tries += 1) {
    await storage.session.clear();
    await storage.local.clear();
    await storage.local.set(records);
    await storage.session.set(session);
    await new Promise((resolve) => setTimeout(resolve, 200));
    if (listsOf(await storage.local.get("listseal")) === listsOf(records)) return;
  }
  throw new Error("somebody else goes on writing");
}`;

/** Runs in the background page: what stands in the way in the open compose window, and its popup. */
export const OPEN_POPUP = `async (state) => {
  const { tabs, storage, composeAction } = globalThis.messenger ?? globalThis.browser;
  const [{ id, windowId }] = (await tabs.query({})).filter(({ type }) => type === "messageCompose");
  const name = "compose-" + id;
  const before = (await storage.session.get(name))[name];
  await storage.session.set({ [name]: { ...before, hindrance: null, notice: null, ...state } });
  await composeAction.setPopup({ tabId: id, popup: "/app/thunderbird/popup.html" });
  await composeAction.openPopup({ windowId });
}`;

/** Runs in the background page. */
export const STANDS_IN_THE_WAY = `async () => {
  const { storage } = globalThis.messenger ?? globalThis.browser;
  const kept = Object.entries(await storage.session.get(null));
  return kept.some(([name, state]) => name.startsWith("compose-") && state.hindrance !== null);
}`;

/** Every question, failure and notice of the compose window. */
export const popups: Readonly<Record<string, object>> = {
  locked: {
    hindrance: {
      kind: "locked",
      doing: "sending",
      fingerprint: "ab".repeat(20),
      address: "alice@elsewhere.test",
    },
  },
  "not-sent": { hindrance: { kind: "failed", doing: "sending", code: "key-expired" } },
  "not-kept": { hindrance: { kind: "failed", doing: "keeping", code: "storage-full" } },
  "not-opened": { hindrance: { kind: "failed", doing: "opening", code: "damaged" } },
  "other-recipients": {
    hindrance: { kind: "other-recipients", others: ["zoe@example.test", "fay@example.test"] },
  },
  bcc: { hindrance: { kind: "bcc", others: ["zoe@example.test"] } },
  "missing-attachment": { hindrance: { kind: "missing-attachment", word: "attached" } },
  "clear-to-list": { hindrance: { kind: "clear-to-list" } },
  "sealed-quote": { hindrance: { kind: "sealed-quote" } },
  "other-list-quote": { hindrance: { kind: "other-list-quote", from: "council@lists.example" } },
  "almost-list": {
    hindrance: { kind: "almost-list", typed: "Team+notes@lists.example.", list: "team@lists.example" },
  },
  "address-book-list": { hindrance: { kind: "address-book-list", others: ["Friends"] } },
  "no-list": { hindrance: { kind: "no-list" } },
  "settled-late": { hindrance: { kind: "settled-late" } },
  "draft-moved": { notice: "server-draft-moved" },
  "draft-left": { notice: "server-draft-left" },
  "draft-kept": { notice: "sealed-draft-kept" },
  "quote-left-out": { notice: "quote-left-out" },
  "read-only": { notice: "read-only" },
  nothing: {},
};

/** Runs in the page. */
export const PRESS_ALL = `(window, selector) => {
  const all = [...window.document.querySelectorAll(selector)];
  if (all.length === 0) throw new Error("nothing to press: " + selector);
  for (const one of all) one.click();
}`;

/** Runs in a mail: opens the details, and the pictures among the attachments. */
export const OPEN_ALL = `async (window) => {
  const root = window.document.querySelector("listseal-view").openOrClosedShadowRoot;
  for (const one of root.querySelectorAll("details")) one.open = true;
  for (const one of root.querySelectorAll("button[aria-expanded=false]")) {
    one.click();
    for (let tries = 0; tries < 6000 && one.getAttribute("aria-expanded") !== "true"; tries += 1)
      await new Promise((resolve) => window.setTimeout(resolve, 20));
  }
}`;
