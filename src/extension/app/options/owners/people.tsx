import { useEffect, useState } from "preact/hooks";
import { type MemberRole, memberRoles } from "../../../../membership/request/command-names.js";
import type { MemberView, OwnedView } from "../../../owner/view.js";
import { t } from "../../../ui/i18n.js";
import { day, type OwnerProps, roleWord } from "./owner-actions.js";

/** Who is a member: since when, as what, what is wrong with their mail or key; and removing them. */

/** A key that runs out within so many days is named in colour. */
const SOON_DAYS = 30;

/** So many are found at a glance. */
const SEARCHED_FROM = 6;

/** Rows that are shown, and that a click adds: a list may have 100,000 members, and a page with all of them stands still. */
export const ROWS = 100;

/** The members that are shown: those whose name or address has `wanted` in it, the first of them. */
export interface Search {
  readonly wanted: string;
  readonly rows: number;
}

/** Who was being removed from a list, by fingerprint, and the names of those who are gone. */
interface Leaving {
  readonly list: string;
  readonly names: ReadonlyMap<string, string>;
  readonly gone: readonly string[];
}

/** The names of those who were being removed, and are members no more. `leaving` is asked for with each look. */
export function useGone(list: OwnedView | undefined): {
  readonly gone: readonly string[];
  readonly leaving: readonly string[];
} {
  const [known, setKnown] = useState<Leaving>({ list: "", names: new Map(), gone: [] });
  useEffect(() => {
    if (list === undefined) return;
    // those of another list are no members of this one
    const before = known.list === list.address ? known : { names: new Map<string, string>(), gone: [] };
    const names = new Map(before.names);
    for (const fingerprint of list.gone) names.delete(fingerprint);
    // the server's answer comes before the roster without them: in between nothing is waited for, and they are still here
    for (const { waiting, fingerprint, name } of list.members)
      if (waiting === "remove") names.set(fingerprint, name);
    const gone = list.gone.flatMap((fingerprint) => before.names.get(fingerprint) ?? []);
    setKnown({ list: list.address, names, gone: [...before.gone, ...gone] });
  }, [list]);
  return { gone: known.gone, leaving: [...known.names.keys()] };
}

/** What the list of members needs beside what all parts of the page do. */
export interface PeopleProps extends OwnerProps {
  readonly search: Search;
  readonly setSearch: (search: Search) => void;
  readonly gone: readonly string[];
}

export function People({ search, setSearch, gone, ...props }: PeopleProps) {
  const { list, call, run } = props;
  const { wanted, rows } = search;
  return (
    <section aria-labelledby="people">
      <h3 id="people">{t("people_title", list.memberCount)}</h3>
      <p class="quiet">
        {list.membersAt === null ? t("people_not_yet") : t("people_as_of", day(list.membersAt))}{" "}
        <button
          type="button"
          class="plain"
          onClick={() => void run(() => call("owner:refresh", { list: list.address }), null)}
        >
          {t("people_refresh")}
        </button>
      </p>
      {list.held === 0 ? null : (
        <p class="next">
          {t("people_held", list.held)} {t("people_held_where")}
        </p>
      )}
      <p class="done" role="status">
        {gone.map((name) => t("people_removed", name)).join(" ")}
      </p>
      {list.memberCount < SEARCHED_FROM ? null : (
        <label>
          {t("people_search")}
          <input
            name="search"
            type="search"
            value={wanted}
            onInput={({ currentTarget }) => setSearch({ wanted: currentTarget.value, rows: ROWS })}
          />
        </label>
      )}
      {list.found === 0 && wanted !== "" ? <p>{t("people_none_found")}</p> : null}
      <ul class="people">
        {list.members.map((member) => (
          <Person key={member.fingerprint} member={member} {...props} />
        ))}
      </ul>
      {list.found <= list.members.length ? null : (
        <div class="actions">
          <button type="button" onClick={() => setSearch({ wanted, rows: rows + ROWS })}>
            {t("people_more", list.members.length, list.found)}
          </button>
        </div>
      )}
      {list.ownersUntold && list.telling?.news !== "owners" ? (
        <div class="next">
          <p>{t("owners_untold")}</p>
          <div class="actions">
            <button
              type="button"
              class="primary"
              onClick={() => void run(() => call("owner:tell", { list: list.address }), "owners_told")}
            >
              {t("owners_tell")}
            </button>
          </div>
        </div>
      ) : null}
    </section>
  );
}

