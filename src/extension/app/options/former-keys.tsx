import { useState } from "preact/hooks";
import { dayIn } from "../../reading/display/person-words.js";
import type { ListSummary } from "../../records/storage.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import { field, onSubmit, type RunAction } from "./form-actions.js";

/** The former list keys of a list, each with its dates, and deleting those from before a date. */
interface Props {
  readonly list: ListSummary;
  readonly call: Call;
  readonly act: RunAction;
}

export function FormerKeys({ list: { address, formerKeys, deletedBefore }, call, act }: Props) {
  const [asked, setAsked] = useState<string | null>(null);
  const ends = [...new Set(formerKeys)];
  const remove = async (until: string) => {
    setAsked(null);
    await act(() => call("list:delete-keys", { address, until }), "former_keys_done");
  };
  if (ends.length === 0 && deletedBefore === "") return null;
  const title = `former-keys-${address}`;
  return (
    <section aria-labelledby={title}>
      <h3 id={title}>{t("former_keys_title")}</h3>
      {deletedBefore === "" ? null : <p>{t("former_keys_deleted", dayIn(deletedBefore))}</p>}
      {ends.length === 0 ? null : (
        <>
          <p class="quiet">{t("former_keys_text")}</p>
          <ul>
            {formerKeys.map((end, number) => (
              <li key={`${number} ${end}`}>{timeOf(formerKeys[number - 1] ?? deletedBefore, end)}</li>
            ))}
          </ul>
        </>
      )}
      {ends.length === 0 ? null : asked === null ? (
        <form onSubmit={onSubmit(async (form) => setAsked(field(form, "until")))}>
          <label>
            {t("former_keys_before")}
            <select name="until">
              {ends.map((end) => (
                <option key={end} value={end}>
                  {dayIn(end)}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" class="danger">
            {t("former_keys_delete")}
          </button>
        </form>
      ) : (
        <div>
          <p role="alert">
            {t("former_keys_question", String(formerKeys.filter((end) => end <= asked).length), dayIn(asked))}
          </p>
          <p class="quiet">{t("former_keys_remain")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(null)}>
              {t("popup_back")}
            </button>
            <button type="button" class="danger" onClick={() => void remove(asked)}>
              {t("former_keys_now")}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}

const timeOf = (from: string, to: string): string =>
  from === "" ? t("former_keys_until", dayIn(to)) : t("former_keys_time", dayIn(from), dayIn(to));
