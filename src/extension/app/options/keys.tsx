import { useState } from "preact/hooks";
import { keyAge } from "../../keys/key-validity.js";
import type { LockAfter } from "../../keys/lock-after.js";
import type { MemberKeySummary } from "../../keys/unlocked.js";
import { groupsOf } from "../../reading/display/state-line.js";
import type { ListSummary } from "../../records/storage.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import {
  CurrentPassphrase,
  field,
  type Overview,
  onSubmit,
  optionalField,
  type RunAction,
} from "./form-actions.js";
import { ImportKey, SaveSecret } from "./imported-keys.js";
import { withSending } from "./pending-requests.js";
import { lockLabels } from "./privacy.js";

/** One's own keys: made here, locked by a passphrase if wanted, their public halves given out. */
interface Props {
  readonly overview: Overview;
  readonly call: Call;
  readonly act: RunAction;
}

export function Keys({ overview, call, act }: Props) {
  const waiting = overview.lists.filter(({ memberKey }) => memberKey === null);
  const another = (
    <>
      <Make waiting={waiting[0]} call={call} act={act} />
      <ImportKey waiting={waiting[0]} call={call} act={act} />
    </>
  );
  return (
    <>
      {overview.keys.length === 0 ? <p>{t("keys_none")}</p> : null}
      <ul class="cards">
        {overview.keys.map((key) => (
          <KeyCard key={key.fingerprint} own={key} lockAfter={overview.lockAfter} call={call} act={act} />
        ))}
      </ul>
      {overview.keys.length === 0 || waiting.length > 0 ? (
        another
      ) : (
        <details class="more">
          <summary>{t("keys_another")}</summary>
          {another}
        </details>
      )}
    </>
  );
}

/** Whether a key is locked, in the words for what will come of it. */
function lockState({ locked, ready }: MemberKeySummary, after: LockAfter): string {
  if (!locked) return t("keys_without_passphrase");
  if (!ready) return t("keys_locked");
  return after === "exit" ? t("keys_unlocked") : t("keys_unlocked_for", t(lockLabels[after]));
}

function KeyCard({
  own,
  lockAfter,
  call,
  act,
}: {
  readonly own: MemberKeySummary;
  readonly lockAfter: LockAfter;
  readonly call: Call;
  readonly act: RunAction;
}) {
  const { fingerprint, userId, locked, ready, createdAt, revokedAt } = own;
  const [open, setOpen] = useState<"passphrase" | "export" | "revoke" | null>(null);
  const toggle = (form: "passphrase" | "export" | "revoke") => setOpen(open === form ? null : form);
  const made = new Date(createdAt).toLocaleDateString(t("lang"), { dateStyle: "long" });
  return (
    <li class="card">
      <h2>{userId}</h2>
      <p>
        <code>{groupsOf(fingerprint)}</code>
      </p>
      <p class="quiet">
        {t("keys_made", made)} · {lockState(own, lockAfter)}
      </p>
      {revokedAt === null ? null : (
        <p class="problem">
          {t("keys_revoked", new Date(revokedAt).toLocaleDateString(t("lang"), { dateStyle: "long" }))}
        </p>
      )}
      {locked && !ready ? <Unlock own={own} call={call} act={act} /> : null}
      <div class="actions">
        <button
          type="button"
          onClick={() => void act(() => call("key:save-public", { fingerprint }), "key_saved")}
        >
          {t("keys_save_public")}
        </button>
        {locked && ready ? (
          <button type="button" onClick={() => void act(() => call("key:lock", null), "keys_now_locked")}>
            {t("keys_lock")}
          </button>
        ) : null}
        <button type="button" aria-expanded={open === "passphrase"} onClick={() => toggle("passphrase")}>
          {t(locked ? "keys_change_passphrase" : "keys_set_passphrase")}
        </button>
        <button type="button" aria-expanded={open === "export"} onClick={() => toggle("export")}>
          {t("export_open")}
        </button>
        <button
          type="button"
          class="danger"
          aria-expanded={open === "revoke"}
          onClick={() => toggle("revoke")}
        >
          {t(revokedAt === null ? "revoke_open" : "revoke_again")}
        </button>
      </div>
      {open === "passphrase" ? <Protect own={own} call={call} act={act} close={() => setOpen(null)} /> : null}
      {open === "export" ? <SaveSecret own={own} call={call} act={act} close={() => setOpen(null)} /> : null}
      {open === "revoke" ? <Revoke own={own} call={call} act={act} close={() => setOpen(null)} /> : null}
    </li>
  );
}

interface CardForm {
  readonly own: MemberKeySummary;
  readonly call: Call;
  readonly act: RunAction;
}

