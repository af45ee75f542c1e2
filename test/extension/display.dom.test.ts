/** The message display script: what is hidden while it asks, for how long, and what is never touched. */
import { jest } from "@jest/globals";
import type { DisplayAnswer, OpenedView } from "../../src/extension/display/view.js";
import { memberNotice, submissionNotice } from "../../src/mail/notices.js";
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

/** As Thunderbird shows plain text: the mail's own part, after the header that is for printing. */
const plain = (text: string) =>
  `<table class="moz-main-header"><tbody><tr><td>Subject: x</td></tr></tbody></table><div class="moz-text-plain"><pre>${text}</pre></div>`;

let reply: (answer: DisplayAnswer) => void;
let asked: number;

/** Shows a mail in which the script starts, as a page that has just been loaded. */
async function show(html: string): Promise<void> {
  jest.resetModules();
  for (const style of document.querySelectorAll("html > style")) style.remove();
  document.body.innerHTML = html;
  asked = 0;
  const answer = new Promise<DisplayAnswer>((resolve) => {
    reply = resolve;
  });
  const { answers } = await import("./fake-host.js");
  answers.set("display", () => {
    asked += 1;
    return answer;
  });
  await import("../../src/extension/display/main.js");
  await jest.advanceTimersByTimeAsync(0);
}

const native = () => {
  const part = document.querySelector(".moz-text-plain");
  if (part === null) throw new Error("the mail's own part is gone");
  const { visibility, display } = getComputedStyle(part);
  return display === "none" ? "away" : visibility === "hidden" ? "hidden" : "shown";
};
const view = () => document.querySelector<HTMLElement>("listseal-view");
const words = () => view()?.shadowRoot?.textContent ?? "";
const answered = async (answer: DisplayAnswer) => {
  reply(answer);
  await jest.advanceTimersByTimeAsync(0);
};

beforeAll(() => {
  // jsdom has none; in Thunderbird it comes when nothing else is to be done
  window.requestIdleCallback = (act) => {
    const id = setTimeout(() => act({ didTimeout: false, timeRemaining: () => 1 }), 1);
    return Number(id);
  };
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
  ["multipart/encrypted, of which Thunderbird shows nothing", ""],
])("%s is not seen before it is opened: no flicker", async (_, notice) => {
  await show(plain(notice));
  expect([native(), view()]).toEqual(["hidden", null]);
  expect(asked).toBe(1);
  await answered(opened);
  expect(native()).toBe("away");
  expect(words()).toContain("opened words");
  expect(document.title).toBe("The true subject");
});

test("a mail that takes long is shown as it came, under words and a bar that say that it is being opened", async () => {
  await show(plain(submissionNotice()));
  await jest.advanceTimersByTimeAsync(1_400);
  expect([native(), view()]).toEqual(["hidden", null]);
  await jest.advanceTimersByTimeAsync(200);
  expect(native()).toBe("shown");
  expect(words()).toContain("Opening the sealed message");
  expect(view()?.shadowRoot?.querySelector("progress:not([value])")).not.toBeNull();
  await answered(opened);
  expect(native()).toBe("away");
  expect(words()).not.toContain("Opening the sealed message");
  expect(words()).toContain("opened words");
});

test("an ordinary mail is never hidden, and asked about when the reader has it", async () => {
  await show(plain("An ordinary mail, plain as day."));
  expect([native(), asked]).toEqual(["shown", 0]);
  await jest.advanceTimersByTimeAsync(10);
  expect([native(), asked]).toEqual(["shown", 1]);
  await answered({ kind: "ordinary" });
  expect([native(), view()]).toEqual(["shown", null]);
});

test("an ordinary mail about which nobody answers stays as it is", async () => {
  await show(plain("An ordinary mail, plain as day."));
  await jest.advanceTimersByTimeAsync(10);
  await answered({ kind: "refused", code: "worker-failed" });
  expect([native(), view()]).toEqual(["shown", null]);
});

test("a mail that only quotes the notice comes back at once", async () => {
  await show(plain(submissionNotice()));
  expect(native()).toBe("hidden");
  await answered({ kind: "ordinary" });
  expect([native(), view()]).toEqual(["shown", null]);
});

test("a picture alone is a mail to look at, and no empty one", async () => {
  await show(`<div class="moz-text-plain"><img src="data:image/png;base64,AAAA" alt=""></div>`);
  expect(native()).toBe("shown");
});

test("an invitation, and a sealed part in a foreign shell, stand under their banner", async () => {
  for (const kind of ["invitation", "elsewhere"] as const) {
    await show(plain("Please join us."));
    await jest.advanceTimersByTimeAsync(10);
    await answered({ kind });
    expect([native(), view()?.dataset["kind"]]).toEqual(["shown", kind]);
  }
});

test("a sealed mail that can't be opened says why, and its notice is away", async () => {
  await show(plain(submissionNotice()));
  await answered({ kind: "refused", code: "damaged" });
  expect(native()).toBe("away");
  expect(words()).toContain("can't be shown");
});
