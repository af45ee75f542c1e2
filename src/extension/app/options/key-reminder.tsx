import { keyAge } from "../../keys/key-age.js";
import type { MemberKeySummary } from "../../keys/key-summary.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import { withSending } from "./pending-requests.js";
import type { RunAction } from "./run-action.js";

/** One line for each key that runs out soon, with the button that renews it. Nothing for the others. */
export function KeyReminders({
  keys,
  call,
  act,
}: {
  readonly keys: readonly MemberKeySummary[];
  readonly call: Call;
  readonly act: RunAction;
}) {
  const now = new Date();
  return (
    <>
      {keys.map(({ fingerprint, address, expiresAt, revokedAt }) => {
        const age = keyAge(expiresAt, now);
        // a revoked key is renewed by nobody
        if (age === "good" || expiresAt === null || revokedAt !== null) return null;
        const day = new Date(expiresAt).toLocaleDateString(t("lang"), { dateStyle: "long" });
        const renew = () => withSending(() => act(() => call("key:renew", { fingerprint }), "keys_renewed"));
        return (
          <p key={fingerprint} class={age === "soon" ? "next" : "next problem"} role="note">
            {t(age === "over" ? "keys_ran_out" : "keys_run_out", address, day)}{" "}
            {age === "over" ? null : (
              <button type="button" onClick={() => void renew()}>
                {t("keys_renew")}
              </button>
            )}
          </p>
        );
      })}
    </>
  );
}
