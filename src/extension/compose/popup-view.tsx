import { useState } from "preact/hooks";
import { codeOf, type ErrorCode } from "../../protocol/errors.js";
import { sentenceKey } from "../failure.js";
import { t } from "../i18n.js";
import type { Call, ComposeAnswer } from "../messaging.js";
import type { ComposeStatus, Hindrance } from "./status.js";

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

export function Popup({ tabId, call, status, close }: Props) {
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const answer = async (choice: ComposeAnswer) => {
    try {
      await call("compose:answer", { tabId, answer: choice });
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
        <Unlock hindrance={hindrance} call={call} done={() => answer("dismiss")} />
      ) : hindrance === null ? (
        <p>{status.sealing === "on" ? t("popup_on") : t("popup_off")}</p>
      ) : (
        <Question hindrance={hindrance} status={status} answer={answer} />
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

interface QuestionProps {
  readonly hindrance: Exclude<Hindrance, { readonly kind: "locked" }>;
  readonly status: ComposeStatus;
  readonly answer: (choice: ComposeAnswer) => Promise<void>;
}

function Question({ hindrance, status, answer }: QuestionProps) {
  const list = status.list?.name ?? t("the_list");
  switch (hindrance.kind) {
    case "failed":
      return (
        <>
          <h1>{t("popup_not_sent")}</h1>
          <p role="alert">{t(sentenceKey(hindrance.code))}</p>
          <Choices
            choices={[{ label: t("popup_back"), answer: "dismiss", kind: "primary" }]}
            answer={answer}
          />
        </>
      );
    case "other-recipients":
      return (
        <>
          <h1>{t("popup_others_title", list)}</h1>
          <p>{t("popup_others_text", hindrance.others.join(", "))}</p>
          <Choices
            choices={[
              { label: t("popup_others_list_only", list), answer: "list-only", kind: "primary" },
              { label: t("popup_back"), answer: "dismiss", kind: "plain" },
            ]}
            answer={answer}
          />
        </>
      );
    case "clear-to-list":
      return (
        <>
          <h1>{t("popup_clear_title", list)}</h1>
          <p>{t("popup_clear_text")}</p>
          <Choices
            choices={[
              { label: t("popup_clear_turn_on"), answer: "turn-on", kind: "primary" },
              { label: t("popup_back"), answer: "dismiss", kind: "plain" },
              { label: t("popup_send_in_clear"), answer: "send-in-clear", kind: "danger" },
            ]}
            answer={answer}
          />
        </>
      );
    case "sealed-quote":
      return (
        <>
          <h1>{t("popup_quote_title")}</h1>
          <p>{t("popup_quote_text")}</p>
          <Choices
            choices={[
              { label: t("popup_back"), answer: "dismiss", kind: "primary" },
              { label: t("popup_send_in_clear"), answer: "send-in-clear", kind: "danger" },
            ]}
            answer={answer}
          />
        </>
      );
  }
}

interface UnlockProps {
  readonly hindrance: Extract<Hindrance, { readonly kind: "locked" }>;
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
      <p class="quiet">{t("popup_then_send_again")}</p>
      <button type="submit" class="primary">
        {t("locked_unlock")}
      </button>
    </form>
  );
}
