import { codeOf } from "../../platform/errors.js";
import { listenTo } from "../../platform/rpc/call.js";
import { hearBackground } from "../../platform/rpc/messages.js";
import { plainFontIn } from "../../reading/display/plain-font.js";
import { RenderedMail } from "../../reading/display/render.js";
import { sealLikelihood } from "../../reading/display/seal-likelihood.js";
import type { Displayed, PlainFont } from "../../reading/view.js";
import { viewEvents } from "../calls/view-events.js";
import { askedActs, askFromMail } from "./display-actions.js";
import { askWhenDue } from "./lock-when-due.js";

/**
 * The rest of the message display script: brought into a mail in which `display-gate.ts` has found a trace of a sealed part. A mail
 * that is likely ours gives its place at once, before anything of it is opened; every other stays until it is known what it is.
 */

/** So long before it is said that the mail is being opened. */
const QUIET_MS = 1_500;

async function answerFor(likely: boolean, font: PlainFont | "unseen"): Promise<Displayed> {
  try {
    return await askFromMail("display", { likely, font });
  } catch (error) {
    // without a word of the background page there is no mark either
    return {
      where: "instead",
      mark: null,
      answer: { kind: "refused", code: codeOf(error, "worker-failed") },
    };
  }
}

async function main(): Promise<void> {
  const likely = sealLikelihood(document.body) === "likely";
  const font = plainFontIn(document);
  const mail = new RenderedMail();
  for (const style of document.querySelectorAll("style.listseal-hidden")) style.remove();
  if (likely) mail.take();

  let asked = 0;
  const read = async () => {
    asked += 1;
    const mine = asked;
    const timer = likely ? setTimeout(() => mail.opening(), QUIET_MS) : undefined;
    const displayed = await answerFor(likely, font);
    clearTimeout(timer);
    // keys were locked meanwhile, or something else has changed: what comes next is the answer
    if (mine !== asked) return;
    // a failed question about an ordinary mail is no news
    if (!likely && displayed.answer.kind === "refused") return mail.leave();
    mail.show(displayed, askedActs);
    if (displayed.answer.kind === "opened" || displayed.answer.kind === "private")
      askWhenDue(() => askFromMail("due", null));
  };
  hearBackground(
    listenTo(viewEvents, {
      "view:clear": () => {
        mail.clear();
        void read();
      },
      "view:unlocked": () => {
        if (mail.kind === "locked" || mail.kind === "arrived") void read();
      },
      "view:renew": () => {
        if (mail.kind === "opened" || mail.kind === "private") void read();
      },
    }),
  );
  await read();
}

/** The event page can be asked twice for one document. */
const STARTED = Symbol.for("listseal-display");
if (!(STARTED in globalThis)) {
  Object.assign(globalThis, { [STARTED]: true });
  void main();
}
