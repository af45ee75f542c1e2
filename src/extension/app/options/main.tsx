import { render } from "preact";
import { takeOver } from "../../platform/locks.js";
import { connectBridge } from "../../platform/rpc/bridge.js";
import { t } from "../../ui/i18n.js";
import type { PageCalls } from "../calls/page-calls.js";
import { Options, OtherWindow } from "./options.js";

/** Starts the options page. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = t("lang");
  document.title = t("options_title");
  const call = await connectBridge<PageCalls>("options");
  render(<Options call={call} />, root);
  // QUIRK: webext-bridge 6.0.1 knows one endpoint called "options": with two open pages the first one's calls hang for ever.
  // So the newest page works, and an older one steps back and says so.
  await takeOver("options");
  render(<OtherWindow />, root);
}

const root = document.getElementById("app");
if (root !== null) void start(root);
