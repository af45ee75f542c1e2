/** The message display script: what is hidden while it asks, what takes whose place, and what is never touched. */
import { jest } from "@jest/globals";
import type { ViewEvents } from "../../src/extension/app/calls/view-events.js";
import type {
  DisplayAnswer,
  Displayed,
  OpenedView,
  UnopenedAnswer,
} from "../../src/extension/reading/view.js";
import { markOf } from "../../src/extension/ui/security-image.js";
import { memberNotice, privateNotice, submissionNotice } from "../../src/mail/fixed-texts.js";
import { requestNotice } from "../../src/mail/request-mail.js";

const opened: OpenedView = {
  kind: "opened",
  list: { name: "Team", address: "team@lists.example", fingerprint: "aa".repeat(20) },
  subject: "The true subject",
  author: { name: "Olive", address: "olive@example.test", fingerprint: "cc".repeat(20), standing: "owner" },
  to: [{ name: null, address: "team@lists.example" }],
  cc: [],
  date: "2026-01-01T00:00:00.000Z",
  signedAt: "2026-01-01T00:00:00.000Z",
  text: "opened words",
  html: null,
  inline: {},
  attachments: [],
  passage: { via: "list", roster: 3 },
  ownKeyEnds: null,
  underOldKey: false,
  shell: "own",
};
const mark = markOf("00000929");
const instead = (answer: Exclude<DisplayAnswer, UnopenedAnswer>): Displayed => ({
  where: "instead",
  answer,
  mark,
});
const above = (kind: UnopenedAnswer["kind"]): Displayed => ({
  where: "above",
  answer: kind === "invitation" ? { kind, used: null } : { kind },
});

/** As Thunderbird shows plain text: the mail's own part, after the header that is for printing. */
const plain = (text: string) =>
  `<table class="moz-main-header"><tbody><tr><td>Subject: x</td></tr></tbody></table><div class="moz-text-plain"><pre>${text}</pre></div>`;
/** As it lists attachments under it. */
const attached = (name: string) =>
  `<fieldset class="moz-mime-attachment-header"></fieldset><div class="moz-mime-attachment-wrap"><table><tbody><tr><td class="moz-mime-attachment-file">${name}</td></tr></tbody></table></div>`;

let reply: (displayed: Displayed) => void;
/** What the script has asked, in its order. */
let asked: string[];
/** What the event page tells the script. */
let tell: (name: keyof ViewEvents) => void;

/** Shows a mail in which the script starts, as a document that has just been loaded. */
async function show(html: string): Promise<void> {
  jest.resetModules();
  Reflect.deleteProperty(globalThis, Symbol.for("listseal-display"));
  document.documentElement.innerHTML = `<head></head><body>${html}</body>`;
  asked = [];
  const { answers, HOST_ID, messageListeners } = await import("./fake-host.js");
  messageListeners.length = 0;
  tell = (name) => void messageListeners[0]?.({ name, input: null }, { id: HOST_ID });
  answers.set("display", () => {
    asked.push("display");
    return new Promise<Displayed>((resolve) => {
      reply = resolve;
    });
  });
  answers.set("due", () => ({ inMs: null }));
  const view = () => import("../../src/extension/app/thunderbird/display.js");
  // what Thunderbird gives to every content script
  const sendMessage = async ({ name }: { readonly name: string }) => {
    asked.push(name);
    await view();
  };
  Object.assign(globalThis, { browser: { runtime: { sendMessage } } });
  await import("../../src/extension/app/thunderbird/display-gate.js");
  await jest.advanceTimersByTimeAsync(0);
}

const native = () => {
  const part = document.querySelector(".moz-text-plain");
  if (part === null) return "gone";
  return getComputedStyle(document.body).visibility === "hidden" ? "hidden" : "shown";
};
const frame = () => document.querySelector<HTMLIFrameElement>("iframe#listseal-page");
const view = () =>
  (frame()?.contentDocument ?? document).querySelector<HTMLElement>("listseal-view") ?? undefined;
const words = () => view()?.shadowRoot?.textContent ?? "";
const answered = async (displayed: Displayed) => {
  reply(displayed);
  await jest.advanceTimersByTimeAsync(0);
};

