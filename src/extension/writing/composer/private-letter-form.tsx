import { useEffect, useState } from "preact/hooks";
import { quotableName } from "../../reading/untrusted-text.js";
import { load } from "../../records/storage.js";
import { t } from "../../ui/i18n.js";
import { LetterForm, type SendView } from "./letter-form.js";
import type { PrivateDraft } from "./reply-draft.js";
import { readyPrivateLetter } from "./seal-letter.js";

/** Answering one member alone: there is nobody to choose, and a line that says who reads it, so that nobody takes it for a message to the list. */
interface Props {
  readonly begun: PrivateDraft;
  readonly leave: SendView;
}

export function PrivateLetterForm({ begun, leave }: Props) {
  const { to } = begun;
  const [listName, setListName] = useState(to.list);
  useEffect(() => {
    // without it the address stands there
    load().then(
      ({ lists }) => setListName(lists[to.list]?.name ?? to.list),
      () => undefined,
    );
  }, []);
  const reader = (
    <div class="alone">
      <h2>{t("reply_alone", quotableName(to.name) ?? to.address)}</h2>
      <p>{t("alone_explained", to.address, listName)}</p>
    </div>
  );
  return (
    <LetterForm
      begun={{ subject: begun.subject, quote: "" }}
      reader={reader}
      to={to.address}
      has="text"
      question={async () => null}
      prepare={(written) => readyPrivateLetter(to, written)}
      leave={leave}
    />
  );
}
