/** The pages of keys and settings as a person sees them, and every tab for people who can't see or use a mouse. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { jest } from "@jest/globals";
import { render } from "preact";
import { Options, OtherWindow } from "../../src/extension/app/options/options.js";
import { askedActs } from "../../src/extension/app/thunderbird/display-actions.js";
import { takeOver } from "../../src/extension/platform/locks.js";
import { answerView } from "../../src/extension/reading/display/answer-view.js";
import { mailWords } from "../../src/extension/reading/display/mail-body.js";
import type { DisplayAnswer, OpenedView } from "../../src/extension/reading/view.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import { answers } from "./fake-host.js";
import { background, complaints, settle } from "./page-tester.js";
import { storedKey, storedList } from "./stored-fixture.js";

/** A property that names a side of the screen. */
const bound =
  /^\s*(?:(?:margin|padding|border)-(?:left|right)\b[^;]*|(?:left|right):[^;]*|(?:text-align|float):\s*(?:left|right))/gm;
/** Four sides in one property; of these the second and the fourth must be the same. */
const fourSides = /(?:margin|padding|inset):\s*[^;\s]+ ([^;\s]+) [^;\s]+ ([^;\s]+);/g;

let root: HTMLElement;
let asked: (readonly [string, unknown])[];
beforeEach(() => {
  document.documentElement.lang = "en";
  document.title = "ListSeal";
  document.body.replaceChildren();
  root = document.body.appendChild(document.createElement("div"));
  asked = [];
});
afterEach(() => render(null, root));

const overview = {
  lists: [],
  keys: [],
  backedUpAt: null,
  refused: [],
  requests: [],
  refusals: [],
  copies: [],
  lockAfter: "60",
};
const { fingerprint, address, userId, createdAt } = storedKey;
const key = {
  fingerprint,
  address,
  userId,
  createdAt,
  expiresAt: null,
  revokedAt: null,
  locked: true,
  ready: false,
};
const list = {
  address: storedList.address,
  name: storedList.name,
  mode: storedList.mode,
  delivery: storedList.delivery,
  profile: storedList.profile,
  listFingerprint: storedList.listKeyFingerprint,
  serverFingerprint: storedList.serverFingerprint,
  owners: [{ userId: "Olive <olive@example.test>", fingerprint: "cc".repeat(20) }],
  invitee: storedList.invitee,
  memberKey: fingerprint,
  membership: "member",
  role: "member",
};
const guards = {
  "other-recipients": true,
  bcc: true,
  "missing-attachment": true,
  "clear-to-list": true,
  "sealed-quote": true,
};

async function open(given: Record<string, unknown> = {}) {
  const known: Record<string, unknown> = {
    overview,
    "owner:lists": { lists: [] },
    "settings:read": { lockAfter: "60" },
    "guards:read": guards,
    ...given,
  };
  const page = background(known);
  asked = page.asked;
  render(<Options call={page.call} />, root);
  await settle();
}

async function press(label: string) {
  const found = [...root.querySelectorAll("button")].find(({ textContent }) => textContent === label);
  if (found === undefined) throw new Error(`no button ${label} in ${root.textContent}`);
  found.click();
  await settle();
}

function fill(name: string, value: string): HTMLInputElement {
  const input = root.querySelector<HTMLInputElement>(`[name=${name}]`);
  if (input === null) throw new Error(`no field ${name}`);
  input.value = value;
  return input;
}

