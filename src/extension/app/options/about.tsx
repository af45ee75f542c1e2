import { browser } from "../../platform/browser.js";
import { t } from "../../ui/i18n.js";

/** What the add-on promises and what it does not, which version it is, and whose. */
export function About() {
  return (
    <section>
      <h2>{t("options_about")}</h2>
      <p>{t("about_version", browser.runtime.getManifest().version)}</p>
      <p>{t("about_what")}</p>
      <p>{t("about_removal")}</p>
      <p>{t("about_limit")}</p>
      <p>
        {t("about_licence")}{" "}
        <a href="https://www.mozilla.org/MPL/2.0/" target="_blank" rel="noopener noreferrer">
          {t("about_licence_link")}
        </a>
      </p>
      <p class="quiet">{t("about_parts")}</p>
    </section>
  );
}
