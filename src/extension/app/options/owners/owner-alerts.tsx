import type { ErrorCode } from "../../../platform/errors.js";
import { sentenceKey } from "../../../ui/failure.js";
import { type MessageKey, t } from "../../../ui/i18n.js";
import { SendByHand } from "../by-hand.js";
import { day, type OwnerProps, whatWords } from "./owner-actions.js";

/** What an owner has to know before anything else: alarms, a claim without its answer, what waits, what was refused. */

/** What an owner has to know of codes that say something else to others. */
const alarmKeys: ReadonlyMap<ErrorCode, MessageKey> = new Map<ErrorCode, MessageKey>([
  ["introduction-used", "alarm_second_join"],
  ["key-revoked", "alarm_key_revoked"],
  ["not-allowed", "alarm_unentitled"],
]);

/** Alarms stand until the owner has put them away. */
export function Alarms({ list, call, run }: OwnerProps) {
  if (list.alarms.length === 0) return null;
  return (
    <div class="alarm" role="alert">
      <h3>{t("alarm_title")}</h3>
      <ul>
        {list.alarms.map(({ code, about, at }) => (
          <li key={`${code} ${about ?? ""}`}>
            {about === null ? null : <strong>{about}: </strong>}
            {t(alarmKeys.get(code) ?? sentenceKey(code))} <span class="quiet">{day(at)}</span>
          </li>
        ))}
      </ul>
      <p>{t("alarm_what_to_do")}</p>
      <div class="actions">
        <button
          type="button"
          onClick={() => void run(() => call("owner:dismiss", { list: list.address, what: "alarms" }), null)}
        >
          {t("alarm_dismiss")}
        </button>
      </div>
    </div>
  );
}

/** How one stands to a list that one does not own yet, or no more. */
export function ClaimAlert({ list, call, run }: OwnerProps) {
  const forget = () => run(() => call("owner:forget", { list: list.address }), "claim_forgotten");
  if (list.claim === "appointed") return <p class="next">{t("claim_appointed")}</p>;
  return (
    <div class="next">
      {typeof list.claim === "string" ? (
        <p>{t(list.claim === "ended" ? "claim_ended" : "claim_waiting")}</p>
      ) : (
        <p class="problem">{t(sentenceKey(list.claim.refused))}</p>
      )}
      <div class="actions">
        <button type="button" class="danger" onClick={() => void forget()}>
          {t("claim_forget")}
        </button>
      </div>
    </div>
  );
}

/** Requests on their way, and those that were refused. */
export function Waiting({ list, call, run }: OwnerProps) {
  // that the members are asked for goes without saying
  const shown = list.waiting.filter(
    ({ what, failure, sending }) => what !== "roster" || failure !== null || sending === "by-hand",
  );
  if (shown.length === 0 && list.refusals.length === 0) return null;
  return (
    <ul class="waiting" aria-label={t("waiting_title")}>
      {shown.map(({ id, what, about, sending, failure }) => (
        <li key={id}>
          <strong>{whatWords(what, about)}</strong>{" "}
          {failure !== null ? (
            <span class="problem">{t(sentenceKey(failure))}</span>
          ) : sending === "by-hand" ? (
            <SendByHand id={id} call={call} run={(work) => run(work, null)} />
          ) : (
            <span>{t(sending === "outbox" ? "waiting_outbox" : "waiting_sent")}</span>
          )}
          {failure === null ? null : (
            <div class="actions">
              <button
                type="button"
                class="primary"
                onClick={() => void run(() => call("requests:again", { id }), null)}
              >
                {t("waiting_again")}
              </button>
              <button type="button" onClick={() => void run(() => call("requests:forget", { id }), null)}>
                {t("waiting_forget")}
              </button>
            </div>
          )}
        </li>
      ))}
      {list.refusals.map(({ what, about, code, at }) => (
        <li key={`${what} ${at}`}>
          <strong>{whatWords(what, about)}</strong>{" "}
          <span class="problem">{t("waiting_refused", t(sentenceKey(code)))}</span>
        </li>
      ))}
      {list.refusals.some(({ code }) => code === "server-restored") ? (
        <li>
          <p>{t("restored_text")}</p>
          <button
            type="button"
            class="primary"
            onClick={() => void run(() => call("owner:resume-server", { list: list.address }), null)}
          >
            {t("restored_go_on")}
          </button>
        </li>
      ) : null}
      {list.refusals.length === 0 ? null : (
        <li>
          <button
            type="button"
            onClick={() =>
              void run(() => call("owner:dismiss", { list: list.address, what: "refusals" }), null)
            }
          >
            {t("waiting_dismiss")}
          </button>
        </li>
      )}
    </ul>
  );
}
