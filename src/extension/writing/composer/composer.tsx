import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { openOptions } from "../../platform/background-calls.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { load } from "../../records/storage.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import { SendBlocked } from "../author.js";
import type { Question } from "../guard-names.js";
import { Editor, type EditorAccess } from "./editor.js";
import { Files } from "./files.js";
import type { ReplyDraft } from "./reply-draft.js";
import { questionBefore, type ReadyLetter, readyLetter, type WrittenLetter } from "./seal-letter.js";

/**
 * Writing to a list in a browser: a component for a page of ours, alone or in a frame beside a webmail. To is the list and nobody
 * else. What is typed is kept nowhere but in the page.
 */
interface Props {
  readonly begun: ReplyDraft;
  /**
   * What is shown in the place of the editor when the letter is ready: the ways in which it can leave.
   * @param back shows the editor again, with all that is in it
   */
  readonly leave: (ready: ReadyLetter, way: SendMethod) => ComponentChildren;
}

/** What the place that lets the letter leave tells the composer. */
export interface SendMethod {
  /** Back to the editor. */
  readonly back: () => void;
  /** The letter has been saved, or given to a webmail: closing the page loses nothing. */
  readonly left: () => void;
}

/** A list that one can write to. */
interface Choice {
  readonly address: string;
  readonly name: string;
}

type Trouble =
  | { readonly kind: "failed"; readonly code: ErrorCode }
  | { readonly kind: "locked"; readonly address: string }
  | ComposerQuestion;

/** The questions that a mail to one list alone may bring; `answered` are those before it. */
type ComposerQuestion = Extract<Question, { readonly kind: "missing-attachment" | "other-list-quote" }> & {
  readonly answered: readonly Question["kind"][];
};

export function Composer({ begun, leave }: Props) {
  const [lists, setLists] = useState<readonly Choice[] | null>(null);
  const [list, setList] = useState("");
  const [plain, setPlain] = useState(false);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [busy, setBusy] = useState(false);
  const [ready, setReady] = useState<ReadyLetter | null>(null);
  const [unsent, setUnsent] = useState(false);
  const subject = useRef<HTMLInputElement>(null);
  const editor = useRef<EditorAccess>(null);

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
      (error: unknown) => setTrouble({ kind: "failed", code: codeOf(error, "worker-failed") }),
    );
  }, []);

  // closing with unsent words asks first; the browser has its own words for it
  useEffect(() => {
    if (!unsent) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsent]);

  const changed = () => {
    setUnsent(true);
    setTrouble(null);
  };
  const attach = (more: readonly File[]) => {
    setFiles((before) => [...before, ...more]);
    changed();
  };

  const seal = async (answered: readonly Question["kind"][]) => {
    const body = editor.current?.body();
    if (body === undefined) return;
    const written: WrittenLetter = {
      list,
      subject: subject.current?.value ?? "",
      thread: begun.thread,
      quotedList: begun.quote === "" ? null : begun.list,
      body,
      files,
    };
    setBusy(true);
    setTrouble(null);
    try {
      const question = await questionBefore(written, answered);
      if (question?.kind === "missing-attachment" || question?.kind === "other-list-quote")
        setTrouble({ ...question, answered });
      else setReady(await readyLetter(written));
    } catch (error) {
      setTrouble(troubleOf(error));
    } finally {
      setBusy(false);
    }
  };

  if (lists === null) return trouble === null ? null : <TroubleNote trouble={trouble} />;
  if (lists.length === 0) return <NoLists />;
  const way: SendMethod = {
    back: () => {
      setReady(null);
      setUnsent(true);
    },
    left: () => setUnsent(false),
  };
  return (
    <>
      {ready === null ? null : leave(ready, way)}
      <form
        hidden={ready !== null}
        onSubmit={(event) => {
          event.preventDefault();
          void seal([]);
        }}
      >
        <label>
          {t("composer_list")}
          <select
            required
            value={list}
            onChange={({ currentTarget }) => {
              setList(currentTarget.value);
              setTrouble(null);
            }}
          >
            <option value="">{t("composer_choose")}</option>
            {lists.map(({ address, name }) => (
              <option key={address} value={address}>{`${name} <${address}>`}</option>
            ))}
          </select>
        </label>
        {begun.list !== null && list === "" ? (
          <p role="alert">{t("composer_unknown_list", begun.list)}</p>
        ) : null}
        <label>
          {t("composer_subject")}
          <input
            ref={subject}
            type="text"
            autocomplete="off"
            spellcheck={false}
            defaultValue={begun.subject}
            onInput={changed}
          />
        </label>
        <Editor begun={begun.quote} plain={plain} changed={changed} attach={attach} editor={editor} />
        <label class="choice">
          <input
            type="checkbox"
            checked={plain}
            onChange={({ currentTarget }) => setPlain(currentTarget.checked)}
          />
          {t("composer_plain")}
        </label>
        <Files files={files} attach={attach} remove={(at) => setFiles(files.filter((_, i) => i !== at))} />
        {trouble === null ? null : (
          <TroubleNote trouble={trouble} anyway={(answered) => void seal(answered)} />
        )}
        <div class="actions">
          <button type="submit" class="primary seal" disabled={busy}>
            {t(busy ? "composer_sealing" : "composer_seal")}
          </button>
        </div>
      </form>
    </>
  );
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof SendBlocked && error.hindrance.kind === "locked")
    return { kind: "locked", address: error.hindrance.address };
  return { kind: "failed", code: codeOf(error, "worker-failed") };
}

interface TroubleProps {
  readonly trouble: Trouble;
  readonly anyway?: (answered: readonly Question["kind"][]) => void;
}

function TroubleNote({ trouble, anyway }: TroubleProps) {
  switch (trouble.kind) {
    case "failed":
      return (
        <p role="alert" class="problem">
          {t(sentenceKey(trouble.code))}
        </p>
      );
    case "locked":
      return (
        <div role="alert" class="next">
          <p>{t("composer_locked", trouble.address)}</p>
          <ToOptions />
        </div>
      );
    case "missing-attachment":
      return (
        <div role="alert" class="next">
          <p>{t("composer_missing", trouble.word)}</p>
          <Anyway label={t("composer_seal_anyway")} question={trouble} anyway={anyway} />
        </div>
      );
    case "other-list-quote":
      return (
        <div role="alert" class="next">
          <p>{t("composer_other_list", trouble.from)}</p>
          <Anyway label={t("composer_other_list_anyway")} question={trouble} anyway={anyway} />
        </div>
      );
  }
}

interface AnywayProps {
  readonly anyway: TroubleProps["anyway"] | undefined;
  readonly label: string;
  readonly question: ComposerQuestion;
}

function Anyway({ label, question: { kind, answered }, anyway }: AnywayProps) {
  return (
    <button type="button" class="anyway" onClick={() => anyway?.([...answered, kind])}>
      {label}
    </button>
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

function ToOptions() {
  return (
    <button type="button" onClick={() => void openOptions()}>
      {t("reader_options")}
    </button>
  );
}