describe("who has nothing yet", () => {
  test("sees three ways in, each of which leads somewhere", async () => {
    await open();
    expect(root.textContent).toContain("What would you like to do?");
    await press("I have an invitation");
    expect(document.activeElement?.getAttribute("type")).toBe("file");
    await press("Set up a list");
    expect(root.querySelector("[aria-selected=true]")?.textContent).toBe("Members");
  });

  test("may look around: marked as practice, and nothing but the one job is asked for", async () => {
    const shown = {
      sent: "U0VOVA",
      atServer: "U0VSVkVS",
      serverCanRead: false,
      arrived: "QVJSSVZFRA",
      opened: "<b>on Tuesday</b>",
      throughList: true,
    };
    await open({ practise: shown });
    await press("Try it out");
    expect(root.textContent).toContain("Nothing is sent or stored");
    asked.length = 0;
    fill("practice", "on Tuesday").form?.requestSubmit();
    await settle();
    expect(asked.map(([name]) => name)).toEqual(["practise", "overview"]);
    expect(root.querySelector("blockquote")?.textContent).toBe("<b>on Tuesday</b>");
    expect(root.textContent).toContain("the server key can’t open it");
    expect(await complaints()).toEqual([]);
  });
});

describe("keys", () => {
  test.each([
    [{ locked: true, ready: false }, "60", "locked"],
    [{ locked: true, ready: true }, "5", "unlocked; locks after 5 minutes without use"],
    [{ locked: true, ready: true }, "60", "unlocked; locks after 1 hour without use"],
    [{ locked: true, ready: true }, "exit", "unlocked until you close Thunderbird"],
    [{ locked: false, ready: true }, "60", "no passphrase"],
  ])(
    "of a key that is %j, with locking after %s, the page says what will come of it",
    async (state, lockAfter, words) => {
      await open({ overview: { ...overview, lockAfter, keys: [{ ...key, ...state }] } });
      await press("My key");
      expect(root.querySelector(".card .quiet")?.textContent).toMatch(new RegExp(`· ${words}$`));
    },
  );

  test("the secret key is saved under a passphrase of 12 characters, typed twice, after a warning", async () => {
    await open({ overview: { ...overview, keys: [key] } });
    await press("My key");
    await press("Save the secret key…");
    expect(root.textContent).toContain("can read your messages and write as you");
    fill("current", "horse");
    fill("filePassphrase", "short");
    fill("fileAgain", "short").form?.requestSubmit();
    await settle();
    expect(root.querySelector("[role=alert]")?.textContent).toBe("This passphrase is too short.");
    fill("filePassphrase", "long enough for a file");
    fill("fileAgain", "long enough for a flie").form?.requestSubmit();
    await settle();
    expect(root.querySelector("[role=alert]")?.textContent).toBe("The passphrases don’t match.");
    fill("fileAgain", "long enough for a file").form?.requestSubmit();
    await settle();
    const input = { fingerprint, current: "horse", passphrase: "long enough for a file" };
    expect(asked).toContainEqual(["key:save-secret", input]);
    expect(root.querySelector("[name=filePassphrase]")).toBeNull();
  });

  test("a stolen key is revoked only after it was said what comes of it", async () => {
    const names = () => asked.map(([name]) => name);
    await open({ overview: { ...overview, keys: [{ ...key, ready: true }] } });
    await press("My key");
    await press("This key was stolen or lost…");
    expect(root.querySelector("[role=alert]")?.textContent).toContain("can’t undo this");
    expect(names()).not.toContain("key:revoke");
    await press("Revoke key");
    expect(names()).toContain("key:revoke");
    render(null, root);
    await open({ overview: { ...overview, keys: [{ ...key, revokedAt: "2026-02-01T00:00:00.000Z" }] } });
    await press("My key");
    expect(root.textContent).toContain("open old messages, nothing more");
  });

  test("the time after which keys lock is chosen", async () => {
    await open();
    await press("Privacy");
    const select = root.querySelector("select");
    expect(select?.value).toBe("60");
    if (select !== null) select.value = "5";
    select?.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(asked).toContainEqual(["settings:lock-after", { after: "5" }]);
    expect(root.textContent).toContain("Not locked with your passphrase");
  });
});

