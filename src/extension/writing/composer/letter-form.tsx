import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { openOptions } from "../../platform/background-calls.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import { SendBlocked } from "../author.js";
import type { Question } from "../guard-names.js";
import { Editor, type EditorAccess } from "./editor.js";
import { Files } from "./files.js";
import type { ReadyLetter, WrittenWords } from "./seal-letter.js";

/** The fields of a letter and the button that makes it ready, whoever it is for. What is typed is kept nowhere but in the page. */
interface Props {
  /** What is in it already; the quote as HTML that was cleaned. */
  readonly begun: { readonly subject: string; readonly quote: string };
  /** Says who it is for, and lets the person choose where there is a choice. */
  readonly reader: ComponentChildren;
  /** Who that is: what was said of the letter to another is said no more. */
  readonly to: string;
  /** Whether the letter may have layout and files, or is text alone. */
  readonly has: "everything" | "text";
  /** The question to ask before it is made ready, or null. @param answered those to which the person has said: seal it so */
  readonly question: (
    written: WrittenWords,
    answered: readonly Question["kind"][],
  ) => Promise<Question | null>;
  /** Makes it ready. @throws SendBlocked, ListSealError why it can't be */
  readonly prepare: (written: WrittenWords) => Promise<ReadyLetter>;
  readonly leave: SendView;
}

/**
 * What is shown in the place of the editor when the letter is ready: the ways in which it can leave.
 * @param way.back shows the editor again, with all that is in it
 */
export type SendView = (ready: ReadyLetter, way: SendMethod) => ComponentChildren;

/** What the place that lets the letter leave tells the composer. */
export interface SendMethod {
  /** Back to the editor. */
  readonly back: () => void;
  /** The letter has been saved, or given to a webmail: closing the page loses nothing. */
  readonly left: () => void;
}

type Trouble =
  | { readonly kind: "failed"; readonly code: ErrorCode }
  | { readonly kind: "locked"; readonly words: string }
  | ComposerQuestion;

/** The questions that a mail to one reader alone may bring; `answered` are those before it. */
type ComposerQuestion = Extract<Question, { readonly kind: "missing-attachment" | "other-list-quote" }> & {
  readonly answered: readonly Question["kind"][];
};

export function LetterForm({ begun, reader, to, has, question, prepare, leave }: Props) {
  const [isPlain, setPlain] = useState(has === "text");
  const [files, setFiles] = useState<readonly File[]>([]);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [busy, setBusy] = useState(false);
  const [ready, setReady] = useState<ReadyLetter | null>(null);
  const [unsent, setUnsent] = useState(false);
  const subject = useRef<HTMLInputElement>(null);
  const editor = useRef<EditorAccess>(null);

  useEffect(() => setTrouble(null), [to]);

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
    if (has === "text") return;
    setFiles((before) => [...before, ...more]);
    changed();
  };

  const seal = async (answered: readonly Question["kind"][]) => {
    const body = editor.current?.body();
    if (body === undefined) return;
    const written: WrittenWords = { subject: subject.current?.value ?? "", body, files };
    setBusy(true);
    setTrouble(null);
    try {
      const asked = await question(written, answered);
      if (asked?.kind === "missing-attachment" || asked?.kind === "other-list-quote")
        setTrouble({ ...asked, answered });
      else setReady(await prepare(written));
    } catch (error) {
      setTrouble(troubleOf(error));
    } finally {
      setBusy(false);
    }
  };

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
        {reader}
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
        <Editor begun={begun.quote} plain={isPlain} changed={changed} attach={attach} editor={editor} />
        {has === "text" ? null : (
          <>
            <label class="choice">
              <input
                type="checkbox"
                checked={isPlain}
                onChange={({ currentTarget }) => setPlain(currentTarget.checked)}
              />
              {t("composer_plain")}
            </label>
            <Files
              files={files}
              attach={attach}
              remove={(at) => setFiles(files.filter((_, i) => i !== at))}
            />
          </>
        )}
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
    return { kind: "locked", words: t("composer_locked", error.hindrance.address) };
  const code = codeOf(error, "worker-failed");
  return code === "key-locked" ? { kind: "locked", words: t(sentenceKey(code)) } : { kind: "failed", code };
}

interface TroubleProps {
  readonly trouble: Trouble;
  readonly anyway: (answered: readonly Question["kind"][]) => void;
}

function TroubleNote({ trouble, anyway }: TroubleProps) {
  switch (trouble.kind) {
    case "failed":
      return <Failure code={trouble.code} />;
    case "locked":
      return (
        <div role="alert" class="next">
          <p>{trouble.words}</p>
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
  readonly anyway: TroubleProps["anyway"];
  readonly label: string;
  readonly question: ComposerQuestion;
}

function Anyway({ label, question: { kind, answered }, anyway }: AnywayProps) {
  return (
    <button type="button" class="anyway" onClick={() => anyway([...answered, kind])}>
      {label}
    </button>
  );
}

/** Why something was not done. */
export function Failure({ code }: { readonly code: ErrorCode }) {
  return (
    <p role="alert" class="problem">
      {t(sentenceKey(code))}
    </p>
  );
}

/** The way to where keys are unlocked and lists are joined. */
export function ToOptions() {
  return (
    <button type="button" onClick={() => void openOptions()}>
      {t("reader_options")}
    </button>
  );
}
