import { count, flag, nothing, object, oneOf, text } from "../../../membership/file/check.js";
import { call, type HandlersOf } from "../../platform/rpc/call.js";
import type { Displayed } from "../../reading/view.js";

/**
 * What the message display script asks of the background page.
 *
 * No answer holds a key, and only an answer about the very message that the sender's tab shows holds opened text: never
 * what was sealed inside somebody else's mail, whose sender has a hand in the script's document.
 */
export const displayCalls = {
  /**
   * There is a trace of a sealed part: brings the rest of the display into the mail that the tab shows. `likely`: it looks as
   * if it were sealed, and its reader waits.
   */
  view: call(object({ likely: flag })).gives<null>(),
  /**
   * What is this mail? Opens it if it is sealed and in a shell of its own.
   * `font`: in which Thunderbird shows plain text, where that can be seen.
   */
  display: call(object({ likely: flag, font: oneOf("fixed", "variable", "unseen") })).gives<Displayed>(),
  /** Locks the keys if the time is over, and says when to ask again; null: the keys do not lock by themselves. */
  due: call(nothing).gives<{ readonly inMs: number | null }>(),
  /** Save attachment number `attachment` of the opened mail that the tab shows. */
  save: call(object({ attachment: count })).gives<{ readonly download: number }>(),
  /** Show what was saved as this download in the file manager. */
  showSaved: call(object({ download: count })).gives<null>(),
  /** Save all of them. */
  saveAll: call(nothing).gives<{ readonly saved: boolean }>(),
  /** Open the page where the key of the mail's author is compared. */
  compare: call(nothing).gives<null>(),
  /** Ask the list's server how the shown post, one's own, was delivered. */
  askDelivery: call(nothing).gives<null>(),
  /** Open the page where the author of the shown mail is answered alone. */
  replyAlone: call(nothing).gives<null>(),
  /** Attachment number `attachment` as a picture: a `data:` address. Only images of the types that are shown. */
  preview: call(object({ attachment: count })).gives<{ readonly address: string }>(),
  /** Show mails as text, or formatted, from now on. */
  showAs: call(object({ style: oneOf("formatted", "plain") })).gives<null>(),
  /** Save the opened mail itself, readable, as an .eml file. */
  saveMail: call(nothing).gives<{ readonly saved: boolean }>(),
  /** Unlock whatever key this passphrase fits. The mails that are on a screen are told. */
  unlock: call(object({ passphrase: text })).gives<null>(),
  /** Open the options page (to import an invitation). */
  settings: call(nothing).gives<null>(),
};
export type DisplayCalls = typeof displayCalls;

/** What answers the display script; each is told the tab of the mail. */
export type DisplayHandlers = HandlersOf<DisplayCalls, number>;