/** There is no way back, so it is said what comes of it before it is done. */
function Revoke({ own, call, act, close }: CardForm & { readonly close: () => void }) {
  const { fingerprint } = own;
  const revoke = () =>
    withSending(async () => {
      if (await act(() => call("key:revoke", { fingerprint }), "revoke_done")) close();
    });
  return (
    <div>
      <p role="alert">{t("revoke_question")}</p>
      <p class="quiet">{t("revoke_text")}</p>
      <div class="actions">
        <button type="button" class="primary" onClick={close}>
          {t("popup_back")}
        </button>
        <button type="button" class="danger" onClick={() => void revoke()}>
          {t("revoke_now")}
        </button>
      </div>
    </div>
  );
}

function Unlock({ own, call, act }: CardForm) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        void act(
          () => call("key:unlock", { fingerprint: own.fingerprint, passphrase: field(form, "passphrase") }),
          "keys_now_unlocked",
        );
      }}
    >
      <label>
        {t("passphrase_for", own.address)}
        <input name="passphrase" type="password" required autocomplete="off" />
      </label>
      <button type="submit" class="primary">
        {t("locked_unlock")}
      </button>
    </form>
  );
}

function Protect({ own, call, act, close }: CardForm & { readonly close: () => void }) {
  const [differs, setDiffers] = useState(false);
  const submit = async (form: HTMLFormElement) => {
    const next = optionalField(form, "next");
    const same = next === optionalField(form, "again");
    setDiffers(!same);
    if (!same) return;
    const { fingerprint } = own;
    const current = optionalField(form, "current");
    if (await act(() => call("key:protect", { fingerprint, current, next }), "keys_passphrase_changed"))
      close();
  };
  return (
    <form onSubmit={onSubmit(submit)}>
      <p class="quiet">{t("passphrase_what")}</p>
      <CurrentPassphrase isLocked={own.locked} />
      <label>
        {t("passphrase_new")}
        <input name="next" type="password" autocomplete="new-password" />
      </label>
      <label>
        {t("passphrase_again")}
        <input name="again" type="password" autocomplete="new-password" aria-invalid={differs} />
      </label>
      {differs ? (
        <p class="problem" role="alert">
          {t("passphrase_differs")}
        </p>
      ) : null}
      <button type="submit" class="primary">
        {t("passphrase_save")}
      </button>
    </form>
  );
}

function Make({
  waiting,
  call,
  act,
}: {
  /** The list that waits for a key: its address is filled in, and the key is made in its profile. */
  readonly waiting: ListSummary | undefined;
  readonly call: Call;
  readonly act: RunAction;
}) {
  const [working, setWorking] = useState(false);
  const submit = async (form: HTMLFormElement) => {
    setWorking(true);
    const input = {
      address: field(form, "address"),
      name: optionalField(form, "name"),
      passphrase: optionalField(form, "passphrase"),
      profile: waiting?.profile ?? "compatible",
    };
    if (await act(() => call("key:make", input), "keys_ready")) form.reset();
    setWorking(false);
  };
  return (
    <section aria-labelledby="make">
      <h2 id="make">{t("make_title")}</h2>
      <p class="quiet">{t("make_text")}</p>
      <form onSubmit={onSubmit(submit)}>
        <label>
          {t("make_address")}
          <input
            key={waiting?.address ?? ""}
            name="address"
            type="email"
            required
            defaultValue={waiting?.invitee ?? ""}
          />
        </label>
        <label>
          {t("make_name")}
          <input name="name" type="text" autocomplete="name" />
        </label>
        <label>
          {t("make_passphrase")}
          <input name="passphrase" type="password" autocomplete="new-password" />
          <span class="quiet">{t("passphrase_what")}</span>
        </label>
        <button type="submit" class="primary" disabled={working}>
          {t(working ? "make_working" : "make_button")}
        </button>
      </form>
    </section>
  );
}

/** One line for each key that runs out soon, with the button that renews it. Nothing for the others. */
export function KeyReminders({
  keys,
  call,
  act,
}: {
  readonly keys: readonly MemberKeySummary[];
  readonly call: Call;
  readonly act: RunAction;
}) {
  const now = new Date();
  return (
    <>
      {keys.map(({ fingerprint, address, expiresAt, revokedAt }) => {
        const age = keyAge(expiresAt, now);
        // a revoked key is renewed by nobody
        if (age === "good" || expiresAt === null || revokedAt !== null) return null;
        const day = new Date(expiresAt).toLocaleDateString(t("lang"), { dateStyle: "long" });
        const renew = () => withSending(() => act(() => call("key:renew", { fingerprint }), "keys_renewed"));
        return (
          <p key={fingerprint} class={age === "soon" ? "next" : "next problem"} role="note">
            {t(age === "over" ? "keys_ran_out" : "keys_run_out", address, day)}{" "}
            {age === "over" ? null : (
              <button type="button" onClick={() => void renew()}>
                {t("keys_renew")}
              </button>
            )}
          </p>
        );
      })}
    </>
  );
}
