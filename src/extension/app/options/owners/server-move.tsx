import { useState } from "preact/hooks";
import { groupsOf } from "../../../reading/display/state-line.js";
import { t } from "../../../ui/i18n.js";
import type { OwnerProps } from "./owner-actions.js";

/** Another server key that the operator has made: its characters, and the owner's word after comparing them. */
export function ServerMoveForm({ list, call, run }: OwnerProps) {
  const [asked, setAsked] = useState(false);
  const { serverMove } = list;
  if (serverMove === null) return null;
  const { fingerprint, stage } = serverMove;
  const confirm = async () => {
    setAsked(false);
    await run(() => call("owner:confirm-server", { list: list.address, fingerprint }), "server_move_asked");
  };
  return (
    <section class="next" aria-labelledby="server-move">
      <h3 id="server-move">{t("server_move_title")}</h3>
      <p>
        <code>{groupsOf(fingerprint)}</code>
      </p>
      {stage === "asked" ? <p>{t("server_move_waiting")}</p> : null}
      {stage === "agreed" && list.telling?.news !== "new-server-key" ? (
        <>
          <p>{t("server_move_agreed")}</p>
          <div class="actions">
            <button
              type="button"
              class="primary"
              onClick={() => void run(() => call("owner:tell", { list: list.address }), "server_move_told")}
            >
              {t("server_move_tell")}
            </button>
          </div>
        </>
      ) : null}
      {stage !== "offered" ? null : asked ? (
        <>
          <p role="alert">{t("server_move_question")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(false)}>
              {t("popup_back")}
            </button>
            <button type="button" class="danger" onClick={() => void confirm()}>
              {t("server_move_now")}
            </button>
          </div>
        </>
      ) : (
        <>
          <p>{t("server_move_text")}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(true)}>
              {t("server_move_same")}
            </button>
            <button
              type="button"
              onClick={() =>
                void run(() => call("owner:decline-server", { list: list.address }), "server_move_declined")
              }
            >
              {t("server_move_other")}
            </button>
          </div>
        </>
      )}
    </section>
  );
}
