import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { toBase64 } from "../../../mail/base64.js";
import { CODE_DIGITS, typedCode, typedDigits } from "../../../membership/file/code.js";
import type { InvitationSummary } from "../../member/join.js";
import { INVITATION_LIMIT, type OfferedFile } from "../../member/offered-invitation.js";
import { askFor } from "../../platform/permission.js";
import { groupsOf } from "../../reading/display/state-line.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import { field, onSubmit, optionalField, type RunAction } from "./form-actions.js";
import { Owners } from "./owner-rows.js";
import { SendQuestion } from "./send-question.js";

/**
 * Joining a list: file and code, a look at what is inside, and one press. Nothing else has to be typed, and nothing compared: who has
 * told the code has vouched for what it opens (docs/THREAT-MODEL.md, "The code of an invitation").
 */
interface Props {
  readonly call: Call;
  readonly act: RunAction;
  /** The file that came with a mail; null if none did. */
  readonly offered: OfferedFile | null;
  /** The offered file has been used. */
  readonly joined: () => void;
}

interface Opened {
  readonly file: string;
  readonly code: string;
  readonly summary: InvitationSummary;
}

export function Joining({ call, act, offered, joined }: Props) {
  const [opened, setOpened] = useState<Opened | null>(null);
  // what is open stays so when the same file is offered once more
  useEffect(() => setOpened(null), [offered?.file]);
  return (
    <section aria-labelledby="import">
      <h2 id="import">{opened === null ? t("import_title") : t("join_title", opened.summary.list.name)}</h2>
      {opened === null ? (
        <OpenForm call={call} act={act} offered={offered} opened={setOpened} />
      ) : (
        <Compare call={call} act={act} opened={opened} close={() => setOpened(null)} joined={joined} />
      )}
    </section>
  );
}

async function offeredOf(chosen: File): Promise<OfferedFile> {
  // a file that is too large is given to nobody; the empty one gets the sentence for what is no invitation
  const bytes =
    chosen.size > INVITATION_LIMIT ? new Uint8Array() : new Uint8Array(await chosen.arrayBuffer());
  return { name: chosen.name, file: toBase64(bytes) };
}

/** Why what was typed is no code, before anything is opened with it; null if it is one. */
function notYetACode(text: string): string | null {
  const typed = typedCode(text);
  switch (typed.kind) {
    case "complete":
      return null;
    case "mistyped":
      return t("import_group", String(typed.group + 1));
    case "incomplete":
      return t("import_digits", String(typedDigits(text)), String(CODE_DIGITS));
    case "not-a-code":
      return t("import_not_digits", String(CODE_DIGITS));
  }
}

function OpenForm({
  call,
  act,
  offered,
  opened,
}: Omit<Props, "joined"> & { readonly opened: (opened: Opened) => void }) {
  const [dropped, setDropped] = useState<OfferedFile | null>(null);
  const [working, setWorking] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const code = useRef<HTMLInputElement>(null);
  const given = dropped ?? offered;
  useEffect(() => {
    if (given !== null) code.current?.focus();
  }, [given]);

  const submit = async (form: HTMLFormElement) => {
    const chosen = new FormData(form).get("file");
    const one = chosen instanceof File && chosen.size > 0 ? await offeredOf(chosen) : given;
    if (one === null) return;
    const typed = field(form, "code");
    const wrong = notYetACode(typed);
    setWrong(wrong);
    if (wrong !== null) return;
    setWorking(true);
    await act(async () => {
      const summary = await call("join:look", { file: one.file, code: typed });
      opened({ file: one.file, code: typed, summary });
    }, null);
    setWorking(false);
  };
  // while it is typed, it is no fault that it is short
  const look = (text: string) => setWrong(typedCode(text).kind === "mistyped" ? notYetACode(text) : null);
  return (
    <form
      class="drop"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) void offeredOf(file).then(setDropped);
      }}
      onSubmit={onSubmit(submit)}
    >
      <p class="quiet">{t(given === null ? "import_text" : "import_text_code")}</p>
      {given === null ? (
        <label>
          {t("import_file")}
          <input name="file" type="file" accept=".listseal" required />
          <span class="quiet">{t("import_drop")}</span>
        </label>
      ) : (
        <p>
          <strong>{t("import_have", given.name)}</strong>
        </p>
      )}
      <label>
        {t("import_code")}
        <input
          ref={code}
          name="code"
          type="text"
          inputmode="numeric"
          required
          autocomplete="off"
          spellcheck={false}
          aria-invalid={wrong !== null}
          onInput={(event) => look(event.currentTarget.value)}
        />
      </label>
      {wrong === null ? null : (
        <p class="problem" role="alert">
          {wrong}
        </p>
      )}
      <button type="submit" class="primary" disabled={working}>
        {t(working ? "import_working" : "import_button")}
      </button>
    </form>
  );
}

interface CompareProps {
  readonly call: Call;
  readonly act: RunAction;
  readonly opened: Opened;
  readonly close: () => void;
  readonly joined: () => void;
}

/** What is in the invitation, and the one press. */
function Compare({ call, act, opened, close, joined }: CompareProps) {
  const { file, code, summary } = opened;
  const [working, setWorking] = useState(false);
  const submit = async (form: HTMLFormElement) => {
    // first of all: Thunderbird takes the question only while the press is being handled
    const allowed = askFor("send");
    setWorking(true);
    await allowed;
    const wish = {
      file,
      code,
      name: optionalField(form, "name"),
      passphrase: optionalField(form, "passphrase"),
    };
    if (await act(() => call("join:start", wish), "join_asked")) {
      close();
      joined();
    } else setWorking(false);
  };
  const until = new Date(summary.joinBy).toLocaleDateString(t("lang"), { dateStyle: "long" });
  return (
    <form class="card" onSubmit={onSubmit(submit)}>
      <dl>
        <dt>{t("details_list")}</dt>
        <dd>
          {summary.list.name} &lt;{summary.list.address}&gt;
        </dd>
        {summary.owners.map(({ userId, fingerprint }) => (
          <Fragment key={fingerprint}>
            <dt>{t("details_owner")}</dt>
            <dd>{userId}</dd>
          </Fragment>
        ))}
      </dl>
      <label>
        {t("join_address")}
        <input name="address" type="text" readOnly value={summary.invitee} />
      </label>
      <details>
        <summary>{t("details")}</summary>
        <label>
          {t("make_name")}
          <input name="name" type="text" autocomplete="name" defaultValue={summary.name} />
        </label>
        {summary.memberKey === null ? (
          <label>
            {t("make_passphrase")}
            <input name="passphrase" type="password" autocomplete="new-password" />
            <span class="quiet">{t("passphrase_what")}</span>
          </label>
        ) : null}
        <p>{t("join_compare")}</p>
        <dl>
          <dt>{t("details_list_key")}</dt>
          <dd>
            <code>{groupsOf(summary.list.fingerprint)}</code>
          </dd>
          <Owners owners={summary.owners} />
        </dl>
      </details>
      <p class="quiet">{t("join_until", until)}</p>
      <SendQuestion />
      <div class="actions">
        <button type="submit" class="primary" disabled={working}>
          {t(working ? "join_working" : "join_button")}
        </button>
        <button type="button" onClick={close} disabled={working}>
          {t("join_back")}
        </button>
      </div>
    </form>
  );
}
