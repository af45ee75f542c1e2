import { t } from "../i18n.js";

/** What stays private, and how. */
export function Privacy() {
  return (
    <section>
      <h2>{t("options_privacy")}</h2>
      <p>{t("privacy_keys")}</p>
      <p>{t("privacy_drafts")}</p>
      <p>{t("privacy_pictures")}</p>
      <p>{t("about_limit")}</p>
    </section>
  );
}
