import { useEffect, useRef, useState } from "preact/hooks";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { host } from "../../platform/host.js";
import { Copied } from "../../ui/copied.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { SendMethod } from "./letter-form.js";
import type { ReadyLetter } from "./seal-letter.js";

/** The ways out of a page that can't send: one sealed file to attach in any webmail, or the whole mail as a file. */
interface Props {
  readonly ready: ReadyLetter;
  readonly way: SendMethod;
  /** Begins another mail. */
  readonly another: () => void;
}

export function Leaving({ ready, way, another }: Props) {
  const [busy, setBusy] = useState(false);
  const [saved, setSaved] = useState(false);
  const [failed, setFailed] = useState<ErrorCode | null>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);

  const mailName = `${t("composer_mail_file")}.eml`;

  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    setFailed(null);
    try {
      await work();
      setSaved(true);
      way.left();
    } catch (error) {
      setFailed(codeOf(error, "worker-failed"));
    } finally {
      setBusy(false);
    }
  };
  const saveFile = async () => {
    const { name, bytes } = await ready.file();
    await host().saveFile(name, bytes, "application/octet-stream");
  };
  const saveMail = async () => host().saveFile(mailName, await ready.mail(), "message/rfc822");

  return (
    <section class="leaving" aria-labelledby="leaving">
      <h2 id="leaving" tabIndex={-1} ref={title}>
        {t("composer_sealed_title")}
      </h2>
      <p>{t("composer_sealed_text")}</p>
      <div class="ways-out">
        <div class="card">
          <h3>{t("composer_by_webmail")}</h3>
          <p>{t("composer_webmail_how", ready.from)}</p>
          <button type="button" class="primary save-part" disabled={busy} onClick={() => void run(saveFile)}>
            {t("composer_save_part", ready.fileName)}
          </button>
          <Copied label={t("by_hand_to")} value={ready.to} />
          <Copied label={t("by_hand_subject")} value={ready.subject} />
        </div>
        <div class="card">
          <h3>{t("composer_by_file")}</h3>
          <p>{t("composer_file_how")}</p>
          <button type="button" class="save-mail" disabled={busy} onClick={() => void run(saveMail)}>
            {t("composer_save_mail")}
          </button>
        </div>
      </div>
      <output class={failed === null ? "done" : "problem"}>
        {failed !== null ? t(sentenceKey(failed)) : saved ? t("composer_saved") : ""}
      </output>
      <div class="actions">
        <button type="button" onClick={way.back}>
          {t("composer_edit")}
        </button>
        {saved ? (
          <button type="button" onClick={another}>
            {t("composer_another")}
          </button>
        ) : null}
      </div>
    </section>
  );
}
