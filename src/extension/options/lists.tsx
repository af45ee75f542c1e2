import { useState } from "preact/hooks";
import { toBase64 } from "../base64.js";
import { groupsOf } from "../display/state-line.js";
import { t } from "../i18n.js";
import type { Call } from "../messaging.js";
import type { ListSummary } from "../storage.js";
import type { Act, Overview } from "./act.js";
import { field } from "./fields.js";
import { LocalCopies } from "./local-copies.js";

/** The lists that are known here, and the way in: an invitation file with its code. */
interface Props {
  readonly overview: Overview;
  readonly call: Call;
  readonly act: Act;
  readonly toKeys: () => void;
}

/** An invitation has about 10 kB; what is larger is none (and would have to pass through the bridge). */
const FILE_LIMIT = 500_000;

export function Lists({ overview, call, act, toKeys }: Props) {
  return (
    <>
      {overview.lists.length === 0 ? <p>{t("lists_none")}</p> : null}
      <ul class="cards">
        {overview.lists.map((list) => (
          <ListCard
            key={list.address}
            list={list}
            overview={overview}
            call={call}
            act={act}
            toKeys={toKeys}
          />
        ))}
      </ul>
      <Import call={call} act={act} />
    </>
  );
}

function ListCard({ list, overview, call, act, toKeys }: Props & { readonly list: ListSummary }) {
  const [asked, setAsked] = useState(false);
  const candidates = overview.keys.filter(({ address }) => address === list.invitee);
  const remove = () => act(() => call("list:remove", { address: list.address }), "lists_removed");
  return (
    <li class="card">
      <h3>{list.name}</h3>
      <p class="quiet">{list.address}</p>
      <p>{t(list.mode === "key" ? "mode_key" : "mode_whole")}</p>
      <p>{t(list.delivery === "resealed" ? "delivery_resealed" : "delivery_opened")}</p>
      <p>{t("lists_you_are", list.invitee)}</p>
      {list.memberKey === null ? (
        <NextStep list={list} candidates={candidates} call={call} act={act} toKeys={toKeys} />
      ) : (
        <div class="actions">
          <button
            type="button"
            onClick={() =>
              void act(() => call("key:save-public", { fingerprint: list.memberKey ?? "" }), "key_saved")
            }
          >
            {t("lists_save_public")}
          </button>
        </div>
      )}
      <LocalCopies
        list={list}
        keeping={overview.copies.includes(list.address) ? "opened" : "off"}
        call={call}
        act={act}
      />
      <details>
        <summary>{t("details")}</summary>
        <dl>
          <dt>{t("details_list_key")}</dt>
          <dd>
            <code>{groupsOf(list.listFingerprint)}</code>
          </dd>
          <dt>{t("details_server_key")}</dt>
          <dd>
            <code>{groupsOf(list.serverFingerprint)}</code>
          </dd>
          {list.owners.map(({ userId, fingerprint }) => (
            <>
              <dt>{t("details_owner")}</dt>
              <dd>
                {userId}
                <br />
                <code>{groupsOf(fingerprint)}</code>
              </dd>
            </>
          ))}
        </dl>
      </details>
      {asked ? (
        <div>
          <p role="alert">{t("lists_remove_question", list.name)}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(false)}>
              {t("popup_back")}
            </button>
            <button type="button" class="danger" onClick={() => void remove()}>
              {t("remove")}
            </button>
          </div>
        </div>
      ) : (
        <div class="actions">
          <button
            type="button"
            class="danger"
            aria-label={t("lists_remove_named", list.name)}
            onClick={() => setAsked(true)}
          >
            {t("remove")}
          </button>
        </div>
      )}
    </li>
  );
}

interface NextStepProps {
  readonly list: ListSummary;
  readonly candidates: Overview["keys"];
  readonly call: Call;
  readonly act: Act;
  readonly toKeys: () => void;
}

/** The step that is missing: a member key for this list. */
function NextStep({ list, candidates, call, act, toKeys }: NextStepProps) {
  return (
    <div class="next">
      <p>{t("lists_needs_key", list.invitee)}</p>
      <div class="actions">
        {candidates.map(({ fingerprint }) => (
          <button
            key={fingerprint}
            type="button"
            onClick={() =>
              void act(() => call("list:use-key", { address: list.address, fingerprint }), "lists_key_chosen")
            }
          >
            {t("lists_use_key", groupsOf(fingerprint).slice(-9))}
          </button>
        ))}
        <button type="button" class="primary" onClick={toKeys}>
          {t("lists_make_key")}
        </button>
      </div>
    </div>
  );
}

function Import({ call, act }: { readonly call: Call; readonly act: Act }) {
  const submit = async (form: HTMLFormElement) => {
    const chosen = new FormData(form).get("file");
    if (!(chosen instanceof File) || chosen.size === 0) return;
    const file = chosen.size > FILE_LIMIT ? "" : toBase64(new Uint8Array(await chosen.arrayBuffer()));
    if (await act(() => call("list:import", { file, code: field(form, "code") }), "lists_imported"))
      form.reset();
  };
  return (
    <section aria-labelledby="import">
      <h2 id="import">{t("import_title")}</h2>
      <p class="quiet">{t("import_text")}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit(event.currentTarget);
        }}
      >
        <label>
          {t("import_file")}
          <input name="file" type="file" accept=".listseal" required />
        </label>
        <label>
          {t("import_code")}
          <input name="code" type="text" required autocomplete="off" spellcheck={false} />
        </label>
        <button type="submit" class="primary">
          {t("import_button")}
        </button>
      </form>
    </section>
  );
}
