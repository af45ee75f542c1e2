import { useState } from "preact/hooks";
import { toBase64 } from "../../../mail/base64.js";
import { MIN_OWN_PASSPHRASE, typedPassphrase } from "../../../membership/file/backup-passphrase.js";
import type { MemberKeySummary } from "../../keys/unlocked.js";
import type { ListSummary } from "../../records/storage.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import { CurrentPassphrase, field, onSubmit, optionalField, type RunAction } from "./form-actions.js";

/** Keys that other programs made, and keys for other programs. */

/** What passes to the background page at once; a key with many signatures stays far below it. */
const FILE_LIMIT = 700_000;

/** Takes in an OpenPGP secret key. `waiting`: the list that waits for a key; it must be for its address then. */
export function ImportKey({
  waiting,
  call,
  act,
}: {
  readonly waiting: ListSummary | undefined;
  readonly call: Call;
  readonly act: RunAction;
}) {
  const [working, setWorking] = useState(false);
  const submit = async (form: HTMLFormElement) => {
    const chosen = new FormData(form).get("key");
    if (!(chosen instanceof File) || chosen.size === 0) return;
    setWorking(true);
    const file = chosen.size > FILE_LIMIT ? "" : toBase64(new Uint8Array(await chosen.arrayBuffer()));
    const passphrase = optionalField(form, "keyPassphrase");
    const address = waiting?.invitee ?? null;
    if (await act(() => call("key:import", { file, passphrase, address }), "import_key_done")) form.reset();
    setWorking(false);
  };
  return (
    <details>
      <summary>{t("import_key_title")}</summary>
      <p class="quiet">{t("import_key_text")}</p>
      <form onSubmit={onSubmit(submit)}>
        <label>
          {t("import_key_file")}
          <input name="key" type="file" accept=".asc,.gpg,.pgp,.key" required />
        </label>
        <label>
          {t("import_key_passphrase")}
          <input name="keyPassphrase" type="password" autocomplete="off" />
        </label>
        <button type="submit" disabled={working}>
          {t(working ? "import_key_working" : "import_key_button")}
        </button>
      </form>
    </details>
  );
}

/** Saves the secret key, locked with a passphrase for the file. */
export function SaveSecret({
  own,
  call,
  act,
  close,
}: {
  readonly own: MemberKeySummary;
  readonly call: Call;
  readonly act: RunAction;
  readonly close: () => void;
}) {
  const [wrong, setWrong] = useState<"short" | "differs" | null>(null);
  const submit = async (form: HTMLFormElement) => {
    const passphrase = field(form, "filePassphrase");
    const kind = typedPassphrase(passphrase).kind;
    const found = kind === "too-short" ? "short" : passphrase !== field(form, "fileAgain") ? "differs" : null;
    setWrong(found);
    if (found !== null) return;
    const input = { fingerprint: own.fingerprint, current: optionalField(form, "current"), passphrase };
    if (await act(() => call("key:save-secret", input), "export_done")) close();
  };
  return (
    <form onSubmit={onSubmit(submit)}>
      <p class="next">{t("export_warning")}</p>
      <CurrentPassphrase isLocked={own.locked} />
      <label>
        {t("export_passphrase", String(MIN_OWN_PASSPHRASE))}
        <input name="filePassphrase" type="password" required autocomplete="new-password" />
      </label>
      <label>
        {t("passphrase_again")}
        <input name="fileAgain" type="password" required autocomplete="new-password" />
      </label>
      {wrong === null ? null : (
        <p class="problem" role="alert">
          {t(wrong === "short" ? "backup_too_short" : "passphrase_differs")}
        </p>
      )}
      <div class="actions">
        <button type="submit" class="danger">
          {t("export_button")}
        </button>
        <button type="button" onClick={close}>
          {t("popup_back")}
        </button>
      </div>
    </form>
  );
}
