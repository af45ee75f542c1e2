import { render } from "preact";
import { t } from "../../../ui/i18n.js";
import { ListsPage } from "../../lists-page/lists-page.js";
import { localCaller } from "../local-calls.js";
import { startPage } from "../start-page.js";
import { browserLists } from "./browser-lists.js";
import { listsHandlers } from "./lists-handlers.js";

/** Starts the page of lists of a browser. Several may be open: each has an index of its own in memory, and all the same blocks. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("given_title");
const root = document.getElementById("app");
const ask = localCaller(listsHandlers());
if (root !== null) render(<ListsPage ask={ask} host={browserLists(ask)} />, root);
