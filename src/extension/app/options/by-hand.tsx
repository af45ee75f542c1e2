import { useEffect, useState } from "preact/hooks";
import { browser, program } from "../../platform/browser.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { mailAddress } from "../../platform/mailto.js";
import { askFor } from "../../platform/permission.js";
import { Copied } from "../../ui/copied.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { Call, PartsView } from "../calls/page-calls.js";

/** A request that a person sends. */
interface Props {
  readonly id: string;
  readonly call: Call;
  /** Does what was pressed, and shows what went wrong. */
  readonly run: (work: () => Promise<unknown>) => Promise<unknown>;
}

/**
 * A request that the program does not send by itself. In Thunderbird that is so where the right to send was declined: it is in a
 * compose window, and the one thing to do is said.
 */
export function SendByHand(props: Props) {
  return program() === "browser" ? <SendElsewhere {...props} /> : <SendInWindow {...props} />;
}

function SendInWindow({ id, call, run }: Props) {
  const again = () => run(() => call("requests:again", { id }));
  return (
    <div class="by-hand">
      <p>{t("in_window_text")}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={() => void again()}>
          {t("in_window_again")}
        </button>
        <button type="button" onClick={() => void run(() => call("requests:sent", { id }))}>
          {t("by_hand_sent")}
        </button>
        <button type="button" onClick={() => void askFor("send").then((granted) => granted && again())}>
          {t("in_window_allow")}
        </button>
      </div>
    </div>
  );
}

function SendElsewhere({ id, call, run }: Props) {
  const [parts, setParts] = useState<PartsView | null>(null);
  const [failed, setFailed] = useState<ErrorCode | null>(null);
  useEffect(() => {
    call("requests:parts", { id }).then(setParts, (error) => setFailed(codeOf(error, "worker-failed")));
  }, [id]);
  if (failed !== null) return <p class="problem">{t(sentenceKey(failed))}</p>;
  if (parts === null) return null;
  const { from, to, subject, text, fileName } = parts;
  return (
    <div class="by-hand">
      <p>{t("by_hand_text", from)}</p>
      <ol>
        <li>
          <button
            type="button"
            class="primary"
            onClick={() => void run(() => call("requests:save", { id, as: "attachment" }))}
          >
            {t("by_hand_attachment", fileName)}
          </button>
        </li>
        <li>
          <a href={mailAddress(to, subject, text)} target="_blank" rel="noopener">
            {t("by_hand_begin")}
          </a>
          <Copied label={t("by_hand_to")} value={to} />
          <Copied label={t("by_hand_subject")} value={subject} />
        </li>
        <li>{t("by_hand_attach", fileName)}</li>
      </ol>
      <div class="actions">
        <button type="button" onClick={() => void run(() => call("requests:sent", { id }))}>
          {t("by_hand_sent")}
        </button>
        <button type="button" onClick={() => void run(() => call("requests:save", { id, as: "mail" }))}>
          {t("by_hand_mail")}
        </button>
      </div>
    </div>
  );
}

/** Where the answer is opened when it has come. */
export function OpenReader() {
  return (
    <p>
      <a href={browser.runtime.getURL("app/browser/reader/reader.html")} target="_blank" rel="noopener">
        {t("by_hand_reader")}
      </a>
    </p>
  );
}
