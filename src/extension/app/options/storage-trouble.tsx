import { useState } from "preact/hooks";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import type { RunAction } from "./run-action.js";

/** The way out when what is kept can't be read: save it as it is, then begin anew and bring a backup back. */
export function StorageTrouble({ call, act }: { readonly call: Call; readonly act: RunAction }) {
  const [asked, setAsked] = useState(false);
  return (
    <section aria-labelledby="trouble" class="card">
      <h2 id="trouble">{t("trouble_title")}</h2>
      <p>{t("trouble_text")}</p>
      <ol>
        <li>
          {t("trouble_save_text")}{" "}
          <button type="button" onClick={() => void act(() => call("storage:save", null), "trouble_saved")}>
            {t("trouble_save")}
          </button>
        </li>
        <li>
          {t("trouble_anew_text")}{" "}
          {asked ? null : (
            <button type="button" class="danger" onClick={() => setAsked(true)}>
              {t("trouble_anew")}
            </button>
          )}
        </li>
      </ol>
      {asked ? (
        <>
          <p role="alert">{t("trouble_anew_question")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(false)}>
              {t("popup_back")}
            </button>
            <button
              type="button"
              class="danger"
              onClick={() => void act(() => call("storage:start-anew", null), "trouble_begun")}
            >
              {t("trouble_anew")}
            </button>
          </div>
        </>
      ) : null}
    </section>
  );
}
