import { useState } from "preact/hooks";
import type { OfferedFile } from "../../member/offered-invitation.js";
import { program } from "../../platform/browser.js";
import { askFor } from "../../platform/permission.js";
import { groupsOf } from "../../reading/display/state-line.js";
import type { CopyPolicy } from "../../reading/local-copies/choice.js";
import type { ListSummary } from "../../records/storage.js";
import type { RequestSummary } from "../../requests/pending.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import type { Overview, RunAction } from "./form-actions.js";
import { FormerKeys } from "./former-keys.js";
import { HeldPosts } from "./held-posts.js";
import { Joining } from "./joining.js";
import { Owners } from "./owner-rows.js";
import { isOwnRequest, Refusal, RefusedCard, RequestState, withSending } from "./pending-requests.js";

/** The lists that are known here, and the way in: an invitation file with its code. */
interface Props {
  readonly overview: Overview;
  readonly call: Call;
  readonly act: RunAction;
  readonly toKeys: () => void;
}

export function Lists({
  overview,
  call,
  act,
  toKeys,
  offered,
  joined,
}: Props & { readonly offered: OfferedFile | null; readonly joined: () => void }) {
  return (
    <>
      {overview.lists.length === 0 && offered === null ? <p>{t("lists_none")}</p> : null}
      <ul class="cards">
        {overview.refused.map((refused) => (
          <RefusedCard key={refused.address} refused={refused} call={call} act={act} />
        ))}
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
      <Joining call={call} act={act} offered={offered} joined={joined} />
    </>
  );
}

function ListCard({ list, overview, call, act, toKeys }: Props & { readonly list: ListSummary }) {
  const [asked, setAsked] = useState<"leave" | "forget" | null>(null);
  const request = overview.requests.findLast(
    (one) => one.list === list.address && isOwnRequest(one, list.role),
  );
  const refusal = overview.refusals.find((one) => one.list === list.address && isOwnRequest(one, list.role));
  const candidates = overview.keys.filter(({ address }) => address === list.invitee);
  const forget = () => act(() => call("list:remove", { address: list.address }), "lists_forgotten");
  const leave = () =>
    withSending(() => act(() => call("list:leave", { address: list.address }), "leave_asked"));
  return (
    <li class="card">
      <h2>{list.name}</h2>
      <p class="quiet">{list.address}</p>
      <p>{t("lists_you_are", list.invitee)}</p>
      <Standing list={list} request={request} call={call} act={act} />
      {refusal === undefined || request !== undefined ? null : <Refusal code={refusal.code} />}
      {list.memberKey === null ? (
        <NextStep list={list} candidates={candidates} call={call} act={act} toKeys={toKeys} />
      ) : null}
      {list.membership === "member" && (list.role === "moderator" || list.role === "owner") ? (
        <HeldPosts list={list} call={call} act={act} />
      ) : null}
      {program() === "browser" ? null : (
        <LocalCopies
          list={list}
          keeping={overview.copies.includes(list.address) ? "opened" : "off"}
          call={call}
          act={act}
        />
      )}
      <details>
        <summary>{t("details")}</summary>
        <p>{t(list.mode === "key" ? "mode_key" : "mode_whole")}</p>
        <p>{t(list.delivery === "resealed" ? "delivery_resealed" : "delivery_opened")}</p>
        <dl>
          <dt>{t("details_list_key")}</dt>
          <dd>
            <code>{groupsOf(list.listFingerprint)}</code>
          </dd>
          <dt>{t("details_server_key")}</dt>
          <dd>
            <code>{groupsOf(list.serverFingerprint)}</code>
          </dd>
          <Owners owners={list.owners} />
        </dl>
        <FormerKeys list={list} call={call} act={act} />
        {list.memberKey === null ? null : (
          <button
            type="button"
            onClick={() =>
              void act(() => call("key:save-public", { fingerprint: list.memberKey ?? "" }), "key_saved")
            }
          >
            {t("lists_save_public")}
          </button>
        )}
      </details>
      {asked === null ? (
        <div class="actions">
          {list.membership === "member" && list.memberKey !== null ? (
            <button type="button" aria-label={t("leave_named", list.name)} onClick={() => setAsked("leave")}>
              {t("leave")}
            </button>
          ) : null}
          <button
            type="button"
            class="danger"
            aria-label={t("lists_forget_named", list.name)}
            onClick={() => setAsked("forget")}
          >
            {t("lists_forget")}
          </button>
        </div>
      ) : (
        <div>
          <p role="alert">{t(asked === "leave" ? "leave_question" : "lists_forget_question", list.name)}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(null)}>
              {t("popup_back")}
            </button>
            <button
              type="button"
              class="danger"
              onClick={() => {
                setAsked(null);
                void (asked === "leave" ? leave() : forget());
              }}
            >
              {t(asked === "leave" ? "leave" : "lists_forget")}
            </button>
          </div>
        </div>
      )}
    </li>
  );
}

