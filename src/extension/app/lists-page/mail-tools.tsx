import { t } from "../../ui/i18n.js";
import type { MailWish } from "./known-mails.js";

/** What rows can be narrowed to by a press. */
export type MailFilterName = keyof Pick<MailWish, "unread" | "files">;

const labels = { unread: "space_filter_unread", files: "space_filter_files" } as const;

interface Props {
  readonly wish: MailWish;
  readonly change: (wish: MailWish) => void;
  /** Addresses and names. */
  readonly authors: readonly (readonly [address: string, name: string])[];
  readonly filters: readonly MailFilterName[];
  readonly isOff: boolean;
}

/** The field for searching, and the filters. */
export function MailTools({ wish, change, authors, filters, isOff }: Props) {
  return (
    <search class="tools">
      <input
        type="search"
        // Firefox writes what is typed into its session file otherwise, and a spelling checker may be a server's
        autocomplete="off"
        spellcheck={false}
        aria-label={t("space_search")}
        placeholder={t("space_search")}
        value={wish.query}
        disabled={isOff}
        onInput={(event) => change({ ...wish, query: event.currentTarget.value })}
      />
      {filters.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={wish[name]}
          disabled={isOff}
          onClick={() => change({ ...wish, [name]: !wish[name] })}
        >
          {t(labels[name])}
        </button>
      ))}
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
