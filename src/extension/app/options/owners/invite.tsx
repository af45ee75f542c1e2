import { useState } from "preact/hooks";
import { MAX_INVITED_AT_ONCE, pastedInvitees, typedInvitee } from "../../../owner/addresses.js";
import { codeOf } from "../../../platform/errors.js";
import { t } from "../../../ui/i18n.js";
import { field, onSubmit } from "../form-actions.js";
import { CodesToTell } from "./codes-to-tell.js";
import { Invitations } from "./invitations.js";
import { type OwnerProps, USUAL_DAYS } from "./owner-actions.js";

/** Inviting: names and addresses in, a file and a code each out. */

/** How long an invitation may wait, in days. */
const waits = [7, 14, 30] as const;

/** A list of addresses is no larger. Attack: a "CSV file" that fills memory. */
const CSV_LIMIT = 1_000_000;

/** What was left out of what was pasted, and why. */
interface LeftOut {
  readonly refused: readonly string[];
  readonly members: readonly string[];
  readonly tooMany: boolean;
}
const nothingLeftOut: LeftOut = { refused: [], members: [], tooMany: false };

export function Invite(props: OwnerProps) {
  const { list, call, run } = props;
  const [leftOut, setLeftOut] = useState(nothingLeftOut);
  const [progress, setProgress] = useState<{ readonly done: number; readonly of: number } | null>(null);

  const submit = async (form: HTMLFormElement) => {
    const chosen = new FormData(form).get("csv");
    const given = chosen instanceof File && chosen.size > 0 && chosen.size <= CSV_LIMIT;
    const table = given ? await chosen.text() : "";
    const { invitees, refused, more } = pastedInvitees(`${field(form, "addresses")}\n${table}`.trim());
    setLeftOut({ refused, members: [], tooMany: more > 0 });
    if (invitees.length === 0) return;
    const days = Number(field(form, "days"));
    const members: string[] = [];
    const waiting = [...invitees];
    await run(async () => {
      for (const [done, { address, name }] of invitees.entries()) {
        setProgress({ done, of: invitees.length });
        try {
          await call("owner:invite", { list: list.address, address, name, days });
        } catch (error) {
          // one of forty is a member already: the others are invited all the same
          if (codeOf(error, "worker-failed") !== "already-a-member") throw error;
          members.push(address);
        }
        waiting.shift();
      }
    }, "invite_made");
    setProgress(null);
    setLeftOut((before) => ({ ...before, members }));
    // what could not be done now stays in the field, and is done with the next click
    form.reset();
    const written = form.querySelector("textarea");
    if (written !== null) written.value = waiting.map(typedInvitee).join("\n");
  };

  return (
    <section aria-labelledby="invite">
      <h3 id="invite">{t("invite_title")}</h3>
      <p class="quiet">{t("invite_text")}</p>
      <form onSubmit={onSubmit(submit)}>
        <label>
          {t("invite_addresses")}
          <textarea name="addresses" rows={4} spellcheck={false} aria-describedby="invite-how" />
        </label>
        <p class="quiet" id="invite-how">
          {t("invite_addresses_how")}
        </p>
        <label>
          {t("invite_csv")}
          <input name="csv" type="file" accept=".csv,.tsv,.txt,text/csv" />
        </label>
        <WhatWasLeftOut {...leftOut} />
        <label>
          {t("invite_days")}
          <select name="days" defaultValue={String(USUAL_DAYS)}>
            {waits.map((days) => (
              <option key={days} value={days} selected={days === USUAL_DAYS}>
                {t("invite_for_days", days)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={progress !== null}>
          {progress === null ? t("invite_button") : t("invite_working", progress.done + 1, progress.of)}
        </button>
      </form>
      <CodesToTell {...props} />
      <Invitations {...props} />
    </section>
  );
}

function WhatWasLeftOut({ refused, members, tooMany }: LeftOut) {
  const sentences = [
    ...(refused.length === 0 ? [] : [t("invite_refused", refused.join(" · "))]),
    ...(members.length === 0 ? [] : [t("invite_members_already", members.join(" · "))]),
    ...(tooMany ? [t("invite_too_many", MAX_INVITED_AT_ONCE)] : []),
  ];
  return sentences.length === 0 ? null : (
    <div class="problem" role="alert">
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}
