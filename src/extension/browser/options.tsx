import { render } from "preact";
import { calls } from "../background/calls.js";
import { t } from "../i18n.js";
import { Options } from "../options/options.js";
import { localCall } from "./local-calls.js";
import { startPage } from "./start-page.js";

/** Starts the options page in a browser. Several may be open: each does its own work, and all keep the same records. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("options_title");
const root = document.getElementById("app");
if (root !== null) render(<Options call={localCall(calls)} />, root);
