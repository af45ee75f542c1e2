import { render } from "preact";
import { startPage } from "../browser/start-page.js";
import { answerTo, pageForAnswer } from "../composer/begun.js";
import { t } from "../i18n.js";
import { browser } from "../platform.js";
import type { Opened } from "../reading/opening.js";
import { Reader } from "./reader.js";

/** Starts the Reader page. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("reader_title");
const root = document.getElementById("app");
/** An answer is written in a tab of its own. */
const reply = async (opened: Opened) => {
  await browser.tabs.create({ url: await pageForAnswer(answerTo(opened)) });
};

if (root !== null) render(<Reader reply={reply} />, root);
