import { useEffect, useRef, useState } from "preact/hooks";
import { outerSubject } from "../../../mail/fixed-texts.js";
import { parseAddress } from "../../../mail/mailbox.js";
import { fileNameOf, partTypes } from "../../../mail/part-types.js";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { host } from "../../platform/host.js";
import { Copied } from "../../ui/copied.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { SendMethod } from "./composer.js";
import { type ReadyLetter, sealedFile, sealedMail } from "./seal-letter.js";

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

  const { address } = ready.author.list;
  const list = parseAddress(address);
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
    const { name, bytes } = await sealedFile(ready);
    await host().saveFile(name, bytes, "application/octet-stream");
  };
  const saveMail = async () => host().saveFile(mailName, await sealedMail(ready), "message/rfc822");

  return (
    <section class="leaving" aria-labelledby="leaving">
      <h2 id="leaving" tabIndex={-1} ref={title}>
        {t("composer_sealed_title")}
      </h2>
      <p>{t("composer_sealed_text")}</p>
      <div class="ways-out">
        <div class="card">
          <h3>{t("composer_by_webmail")}</h3>
          <p>{t("composer_webmail_how", ready.author.key.address)}</p>
          <button type="button" class="primary save-part" disabled={busy} onClick={() => void run(saveFile)}>
            {t("composer_save_part", fileNameOf(partTypes.message))}
          </button>
          <Copied label={t("by_hand_to")} value={address} />
          <Copied label={t("by_hand_subject")} value={outerSubject(list)} />
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
