import { render } from "preact";
import { t } from "../../ui/i18n.js";
import { connect } from "../calls/page-calls.js";
import { Options, OtherWindow } from "./options.js";
import { takeOver } from "./single-page.js";

/** Starts the options page. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = t("lang");
  document.title = t("options_title");
  const call = await connect("options");
  render(<Options call={call} />, root);
  await takeOver(new BroadcastChannel("listseal-options"));
  render(<OtherWindow />, root);
}

const root = document.getElementById("app");
if (root !== null) void start(root);
