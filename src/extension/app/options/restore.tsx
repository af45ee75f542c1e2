import { useState } from "preact/hooks";
import type { RestoreSummary } from "../../backup/backup.js";
import type { ListChange, ListFacts } from "../../backup/restore-plan.js";
import { groupsOf } from "../../reading/display/state-line.js";
import { t } from "../../ui/i18n.js";
import { Owners } from "./owner-rows.js";

/** What a backup would bring and change, where something is here already; and the question. */
interface Props {
  readonly plan: RestoreSummary;
  /** By the id of each move: whether the person agreed to it. */
  readonly restore: (agreed: Readonly<Record<string, boolean>>) => Promise<void>;
  readonly close: () => void;
}

export function AskRestore({ plan, restore, close }: Props) {
  const { keys, lists, owned, moves, kept } = plan;
  const [agreed, setAgreed] = useState<Readonly<Record<string, boolean>>>({});
  const [working, setWorking] = useState(false);
  const made = new Date(plan.made).toLocaleDateString(t("lang"), { dateStyle: "long" });
  const brings = keys.length + lists.length + owned.length > 0;
  const nothing = !brings && moves.length === 0;
  const submit = async () => {
    setWorking(true);
    await restore(agreed);
    setWorking(false);
  };
  return (
    <section aria-labelledby="ask-restore">
      <h2 id="ask-restore">{t("restore_ask_title", made)}</h2>
      <p>{t(nothing ? "restore_nothing_new" : "restore_ask_text")}</p>
      {keys.length === 0 ? null : (
        <div class="card">
          <h3>{t("restore_new_keys")}</h3>
          <p class="quiet">{t("restore_new_keys_text")}</p>
          {keys.map(({ userId, fingerprint }) => (
            <p key={fingerprint}>
              {userId}
              <br />
              <code>{groupsOf(fingerprint)}</code>
            </p>
          ))}
        </div>
      )}
      {lists.map(({ address, name, listKey, owners }) => (
        <div class="card" key={address}>
          <h3>{t("restore_new_list", name)}</h3>
          <p class="quiet">{address}</p>
          <dl>
            <dt>{t("details_list_key")}</dt>
            <dd>
              <code>{groupsOf(listKey)}</code>
            </dd>
            <Owners owners={owners} />
          </dl>
        </div>
      ))}
      {owned.length === 0 ? null : <p>{t("restore_owned", owned.join(", "))}</p>}
      {moves.map((move) => (
        <Move
          key={move.id}
          move={move}
          agreed={agreed[move.id] === true}
          agree={(yes) => setAgreed({ ...agreed, [move.id]: yes })}
        />
      ))}
      {kept.map(({ address, name }) => (
        <p class="quiet" key={address}>
          {t("restore_kept", `${name} <${address}>`)}
        </p>
      ))}
      <div class="actions">
        <button type="button" onClick={close} disabled={working}>
          {t("restore_back")}
        </button>
        {nothing ? null : (
          <button
            type="button"
            class="primary"
            onClick={() => void submit()}
            disabled={working || !(brings || Object.values(agreed).includes(true))}
          >
            {t(working ? "restore_working" : "restore_do")}
          </button>
        )}
      </div>
    </section>
  );
}

/** One list that is here, and what the backup says of it instead. */
function Move({
  move: { address, before, after },
  agreed,
  agree,
}: {
  readonly move: ListChange;
  readonly agreed: boolean;
  readonly agree: (yes: boolean) => void;
}) {
  const belongs = belonging(before) !== belonging(after);
  const returned = Math.max(0, before.deletedListKeys - after.deletedListKeys);
  return (
    <div class="card">
      <h3>{t("restore_change", before.name)}</h3>
      <p class="quiet">{address}</p>
      {belongs ? (
        <>
          <p class="problem" role="alert">
            {t("restore_change_warning")}
          </p>
          <h4>{t("restore_now")}</h4>
          <Facts facts={before} />
          <h4>{t("restore_then")}</h4>
          <Facts facts={after} />
        </>
      ) : null}
      <ul>
        {added("restore_adds_keys", before.formerListKeys + returned, after.formerListKeys)}
        {added("restore_returns_keys", 0, returned)}
        {added("restore_adds_servers", before.formerServers, after.formerServers)}
        {added("restore_adds_authors", before.authors, after.authors)}
      </ul>
      <label class="choice">
        <input type="checkbox" checked={agreed} onChange={(event) => agree(event.currentTarget.checked)} />
        {t("restore_agree")}
      </label>
    </div>
  );
}

/** Everything of a list that says who belongs to it and where it goes, in one line. */
function belonging({
  formerListKeys: _keys,
  deletedListKeys: _deleted,
  formerServers: _servers,
  authors: _authors,
  ...facts
}: ListFacts): string {
  return JSON.stringify(facts);
}

function added(
  sentence: "restore_adds_keys" | "restore_returns_keys" | "restore_adds_servers" | "restore_adds_authors",
  before: number,
  after: number,
) {
  return after === before ? null : <li>{t(sentence, String(after - before))}</li>;
}

function Facts({ facts }: { readonly facts: ListFacts }) {
  return (
    <dl>
      <Owners owners={facts.owners} />
      <dt>{t("details_list_key")}</dt>
      <dd>
        <code>{groupsOf(facts.listKey)}</code>
      </dd>
      <dt>{t("restore_server_key")}</dt>
      <dd>
        <code>{groupsOf(facts.server)}</code>
        <br />
        {facts.requestAddress}
      </dd>
    </dl>
  );
}
