import { useState } from "preact/hooks";
import { toBase64 } from "../../../mail/base64.js";
import { makeBackupPassphrase, typedPassphrase } from "../../../membership/file/backup-passphrase.js";
import type { RestoreSummary } from "../../backup/backup.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import { field, type Overview, onSubmit, type RunAction } from "./form-actions.js";
import { AskRestore } from "./restore.js";

/** One file that brings everything to another computer. */
interface Props {
  readonly overview: Overview;
  readonly call: Call;
  readonly act: RunAction;
}

/** What passes to the background page at once; hundreds of lists stay far below it. */
const FILE_LIMIT = 16_000_000;

export function BackupPage({ overview, call, act }: Props) {
  const { backedUpAt, keys } = overview;
  const when =
    backedUpAt === null ? "" : new Date(backedUpAt).toLocaleDateString(t("lang"), { dateStyle: "long" });
  return (
    <>
      {keys.length === 0 ? <p>{t("backup_nothing")}</p> : <Make when={when} call={call} act={act} />}
      <Restore call={call} act={act} />
    </>
  );
}

function Make({ when, call, act }: { readonly when: string; readonly call: Call; readonly act: RunAction }) {
  const [made, setMade] = useState(makeBackupPassphrase);
  const [own, setOwn] = useState(false);
  const [working, setWorking] = useState(false);
  const [short, setShort] = useState(false);
  const submit = async (form: HTMLFormElement) => {
    const passphrase = own ? field(form, "own") : made;
    const kind = typedPassphrase(passphrase).kind;
    setShort(kind === "too-short");
    if (kind === "too-short") return;
    setWorking(true);
    const done = await act(() => call("backup:make", { passphrase }), "backup_made");
    setWorking(false);
    // a passphrase is for one file: the next one gets its own
    if (done && own) setMade(makeBackupPassphrase());
  };
  return (
    <section aria-labelledby="make-backup">
      <h2 id="make-backup">{t("backup_make_title")}</h2>
      <p>{when === "" ? t("backup_none") : t("backup_last", when)}</p>
      <form onSubmit={onSubmit(submit)}>
        {own ? (
          <label>
            {t("backup_own")}
            <input name="own" type="password" required autocomplete="new-password" />
            <span class="quiet">{t("backup_own_warning")}</span>
          </label>
        ) : (
          <p>
            {t("backup_write_down")}
            <br />
            <code class="code">
              {made.split(/(?<=-)/).map((group, place) => (
                // the place is all that tells two groups apart; a line may break between them only
                <span key={place}>{group}</span>
              ))}
            </code>
          </p>
        )}
        {short ? (
          <p class="problem" role="alert">
            {t("backup_too_short")}
          </p>
        ) : null}
        <div class="actions">
          <button type="submit" class="primary" disabled={working}>
            {t(working ? "backup_working" : "backup_save")}
          </button>
          <button type="button" onClick={() => setOwn(!own)}>
            {t(own ? "backup_use_made" : "backup_use_own")}
          </button>
        </div>
      </form>
    </section>
  );
}

interface Asked {
  readonly file: string;
  readonly passphrase: string;
  readonly plan: RestoreSummary;
}

function Restore({ call, act }: { readonly call: Call; readonly act: RunAction }) {
  const [working, setWorking] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const submit = async (form: HTMLFormElement) => {
    const chosen = new FormData(form).get("backup");
    if (!(chosen instanceof File) || chosen.size === 0) return;
    setWorking(true);
    const file = chosen.size > FILE_LIMIT ? "" : toBase64(new Uint8Array(await chosen.arrayBuffer()));
    const passphrase = field(form, "backupPassphrase");
    await act(async () => {
      const plan = await call("backup:look", { file, passphrase });
      if (!plan.isEmptyHere) setAsked({ file, passphrase, plan });
      else if (await restore({ file, passphrase, plan }, {})) form.reset();
    }, null);
    setWorking(false);
  };
  const restore = ({ file, passphrase, plan }: Asked, agreed: Readonly<Record<string, boolean>>) =>
    act(
      () => call("backup:restore", { file, passphrase, agreed }),
      plan.moves.every(({ id }) => agreed[id] === true) ? "backup_restored" : "backup_restored_partly",
    );
  if (asked !== null) {
    return (
      <AskRestore
        plan={asked.plan}
        close={() => setAsked(null)}
        restore={async (agreed) => {
          if (await restore(asked, agreed)) setAsked(null);
        }}
      />
    );
  }
  return (
    <section aria-labelledby="restore">
      <h2 id="restore">{t("restore_title")}</h2>
      <p class="quiet">{t("restore_text")}</p>
      <form onSubmit={onSubmit(submit)}>
        <label>
          {t("restore_file")}
          <input name="backup" type="file" accept=".listseal" required />
        </label>
        <label>
          {t("restore_passphrase")}
          <input name="backupPassphrase" type="text" required autocomplete="off" spellcheck={false} />
        </label>
        <button type="submit" class="primary" disabled={working}>
          {t(working ? "restore_working" : "restore_button")}
        </button>
      </form>
    </section>
  );
}

/** Said on the first page until a backup exists, in one line. */
export function BackupReminder({
  overview,
  open,
}: {
  readonly overview: Overview;
  readonly open: () => void;
}) {
  if (overview.backedUpAt !== null || overview.keys.length === 0) return null;
  return (
    <p class="next" role="note">
      {t("backup_reminder")}{" "}
      <button type="button" onClick={open}>
        {t("backup_reminder_button")}
      </button>
    </p>
  );
}
