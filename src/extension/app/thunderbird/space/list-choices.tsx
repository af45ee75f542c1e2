import { useState } from "preact/hooks";
import { codeOf, type ErrorCode } from "../../../platform/errors.js";
import { askFor } from "../../../platform/permission.js";
import type { Caller } from "../../../platform/rpc/call.js";
import { sentenceKey } from "../../../ui/failure.js";
import { t } from "../../../ui/i18n.js";
import type { SpaceCalls, SpaceList } from "../../calls/space-calls.js";

interface Props {
  readonly list: SpaceList;
  readonly ask: Caller<SpaceCalls>;
}

/** What one may choose for a list beside reading it: readable copies, with their price, and its place in the address book. */
export function ListChoices({ list, ask }: Props) {
  const [contact, setContact] = useState<string | null>(null);
  const [failure, setFailure] = useState<ErrorCode | null>(null);
  const tried = async (work: () => Promise<unknown>) => {
    setFailure(null);
    try {
      await work();
      return true;
    } catch (error) {
      setFailure(codeOf(error, "worker-failed"));
      return false;
    }
  };
  const choose = async (box: HTMLInputElement) => {
    const keeping = box.checked ? "opened" : "off";
    // first of all, while the click is being handled: Thunderbird asks for the right only then
    const isAllowed = keeping === "off" || (await askFor("copies"));
    if (!isAllowed || !(await tried(() => ask("space:copies", { list: list.address, keeping }))))
      box.checked = list.keepsCopies;
  };
  const add = async () => {
    setContact(null);
    if (!(await askFor("contact"))) return;
    if (await tried(() => ask("space:contact", { list: list.address }))) setContact(list.address);
  };
  return (
    <>
      <details class="choices">
        <summary>{t("space_copies")}</summary>
        <label>
          <input
            type="checkbox"
            checked={list.keepsCopies}
            aria-describedby="copies-price"
            onChange={(event) => void choose(event.currentTarget)}
          />{" "}
          {t("copies_choose")}
        </label>
        <p id="copies-price" class="quiet">
          {t("space_copies_older")} {t("copies_price")}
        </p>
      </details>
      <button type="button" onClick={() => void add()}>
        {t("space_contact")}
      </button>
      <p class="quiet" role="status">
        {contact === list.address && t("space_contact_there", list.name)}
      </p>
      {failure !== null && (
        <p class="problem" role="alert">
          {t(sentenceKey(failure))}
        </p>
      )}
    </>
  );
}
