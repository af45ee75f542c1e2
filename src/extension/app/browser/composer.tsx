import { render } from "preact";
import { t } from "../../ui/i18n.js";
import { Composer } from "../../writing/composer/composer.js";
import { Leaving } from "../../writing/composer/export-mail.js";
import { begunFor } from "../../writing/composer/reply-draft.js";
import { startPage } from "./start-page.js";

/** Starts the composer's page. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("composer_title");

async function start(root: HTMLElement): Promise<void> {
  const begun = await begunFor(location.search);
  const another = () => location.assign("composer.html");
  render(
    <main>
      <header>
        <img src="/icons/seal.svg" alt="" />
        <h1>{t("composer_title")}</h1>
      </header>
      <Composer begun={begun} leave={(ready, way) => <Leaving ready={ready} way={way} another={another} />} />
    </main>,
    root,
  );
}

const root = document.getElementById("app");
if (root !== null) void start(root);
