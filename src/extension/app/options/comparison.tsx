import { useState } from "preact/hooks";
import type { Comparison } from "../../reading/comparison.js";
import { groupsOf } from "../../reading/display/state-line.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import type { RunAction } from "./form-actions.js";

/**
 * The page where an author's key is compared: the person types some groups of characters that only the author can read to
 * them, since the page leaves them out.
 */
interface Props {
  readonly comparison: Comparison;
  readonly call: Call;
  readonly act: RunAction;
  readonly close: () => void;
}

/**
 * How many groups of four characters are left out. Which ones, nobody knows beforehand. Attack: a key that was searched for, so
 * that the characters people look at are the same; and a person who says yes without having asked.
 */
const LEFT_OUT = 3;

/** `count` different places below `length`, by chance, in their order. */
export function placesLeftOut(length: number, count = LEFT_OUT): readonly number[] {
  const places = Array.from({ length }, (_, place) => place);
  const [...draws] = crypto.getRandomValues(new Uint32Array(count));
  const taken = draws.flatMap((draw) => places.splice(draw % places.length, 1));
  return taken.sort((one, other) => one - other);
}

export function Comparing({ comparison, call, act, close }: Props) {
  const { address, listName, kind, pinned } = comparison;
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">{t("compare_title", address)}</h2>
      <p class="quiet">{t("compare_list", listName)}</p>
      {kind === "open" ? <Ask comparison={comparison} call={call} act={act} close={close} /> : null}
      {kind === "done" ? <p>{t("compare_already")}</p> : null}
      {kind === "owner" ? (
        <p class="problem" role="alert">
          {t("error_owners_key")}
        </p>
      ) : null}
      {kind === "open" ? null : <Key title={t("compare_key")} fingerprint={comparison.fingerprint} />}
      {pinned === null || pinned.fingerprint === comparison.fingerprint ? null : (
        <Key title={t("compare_until_now")} fingerprint={pinned.fingerprint} />
      )}
      {kind === "open" ? null : (
        <div class="actions">
          <button type="button" onClick={close}>
            {t("compare_close")}
          </button>
        </div>
      )}
    </section>
  );
}

function Key({ title, fingerprint }: { readonly title: string; readonly fingerprint: string }) {
  return (
    <p>
      {title}
      <br />
      <code>{groupsOf(fingerprint)}</code>
    </p>
  );
}

/** What was typed, as the groups are written. */
const plain = (typed: string): string => typed.replace(/[\s-]/g, "").toUpperCase();

function Ask({ comparison, call, act, close }: Props) {
  const { list, address, fingerprint } = comparison;
  const groups = groupsOf(fingerprint).split(" ");
  const [leftOut] = useState(() => placesLeftOut(groups.length));
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({});
  const [wrong, setWrong] = useState(false);
  const [working, setWorking] = useState(false);
  const isWhole = leftOut.every((place) => plain(typed[place] ?? "").length === 4);
  const submit = async () => {
    const fits = leftOut.every((place) => plain(typed[place] ?? "") === groups[place]);
    setWrong(!fits);
    if (!fits) return;
    setWorking(true);
    if (await act(() => call("compare:confirm", { list, address, fingerprint }), "compare_done")) close();
    else setWorking(false);
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>{t("compare_how", address)}</p>
      <p class="groups">
        {groups.map((group, place) =>
          leftOut.includes(place) ? (
            <input
              key={place}
              type="text"
              required
              autocomplete="off"
              spellcheck={false}
              maxLength={6}
              size={5}
              aria-label={t("compare_group", String(place + 1))}
              data-place={place}
              onInput={(event) => {
                setWrong(false);
                setTyped({ ...typed, [place]: event.currentTarget.value });
              }}
            />
          ) : (
            <code key={place}>{group}</code>
          ),
        )}
      </p>
      {wrong ? (
        <p class="problem" role="alert">
          {t("compare_wrong")}
        </p>
      ) : null}
      <div class="actions">
        <button type="button" onClick={close} disabled={working}>
          {t("compare_cancel")}
        </button>
        <button type="submit" class="primary" disabled={working || !isWhole}>
          {t("compare_button")}
        </button>
      </div>
    </form>
  );
}
