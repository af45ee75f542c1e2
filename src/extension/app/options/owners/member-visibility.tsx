import { useFollowed } from "../../../ui/followed.js";
import { t } from "../../../ui/i18n.js";
import type { OwnerProps } from "./owner-actions.js";

/** Whether members see each other: off, until an owner decides otherwise. */
export function ShowMembers({ list: { address, waiting }, call, run }: OwnerProps) {
  const [answer] = useFollowed(() => call("owner:members-shown", { list: address }), address);
  const shown = answer?.shown;
  const next = shown === "shown" ? "hidden" : "shown";
  const isAsked = waiting.some(({ what }) => what === "show-members");
  return (
    <section aria-labelledby="show-members">
      <h3 id="show-members">{t("show_members_title")}</h3>
      <p>{t(shown === "shown" ? "show_members_on" : "show_members_off")}</p>
      <div class="actions">
        <button
          type="button"
          disabled={isAsked}
          onClick={() => void run(() => call("owner:show-members", { list: address, members: next }), null)}
        >
          {t(next === "shown" ? "show_members_show" : "show_members_hide")}
        </button>
      </div>
    </section>
  );
}
