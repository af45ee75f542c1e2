import type { EpochReason } from "../../../records/stored-epoch.js";
import { type MessageKey, t } from "../../../ui/i18n.js";
import { field } from "../form-actions.js";
import { day, named, type OwnerProps } from "./owner-actions.js";

/** Since when the list has its key and why, when it gets another, and who decides that. */

const reasons = {
  first: "epoch_why_first",
  gone: "epoch_why_gone",
  revoked: "epoch_why_revoked",
  expired: "epoch_why_expired",
  age: "epoch_why_age",
  other: "epoch_why_other",
} as const satisfies Readonly<Record<EpochReason, MessageKey>>;

/** Beyond it nobody means days. */
const MAX_DAYS = 3_650;

export function ListKeyEpoch({ list, call, run }: OwnerProps) {
  const { since, why, due, itself, days, run: begun, exposedHours, unconfirmed } = list.epoch;
  const save = async (form: HTMLFormElement) => {
    const wish = {
      list: list.address,
      itself: field(form, "rule") === "itself" ? "yes" : "no",
      days: Math.min(Math.max(0, Math.trunc(Number(field(form, "days")))) || 0, MAX_DAYS),
    } as const;
    await run(() => call("owner:epochs", wish), null);
  };
  return (
    <section aria-labelledby="epoch">
      <h3 id="epoch">{t("epoch_title")}</h3>
      {since === null ? null : <p>{t("epoch_since", day(since), t(reasons[why]))}</p>}
      {since === null || due !== null ? null : <p class="quiet">{t("epoch_safe")}</p>}
      {due === null ? null : (
        <p class="problem" role="status">
          {t("epoch_due", day(due.since), t(reasons[due.why]))}{" "}
          {t(itself ? "epoch_due_itself" : "epoch_due_by_hand")}
        </p>
      )}
      {exposedHours === null ? null : <p>{t("epoch_exposed", exposedHours)}</p>}
      {begun === null ? null : (
        <p>
          {t("epoch_progress", begun.made, begun.of)}{" "}
          <progress value={begun.made} max={begun.of} aria-label={t("what_list_key_notice")} />
        </p>
      )}
      {begun?.mayBeStopped === true ? (
        <p>
          {t(begun.comesAgain ? "epoch_stop_hint" : "epoch_stop_hint_by_hand")}{" "}
          <button
            type="button"
            onClick={() => void run(() => call("owner:stop-key", { list: list.address }), null)}
          >
            {t("epoch_stop")}
          </button>
        </p>
      ) : null}
      {unconfirmed.count === 0 ? null : (
        <p class="quiet">{t("epoch_unconfirmed", unconfirmed.count, named(unconfirmed))}</p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save(event.currentTarget);
        }}
      >
        <fieldset>
          <legend>{t("epoch_question")}</legend>
          <label class="choice">
            <input type="radio" name="rule" value="itself" defaultChecked={itself} />
            {t("epoch_itself")}
          </label>
          <label class="choice">
            <input type="radio" name="rule" value="by-hand" defaultChecked={!itself} />
            {t("epoch_by_hand")}
          </label>
          <label>
            {t("epoch_days")}
            <input name="days" type="number" min="0" max={MAX_DAYS} defaultValue={days} />
          </label>
        </fieldset>
        <button type="submit">{t("epoch_save")}</button>
      </form>
    </section>
  );
}
