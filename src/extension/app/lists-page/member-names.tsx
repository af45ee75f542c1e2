import { useState } from "preact/hooks";
import type { FellowsView } from "../../member/fellow-members.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { askFor } from "../../platform/permission.js";
import type { Caller } from "../../platform/rpc/call.js";
import { sentenceKey } from "../../ui/failure.js";
import { useFollowed } from "../../ui/followed.js";
import { type MessageKey, t } from "../../ui/i18n.js";
import type { ListsCalls } from "../calls/space-calls.js";

const roles: Readonly<Record<FellowsView["members"][number]["role"], MessageKey>> = {
  owner: "role_owner",
  moderator: "role_moderator",
  member: "role_member",
  "read-only": "role_read_only",
  "post-only": "role_post_only",
};

interface Props {
  /** Its address. */
  readonly list: string;
  readonly ask: Caller<ListsCalls>;
}

/** Who is on a list, folded until it is wanted; where the owners don't show members, that is said. */
export function WhoIsOn({ list, ask }: Props) {
  const [view, setView] = useFollowed(() => ask("space:members", { list }), list);
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const askServer = async () => {
    setFailure(null);
    // asked in the press itself, before anything is awaited
    await askFor("send");
    try {
      await ask("space:ask-members", { list });
      setView(await ask("space:members", { list }));
    } catch (error) {
      setFailure(codeOf(error, "worker-failed"));
    }
  };
  return (
    <details class="who">
      <summary>{t("who_title")}</summary>
      {view?.shown === "hidden" && <p>{t("who_hidden")}</p>}
      {view?.shown === "shown" && (
        <>
          <p>
            {t("who_as_of", view.members.length, new Date(view.toldAt ?? 0).toLocaleDateString(t("lang")))}
          </p>
          <ul>
            {view.members.map(({ address, name, role }) => (
              <li key={address} title={address}>
                <bdi>{name}</bdi>
                {role !== "member" && <span class="quiet"> · {t(roles[role])}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
      {view !== null && view.asked !== "no" && (
        <p role="status">{t(view.asked === "unsent" ? "who_unsent" : "who_asked")}</p>
      )}
      {failure !== null && (
        <p class="problem" role="alert">
          {t(sentenceKey(failure))}
        </p>
      )}
      <button type="button" onClick={() => void askServer()}>
        {t("who_ask")}
      </button>
    </details>
  );
}
