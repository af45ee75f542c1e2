import { useState } from "preact/hooks";
import { type MemberRole, memberRoles } from "../../../../membership/request/command-names.js";
import type { MemberView } from "../../../owner/view.js";
import { groupsOf } from "../../../reading/display/state-line.js";
import { t } from "../../../ui/i18n.js";
import { onSubmit } from "../form-actions.js";
import { type OwnerProps, roleWord } from "./owner-actions.js";

/**
 * Those whom the operator added, such as a whole imported list: who they are, how many, with which key and role; all confirmed by one
 * click, but for those whom the owner takes out.
 */

/** Fewer are confirmed where they stand among the members. */
const TOGETHER_FROM = 2;

export function Confirm(props: OwnerProps) {
  const { list, call, run } = props;
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const { count, members: waiting } = list.confirmable;
  if (count < TOGETHER_FROM) return null;
  const chosen = waiting.filter(({ fingerprint }) => !left.has(fingerprint));
  const isAsked = list.waiting.some(({ what, failure }) => what === "confirm" && failure === null);
  const submit = async () => {
    const members = chosen.map(({ address, fingerprint, role }) => ({ address, fingerprint, role }));
    await run(() => call("owner:confirm", { list: list.address, members }), null);
  };
  const choose = ({ fingerprint }: MemberView, isIn: boolean) => {
    const next = new Set(left);
    if (isIn) next.delete(fingerprint);
    else next.add(fingerprint);
    setLeft(next);
  };
  return (
    <section class="next unconfirmed" aria-labelledby="unconfirmed">
      <h3 id="unconfirmed">{t("unconfirmed_title", count)}</h3>
      <p>{t("unconfirmed_text")}</p>
      <p>
        <strong>{countWords(waiting)}</strong>
        {count > waiting.length ? ` ${t("unconfirmed_first", waiting.length)}` : null}
      </p>
      <form onSubmit={onSubmit(submit)}>
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("unconfirmed_person")}</th>
                <th scope="col">{t("unconfirmed_role")}</th>
                <th scope="col">{t("unconfirmed_key")}</th>
              </tr>
            </thead>
            <tbody>
              {waiting.map((member) => (
                <tr key={member.fingerprint}>
                  <td>
                    <label class="choice">
                      <input
                        type="checkbox"
                        checked={!left.has(member.fingerprint)}
                        onChange={({ currentTarget }) => choose(member, currentTarget.checked)}
                      />
                      <span>
                        {member.name}
                        <br />
                        <span class="quiet">{member.address}</span>
                      </span>
                    </label>
                  </td>
                  <td>{roleWord(member.role)}</td>
                  <td class="fingerprint">{groupsOf(member.fingerprint)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div class="actions">
          <button type="submit" class="primary" disabled={isAsked || chosen.length === 0}>
            {isAsked ? t("unconfirmed_waiting") : t("unconfirmed_button", chosen.length)}
          </button>
        </div>
      </form>
    </section>
  );
}

/** How many there are of each role. */
function countWords(members: readonly MemberView[]): string {
  const countOf = (role: MemberRole) => members.filter((member) => member.role === role).length;
  return memberRoles
    .filter((role) => countOf(role) > 0)
    .map((role) => t("unconfirmed_count", roleWord(role), String(countOf(role))))
    .join(" · ");
}
