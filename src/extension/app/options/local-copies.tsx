import { askFor } from "../../platform/permission.js";
import type { CopyPolicy } from "../../reading/local-copies/choice.js";
import type { ListSummary } from "../../records/storage.js";
import { t } from "../../ui/i18n.js";
import type { Call } from "../calls/page-calls.js";
import type { RunAction } from "./run-action.js";

/** The choice to keep readable copies of a list's mail on this computer, with its price beside it. */
export function LocalCopies({
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
        {t("copies_price")}
      </p>
    </div>
  );
}
