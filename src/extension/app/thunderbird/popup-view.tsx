import { useState } from "preact/hooks";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { sentenceKey } from "../../ui/failure.js";
import { type MessageKey, t } from "../../ui/i18n.js";
import type { ComposeNotice, ComposeStatus, SendBlocker } from "../../writing/compose-status.js";
import type { GuardName, Question } from "../../writing/guard-names.js";
import type { Call, ComposeAnswer } from "../calls/page-calls.js";

/** The compose button's popup: what stands in the way of sending, one question at a time, with a safe first answer. */
interface Props {
  readonly tabId: number;
  readonly call: Call;
  readonly status: ComposeStatus;
  readonly close: () => void;
}

interface Choice {
  readonly label: string;
  readonly answer: ComposeAnswer;
  readonly kind: "primary" | "danger" | "plain";
}

type Answer = (answer: ComposeAnswer, about?: GuardName, dontAsk?: boolean) => Promise<void>;

export function Popup({ tabId, call, status, close }: Props) {
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const answer: Answer = async (choice, about, dontAsk = false) => {
    try {
      await call("compose:answer", { tabId, answer: choice, about: about ?? null, dontAsk });
      close();
    } catch (error) {
      setFailure(codeOf(error, "worker-failed"));
    }
  };
  const { hindrance } = status;
  return (
    <>
      {status.work === "sealing" ? (
        <>
          <h1>{t("compose_sealing")}</h1>
          <progress aria-label={t("compose_sealing")} />
          <Choices choices={[{ label: t("popup_stop"), answer: "stop", kind: "plain" }]} answer={answer} />
        </>
      ) : hindrance?.kind === "locked" ? (
        <Unlock
          hindrance={hindrance}
          call={call}
          done={() => answer(hindrance.doing === "sending" ? "send" : "keep-draft")}
        />
      ) : hindrance === null && status.notice !== null ? (
        <>
          <h1>{t(noticeTitles[status.notice])}</h1>
          <p>{t(noticeTexts[status.notice])}</p>
          <Choices
            choices={[
              { label: t("popup_understood"), answer: "dismiss", kind: "primary" },
              { label: t("popup_turn_off"), answer: "turn-off", kind: "plain" },
            ]}
            answer={answer}
          />
        </>
      ) : hindrance === null ? (
        <h1>{status.sealing === "on" ? t("popup_on") : t("popup_off")}</h1>
      ) : hindrance.kind === "failed" ? (
        <>
          <h1>{t(failureTitles[hindrance.doing])}</h1>
          <p role="alert">{t(sentenceKey(hindrance.code))}</p>
          <Choices
            choices={[{ label: t("popup_back"), answer: "dismiss", kind: "primary" }]}
            answer={answer}
          />
        </>
      ) : hindrance.kind === "settled-late" ? (
        <>
          <h1>{t("popup_settled_late_title")}</h1>
          <p>{t("popup_settled_late_text")}</p>
          <Choices
            choices={[
              { label: t("popup_understood"), answer: "dismiss", kind: "primary" },
              { label: t("popup_send"), answer: "send", kind: "plain" },
            ]}
            answer={answer}
          />
        </>
      ) : hindrance.kind === "no-list" ? (
        <>
          <h1>{t("popup_no_list_title")}</h1>
          <p>{t("popup_no_list_text")}</p>
          <Choices
            choices={[
              { ...back(), kind: "primary" },
              { label: t("popup_send_in_clear"), answer: "send-in-clear", kind: "danger" },
            ]}
            answer={answer}
          />
        </>
      ) : (
        <Asked question={hindrance} list={status.list?.name ?? t("the_list")} answer={answer} />
      )}
      {failure !== null && (
        <p class="problem" role="alert">
          {t(sentenceKey(failure))}
        </p>
      )}
    </>
  );
}

