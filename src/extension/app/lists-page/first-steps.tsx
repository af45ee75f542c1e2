import { t } from "../../ui/i18n.js";

/** In place of messages while nobody is on a list: what the add-on is for, and where to begin. */
export function FirstSteps({ begin }: { readonly begin: () => void }) {
  return (
    <section class="first" aria-labelledby="first">
      <h2 id="first">{t("welcome_title")}</h2>
      <p>{t("welcome_text")}</p>
      <ul>
        <li>{t("welcome_invited")}</li>
        <li>{t("welcome_owner")}</li>
        <li>{t("welcome_look")}</li>
      </ul>
      <button type="button" class="primary" onClick={begin}>
        {t("space_start")}
      </button>
    </section>
  );
}
