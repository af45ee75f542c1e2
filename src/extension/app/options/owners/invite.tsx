import { useState } from "preact/hooks";
import { makeCode } from "../../../../membership/file/code.js";
import { pastedAddresses } from "../../../owner/addresses.js";
import type { InvitationView } from "../../../owner/view.js";
import { t } from "../../../ui/i18n.js";
import { field, onSubmit } from "../form-actions.js";
import { day, type OwnerProps } from "./owner-actions.js";

/**
 * Inviting: addresses in, a file and a code each out. The codes are made in this page and shown in it, and are nowhere
 * else: when the page is closed they are gone.
 */
interface Told {
  readonly introduction: string;
  readonly address: string;
  readonly code: string;
}

/** How long an invitation may wait, in days. */
const waits = [7, 14, 30] as const;
const USUAL_DAYS = 14;

export function Invite(props: OwnerProps) {
  const { list, call, run } = props;
  const [codes, setCodes] = useState<readonly Told[]>([]);
  const [refused, setRefused] = useState<readonly string[]>([]);
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number } | null>(null);

  const submit = async (form: HTMLFormElement) => {
    const pasted = pastedAddresses(field(form, "addresses"));
    setRefused(pasted.refused);
    if (pasted.addresses.length === 0) return;
    const days = Number(field(form, "days"));
    const made = await run(async () => {
      for (const [done, address] of pasted.addresses.entries()) {
        setProgress({ done, of: pasted.addresses.length });
        const code = makeCode();
        const { introduction } = await call("owner:invite", { list: list.address, address, code, days });
        setCodes((before) => [...before, { introduction, address, code }]);
      }
    }, "invite_made");
    setProgress(null);
    const written = form.querySelector("textarea");
    if (made && written !== null) written.value = "";
  };

  // whoever has joined needs no code any more
  const shown = codes.filter(({ introduction }) =>
    list.invitations.every((one) => one.introduction !== introduction || one.state === "open"),
  );
  return (
    <section aria-labelledby="invite">
      <h3 id="invite">{t("invite_title")}</h3>
      <p class="quiet">{t("invite_text")}</p>
      <form onSubmit={onSubmit(submit)}>
        <label>
          {t("invite_addresses")}
          <textarea name="addresses" rows={3} required spellcheck={false} />
        </label>
        {refused.length === 0 ? null : (
          <p class="problem" role="alert">
            {t("invite_refused", refused.join(" · "))}
          </p>
        )}
        <label>
          {t("invite_days")}
          <select name="days" defaultValue={String(USUAL_DAYS)}>
            {waits.map((days) => (
              <option key={days} value={days} selected={days === USUAL_DAYS}>
                {t("invite_for_days", String(days))}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={progress !== null}>
          {progress === null
            ? t("invite_button")
            : t("invite_working", String(progress.done + 1), String(progress.of))}
        </button>
      </form>
      {shown.length === 0 ? null : (
        <Codes
          {...props}
          codes={shown}
          told={(introduction) =>
            setCodes((before) => before.filter((one) => one.introduction !== introduction))
          }
        />
      )}
      <Invitations {...props} hidden={shown.map(({ introduction }) => introduction)} />
    </section>
  );
}

function Codes({
  list,
  call,
  run,
  codes,
  told,
}: OwnerProps & { readonly codes: readonly Told[]; readonly told: (introduction: string) => void }) {
  return (
    <ul class="cards">
      {codes.map(({ introduction, address, code }) => (
        <li key={introduction} class="card">
          <h4>{address}</h4>
          <p class="quiet">{t("invite_tell_code")}</p>
          <p class="code">
            {code.split("-").map((group, place) => (
              // the place is all that tells two groups apart
              <span key={place}>{group}</span>
            ))}
          </p>
          <p class="quiet">{t("invite_code_once")}</p>
          <div class="actions">
            <button
              type="button"
              class="primary"
              aria-label={t("invite_mail_named", address)}
              onClick={() =>
                void run(() => call("owner:mail-invitation", { list: list.address, introduction }), null)
              }
            >
              {t("invite_mail")}
            </button>
            <button
              type="button"
              aria-label={t("invite_save_named", address)}
              onClick={() => void run(() => call("owner:save-invitation", { introduction }), "invite_saved")}
            >
              {t("invite_save")}
            </button>
            <button
              type="button"
              aria-label={t("invite_told_named", address)}
              onClick={() => told(introduction)}
            >
              {t("invite_told")}
            </button>
          </div>
        </li>
      ))}
    </ul>
  );
}

const stateKeys = {
  open: "invitation_open",
  withdrawing: "invitation_withdrawing",
  withdrawn: "invitation_withdrawn",
  used: "invitation_used",
  expired: "invitation_expired",
} as const;

function Invitations({ list, call, run, hidden }: OwnerProps & { readonly hidden: readonly string[] }) {
  const shown = list.invitations.filter(({ introduction }) => !hidden.includes(introduction));
  if (shown.length === 0) return null;
  const words = (invitation: InvitationView) =>
    invitation.state === "open"
      ? t("invitation_open", day(invitation.joinBy))
      : t(stateKeys[invitation.state]);
  return (
    <>
      <h4>{t("invitations_title")}</h4>
      <ul class="invitations">
        {shown.map((invitation) => (
          <li key={invitation.introduction}>
            <span>
              {invitation.address}{" "}
              <span class="quiet">
                {t("invitation_made", day(invitation.madeAt))} · {words(invitation)}
              </span>
            </span>
            {invitation.state === "open" ? (
              <span class="actions">
                {invitation.fileHere ? (
                  <button
                    type="button"
                    aria-label={t("invite_mail_named", invitation.address)}
                    onClick={() => {
                      const { introduction } = invitation;
                      void run(
                        () => call("owner:mail-invitation", { list: list.address, introduction }),
                        null,
                      );
                    }}
                  >
                    {t("invite_mail")}
                  </button>
                ) : null}
                <button
                  type="button"
                  class="danger"
                  aria-label={t("invitation_withdraw_named", invitation.address)}
                  onClick={() => {
                    const { address } = invitation;
                    void run(() => call("owner:withdraw", { list: list.address, address }), null);
                  }}
                >
                  {t("invitation_withdraw")}
                </button>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
    </>
  );
}
