import { memberNotice, submissionNotice } from "../../mail/notices.js";
import { requestNotice } from "../../mail/request-mail.js";
import { codeOf } from "../../protocol/errors.js";
import { ask } from "../ask.js";
import { askedActs } from "./asked-acts.js";
import { removeView, renderAnswer, renderOpening } from "./render.js";
import type { DisplayAnswer } from "./view.js";

/**
 * The message display script. It runs in every mail that is shown, so it does as little as it can: it looks at the
 * text for one of the fixed notices (or for nothing at all, which is what Thunderbird shows for multipart/encrypted of
 * a type that it does not know), hides only such a mail, and asks the background page what it is. A mail that does not
 * look sealed is shown first and asked about afterwards, when nothing waits for it.
 *
 * QUIRK: at `document_start` the document may have no root element yet (seen in about 1 of 12 mails).
 */

/** A mail is hidden for no longer than this. Attack: one that never finishes loading would blank the pane for good. */
const HIDDEN_MS = 1_500;
/** How much of the text is looked at. */
const LOOKED_AT = 400;

/** The first line of a notice is the same in every mode and delivery. */
const notices = [
  submissionNotice(),
  memberNotice("key", "resealed"),
  ...(["answer", "notice", "receipt"] as const).map(requestNotice),
].map(firstLine);

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

/** Whether the mail could be in one of the two shapes, by what Thunderbird has made of it. */
function looksSealed(): boolean {
  const shown = Array.from(document.body.children).filter(
    (element) => !element.matches(".moz-main-header, #listseal-view"),
  );
  const text = shown
    .map((element) => element.textContent ?? "")
    .join("")
    .slice(0, LOOKED_AT)
    .trim();
  if (text === "")
    return shown.every((element) => element.querySelector("img, table, object, video") === null);
  return notices.some((notice) => text.includes(notice));
}

/** Hides the mail for a moment; if it is then still being opened, says so in its place. */
function hide(): () => void {
  const style = document.createElement("style");
  style.textContent = "body > :not(#listseal-view) { visibility: hidden !important; }";
  document.documentElement.append(style);
  const timer = setTimeout(() => {
    style.remove();
    renderOpening();
  }, HIDDEN_MS);
  return () => {
    clearTimeout(timer);
    style.remove();
  };
}

function loaded(): Promise<void> {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((resolve) =>
    document.addEventListener("DOMContentLoaded", () => resolve(), { once: true }),
  );
}

/** After everything that the reader waits for. */
function quiet(): Promise<void> {
  return new Promise((resolve) => {
    const later = () => requestIdleCallback(() => resolve(), { timeout: 2_000 });
    if (document.readyState === "complete") later();
    else addEventListener("load", later, { once: true });
  });
}

async function answerFor(open: "in-its-own-shell" | "elsewhere", likely: boolean): Promise<DisplayAnswer> {
  try {
    return await ask("display", { open, likely });
  } catch (error) {
    return { kind: "refused", code: codeOf(error, "worker-failed") };
  }
}

async function main(): Promise<void> {
  await loaded();
  const sealed = looksSealed();
  if (!sealed) await quiet();
  const show = sealed ? hide() : () => undefined;
  const answer = await answerFor("in-its-own-shell", sealed);
  // an ordinary mail is never touched, and a failed question about one is no news
  if (answer.kind === "ordinary" || (!sealed && answer.kind === "refused")) {
    show();
    removeView();
    return;
  }
  renderAnswer(
    answer,
    askedActs(() => answerFor("elsewhere", true)),
  );
  show();
}

void main();