beforeAll(() => {
  // jsdom has no layout to watch
  class NoObserver {
    observe(): void {}
    disconnect(): void {}
  }
  Object.assign(globalThis, { ResizeObserver: NoObserver });
});
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test.each([
  ["a copy of the list's", memberNotice("key", "resealed")],
  ["a copy that tells how to read it otherwise", memberNotice("whole", "opened")],
  ["one's own copy in Sent", submissionNotice()],
  ["an answer of the server's", requestNotice("answer")],
  ["an owner's notice", requestNotice("notice")],
  ["a member's receipt", requestNotice("receipt")],
  ["a private letter", privateNotice()],
  ["multipart/encrypted, of which Thunderbird shows nothing", ""],
])("%s is not seen before it is opened, and gives its place at once", async (_, notice) => {
  await show(plain(notice));
  expect([native(), words()]).toEqual(["gone", ""]);
  expect(asked).toEqual(["view", "display"]);
  await answered(instead(opened));
  expect(native()).toBe("gone");
  expect(words()).toContain("opened words");
  expect(document.title).toBe("The true subject");
});

test("of the sender's document nothing is left beside an opened mail: no style, no element, no base address", async () => {
  document.title = "";
  await show(
    `<base href="https://evil.example/"><style>iframe { opacity: 0 }</style><b>x</b>${plain(submissionNotice())}`,
  );
  // the notice does not come first: it is shown where it stands, until it is known what the mail is
  expect(native()).toBe("shown");
  await show(`${plain(submissionNotice())}<style>iframe { opacity: 0 }</style>`);
  await answered(instead(opened));
  expect(document.documentElement.querySelectorAll("style, base, link, table, div, b")).toHaveLength(0);
  expect(document.body.children).toHaveLength(1);
  expect(document.body.textContent).toBe("");
});

test("the person's mark stands at the top of what ListSeal shows in a page of its own", async () => {
  await show(plain(submissionNotice()));
  await answered(instead(opened));
  expect(words()).toContain(mark.digits);
  expect(words().indexOf(mark.digits)).toBeLessThan(words().indexOf("Encrypted to Team"));
});

test("a name that goes on in our own signs does so nowhere: not in the line, nor in what is below it", async () => {
  const name = "Olive · owner of the list";
  const cc = [{ name: "Bob · came through the list", address: "bob@example.test" }];
  await show(plain(submissionNotice()));
  await answered(instead({ ...opened, author: { ...opened.author, name }, cc }));
  expect(words()).toContain("Olive owner of the list <");
  expect(words()).toContain("Bob came through the list <");
  expect(words()).not.toMatch(/· (?:owner|came through the list <)/);
});

test("a mail that takes long is replaced by words and a bar that say that it is being opened", async () => {
  await show(plain(submissionNotice()));
  await jest.advanceTimersByTimeAsync(1_400);
  expect([native(), words()]).toEqual(["gone", ""]);
  await jest.advanceTimersByTimeAsync(200);
  expect(words()).toContain("Opening the encrypted message");
  expect(view()?.shadowRoot?.querySelector("progress:not([value])")).not.toBeNull();
  await answered(instead(opened));
  expect(words()).not.toContain("Opening the encrypted message");
  expect(words()).toContain("opened words");
});

test.each([
  ["words", plain("An ordinary mail, plain as day.")],
  ["an attachment of some name", plain("See the file.") + attached("plan.pdf")],
  ["an attachment alone", plain("") + attached("plan.pdf")],
  ["a picture alone", `<div class="moz-text-plain"><img src="data:image/png;base64,AAAA" alt=""></div>`],
  ["words that speak of a notice", plain(`Somebody wrote: ${submissionNotice()}`)],
])("an ordinary mail with %s is never touched, and nobody is asked about it", async (_, html) => {
  await show(html);
  const before = document.documentElement.outerHTML;
  await jest.advanceTimersByTimeAsync(5_000);
  expect([native(), asked]).toEqual(["shown", []]);
  expect(document.documentElement.outerHTML).toBe(before);
});

test("a mail that only looks sealed comes back as it was, and at once", async () => {
  await show(plain(submissionNotice()));
  expect(native()).toBe("gone");
  await answered(above("ordinary"));
  expect([native(), view()]).toEqual(["shown", undefined]);
  expect(document.body.innerHTML).toContain("Subject: x");
  expect(document.querySelector(".listseal-hidden")).toBeNull();
});

test("where nobody answers for a mail that is likely sealed, it is said in its place", async () => {
  await show(plain(submissionNotice()));
  await answered(instead({ kind: "refused", code: "worker-failed" }));
  expect([native(), view()?.dataset["kind"]]).toEqual(["gone", "refused"]);
});

test.each(["sealed-key.pgp", "list-signature.pgp", "team.listseal", "Part 1.2", "パート 1.2"])(
  "a mail with an attachment named %s is asked about, and stays as it is meanwhile",
  async (name) => {
    await show(plain("Please look at this.") + attached(name));
    expect([native(), asked]).toEqual(["shown", ["view", "display"]]);
    await answered(instead({ kind: "refused", code: "worker-failed" }));
    expect([native(), view()]).toEqual(["shown", undefined]);
  },
);

