import { useEffect, useState } from "preact/hooks";
import { type LockAfter, lockAfterChoices } from "../../keys/lock-after.js";
import { program } from "../../platform/browser.js";
import { askFor } from "../../platform/permission.js";
import { t } from "../../ui/i18n.js";
import { type GuardName, type GuardSwitches, guardNames } from "../../writing/guard-names.js";
import type { Call } from "../calls/page-calls.js";
import type { RunAction } from "./form-actions.js";
import { OwnMark } from "./security-image.js";

/** What stays private and how: when keys lock, and what is kept where. */
interface Props {
  readonly call: Call;
  readonly act: RunAction;
}

export function Privacy({ call, act }: Props) {
  return (
    <>
      <LockTime call={call} act={act} />
      {program() === "browser" ? null : (
        <>
          <OwnMark act={act} />
          <Questions call={call} act={act} />
          <ServiceMail call={call} act={act} />
        </>
      )}
      <section aria-labelledby="kept">
        <h2 id="kept">{t("kept_title")}</h2>
        <p>{t("privacy_keys")}</p>
        <dl>
          <dt>{t("kept_own_key")}</dt>
          <dd>{t("kept_own_key_text")}</dd>
          <dt>{t("kept_list_key")}</dt>
          <dd>{t("kept_list_key_text")}</dd>
          <dt>{t("kept_names")}</dt>
          <dd>{t("kept_names_text")}</dd>
          <dt>{t("kept_opened")}</dt>
          <dd>{t("kept_opened_text")}</dd>
          {program() === "browser" ? null : (
            <>
              <dt>{t("kept_drafts")}</dt>
              <dd>{t("privacy_drafts")}</dd>
            </>
          )}
        </dl>
      </section>
      <section aria-labelledby="outside">
        <h2 id="outside">{t("outside_title")}</h2>
        <p>{t("privacy_pictures")}</p>
        <p>{t("about_limit")}</p>
      </section>
    </>
  );
}

const guardLabels = {
  "other-recipients": "guard_other_recipients",
  bcc: "guard_bcc",
  "missing-attachment": "guard_missing_attachment",
  "clear-to-list": "guard_clear_to_list",
  "almost-list": "guard_almost_list",
  "address-book-list": "guard_address_book_list",
  "sealed-quote": "guard_sealed_quote",
  "other-list-quote": "guard_other_list_quote",
} as const;

/** The questions before sending, each with its switch. */
function Questions({ call, act }: Props) {
  const [switches, setSwitches] = useState<GuardSwitches | null>(null);
  useEffect(() => void act(async () => setSwitches(await call("guards:read", null)), null), []);
  const set = (guard: GuardName, asks: boolean) =>
    act(async () => setSwitches(await call("guards:switch", { guard, asks })), "guards_changed");
  return (
    <section aria-labelledby="questions">
      <h2 id="questions">{t("guards_title")}</h2>
      {switches === null
        ? null
        : guardNames.map((guard) => (
            <label key={guard} class="choice">
              <input
                type="checkbox"
                checked={switches[guard]}
                onChange={(event) => void set(guard, event.currentTarget.checked)}
              />
              {t(guardLabels[guard])}
            </label>
          ))}
    </section>
  );
}

/** Whether what needs nothing from the person goes to a folder of its own. */
function ServiceMail({ call, act }: Props) {
  const [moves, setMoves] = useState<boolean | null>(null);
  useEffect(
    () => void act(async () => setMoves((await call("settings:read", null)).movesServiceMail), null),
    [],
  );
  const set = async (box: HTMLInputElement) => {
    const next = box.checked;
    // first of all: Thunderbird takes the question only while the press is being handled
    const allowed = next ? await askFor("service-folder") : true;
    const done = next ? "service_moves" : "service_stays";
    if (allowed && (await act(() => call("settings:service-mail", { moves: next }), done))) setMoves(next);
    else box.checked = !next;
  };
  return (
    <section aria-labelledby="service">
      <h2 id="service">{t("service_title")}</h2>
      <p class="quiet">{t("service_text")}</p>
      {moves === null ? null : (
        <div class="setting">
          <label class="choice">
            <input
              type="checkbox"
              checked={moves}
              aria-describedby="service-price"
              onChange={(event) => void set(event.currentTarget)}
            />
            {t("service_move", t("service_folder"))}
          </label>
          <p id="service-price" class="quiet">
            {t("service_price")}
          </p>
        </div>
      )}
    </section>
  );
}

/** How each choice of when keys lock is said. */
export const lockLabels = { "5": "lock_5", "15": "lock_15", "60": "lock_60", exit: "lock_exit" } as const;

function LockTime({ call, act }: Props) {
  const [after, setAfter] = useState<LockAfter | null>(null);
  const read = async () => setAfter((await call("settings:read", null)).lockAfter);
  useEffect(() => void act(read, null), []);
  const choose = (value: string) => {
    const chosen = lockAfterChoices.find((one) => one === value);
    if (chosen === undefined) return;
    void act(async () => {
      await call("settings:lock-after", { after: chosen });
      setAfter(chosen);
    }, "lock_changed");
  };
  return (
    <section aria-labelledby="locking">
      <h2 id="locking">{t("lock_title")}</h2>
      <p class="quiet">{t("lock_text")}</p>
      {after === null ? null : (
        <label>
          {t("lock_label")}
          <select value={after} onChange={(event) => choose(event.currentTarget.value)}>
            {lockAfterChoices.map((one) => (
              <option key={one} value={one}>
                {t(lockLabels[one])}
              </option>
            ))}
          </select>
        </label>
      )}
    </section>
  );
}
