import { render } from "preact";
import { addGiven } from "../../../mail-index/given-mails.js";
import type { GivenForm } from "../../../mail-index/indexed-mail.js";
import { browser } from "../../../platform/browser.js";
import type { OpenedMail } from "../../../reading/opening.js";
import type { MailSource } from "../../../reading/page/source.js";
import { t } from "../../../ui/i18n.js";
import { answerTo, pageForAnswer } from "../../../writing/composer/reply-draft.js";
import { startPage } from "../start-page.js";
import { ReaderPage } from "./reader.js";

/** Starts the Reader page. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("reader_title");
const root = document.getElementById("app");
/** An answer is written in a tab of its own. */
const reply = async (opened: OpenedMail) => {
  await browser.tabs.create({ url: await pageForAnswer(answerTo(opened)) });
};

const opened = (mail: OpenedMail, source: MailSource) => {
  // reading goes on without it
  addGiven(mail, givenForm(source)).catch(() => undefined);
};
const givenForm = ({ kind, name }: MailSource): GivenForm =>
  kind === "pasted" ? { kind: "text" } : { kind: "file", name };

if (root !== null) render(<ReaderPage reply={reply} opened={opened} />, root);