function Choices({
  choices,
  answer,
}: {
  readonly choices: readonly Choice[];
  readonly answer: (choice: ComposeAnswer) => Promise<void>;
}) {
  return (
    <div class="actions">
      {choices.map((choice) => (
        <button
          key={choice.answer}
          type="button"
          class={choice.kind}
          onClick={() => void answer(choice.answer)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}

/** What one question says, the safe answer first. */
interface Wording {
  readonly title: string;
  readonly text: string;
  readonly safe: readonly Choice[];
  /** The words on the button that lets the mail go as it is; null where the list's server would not take it. */
  readonly sendAnyway: string | null;
}

const back = (): Choice => ({ label: t("popup_back"), answer: "dismiss", kind: "plain" });

function wordingOf(question: Question, list: string): Wording {
  const listOnly: Choice = { label: t("popup_others_list_only", list), answer: "list-only", kind: "primary" };
  switch (question.kind) {
    case "other-recipients":
      return {
        title: t("popup_others_title", list),
        text: t("popup_others_text", question.others.join(", ")),
        safe: [listOnly, back()],
        sendAnyway: t("popup_others_send_anyway"),
      };
    case "bcc":
      return {
        title: t("popup_bcc_title"),
        text: t("popup_bcc_text", question.others.join(", ")),
        safe: [listOnly, back()],
        sendAnyway: t("popup_bcc_send_anyway"),
      };
    case "missing-attachment":
      return {
        title: t("popup_attach_title"),
        text: t("popup_attach_text", question.word),
        safe: [{ ...back(), kind: "primary" }],
        sendAnyway: t("popup_attach_send_anyway"),
      };
    case "clear-to-list":
      return {
        title: t("popup_clear_title", list),
        text: t("popup_clear_text"),
        safe: [{ label: t("popup_clear_turn_on"), answer: "turn-on", kind: "primary" }, back()],
        sendAnyway: null,
      };
    case "almost-list":
      return {
        title: t("popup_almost_title", question.list),
        text: t("popup_almost_text", question.typed),
        safe: [{ label: t("popup_almost_use_list"), answer: "use-list", kind: "primary" }, back()],
        sendAnyway: t("popup_send_in_clear"),
      };
    case "address-book-list":
      return {
        title: t("popup_group_title"),
        text: t("popup_group_text", question.others.join(", ")),
        safe: [{ ...back(), kind: "primary" }],
        sendAnyway: t("popup_send_in_clear"),
      };
    case "other-list-quote":
      return {
        title: t("popup_other_list_title", question.from),
        text: t("popup_other_list_text", list),
        safe: [{ ...back(), kind: "primary" }],
        sendAnyway: t("popup_other_list_send_anyway", list),
      };
    case "sealed-quote":
      return {
        title: t("popup_quote_title"),
        text: t("popup_quote_text"),
        safe: [{ ...back(), kind: "primary" }],
        sendAnyway: t("popup_send_in_clear"),
      };
  }
}

interface AskedProps {
  readonly question: Question;
  readonly list: string;
  readonly answer: Answer;
}

/** One question. The tick counts for the answer below it alone: a safe answer never switches a guard off. */
function Asked({ question, list, answer }: AskedProps) {
  const [dontAsk, setDontAsk] = useState(false);
  const { title, text, safe, sendAnyway } = wordingOf(question, list);
  return (
    <>
      <h1>{title}</h1>
      <p>{text}</p>
      <Choices choices={safe} answer={(choice) => answer(choice, question.kind)} />
      {sendAnyway !== null && (
        <div class="anyway">
          <Choices
            choices={[{ label: sendAnyway, answer: "send-anyway", kind: "danger" }]}
            answer={(choice) => answer(choice, question.kind, dontAsk)}
          />
          <label class="tick">
            <input
              type="checkbox"
              checked={dontAsk}
              onChange={(event) => setDontAsk(event.currentTarget.checked)}
            />
            {t("popup_dont_ask")}
          </label>
        </div>
      )}
    </>
  );
}

const failureTitles: Readonly<Record<"sending" | "keeping" | "opening", MessageKey>> = {
  sending: "popup_not_sent",
  keeping: "popup_not_kept",
  opening: "popup_not_opened",
};

const noticeTitles: Readonly<Record<ComposeNotice, MessageKey>> = {
  "server-draft-moved": "popup_draft_moved_title",
  "server-draft-left": "popup_draft_left_title",
  "sealed-draft-kept": "popup_draft_kept_title",
  "quote-left-out": "popup_quote_left_out_title",
  "read-only": "popup_read_only_title",
};

const noticeTexts: Readonly<Record<ComposeNotice, MessageKey>> = {
  "server-draft-moved": "notice_draft_moved_text",
  "server-draft-left": "notice_draft_left_text",
  "sealed-draft-kept": "notice_draft_kept_text",
  "quote-left-out": "notice_quote_left_out_text",
  "read-only": "error_read_only",
};

interface UnlockProps {
  readonly hindrance: Extract<SendBlocker, { readonly kind: "locked" }>;
  readonly call: Call;
  readonly done: () => Promise<void>;
}

function Unlock({ hindrance, call, done }: UnlockProps) {
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const unlock = async (passphrase: string) => {
    try {
      await call("key:unlock", { fingerprint: hindrance.fingerprint, passphrase });
      await done();
    } catch (error) {
      setFailure(codeOf(error, "worker-failed"));
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const passphrase = new FormData(event.currentTarget).get("passphrase");
        if (typeof passphrase === "string") void unlock(passphrase);
      }}
    >
      <h1>{t("popup_locked_title")}</h1>
      <label>
        <span class="quiet">{t("passphrase_for", hindrance.address)}</span>
        <input
          name="passphrase"
          type="password"
          required
          autocomplete="off"
          aria-invalid={failure !== null}
        />
      </label>
      {failure !== null && (
        <p class="problem" role="alert">
          {t(sentenceKey(failure))}
        </p>
      )}
      <button type="submit" class="primary">
        {t(hindrance.doing === "sending" ? "popup_unlock_and_send" : "popup_unlock_and_keep")}
      </button>
    </form>
  );
}
