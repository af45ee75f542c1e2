import { listenTo } from "../../../platform/rpc/call.js";
import { hearOver, tellOver } from "../../../platform/rpc/frame-port.js";
import { t } from "../../../ui/i18n.js";
import { type Answered, readingReplies, type readingWords } from "../../calls/webmail-calls.js";
import { makeFrame } from "../frame-host.js";
import { makeNote } from "../note.js";
import { find, looksOf, type MailName, pageOfMail, saysSealed, showsSealedMail, sourceOf } from "./page.js";
import { answerAddress } from "./writing.js";

/** Puts our frame in the place of a sealed mail. Roundcube loads this document again for each mail, and us with it. */
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
  const answer = ({ whom }: { readonly whom: Answered }) =>
    (top ?? window).location.assign(answerAddress(location.href, { ...name, whom }));
  const frame = makeFrame("read", t("webmail_reading_title"), (port) => {
    hearOver(port, listenTo(readingReplies, { "webmail:answer": answer }));
    const page = pageOfMail(location.href, name);
    tellOver<typeof readingWords>(port)("frame:read", { mail, page }, [mail]);
  });
  place.before(frame.element);
  place.style.setProperty("display", "none");
}
