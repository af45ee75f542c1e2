import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { type NotificationChoice, notificationChoices } from "../../mail-index/notification-choice.js";
import { bannerOf } from "../../reading/display/answer-view.js";
import { passphraseForm } from "../../reading/display/passphrase-form.js";
import { placeIn } from "../../reading/display/view-place.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { ListsProgress, SpaceList } from "../calls/space-calls.js";

interface NamesProps {
  readonly lists: readonly SpaceList[];
  readonly chosen: string | null;
  readonly choose: (address: string) => void;
  readonly write: () => void;
  readonly settings: () => void;
  readonly notifications: NotificationChoice;
  /** Null: nothing is told of by itself. */
  readonly notify: ((show: NotificationChoice) => void) | null;
  /** More of the list that is chosen. */
  readonly about: ComponentChildren;
  /** More buttons. */
  readonly children: ComponentChildren;
}

/** The lists, with the number of messages that are unread in each. */
export function ListNames(props: NamesProps) {
  const { lists, chosen, choose, write, settings, notifications, notify, about, children } = props;
  const now = lists.find(({ address }) => address === chosen);
  return (
    <nav class="lists" aria-label={t("space_lists")}>
      <h1>{t("space_lists")}</h1>
      {lists.map(({ address, name, unread }) => (
        <button
          key={address}
          type="button"
          title={address}
          aria-current={address === chosen}
          onClick={() => choose(address)}
        >
          <bdi>{name}</bdi>
          {unread !== null && unread > 0 && (
            <span class="count">
              {unread}
              <span class="unseen"> {t("space_unread")}</span>
            </span>
          )}
        </button>
      ))}
      {about}
      <span class="foot" />
      {now?.mayPost === true && (
        <button type="button" onClick={write}>
          {t("write_to_list", now.name)}
        </button>
      )}
      {notify !== null && <Notifications choice={notifications} choose={notify} />}
      {children}
      <button type="button" onClick={settings}>
        {t("space_settings")}
      </button>
    </nav>
  );
}

interface NotificationsProps {
  readonly choice: NotificationChoice;
  readonly choose: (show: NotificationChoice) => void;
}

function Notifications({ choice, choose }: NotificationsProps) {
  return (
    <select
      aria-label={t("notify_label")}
      value={choice}
      onChange={({ currentTarget: { value } }) => {
        const show = notificationChoices.find((one) => one === value);
        if (show !== undefined) choose(show);
      }}
    >
      <option value="off">{t("notify_off")}</option>
      <option value="subject">{t("notify_subject")}</option>
      <option value="author">{t("notify_author")}</option>
    </select>
  );
}

interface ProgressProps {
  readonly progress: ListsProgress;
  readonly sync: (wish: "go-on" | "pause" | "noted") => void;
  readonly unlock: (passphrase: string) => Promise<unknown>;
}

/** How far the index is, where there is something to say of it. */
export function IndexProgress({ progress, sync, unlock }: ProgressProps) {
  switch (progress.kind) {
    case "idle":
      return null;
    case "locked":
      return <Locked unlock={unlock} />;
    case "building": {
      const { done, total } = progress;
      const words = total === null ? t("space_counting") : t("space_building", done, total);
      return (
        <div class="progress">
          <p role="status">{words}</p>
          <progress
            aria-label={words}
            {...(total === null ? {} : { value: done, max: Math.max(1, total) })}
          />
          <button type="button" onClick={() => sync("pause")}>
            {t("space_stop")}
          </button>
        </div>
      );
    }
    case "lost":
      return (
        <div class="progress">
          <p role="alert">{t("given_lost", progress.lists.join(", "))}</p>
          <button type="button" onClick={() => sync("noted")}>
            {t("given_noted")}
          </button>
        </div>
      );
    case "paused":
    case "failed":
      return (
        <div class="progress">
          <p role="status">
            {progress.kind === "paused" ? t("space_paused") : t(sentenceKey(progress.code))}
          </p>
          <button type="button" onClick={() => sync("go-on")}>
            {t("space_go_on")}
          </button>
        </div>
      );
  }
}

/** The lock, and the field for the passphrase. */
function Locked({ unlock }: Pick<ProgressProps, "unlock">) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (place.current === null) return;
    const banner = bannerOf("note", t("locked_title"), t("locked_text"));
    banner.append(passphraseForm(unlock));
    placeIn(place.current).show("locked", [banner]);
  }, []);
  return <div class="progress" ref={place} />;
}
