import { useEffect, useState } from "preact/hooks";
import { browser } from "../../platform/browser.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { mailAddress } from "../../platform/mailto.js";
import { Copied } from "../../ui/copied.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { Call, PartsView } from "../calls/page-calls.js";

/** A request that a person sends with the mail program or webmail that they have: in a browser, which sends none itself. */
interface Props {
  readonly id: string;
  readonly call: Call;
  /** Does what was pressed, and shows what went wrong. */
  readonly run: (work: () => Promise<unknown>) => Promise<unknown>;
}

export function SendByHand({ id, call, run }: Props) {
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
