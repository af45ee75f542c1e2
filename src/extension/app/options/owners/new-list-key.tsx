import { useState } from "preact/hooks";
import type { NoticeView } from "../../../owner/view.js";
import { t } from "../../../ui/i18n.js";
import { field } from "../form-actions.js";
import { day, named, type OwnerProps } from "./owner-actions.js";

/** A new list key, when the server and a former member are feared to work together; and who has confirmed what. */

const graces = [
  { days: 0, key: "grace_none" },
  { days: 7, key: "grace_week" },
  { days: 14, key: "grace_two_weeks" },
] as const;

export function NewKey(props: OwnerProps) {
  const { list, call, run } = props;
  const [asked, setAsked] = useState<number | null>(null);
  const { to, notTo } = list.newKey;
  const begin = async (graceDays: number) => {
    setAsked(null);
    await run(() => call("owner:new-key", { list: list.address, graceDays }), null);
  };
  return (
    <section aria-labelledby="new-key">
      <h3 id="new-key">{t("new_key_title")}</h3>
      <p>{t("new_key_text")}</p>
      <p class="quiet">{t("new_key_to", named(to) || "–")}</p>
      {notTo.count === 0 ? null : <p class="problem">{t("new_key_not_to", named(notTo))}</p>}
      {list.rekeying === null || list.telling?.news === "new-list-key" ? null : (
        <div class="next">
          <p>{t(list.rekeying.stage === "asked" ? "new_key_asked" : "new_key_agreed")}</p>
          {list.rekeying.stage === "asked" ? null : (
            <button
              type="button"
              class="primary"
              onClick={() => void run(() => call("owner:tell", { list: list.address }), "new_key_told")}
            >
              {t("new_key_tell")}
            </button>
          )}
        </div>
      )}
      {list.rekeying !== null || list.epoch.run !== null ? null : asked === null ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setAsked(Number(field(event.currentTarget, "grace")));
          }}
        >
          <fieldset>
            <legend>{t("grace_title")}</legend>
            {graces.map(({ days, key }) => (
              <label key={key} class="choice">
                <input type="radio" name="grace" value={days} defaultChecked={days === 0} />
                {t(key)}
              </label>
            ))}
          </fieldset>
          <button type="submit" class="danger">
            {t("new_key_button")}
          </button>
        </form>
      ) : (
        <div>
          <p role="alert">{t("new_key_question", to.count)}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(null)}>
              {t("popup_back")}
            </button>
            <button type="button" class="danger" onClick={() => void begin(asked)}>
              {t("new_key_now")}
            </button>
          </div>
        </div>
      )}
      {list.notices.map((notice) => (
        <Confirmed key={`${notice.news} ${notice.serial}`} notice={notice} {...props} />
      ))}
    </section>
  );
}

const noticeKeys = {
  owners: "notice_owners",
  "new-list-key": "notice_new_key",
  "new-server-key": "notice_new_server",
} as const;

function Confirmed({ notice, list, call, run }: OwnerProps & { readonly notice: NoticeView }) {
  const { news, serial, at, graceEnds, confirmed, of, missing } = notice;
  return (
    <div class="card">
      <h4>{t(noticeKeys[news], day(at))}</h4>
      {graceEnds === null || graceEnds <= at ? null : (
        <p class="quiet">{t("notice_grace", day(graceEnds))}</p>
      )}
      <p>{t("notice_confirmed", confirmed, of)}</p>
      {missing.count === 0 ? null : <p class="quiet">{t("notice_missing", named(missing))}</p>}
      {missing.count === 0 ? null : (
        <div class="actions">
          <button
            type="button"
            onClick={() => void run(() => call("owner:receipts", { list: list.address, news, serial }), null)}
          >
            {t("notice_ask")}
          </button>
        </div>
      )}
    </div>
  );
}
