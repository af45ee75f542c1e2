import type { CommandName, MemberRole } from "../../../membership/request/command-names.js";
import { program } from "../../platform/browser.js";
import type { ErrorCode } from "../../platform/errors.js";
import { askFor } from "../../platform/permission.js";
import type { RefusedJoin } from "../../records/storage.js";
import type { RequestSummary } from "../../requests/pending.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import { OpenReader, SendByHand } from "./by-hand.js";
import type { RunAction } from "./form-actions.js";

/** Requests that wait for a server, and what it refused: how they stand, and what can be done. */

/** What a member asks for themself. What an owner asks is on the page for owners. */
const ownRequests: ReadonlySet<CommandName> = new Set(["join", "leave", "renew", "list-key", "delivery"]);

/** Whether a request, or what was refused, belongs to a list's card. @param role of the person on that list */
export function isOwnRequest({ do: name }: { readonly do: CommandName }, role: MemberRole): boolean {
  // an owner's page asks for the record of members by itself, and shows that there
  return ownRequests.has(name) || (name === "roster" && role !== "owner");
}

/** Runs in the handler of a press: asks for the right to send, then does what was pressed. */
export async function withSending(work: () => Promise<unknown>): Promise<void> {
  const allowed = askFor("send");
  await allowed;
  await work();
}

export function RequestState({
  request,
  call,
  act,
}: {
  readonly request: RequestSummary;
  readonly call: Call;
  readonly act: RunAction;
}) {
  const { id, sending, failure, askedAt } = request;
  const when = new Date(askedAt).toLocaleString(t("lang"), { dateStyle: "long", timeStyle: "short" });
  const again = () => withSending(() => act(() => call("requests:again", { id }), null));
  if (sending === "by-hand") return <SendByHand id={id} call={call} run={(work) => act(work, null)} />;
  return (
    <>
      <p class={sending === "unsent" ? "problem" : "quiet"}>
        {sending === "sent"
          ? t("request_sent", when)
          : t(sending === "outbox" ? "request_outbox" : "request_unsent")}
        {failure === null ? "" : ` ${t(sentenceKey(failure))}`}
      </p>
      {program() === "browser" ? <OpenReader /> : null}
      <div class="actions">
        <button type="button" onClick={() => void again()}>
          {t("request_again")}
        </button>
      </div>
    </>
  );
}

/** A join that the server has refused. */
export function RefusedCard({
  refused,
  call,
  act,
}: {
  readonly refused: RefusedJoin;
  readonly call: Call;
  readonly act: RunAction;
}) {
  const { address, name, code } = refused;
  return (
    <li class="card">
      <h2>{t("joining_refused", name)}</h2>
      <p class="quiet">{address}</p>
      <p class="problem" role="alert">
        {t(sentenceKey(code))}
      </p>
      <div class="actions">
        <button type="button" onClick={() => void act(() => call("join:forget", { address }), null)}>
          {t("dismiss")}
        </button>
      </div>
    </li>
  );
}

/** What the server refused last, in a list's card. */
export function Refusal({ code }: { readonly code: ErrorCode }) {
  return (
    <p class="problem" role="alert">
      {t("request_refused")} {t(sentenceKey(code))}
    </p>
  );
}
