import { useState } from "preact/hooks";
import { toBase64 } from "../../../../mail/base64.js";
import type { CardView } from "../../../owner/claim-list.js";
import { groupsOf } from "../../../reading/display/state-line.js";
import { t } from "../../../ui/i18n.js";
import type { Call } from "../../calls/page-calls.js";
import { field, type Overview, onSubmit, optionalField, type RunAction } from "../form-actions.js";
import { SendQuestion } from "../send-question.js";
import { day, type OwnerProps } from "./owner-actions.js";

/** A list is born: the server's card is opened, looked at, and the list claimed. */

/** A card has about 2 kB. */
const FILE_LIMIT = 100_000;

interface Props {
  readonly overview: Overview;
  readonly call: Call;
  readonly act: RunAction;
  readonly run: OwnerProps["run"];
  /** Whether lists are owned here already: then this is not the first thing to see. */
  readonly apart: boolean;
}

interface OpenedCard {
  readonly file: string;
  readonly card: CardView;
}

export function Found(props: Props) {
  const body = <FoundForms {...props} />;
  return props.apart ? (
    <details class="more">
      <summary>{t("found_title")}</summary>
      {body}
    </details>
  ) : (
    <section aria-labelledby="found">
      <h2 id="found">{t("found_title")}</h2>
      {body}
    </section>
  );
}

function FoundForms({ overview, call, act, run }: Props) {
  const [opened, setOpened] = useState<OpenedCard | null>(null);
  const open = async (form: HTMLFormElement) => {
    const chosen = new FormData(form).get("card");
    const pasted = field(form, "pasted");
    await act(async () => {
      const file = chosen instanceof File && chosen.size > 0 ? await base64Of(chosen) : withoutArmor(pasted);
      setOpened({ file, card: await call("owner:open-card", { file }) });
    }, null);
  };
  if (opened !== null) {
    return (
      <ClaimForm opened={opened} overview={overview} call={call} run={run} close={() => setOpened(null)} />
    );
  }
  return (
    <form onSubmit={onSubmit(open)}>
      <p class="quiet">{t("found_text")}</p>
      <label>
        {t("found_file")}
        <input name="card" type="file" accept=".listseal" />
      </label>
      <label>
        {t("found_paste")}
        <textarea name="pasted" rows={3} spellcheck={false} />
      </label>
      <button type="submit" class="primary">
        {t("found_open")}
      </button>
    </form>
  );
}

async function base64Of(file: File): Promise<string> {
  return file.size > FILE_LIMIT ? "" : toBase64(new Uint8Array(await file.arrayBuffer()));
}

/** The base64 of a pasted card, with or without OpenPGP's frame around it. */
function withoutArmor(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => !/^-----|^=|: /.test(line))
    .join("")
    .slice(0, 2 * FILE_LIMIT);
}

function ClaimForm({
  opened: { file, card },
  overview,
  call,
  run,
  close,
}: Pick<Props, "overview" | "call" | "run"> & { readonly opened: OpenedCard; readonly close: () => void }) {
  const own = overview.keys[0];
  const [address, setAddress] = useState(own?.address ?? "");
  const known = overview.keys.find((key) => key.address === address.trim().toLowerCase());
  const [working, setWorking] = useState(false);
  const claim = async (form: HTMLFormElement) => {
    setWorking(true);
    const input = {
      ...{ file, address, name: field(form, "name"), passphrase: optionalField(form, "passphrase") },
      listKey: field(form, "list-key") === "secret" ? "secret" : "pair",
    } as const;
    if (await run(() => call("owner:claim", input), "found_claimed")) close();
    setWorking(false);
  };
  return (
    <form class="card" onSubmit={onSubmit(claim)}>
      <h3>{card.name}</h3>
      <dl>
        <dt>{t("details_list")}</dt>
        <dd>{card.address}</dd>
        <dt>{t("details_server_key")}</dt>
        <dd>
          <code>{groupsOf(card.serverFingerprint)}</code>
        </dd>
        <dt>{t("found_until")}</dt>
        <dd>{day(card.expires)}</dd>
      </dl>
      <p class="next">{t("found_compare")}</p>
      <p>{t(card.profile === "compatible" ? "found_compatible" : "found_modern")}</p>
      {card.listKeys.includes("secret") ? <WhoCanWrite /> : null}
      <label>
        {t("make_address")}
        <input
          name="address"
          type="email"
          required
          value={address}
          onInput={({ currentTarget }) => setAddress(currentTarget.value)}
        />
        <span class="quiet">{t("found_address")}</span>
      </label>
      <label>
        {t("found_name")}
        <input name="name" type="text" required maxLength={64} autocomplete="name" />
      </label>
      {known === undefined ? (
        <label>
          {t("make_passphrase")}
          <input name="passphrase" type="password" autocomplete="new-password" />
          <span class="quiet">{t("passphrase_what")}</span>
        </label>
      ) : (
        <p class="quiet">{t("found_own_key")}</p>
      )}
      <SendQuestion />
      <div class="actions">
        <button type="submit" class="primary" disabled={working}>
          {t(working ? "make_working" : "found_claim")}
        </button>
        <button type="button" onClick={close}>
          {t("popup_back")}
        </button>
      </div>
    </form>
  );
}

/** The kind of the list's key, in the words of what it means: it stays for as long as the list does. */
function WhoCanWrite() {
  return (
    <fieldset>
      <legend>{t("found_list_key")}</legend>
      <label class="choice">
        <input type="radio" name="list-key" value="pair" defaultChecked />
        {t("found_pair")}
      </label>
      <label class="choice">
        <input type="radio" name="list-key" value="secret" aria-describedby="only-members" />
        {t("found_secret")}
      </label>
      <p id="only-members" class="quiet">
        {t("found_secret_text")}
      </p>
    </fieldset>
  );
}
