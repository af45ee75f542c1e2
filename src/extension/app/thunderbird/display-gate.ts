import type { InputOf } from "../../platform/rpc/call.js";
import { sealLikelihood } from "../../reading/display/seal-likelihood.js";
import type { DisplayCalls } from "../calls/display-calls.js";

/**
 * The message display script. It runs in every mail that is shown, so it is small and does as little as it can: a mail without
 * a trace of a sealed part costs no message, no event page and no look at the mail itself. Where there is one, the event page
 * brings the rest (`display.ts`) into this document, and a mail that is likely ours is not seen before that.
 *
 * QUIRK: at `document_start` the document may have no root element yet (seen in about 1 of 12 mails).
 */

/** A mail is hidden for no longer than this. Attack: one that nobody answers for would blank the pane for good. */
const HIDDEN_MS = 1_500;

function begin(): void {
  const trace = sealLikelihood(document.body);
  if (trace === "none") return;
  const likely = trace === "likely";
  if (likely) hide();
  // no polyfill, which is larger than all of this: Thunderbird has promises by itself
  const message: ViewCall = { name: "view", input: { likely } };
  void browser.runtime.sendMessage(message).catch(() => undefined);
}

function hide(): void {
  const style = document.createElement("style");
  style.className = "listseal-hidden";
  style.textContent = "body { visibility: hidden !important; }";
  document.documentElement.append(style);
  setTimeout(() => style.remove(), HIDDEN_MS);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin, { once: true });
else begin();

/** The call as `platform/rpc/messages.ts` would send it. */
interface ViewCall {
  readonly name: keyof Pick<DisplayCalls, "view">;
  readonly input: InputOf<DisplayCalls["view"]>;
}

/** What Thunderbird gives to a content script, as far as this one uses it. */
declare const browser: {
  readonly runtime: {
    sendMessage(message: ViewCall): Promise<unknown>;
  };
};
