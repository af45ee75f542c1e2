import { AddonError } from "../../platform/errors.js";
import type { HandlersOf } from "../../platform/rpc/call.js";
import { type ComposeRecipients, thunderbird } from "../../platform/thunderbird.js";
import type { GuardName } from "../../writing/guard-names.js";
import { switchGuard } from "../../writing/guard-switches.js";
import { refresh, statusOf, turnOff, turnOn } from "../../writing/window/list-mode.js";
import { keepOnServer } from "../../writing/window/sealed-draft.js";
import { goOnSending } from "../../writing/window/send.js";
import { stop } from "../../writing/window/send-state.js";
import { changeState, stateOf } from "../../writing/window/window-state.js";
import type { ComposeAnswer, composeCalls } from "../calls/page-calls.js";

/** Answers after which the mail goes on its way. */
const leaving: ReadonlySet<ComposeAnswer> = new Set([
  ...(["turn-on", "list-only", "use-list", "send-anyway", "send-in-clear", "send"] as const),
]);

/** What Thunderbird's background page answers to the popup of a compose window's button. */
export const composeHandlers: HandlersOf<typeof composeCalls> = {
  "compose:status": ({ tabId }) => statusOf(tabId),

  async "compose:answer"({ tabId, answer, about, dontAsk }) {
    switch (answer) {
      case "turn-on":
        await turnOn(tabId, "hand");
        break;
      case "turn-off":
      case "send-in-clear":
        await turnOff(tabId, "hand");
        break;
      case "list-only":
        await keepListOnly(tabId);
        break;
      case "use-list":
        await writeListOut(tabId);
        break;
      case "send-anyway":
        if (about !== null) await allow(tabId, about);
        if (about !== null && dontAsk) await switchGuard(about, false);
        break;
      case "stop":
        stop(tabId);
        break;
      case "keep-draft":
        await changeState(tabId, { hindrance: null });
        void keepOnServer(tabId);
        break;
      case "send":
        break;
      case "dismiss":
        await changeState(tabId, { hindrance: null, notice: null });
    }
    if (!leaving.has(answer)) return refresh(tabId);
    await goOnSending(tabId);
    return refresh(tabId);
  },
};

/** The person has said of one window: send it so. Who sends to the list unsealed has answered for the quote, too. */
async function allow(tabId: number, guard: GuardName): Promise<void> {
  const { answered } = await stateOf(tabId);
  const more: readonly GuardName[] = guard === "clear-to-list" ? [guard, "sealed-quote"] : [guard];
  await changeState(tabId, { answered: [...new Set([...answered, ...more])], hindrance: null });
}

/** Writes the list's own address where something stands that is almost that. */
async function writeListOut(tabId: number): Promise<void> {
  const { hindrance } = await stateOf(tabId);
  if (hindrance?.kind !== "almost-list") return;
  const { compose } = thunderbird();
  const { to, cc, bcc } = await compose.getComposeDetails(tabId);
  const corrected = (field: ComposeRecipients = []) =>
    [field].flat().map((one) => (one === hindrance.typed ? hindrance.list : one));
  await compose.setComposeDetails(tabId, { to: corrected(to), cc: corrected(cc), bcc: corrected(bcc) });
  await turnOn(tabId, "recipients");
}

/** Takes every recipient but the list out of a mail that is to be sealed. */
async function keepListOnly(tabId: number): Promise<void> {
  const { list } = await statusOf(tabId);
  if (list === null) throw new AddonError("no-list", "no list among the recipients");
  await thunderbird().compose.setComposeDetails(tabId, {
    to: [`${list.name} <${list.address}>`],
    cc: [],
    bcc: [],
  });
  await changeState(tabId, { hindrance: null });
}