const memberKeys = {
  owner: "member_owner",
  moderator: "member_moderator",
  member: "member_now",
  "read-only": "member_read_only",
  "post-only": "member_post_only",
} as const;

interface StandingProps {
  readonly list: ListSummary;
  /** What waits for the server's answer. */
  readonly request: RequestSummary | undefined;
  readonly call: Call;
  readonly act: RunAction;
}

/** Whether a request has not left yet, and its own words say what to do. */
const isStuck = (request: RequestSummary | undefined): boolean =>
  request?.sending === "unsent" || (request?.sending === "by-hand" && program() === "thunderbird");

/** Whether one is a member, is about to become one, or has left. */
function Standing({ list, request, call, act }: StandingProps) {
  const state = request === undefined ? null : <RequestState request={request} call={call} act={act} />;
  if (list.membership === "joining") {
    const forget = () => act(() => call("join:forget", { address: list.address }), null);
    return (
      <div class="next" role="status">
        {isStuck(request) ? null : (
          <>
            <p>
              <strong>{t("joining_title")}</strong>
            </p>
            <p>{t("joining_text")}</p>
          </>
        )}
        {state}
        <div class="actions">
          <button type="button" onClick={() => void forget()}>
            {t("joining_forget")}
          </button>
        </div>
      </div>
    );
  }
  if (list.membership === "left") return <p class="next">{t("left_text")}</p>;
  return (
    <>
      {list.memberKey === null ? null : <p>{t(memberKeys[list.role])}</p>}
      {list.memberKey === null || list.role === "read-only" || program() === "browser" ? null : (
        <p>
          <a href={`mailto:${encodeURIComponent(list.address)}`}>{t("write_to_list", list.name)}</a>
        </p>
      )}
      {request?.do === "leave" && !isStuck(request) ? <p>{t("leave_waiting")}</p> : null}
      {state}
    </>
  );
}

interface NextStepProps {
  readonly list: ListSummary;
  readonly candidates: Overview["keys"];
  readonly call: Call;
  readonly act: RunAction;
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

/** The choice to keep readable copies of a list's mail on this computer, with its price beside it. */
function LocalCopies({
  list,
  keeping,
  call,
  act,
}: {
  readonly list: ListSummary;
  readonly keeping: CopyPolicy;
  readonly call: Call;
  readonly act: RunAction;
}) {
  const choose = async (box: HTMLInputElement) => {
    const next: CopyPolicy = box.checked ? "opened" : "off";
    // first of all, while the click is being handled: Thunderbird asks for the right only then
    const allowed = next === "off" || (await askFor("copies"));
    if (!allowed) {
      box.checked = false;
      return;
    }
    const done = next === "off" ? "copies_off" : "copies_on";
    if (!(await act(() => call("copies:choose", { list: list.address, keeping: next }), done)))
      box.checked = keeping === "opened";
  };
  const help = `copies-${list.address}`;
  return (
    <div class="setting">
      <label class="choice">
        <input
          type="checkbox"
          checked={keeping === "opened"}
          aria-describedby={help}
          onChange={(event) => void choose(event.currentTarget)}
        />
        {t("copies_choose")}
      </label>
      <p id={help} class="quiet">
        {t("space_copies_older")} {t("copies_price")}
      </p>
    </div>
  );
}
