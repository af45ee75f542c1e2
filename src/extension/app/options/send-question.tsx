import { useEffect, useState } from "preact/hooks";
import { program } from "../../platform/browser.js";
import { may } from "../../platform/permission.js";
import { t } from "../../ui/i18n.js";

/**
 * What Thunderbird is about to ask, in its very words, beside the button that makes it ask: they sound like a mass mailing, and who meets
 * them unprepared says no. Nothing where it has been agreed to, or is never asked.
 */
export function SendQuestion() {
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    if (program() === "browser") return;
    may("send").then(
      (granted) => setAsks(!granted),
      () => undefined,
    );
  }, []);
  return asks ? <p class="next">{t("send_question")}</p> : null;
}
