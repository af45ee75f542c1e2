import { t } from "../../../ui/i18n.js";
import { makeFrame } from "../frame-host.js";
import { makeNote } from "../note.js";
import { find, looksOf, type MailName, saysSealed, showsSealedMail, sourceOf } from "./page.js";
import { answerAddress } from "./writing.js";

/** Puts our frame in the place of a sealed mail. Roundcube loads this document anew for each mail, and us with it. */
export async function readMailPage(name: MailName): Promise<void> {
  const looks = looksOf();
  const place = find("message");
  if (looks === "ordinary" || !(place instanceof HTMLElement)) {
    if (showsSealedMail()) document.body.prepend(makeNote(t("webmail_changed"), true));
    return;
  }
  const mail = await sourceOf(name).catch(() => undefined);
  if (mail === undefined) {
    if (looks === "sealed") place.before(makeNote(t("webmail_no_source"), true));
    return;
  }
  if (looks === "unknown-encryption" && !saysSealed(mail)) return;
  const answer = (said: unknown) => {
    if (isAnswer(said)) (top ?? window).location.assign(answerAddress(location.href, name));
  };
  const frame = makeFrame({ listseal: "read", mail }, t("webmail_reading_title"), [mail], answer);
  place.before(frame.element);
  place.style.setProperty("display", "none");
}

function isAnswer(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "answer";
}
