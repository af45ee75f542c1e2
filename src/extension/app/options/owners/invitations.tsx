import type { InvitationView } from "../../../owner/view.js";
import { program } from "../../../platform/browser.js";
import { t } from "../../../ui/i18n.js";
import { day, type OwnerProps, USUAL_DAYS } from "./owner-actions.js";

/** Everybody who was invited, and how it stands: mail written, joined, expired; and what can be done about it. */

const stateKeys = {
  withdrawing: "invitation_withdrawing",
  withdrawn: "invitation_withdrawn",
  used: "invitation_used",
  expired: "invitation_expired",
} as const;

function stateWords({ state, joinBy, mailedAt }: InvitationView): string {
  if (state !== "open") return t(stateKeys[state]);
  const mail = mailedAt === null ? t("invitation_unmailed") : t("invitation_mailed", day(mailedAt));
  return `${mail} · ${t("invitation_open", day(joinBy))}`;
}

export function Invitations(props: OwnerProps) {
  const { list } = props;
  if (list.invitations.length === 0) return null;
  return (
    <>
      <h4>{t("invitations_title")}</h4>
      <ul class="invitations">
        {list.invitations.map((invitation) => (
          <Invited key={invitation.introduction} {...props} invitation={invitation} />
        ))}
      </ul>
    </>
  );
}

function Invited({ list, call, run, invitation }: OwnerProps & { readonly invitation: InvitationView }) {
  const { introduction, address, name, state, madeAt, mailedAt, fileHere, isMember } = invitation;
  const again = () =>
    program() === "browser"
      ? run(() => call("owner:mail-invitation", { list: list.address, introduction }), null)
      : run(
          () => call("owner:send-invitation", { list: list.address, introduction }),
          "invitation_sent_again",
        );
  const reinvite = () =>
    run(() => call("owner:invite", { list: list.address, address, name, days: USUAL_DAYS }), "invite_made");
  return (
    <li>
      <span>
        {name === null ? address : `${name} <${address}>`}{" "}
        <span class="quiet">
          {state === "open" ? "" : `${t("invitation_made", day(madeAt))} · `}
          <strong>{stateWords(invitation)}</strong>
        </span>
      </span>
      <span class="actions">
        {state === "open" && fileHere && mailedAt !== null ? (
          <button
            type="button"
            aria-label={t("invitation_again_named", address)}
            onClick={() => void again()}
          >
            {t("invitation_again")}
          </button>
        ) : null}
        {(state === "open" && !fileHere) || ((state === "expired" || state === "withdrawn") && !isMember) ? (
          <button
            type="button"
            aria-label={t("invitation_reinvite_named", address)}
            onClick={() => void reinvite()}
          >
            {t("invitation_reinvite")}
          </button>
        ) : null}
        {state === "open" ? (
          <button
            type="button"
            class="danger"
            aria-label={t("invitation_withdraw_named", address)}
            onClick={() => void run(() => call("owner:withdraw", { list: list.address, address }), null)}
          >
            {t("invitation_withdraw")}
          </button>
        ) : null}
      </span>
    </li>
  );
}
