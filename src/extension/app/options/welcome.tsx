import { useState } from "preact/hooks";
import { t } from "../../ui/i18n.js";
import type { PracticeResult } from "../../worker/settings-jobs.js";
import type { Call } from "../calls/page-calls.js";
import { field, onSubmit, type RunAction } from "./form-actions.js";

/** The three ways in, for whoever has nothing here yet. */
export function Welcome({
  call,
  act,
  toInvitation,
  toOwner,
}: {
  readonly call: Call;
  readonly act: RunAction;
  readonly toInvitation: () => void;
  readonly toOwner: () => void;
}) {
  const [looking, setLooking] = useState(false);
  return (
    <section aria-labelledby="welcome" class="card">
      <h2 id="welcome">{t("welcome_title")}</h2>
      <p>{t("welcome_text")}</p>
      <ul class="ways">
        <li>
          <button type="button" class="primary" onClick={toInvitation}>
            {t("welcome_invited")}
          </button>
          <span class="quiet">{t("welcome_invited_text")}</span>
        </li>
        <li>
          <button type="button" onClick={toOwner}>
            {t("welcome_owner")}
          </button>
          <span class="quiet">{t("welcome_owner_text")}</span>
        </li>
        <li>
          <button type="button" aria-expanded={looking} onClick={() => setLooking(!looking)}>
            {t("welcome_look")}
          </button>
          <span class="quiet">{t("welcome_look_text")}</span>
        </li>
      </ul>
      {looking ? <Practice call={call} act={act} /> : null}
    </section>
  );
}

/** A mail's way through a list that is nowhere: real seals, made and opened on this computer. */
export function Practice({ call, act }: { readonly call: Call; readonly act: RunAction }) {
  const [working, setWorking] = useState(false);
  const [shown, setShown] = useState<PracticeResult | null>(null);
  const submit = async (form: HTMLFormElement) => {
    setWorking(true);
    setShown(null);
    const text = field(form, "practice");
    await act(async () => setShown(await call("practise", { text })), null);
    setWorking(false);
  };
  return (
    <div class="next">
      <h3>{t("practice_title")}</h3>
      <p>
        <strong>{t("practice_mark")}</strong>
      </p>
      <form onSubmit={onSubmit(submit)}>
        <label>
          {t("practice_write")}
          <textarea name="practice" rows={3} required defaultValue={t("practice_example")} />
        </label>
        <button type="submit" class="primary" disabled={working}>
          {t(working ? "practice_working" : "practice_send")}
        </button>
      </form>
      <div aria-live="polite">
        {shown === null ? null : (
          <ol>
            <li>
              {t("practice_sent")}
              <br />
              <code>{shown.sent}…</code>
            </li>
            <li>
              {t(shown.serverCanRead ? "practice_server_reads" : "practice_server")}
              <br />
              <code>{shown.atServer}…</code>
            </li>
            <li>
              {t("practice_arrived")}
              <br />
              <code>{shown.arrived}…</code>
            </li>
            <li>
              {t(shown.throughList ? "practice_opened" : "practice_opened_otherwise")}
              <blockquote>{shown.opened}</blockquote>
            </li>
          </ol>
        )}
      </div>
    </div>
  );
}
