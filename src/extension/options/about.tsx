import { t } from "../i18n.js";

/** What the add-on promises and what it does not. */
export function About() {
  return (
    <section>
      <h2>{t("options_about")}</h2>
      <p>{t("about_what")}</p>
      <p>{t("about_removal")}</p>
      <p>{t("about_limit")}</p>
      <p class="quiet">{t("about_licence")}</p>
    </section>
  );
}
