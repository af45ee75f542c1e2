import { render } from "preact";
import { t } from "../i18n.js";

/** Starts the Reader page. */
function start(root: HTMLElement): void {
  document.documentElement.lang = t("lang");
  document.title = t("extension_name");
  render(
    <main>
      <h1>{t("extension_name")}</h1>
    </main>,
    root,
  );
}

const root = document.getElementById("app");
if (root !== null) start(root);
