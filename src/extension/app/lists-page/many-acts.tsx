import { t } from "../../ui/i18n.js";
import type { ListsAct, MailButton } from "./lists-host.js";

interface Props<A extends ListsAct> {
  readonly all: readonly MailButton<A>[];
  readonly count: number;
  readonly act: (what: A) => Promise<void>;
}

/** In place of a message while several are selected: how many, and what can be done with all of them. */
export function ManyActs<A extends ListsAct>({ all, count, act }: Props<A>) {
  return (
    <>
      {all.map(({ what, label }) => (
        <button key={what} type="button" onClick={() => void act(what)}>
          {t(label)}
        </button>
      ))}
      <p class="many" role="status">
        {t("space_selected", count)}
      </p>
    </>
  );
}
