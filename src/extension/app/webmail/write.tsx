import { render } from "preact";
import type { ErrorCode } from "../../platform/errors.js";
import { listenTo } from "../../platform/rpc/call.js";
import { tellOver } from "../../platform/rpc/frame-port.js";
import { MailReading } from "../../reading/page/read-source.js";
import { load } from "../../records/storage.js";
import { actionButton } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import { Failure } from "../../writing/composer/letter-form.js";
import {
  answerTo,
  emptyLetter,
  privateAnswerTo,
  type ReplyDraft,
} from "../../writing/composer/reply-draft.js";
import { startPage } from "../browser/start-page.js";
import { type ToWrite, type writingReplies, writingWords } from "../calls/webmail-calls.js";
import { arrivals } from "../handlers/incoming.js";
import { type Frame, makeFrameView } from "./frame.js";
import { embedded } from "./frame-handshake.js";
import { WritingFrame } from "./writing-frame.js";

/** The writing frame: what is typed stays in it; sealed parts go to the webmail's page. */
async function start(): Promise<void> {
  startPage();
  // listens before anything is awaited: the page speaks once
  const waiting = embedded<ToWrite>((take) => listenTo(writingWords, { "frame:write": take }));
  const frame = await makeFrameView(t("webmail_writing_title"), "write");
  const { message, port } = await waiting;
  const begun = await begunWith(message);
  const close = () => tellOver<typeof writingReplies>(port)("webmail:close", null);
  const handed = offerClosing(frame, close);
  const content =
    "code" in begun ? (
      <Failure code={begun.code} />
    ) : (
      <WritingFrame begun={begun} port={port} handed={handed} />
    );
  render(content, frame.main);
}

/**
 * A new letter, or an answer: the sealed mail is opened here once more, so that no word of it crosses the page. Where one member is to be
 * answered alone, and can't be, no letter to the list is made of that.
 */
async function begunWith({ answers, whom, to }: ToWrite): Promise<ReplyDraft | { readonly code: ErrorCode }> {
  if (answers !== null) {
    const reading = new MailReading({ kind: "mail", name: "", file: new Blob([answers]) }, arrivals);
    const { kind } = await reading.answer("in-its-own-shell");
    if (whom === "author") {
      if (reading.correspondent !== undefined) return privateAnswerTo(reading.correspondent);
      return { code: kind === "locked" ? "key-locked" : "message-gone" };
    }
    if (reading.opened !== undefined) return answerTo(reading.opened);
  }
  const { lists } = await load();
  return emptyLetter(to.find((address) => lists[address.toLowerCase()] !== undefined)?.toLowerCase() ?? null);
}

/**
 * Gives the place back to the webmail; asks first where something was written and not handed over, since nothing of it is kept.
 * @returns what to call when it was
 */
function offerClosing({ buttons, hasTyped }: Frame, close: () => void): () => void {
  let isSafe = false;
  let asked = false;
  const button = actionButton(
    t("webmail_close"),
    async () => {
      if (asked || isSafe || !hasTyped()) close();
      asked = true;
      button.textContent = t("webmail_close_again");
    },
    t("action_failed"),
  );
  buttons.append(button);
  return () => {
    isSafe = true;
  };
}

void start();
