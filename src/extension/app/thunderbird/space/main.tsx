import { render } from "preact";
import { askBackground } from "../../../platform/rpc/messages.js";
import { t } from "../../../ui/i18n.js";
import type { SpaceCalls } from "../../calls/space-calls.js";
import { ListsPage } from "../../lists-page/lists-page.js";
import { spaceHost } from "./space-host.js";

/** Starts our page of lists. */
function start(root: HTMLElement): void {
  document.documentElement.lang = t("lang");
  document.title = t("space_title");
  const ask = askBackground<SpaceCalls>();
  render(<ListsPage ask={ask} host={spaceHost(ask)} />, root);
}

const root = document.getElementById("app");
if (root !== null) start(root);
