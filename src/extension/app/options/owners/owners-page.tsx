import { useEffect, useRef, useState } from "preact/hooks";
import type { OwnedView, PageWish } from "../../../owner/view.js";
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
import { People, type PeopleProps, ROWS, type Search, useGone } from "./people.js";

/** The page for owners: a list is born here, and everything that its owner does with it. */

/** How often the folders are searched while an answer is waited for: it may have come while nobody listened. */
const SEARCH_MS = 10_000;

const firstRows: Search = { wanted: "", rows: ROWS };

interface Props {
  readonly overview: Overview;
  readonly call: Call;
  readonly act: RunAction;
}

export function Members({ overview, call, act }: Props) {
  const [lists, setLists] = useState<readonly OwnedView[] | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);

  const [search, setSearch] = useState<Search>(firstRows);
  const list = lists?.find(({ address }) => address === chosen) ?? lists?.[0];
  const { gone, leaving } = useGone(list);
  const looks = useRef(0);
  // of the last drawing: what the storage tells of is looked at as it is now
  const wish = useRef<PageWish>({ ...search, leaving });
  wish.current = { ...search, leaving };

  const read = async () => {
    looks.current += 1;
    const look = looks.current;
    const answer = await call("owner:lists", wish.current);
    // one that was overtaken shows what was searched for before
    if (look === looks.current) setLists(answer.lists);
  };
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

  const isSearched = useRef(false);
  useEffect(() => {
    // the first look is made above
    if (isSearched.current) void read().catch(() => undefined);
    isSearched.current = true;
  }, [search]);

  if (lists === null) return null;
  return (
    <>
      {list === undefined ? <p>{t("members_none")}</p> : null}
      {lists.length > 1 ? (
        <label>
          {t("members_which")}
          <select
            value={list?.address}
            onChange={({ currentTarget }) => {
              setChosen(currentTarget.value);
              setSearch(firstRows);
            }}
          >
            {lists.map(({ address, name }) => (
              <option key={address} value={address}>
                {name} · {address}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {list === undefined ? null : (
        <Owned key={list.address} {...{ list, call, run, search, setSearch }} gone={gone} />
      )}
      <Found overview={overview} call={call} act={act} run={run} apart={list !== undefined} />
    </>
  );
}

function Owned({ search, setSearch, gone, ...props }: PeopleProps) {
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
          <People {...props} search={search} setSearch={setSearch} gone={gone} />
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
