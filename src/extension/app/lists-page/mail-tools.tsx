import { t } from "../../ui/i18n.js";
import type { MailWish } from "./known-mails.js";

interface Props {
  readonly wish: MailWish;
  readonly change: (wish: MailWish) => void;
  /** Addresses and names. */
  readonly authors: readonly (readonly [address: string, name: string])[];
  readonly isOff: boolean;
}

/** The field for searching, and the filters. */
export function MailTools({ wish, change, authors, isOff }: Props) {
  return (
    <search class="tools">
      <input
        type="search"
        aria-label={t("space_search")}
        placeholder={t("space_search")}
        value={wish.query}
        disabled={isOff}
        onInput={(event) => change({ ...wish, query: event.currentTarget.value })}
      />
      <button
        type="button"
        aria-pressed={wish.unread}
        disabled={isOff}
        onClick={() => change({ ...wish, unread: !wish.unread })}
      >
        {t("space_filter_unread")}
      </button>
      <button
        type="button"
        aria-pressed={wish.files}
        disabled={isOff}
        onClick={() => change({ ...wish, files: !wish.files })}
      >
        {t("space_filter_files")}
      </button>
      <select
        aria-label={t("space_filter_author")}
        value={wish.author ?? ""}
        disabled={isOff}
        onChange={({ currentTarget: { value } }) => change({ ...wish, author: value === "" ? null : value })}
      >
        <option value="">{t("space_every_author")}</option>
        {authors.map(([address, name]) => (
          <option key={address} value={address}>
            {name}
          </option>
        ))}
      </select>
    </search>
  );
}
