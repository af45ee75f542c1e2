import { render } from "preact";
import { addGiven } from "../../../mail-index/given-mails.js";
import type { GivenForm } from "../../../mail-index/indexed-mail.js";
import { browser } from "../../../platform/browser.js";
import type { OpenedMail } from "../../../reading/opening.js";
import type { MailSource } from "../../../reading/page/source.js";
import { t } from "../../../ui/i18n.js";
import type { Correspondent } from "../../../worker/jobs.js";
import {
  answerTo,
  pageForAnswer,
  privateAnswerTo,
  type ReplyDraft,
} from "../../../writing/composer/reply-draft.js";
import { startPage } from "../start-page.js";
import { ReaderPage } from "./reader.js";

/** Starts the Reader page. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("reader_title");
const root = document.getElementById("app");
/** An answer is written in a tab of its own. */
const write = async (begun: ReplyDraft) => browser.tabs.create({ url: await pageForAnswer(begun) });
const reply = (opened: OpenedMail) => write(answerTo(opened));
const replyAlone = (to: Correspondent) => write(privateAnswerTo(to));

const opened = (mail: OpenedMail, source: MailSource) => {
  // reading goes on without it
  addGiven(mail, givenForm(source)).catch(() => undefined);
};
const givenForm = ({ kind, name }: MailSource): GivenForm =>
  kind === "pasted" ? { kind: "text" } : { kind: "file", name };

if (root !== null) render(<ReaderPage reply={reply} replyAlone={replyAlone} opened={opened} />, root);
