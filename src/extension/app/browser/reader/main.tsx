import { render } from "preact";
import { browser } from "../../../platform/browser.js";
import type { OpenedMail } from "../../../reading/opening.js";
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

if (root !== null) render(<ReaderPage reply={reply} />, root);