test.each(["invitation", "elsewhere"] as const)(
  "%s: words above the mail, with nothing in them to press, and without the person's mark",
  async (kind) => {
    for (const mail of [plain("Please join us.") + attached("sealed-key.pgp"), plain(submissionNotice())]) {
      await show(mail);
      await answered(above(kind));
      expect([native(), view()?.dataset["kind"]]).toEqual(["shown", kind]);
      expect(words()).toContain("button above the message");
      expect(words()).not.toContain(mark.digits);
      const controls = "a, button, input, select, textarea, details, summary, [tabindex], [role=button]";
      expect(view()?.shadowRoot?.querySelectorAll(controls)).toHaveLength(0);
    }
  },
);

test("a sealed mail that can't be opened says why, in the place of its notice", async () => {
  await show(plain(submissionNotice()));
  await answered(instead({ kind: "refused", code: "damaged" }));
  expect(native()).toBe("gone");
  expect(words()).toContain("can’t be shown");
});

describe("when the keys are locked", () => {
  test("what was opened is gone at once, whatever is answered next", async () => {
    await show(plain(submissionNotice()));
    await answered(instead(opened));
    tell("view:clear");
    expect(words()).toBe(styleAlone());
    expect(document.title).not.toContain("true subject");
    await jest.advanceTimersByTimeAsync(0);
    await answered(instead({ kind: "locked" }));
    expect(view()?.dataset["kind"]).toBe("locked");
  });

  test("the passphrase is typed where the lock is met, and the mail is asked about again when a key was unlocked", async () => {
    await show(plain(submissionNotice()));
    await answered(instead({ kind: "locked" }));
    const { answers } = await import("./fake-host.js");
    const typed: unknown[] = [];
    answers.set("unlock", (input) => void typed.push(input));
    const field = view()?.shadowRoot?.querySelector<HTMLInputElement>("input[type=password]");
    if (!field) throw new Error("no field");
    field.value = "eight loud cows";
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    await jest.advanceTimersByTimeAsync(0);
    expect(typed).toEqual([{ passphrase: "eight loud cows" }]);
    expect(field.value).toBe("");
    tell("view:unlocked");
    await answered(instead(opened));
    expect(words()).toContain("opened words");
    // an opened one has nothing to ask
    const before = words();
    tell("view:unlocked");
    expect(words()).toBe(before);
  });

  test("a view that nobody tells keeps what it shows", async () => {
    await show(plain(submissionNotice()));
    await answered(instead(opened));
    await jest.advanceTimersByTimeAsync(86_400_000);
    expect(words()).toContain("opened words");
  });

  test("it asks by itself when the time may be over: nobody else may be awake", async () => {
    await show(plain(submissionNotice()));
    const { answers } = await import("./fake-host.js");
    let due = 0;
    answers.set("due", () => {
      due += 1;
      return { inMs: due === 1 ? 300_000 : null };
    });
    await answered(instead(opened));
    await jest.advanceTimersByTimeAsync(299_000);
    expect(due).toBe(1);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(due).toBe(2);
  });

  test("an answer that was begun before is not shown any more", async () => {
    await show(plain(submissionNotice()));
    const late = reply;
    tell("view:clear");
    await jest.advanceTimersByTimeAsync(0);
    late(instead(opened));
    await jest.advanceTimersByTimeAsync(0);
    expect(words()).not.toContain("opened words");
  });
});

test("when owners or a server have changed, an opened mail is asked about anew; nothing else is", async () => {
  await show(plain(submissionNotice()));
  tell("view:renew");
  await answered(instead(opened));
  expect(asked).toEqual(["view", "display"]);
  tell("view:renew");
  await jest.advanceTimersByTimeAsync(0);
  expect(words()).toContain("opened words");
  await answered(instead({ ...opened, author: { ...opened.author, standing: "known" } }));
  expect(asked).toEqual(["view", "display", "display"]);
  expect(words()).not.toContain("owner of the list");
});

test("on paper it stands without the frame, and afterwards in it", async () => {
  await show(plain(submissionNotice()));
  await answered(instead(opened));
  dispatchEvent(new Event("beforeprint"));
  const printed = document.body.querySelector<HTMLElement>("listseal-view");
  expect(printed?.shadowRoot?.textContent).toContain("opened words");
  expect(frame()?.style.display).toBe("none");
  dispatchEvent(new Event("afterprint"));
  expect(document.body.querySelector("listseal-view")).toBeNull();
  expect(words()).toContain("opened words");
});

const styleAlone = () => view()?.shadowRoot?.querySelector("style")?.textContent ?? "";