test.each(["storage-damaged", "unsupported-version"] as const)(
  "%s: two steps out, the second asks",
  async (code) => {
    await open({ overview: new ListSealError(code, "x") });
    await press("Save as a file…");
    await press("Start over");
    expect(asked.map(([name]) => name)).not.toContain("storage:start-over");
    expect(root.querySelector("[role=alert]")?.textContent).toContain("will be deleted");
    expect(await complaints()).toEqual([]);
    await press("Start over");
    expect(asked.map(([name]) => name)).toContain("storage:start-over");
  },
);

test("of two pages the newer works and the older steps back", async () => {
  const [older, newer] = [jest.fn(), jest.fn()];
  void takeOver("options").then(older);
  void takeOver("options").then(newer);
  await settle();
  expect(older).toHaveBeenCalled();
  expect(newer).not.toHaveBeenCalled();
  render(<OtherWindow />, root);
  expect(await complaints()).toEqual([]);
});

test("axe finds nothing on any tab, and each is reached by keys alone", async () => {
  const refused = [{ address: "new@lists.example", name: "New", code: "withdrawn" }];
  const post = { author: "0b".repeat(20), address: null, messageId: "<1@x>", date: "2026-01-01", size: 1 };
  const mine = { ...list, role: "moderator" };
  await open({
    overview: { ...overview, lists: [mine], keys: [key], refused },
    "held:read": { at: "2026-01-01", posts: [post] },
  });
  const tabs = [...root.querySelectorAll<HTMLElement>("[role=tab]")];
  expect(tabs.length).toBeGreaterThan(4);
  root
    .querySelector("[role=tablist]")
    ?.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
  for (const tab of tabs) {
    await settle();
    expect(document.activeElement).toBe(tab);
    expect([tab.textContent, await complaints()]).toEqual([tab.textContent, []]);
    tab.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  }
});

describe("the author of an opened mail", () => {
  const view: OpenedView = {
    kind: "opened",
    list: { name: "Team", address: "team@lists.example", fingerprint: "aa".repeat(20) },
    subject: "s",
    author: { name: "Bob", address: "bob@example.test", fingerprint: "ee".repeat(20), standing: "new" },
    to: [],
    cc: [],
    date: "2026-01-01T00:00:00.000Z",
    signedAt: "2026-01-01T00:00:00.000Z",
    text: "words",
    html: null,
    inline: {},
    attachments: [],
    passage: { via: "own-copy" },
    underOldKey: false,
    ownKeyEnds: null,
    shell: "own",
  };
  const shownRoot = () => document.body;
  const show = (answer: DisplayAnswer) => {
    if (answer.kind === "ordinary") return;
    const shown = answerView(answer, { acts: askedActs, words: mailWords, again: show });
    document.body.replaceChildren(...shown);
  };
  const confirmer = () =>
    [...shownRoot().querySelectorAll("button")].find((one) =>
      one.textContent?.startsWith("Compare the author"),
    );

  test("has a button that opens the page for comparing, and none that confirms", async () => {
    const compare = jest.fn(() => null);
    answers.set("compare", compare);
    show(view);
    confirmer()?.click();
    await settle();
    expect(compare).toHaveBeenCalledWith(null);
  });

  test.each(["you", "owner", "introduced", "confirmed", "refused"] as const)(
    "%s: nothing to confirm",
    (standing) => {
      show({ ...view, author: { ...view.author, standing } });
      expect(confirmer()).toBeUndefined();
    },
  );
});

test("no page is bound to writing from left to right: sides are named by where text begins", () => {
  const source = fileURLToPath(new URL("../../src/extension", import.meta.url));
  const wrong = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".css") || path.endsWith("display/style.ts"))
    .flatMap((path) => {
      const styles = readFileSync(`${source}/${path}`, "utf8");
      const uneven = [...styles.matchAll(fourSides)].filter(([, right, left]) => right !== left);
      return [...styles.matchAll(bound), ...uneven].map(([found]) => `${path}: ${found}`);
    });
  expect(wrong).toEqual([]);
});
