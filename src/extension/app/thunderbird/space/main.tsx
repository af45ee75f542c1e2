import { render } from "preact";
import { askBackground } from "../../../platform/rpc/messages.js";
import { t } from "../../../ui/i18n.js";
import type { SpaceCalls } from "../../calls/space-calls.js";
import { ListsPage } from "../../lists-page/lists-page.js";

/** Starts our page of lists. */
function start(root: HTMLElement): void {
  document.documentElement.lang = t("lang");
  document.title = t("space_title");
  render(<ListsPage ask={askBackground<SpaceCalls>()} />, root);
}

const root = document.getElementById("app");
if (root !== null) start(root);
