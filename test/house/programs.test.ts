/** The builds for browsers: nothing of Thunderbird's is in them, neither code nor words. */
import { inBrowser } from "../../src/extension/ui/i18n.js";
import { languages, localeOf } from "../extension/fake-host.js";
import { reachedFrom, sources } from "./sources.js";

const all = sources();
/** Where the builds for browsers begin: see vite.config.ts. */
const rooms = ["app/browser", "app/webmail"];
const entries = all
  .map(({ path }) => path)
  .filter((path) => rooms.some((room) => path.startsWith(`extension/${room}/`)));
const reached = reachedFrom(entries, all, "atRunTime");

test("there are such builds, and they do the add-on's work", () => {
  for (const path of ["app/browser/background", "app/browser/options", "member/join", "owner/claim-list"])
    expect([...reached]).toContain(`extension/${path}`);
});

test("no page of a browser can reach Thunderbird's namespaces, however far its imports are followed", () => {
  expect([...reached]).not.toContain("extension/platform/thunderbird");
  // it can from Thunderbird's own background page
  expect([...reachedFrom(["extension/app/thunderbird/background"], all, "atRunTime")]).toContain(
    "extension/platform/thunderbird",
  );
});

test("nor the bridge to a background page: pages of a browser do their own work", () => {
  expect([...reached]).not.toContain("extension/platform/rpc/bridge");
});

test("a browser's background has neither cryptography nor pages", () => {
  const background = reachedFrom(["extension/app/browser/background"], all, "atRunTime");
  expect(
    [...background]
      .filter((path) => !/^(?:openpgp|membership\/file)\/(?:errors|check)$/.test(path))
      .filter((path) => /^(?:openpgp|protocol|membership)\/|\/worker\/|\/options\//.test(path)),
  ).toEqual([]);
});

/** Sentences that a page of a browser names and can't come to say: what they speak of does not happen there. */
const neverSaid = [
  // a browser's requests are `by-hand`, not in an outbox, and no account or right is looked for
  "request_outbox",
  "waiting_outbox",
  "error_no_identity",
  "error_may_not_send",
  // Thunderbird alone asks for a right to send
  "send_question",
];

describe.each(languages)("in %s", (language) => {
  const words = localeOf(language);

  test("no sentence that a browser says speaks of Thunderbird", () => {
    const texts = all
      .filter(({ path }) => reached.has(path) && path !== "extension/ui/i18n")
      .map(({ text }) => text)
      .join("\n");
    const said = Object.keys(words).filter((key) => texts.includes(`"${key}"`));
    expect(said.length).toBeGreaterThan(200);
    const wrong = said
      .map((key) => Object.entries(inBrowser).find(([one]) => one === key)?.[1] ?? key)
      .filter((key) => words[key]?.message.includes("Thunderbird"))
      .filter((key) => !neverSaid.includes(key) && key !== "invite_mail_text");
    expect(wrong).toEqual([]);
  });

  test("what a browser says instead has the same things put into it", () => {
    for (const [key, instead] of Object.entries(inBrowser))
      expect([instead, words[instead]?.placeholders]).toEqual([instead, words[key]?.placeholders]);
  });
});
