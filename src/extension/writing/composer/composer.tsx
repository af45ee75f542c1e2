import { useEffect, useState } from "preact/hooks";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { load } from "../../records/storage.js";
import { t } from "../../ui/i18n.js";
import { Failure, LetterForm, type SendView, ToOptions } from "./letter-form.js";
import { PrivateLetterForm } from "./private-letter-form.js";
import type { ReplyDraft } from "./reply-draft.js";
import { questionBefore, readyLetter, type WrittenLetter, type WrittenWords } from "./seal-letter.js";

/**
 * Writing in a browser: a component for a page of ours, alone or in a frame beside a webmail. To is one list, or one member of
 * it alone, and nobody else.
 */
interface Props<D extends ReplyDraft> {
  readonly begun: D;
  readonly leave: SendView;
}

/** A list that one can write to. */
interface Choice {
  readonly address: string;
  readonly name: string;
}

export function Composer({ begun, leave }: Props<ReplyDraft>) {
  return begun.kind === "private" ? (
    <PrivateLetterForm begun={begun} leave={leave} />
  ) : (
    <ListLetterForm begun={begun} leave={leave} />
  );
}

function ListLetterForm({ begun, leave }: Props<Extract<ReplyDraft, { readonly kind: "list" }>>) {
  const [lists, setLists] = useState<readonly Choice[] | null>(null);
  const [list, setList] = useState("");
  const [failure, setFailure] = useState<ErrorCode | null>(null);

  useEffect(() => {
    load().then(
      (stored) => {
        const mine = Object.values(stored.lists).filter(
          ({ address, membership, memberKey, role }) =>
            membership === "member" &&
            role !== "read-only" &&
            memberKey !== null &&
            stored.joining[address]?.refused !== null,
        );
        setLists(mine);
        const [only, more] = mine;
        const wanted = mine.find(({ address }) => address === begun.list);
        setList(wanted?.address ?? (begun.list === null && more === undefined ? (only?.address ?? "") : ""));
      },
      (error: unknown) => setFailure(codeOf(error, "worker-failed")),
    );
  }, []);

  if (lists === null) return failure === null ? null : <Failure code={failure} />;
  if (lists.length === 0) return <NoLists />;
  const toList = (written: WrittenWords): WrittenLetter => ({
    ...written,
    list,
    thread: begun.thread,
    quotedList: begun.quote === "" ? null : begun.list,
  });
  const reader = (
    <>
      <label>
        {t("composer_list")}
        <select required value={list} onChange={({ currentTarget }) => setList(currentTarget.value)}>
          <option value="">{t("composer_choose")}</option>
          {lists.map(({ address, name }) => (
            <option key={address} value={address}>{`${name} <${address}>`}</option>
          ))}
        </select>
      </label>
      {begun.list !== null && list === "" ? (
        <p role="alert">{t("composer_unknown_list", begun.list)}</p>
      ) : null}
    </>
  );
  return (
    <LetterForm
      begun={begun}
      reader={reader}
      to={list}
      has="everything"
      question={(written, answered) => questionBefore(toList(written), answered)}
      prepare={(written) => readyLetter(toList(written))}
      leave={leave}
    />
  );
}

function NoLists() {
  return (
    <div class="next">
      <p>{t("composer_no_lists")}</p>
      <ToOptions />
    </div>
  );
}