function Person({ member, list, call, run }: OwnerProps & { readonly member: MemberView }) {
  const [asked, setAsked] = useState(false);
  const { address, name, fingerprint, role, waiting, you } = member;
  const remove = async () => {
    setAsked(false);
    await run(() => call("owner:remove", { list: list.address, address, fingerprint }), null);
  };
  return (
    <li class={member.word === "server" ? "card suspect" : "card"}>
      <div class="person">
        <p>
          <strong>{name}</strong> {you ? <span class="badge">{t("people_you")}</span> : null}
          <br />
          <span class="quiet">{address}</span>
        </p>
        <label class="role">
          <span class="unseen">{t("people_role_of", name)}</span>
          <select
            value={role}
            disabled={waiting !== null}
            onChange={({ currentTarget }) => {
              const next = memberRoles.find((each) => each === currentTarget.value);
              // it changes when the server has agreed
              currentTarget.value = role;
              if (next !== undefined && next !== role) void change(next);
            }}
          >
            {memberRoles.map((each) => (
              <option key={each} value={each}>
                {roleWord(each)}
              </option>
            ))}
          </select>
        </label>
        {you ? (
          <span />
        ) : (
          <button
            type="button"
            class="danger"
            aria-label={t("people_remove_named", name)}
            disabled={waiting !== null}
            onClick={() => setAsked(true)}
          >
            {t("remove")}
          </button>
        )}
      </div>
      <Facts member={member} />
      {member.confirmable ? (
        <div class="actions">
          <button
            type="button"
            aria-label={t("people_confirm_named", name)}
            disabled={list.waiting.some(({ what, failure }) => what === "confirm" && failure === null)}
            onClick={() =>
              void run(
                () =>
                  call("owner:confirm", { list: list.address, members: [{ address, fingerprint, role }] }),
                null,
              )
            }
          >
            {t("people_confirm")}
          </button>
        </div>
      ) : null}
      {asked ? (
        <div>
          <p role="alert">{t("people_remove_question", name)}</p>
          <div class="actions">
            <button type="button" class="primary" onClick={() => setAsked(false)}>
              {t("popup_back")}
            </button>
            <button type="button" class="danger" onClick={() => void remove()}>
              {t("people_remove_now")}
            </button>
          </div>
        </div>
      ) : null}
    </li>
  );

  function change(next: MemberRole) {
    return run(() => call("owner:set-role", { list: list.address, address, fingerprint, role: next }), null);
  }
}

/** What is to be known of a member, the ordinary first, what is wrong in colour. */
function Facts({ member }: { readonly member: MemberView }) {
  const { since, keyExpires, bounces, delivery, word, revoked, waiting } = member;
  const soon = keyExpires !== null && Date.parse(keyExpires) < Date.now() + SOON_DAYS * 86_400_000;
  return (
    <ul class="facts quiet">
      <li>{t("people_since", day(since))}</li>
      {revoked ? <li class="problem">{t("people_revoked")}</li> : null}
      {keyExpires === null ? null : (
        <li class={soon ? "problem" : ""}>{t("people_key_until", day(keyExpires))}</li>
      )}
      {bounces === 0 ? null : <li class="problem">{t("people_bounces", bounces)}</li>}
      {delivery === "paused" ? <li>{t("people_paused")}</li> : null}
      {word === "operator" ? <li class="problem">{t("people_by_operator")}</li> : null}
      {word === "server" ? <li class="problem">{t("people_by_nobody")}</li> : null}
      {waiting === "remove" ? <li>{t("people_removing")}</li> : null}
      {waiting === "set-role" ? <li>{t("people_changing")}</li> : null}
    </ul>
  );
}
