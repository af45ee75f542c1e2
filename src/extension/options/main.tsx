import { render } from "preact";
import { t } from "../i18n.js";
import { connect } from "../messaging.js";
import { Options } from "./options.js";

/** Starts the options page. */
async function start(root: HTMLElement): Promise<void> {
  document.documentElement.lang = t("lang");
  document.title = t("options_title");
  const call = await connect("options");
  render(<Options call={call} />, root);
}

const root = document.getElementById("app");
if (root !== null) void start(root);
