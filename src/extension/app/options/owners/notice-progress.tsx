import { t } from "../../../ui/i18n.js";
import type { OwnerProps } from "./owner-actions.js";

/** What the members are being told: how many so far, and a button to go on where it has stopped. */

const titles = {
  owners: "telling_owners",
  "new-list-key": "telling_new_key",
  "new-server-key": "telling_new_server",
} as const;

export function NoticeProgress({ list, call, run }: OwnerProps) {
  const { telling } = list;
  if (telling === null) return null;
  const { news, told, of, waiting } = telling;
  return (
    <section class="next" aria-labelledby="telling">
      <h3 id="telling">{t(titles[news])}</h3>
      <p>{t("telling_so_far", String(told), String(of))}</p>
      <p>{t(waiting ? "telling_waiting" : "telling_stopped")}</p>
      <div class="actions">
        <button
          type="button"
          class={waiting ? "" : "primary"}
          onClick={() => void run(() => call("owner:tell", { list: list.address }), null)}
        >
          {t(waiting ? "telling_again" : "telling_go_on")}
        </button>
      </div>
    </section>
  );
}
