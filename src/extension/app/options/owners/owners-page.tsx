import { useEffect, useState } from "preact/hooks";
import type { OwnedView } from "../../../owner/view.js";
import { browser } from "../../../platform/browser.js";
import { askFor } from "../../../platform/permission.js";
import { t } from "../../../ui/i18n.js";
import type { Call } from "../../calls/page-calls.js";
import type { Overview, RunAction } from "../form-actions.js";
import { Found } from "./claim-form.js";
import { Confirm } from "./confirm.js";
import { Enrol } from "./enrol.js";
import { Invite } from "./invite.js";
import { ListKeyEpoch } from "./list-key-epoch.js";
import { ShowMembers } from "./member-visibility.js";
import { NewKey } from "./new-list-key.js";
import { NewServerKeyForm } from "./new-server-key.js";
import type { OwnerProps } from "./owner-actions.js";
import { Alarms, ClaimAlert, Waiting } from "./owner-alerts.js";
import { People } from "./people.js";

/** The page for owners: a list is born here, and everything that its owner does with it. */

/** How often the folders are searched while an answer is waited for: it may have come while nobody listened. */
const SEARCH_MS = 10_000;

interface Props {
  readonly overview: Overview;
  readonly call: Call;
  readonly act: RunAction;
}

export function Members({ overview, call, act }: Props) {
  const [lists, setLists] = useState<readonly OwnedView[] | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);

  const read = async () => setLists((await call("owner:lists", null)).lists);
  const run: OwnerProps["run"] = (work, done) =>
    act(async () => {
      // without the right the request is kept, and says that it was not sent
      await askFor("send");
      await work();
      await read();
    }, done);

  useEffect(() => {
    void act(read, null);
    // what the server answers changes what is kept; a look that fails is made with the next change
    const changed = () => void read().catch(() => undefined);
    browser.storage.onChanged.addListener(changed);
    return () => browser.storage.onChanged.removeListener(changed);
  }, []);

  const waits = lists?.some(({ waiting }) => waiting.length > 0) === true;
  useEffect(() => {
    if (!waits) return;
    const search = () => void call("requests:look", null).catch(() => undefined);
    search();
    const timer = setInterval(search, SEARCH_MS);
    return () => clearInterval(timer);
  }, [waits]);

  if (lists === null) return null;
  const list = lists.find(({ address }) => address === chosen) ?? lists[0];
  return (
    <>
      {list === undefined ? <p>{t("members_none")}</p> : null}
      {lists.length > 1 ? (
        <label>
          {t("members_which")}
          <select value={list?.address} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {lists.map(({ address, name }) => (
              <option key={address} value={address}>
                {name} · {address}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {list === undefined ? null : <Owned key={list.address} list={list} call={call} run={run} />}
      <Found overview={overview} call={call} act={act} run={run} apart={list !== undefined} />
    </>
  );
}

function Owned(props: OwnerProps) {
  const { list } = props;
  return (
    <section class="owned" aria-labelledby="owned">
      <h2 id="owned">{list.name}</h2>
      <p class="quiet">{list.address}</p>
      <Alarms {...props} />
      {list.claim === "confirmed" ? null : <ClaimAlert {...props} />}
      <Waiting {...props} />
      <NewServerKeyForm {...props} />
      {list.claim === "confirmed" ? (
        <>
          <NoticeProgress {...props} />
          <Confirm {...props} />
          <People {...props} />
          <Invite {...props} />
          <Enrol {...props} />
          <ShowMembers {...props} />
          <ListKeyEpoch {...props} />
          <NewKey {...props} />
        </>
      ) : null}
    </section>
  );
}

/** What the members are being told: how many so far, and a button to go on where it has stopped. */

const titles = {
  owners: "telling_owners",
  "new-list-key": "telling_new_key",
  "new-server-key": "telling_new_server",
} as const;

function NoticeProgress({ list, call, run }: OwnerProps) {
  const { telling } = list;
  if (telling === null) return null;
  const { news, told, of, waiting } = telling;
  return (
    <section class="next" aria-labelledby="telling">
      <h3 id="telling">{t(titles[news])}</h3>
      <p>{t("telling_so_far", told, of)}</p>
      <p>{t(waiting ? "telling_waiting" : "telling_stopped")}</p>
      <div class="actions">
        <button
          type="button"
          class={waiting ? "" : "primary"}
          onClick={() => void run(() => call("owner:tell", { list: list.address }), null)}
        >
          {t(waiting ? "telling_again" : "telling_go_on")}
        </button>
      </div>
    </section>
  );
}
