import { render } from "preact";
import { t } from "../../ui/i18n.js";
import { calls } from "../handlers/page-handlers.js";
import { Options } from "../options/options.js";
import { localCall } from "./local-calls.js";
import { startPage } from "./start-page.js";

/** Starts the options page in a browser. Several may be open: each does its own work, and all keep the same records. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("options_title");
const root = document.getElementById("app");
const toLists = (
  <nav>
    <a href="./lists/lists.html" target="_blank" rel="noopener">
      {t("given_title")}
    </a>
  </nav>
);
if (root !== null) render(<Options call={localCall(calls)} head={toLists} />, root);
