import { render } from "preact";
import { codeOf } from "../../platform/errors.js";
import { t } from "../../ui/i18n.js";
import { Composer } from "../../writing/composer/composer.js";
import { Leaving } from "../../writing/composer/export-mail.js";
import { Failure } from "../../writing/composer/letter-form.js";
import { begunFor } from "../../writing/composer/reply-draft.js";
import { startPage } from "./start-page.js";

/** Starts the composer's page. */
startPage();
document.documentElement.lang = t("lang");
document.title = t("composer_title");

async function content() {
  const another = () => location.assign("composer.html");
  try {
    const begun = await begunFor(location.search);
    return (
      <Composer begun={begun} leave={(ready, way) => <Leaving ready={ready} way={way} another={another} />} />
    );
  } catch (error) {
    return <Failure code={codeOf(error, "worker-failed")} />;
  }
}

async function start(root: HTMLElement): Promise<void> {
  render(
    <main>
      <header>
        <img src="/icons/seal.svg" alt="" />
        <h1>{t("composer_title")}</h1>
      </header>
      {await content()}
    </main>,
    root,
  );
}

const root = document.getElementById("app");
if (root !== null) void start(root);
