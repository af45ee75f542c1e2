import { render } from "preact";
import { startPage } from "../browser/start-page.js";
import { t } from "../i18n.js";
import { Reader } from "./reader.js";

/** Starts the Reader page. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("reader_title");
const root = document.getElementById("app");
if (root !== null) render(<Reader reply={async () => undefined} />, root);
