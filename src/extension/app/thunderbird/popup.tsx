import { render } from "preact";
import { browser } from "../../platform/browser.js";
import { connectBridge } from "../../platform/rpc/bridge.js";
import { t } from "../../ui/i18n.js";
import type { PageCalls } from "../calls/page-calls.js";
import { Popup } from "./popup-view.js";

/** Starts the popup in its page. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = t("lang");
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  const tabId = tab?.id;
  if (tabId === undefined) return;
  const call = await connectBridge<PageCalls>("popup");
  const status = await call("compose:status", { tabId });
  render(<Popup tabId={tabId} call={call} status={status} close={() => window.close()} />, root);
  // the passphrase, or the safe answer: whoever has no mouse is there at once
  if (status.work === "idle") root.querySelector<HTMLElement>("input, button")?.focus();
}

const root = document.getElementById("app");
if (root !== null) void start(root);
