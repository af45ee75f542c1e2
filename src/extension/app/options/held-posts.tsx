import type { StoredHeldPost } from "../../moderation/held-posts-record.js";
import { groupsOf } from "../../reading/display/state-line.js";
import { useFollowed } from "../../ui/followed.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import type { RunAction } from "./form-actions.js";
import { withSending } from "./pending-requests.js";

/** Posts that wait for a moderator, for owners and moderators: who, when, how large; and the two decisions. */
interface Props {
  readonly list: { readonly address: string; readonly name: string };
  readonly call: Call;
  readonly act: RunAction;
}

export function HeldPosts({ list, call, act }: Props) {
  const { address, name } = list;
  const [held] = useFollowed(() => call("held:read", { list: address }), address);
  const ask = () => withSending(() => act(() => call("held:ask", { list: address }), "held_asked"));
  return (
    <section class="held" aria-label={t("held_title_of", name)}>
      <h3>{t("held_title")}</h3>
      <p class="quiet">{t("held_text")}</p>
      {held === null ? null : held.posts.length === 0 ? (
        <p>{t("held_none", when(held.at))}</p>
      ) : (
        <ul class="cards">
          {held.posts.map((post) => (
            <Post key={`${post.author} ${post.messageId}`} post={post} list={list} call={call} act={act} />
          ))}
        </ul>
      )}
      <div class="actions">
        <button type="button" aria-label={t("held_ask_of", name)} onClick={() => void ask()}>
          {t("held_ask")}
        </button>
      </div>
    </section>
  );
}

const when = (iso: string) =>
  new Date(iso).toLocaleString(t("lang"), { dateStyle: "medium", timeStyle: "short" });

const KILO = 1_000;

function Post({ post, list, call, act }: Props & { readonly post: StoredHeldPost }) {
  const { author, address, messageId, date, size } = post;
  const who = address ?? t("held_nobody");
  const decide = (decision: "release" | "reject") =>
    withSending(() =>
      act(
        () => call("held:decide", { list: list.address, decision, author, messageId }),
        decision === "release" ? "held_released" : "held_rejected",
      ),
    );
  return (
    <li class="card">
      <p>
        <strong>{who}</strong>
        <br />
        <span class="quiet">{t("held_facts", when(date), Math.ceil(size / KILO))}</span>
      </p>
      <p>
        <code>{groupsOf(author)}</code>
      </p>
      <div class="actions">
        <button
          type="button"
          class="primary"
          aria-label={t("held_release_of", who)}
          onClick={() => void decide("release")}
        >
          {t("held_release")}
        </button>
        <button
          type="button"
          class="danger"
          aria-label={t("held_reject_of", who)}
          onClick={() => void decide("reject")}
        >
          {t("held_reject")}
        </button>
      </div>
    </li>
  );
}
