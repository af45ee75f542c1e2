import { answering, listenTo } from "../../../platform/rpc/call.js";
import { answerOver, hearOver, tellOver } from "../../../platform/rpc/frame-port.js";
import { t } from "../../../ui/i18n.js";
import {
  type Answered,
  type Outgoing,
  writingCalls,
  writingReplies,
  type writingWords,
} from "../../calls/webmail-calls.js";
import { heightOf, makeFrame, type OpenFrame } from "../frame-host.js";
import { makeNote } from "../note.js";
import { attach, put, recipients } from "./compose-form.js";
import { find, type MailName, missingForWriting, sourceOf } from "./page.js";
import { selectors } from "./selectors.js";

/** "Encrypt to list" beside Send, and our frame in the place of Roundcube's own editor, which keeps drafts on the server. */

/** Behind the address of a page for writing: which mail is answered. Roundcube's redirect keeps it. */
const ANSWER = "listseal-answer=";

/** What is answered, and who the answer is for. */
type AnsweredMail = MailName & { readonly whom: Answered };

/** The address of a page for an answer to this mail. Nothing of the mail is in it but Roundcube's own names for it. */
export function answerAddress(address: string, { uid, mailbox, whom }: AnsweredMail): string {
  const url = new URL(address);
  url.search = new URLSearchParams({ _task: "mail", _action: "compose" }).toString();
  url.hash = `${ANSWER}${new URLSearchParams({ uid, mailbox, whom })}`;
  return url.href;
}

/** The mail that the page is to answer. */
export function answered(address: string): AnsweredMail | undefined {
  const { hash } = new URL(address);
  if (!hash.startsWith(`#${ANSWER}`)) return undefined;
  const named = new URLSearchParams(hash.slice(1 + ANSWER.length));
  const [uid, mailbox] = [named.get("uid"), named.get("mailbox")];
  if (uid === null || mailbox === null) return undefined;
  return { uid, mailbox, whom: named.get("whom") === "author" ? "author" : "list" };
}

let open: OpenFrame | undefined;
/** Whether the open frame has given its mail to Roundcube. */
let isHanded = false;

/** Prepares a page for writing. */
export function write(): void {
  const missing = missingForWriting();
  if (missing.length > 0) {
    document.body.prepend(makeNote(t("webmail_changed"), true));
    return;
  }
  const send = document.querySelector(selectors.send);
  if (send === null) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-secondary listseal-encrypt";
  button.textContent = t("compose_button");
  button.addEventListener("click", () => void begin(undefined));
  send.after(button);
  holdSend();
  const name = answered(location.href);
  if (name !== undefined) void begin(name);
}

/** Roundcube's Send does nothing while a letter is written in our frame and not attached: it would send an empty mail. */
function holdSend(): void {
  const hold = (event: MouseEvent) => {
    const isSend = event.target instanceof Element && event.target.closest(selectors.send) !== null;
    if (!isSend || open === undefined || isHanded) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    find("sendRow")?.before(makeNote(t("webmail_seal_first"), false));
  };
  document.addEventListener("click", hold, { capture: true });
}

/** Opens our frame over Roundcube's editor. */
async function begin(name: AnsweredMail | undefined): Promise<void> {
  const box = find("bodyBox");
  if (open !== undefined || !(box instanceof HTMLElement)) return;
  const answers = name === undefined ? undefined : await sourceOf(name).catch(() => undefined);
  if (name !== undefined && answers === undefined) {
    box.before(makeNote(t("webmail_no_source"), true));
    return;
  }
  isHanded = false;
  const end = () => {
    open?.close();
    open = undefined;
    box.style.removeProperty("display");
  };
  const begun = { answers: answers ?? null, whom: name?.whom ?? "list", to: recipients() };
  const moved = answers === undefined ? [] : [answers];
  const speak = (port: MessagePort) => {
    hearOver(port, listenTo(writingReplies, { "webmail:close": end }));
    answerOver(
      port,
      answering(writingCalls, async () => ({ "webmail:attach": hand })),
    );
    tellOver<typeof writingWords>(port)("frame:write", begun, moved);
  };
  open = makeFrame("write", t("webmail_writing_title"), speak, heightOf(box));
  box.before(open.element);
  box.style.setProperty("display", "none");
}

/** Gives the sealed mail to Roundcube: the person presses its Send. */
async function hand(mail: Outgoing): Promise<"attached" | "not-attached"> {
  const isThere = await attach(mail.files).catch(() => false);
  if (isThere) put(mail);
  isHanded = isThere;
  return isThere ? "attached" : "not-attached";
}
