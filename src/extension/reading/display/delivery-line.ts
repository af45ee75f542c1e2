import type { DeliveryCounts, KnownDelivery } from "../../member/delivery-record.js";
import { actionButton, element } from "../../ui/elements.js";
import { type Phrase, phrase, say, t } from "../../ui/i18n.js";
import type { MailActions, OpenedView } from "../view.js";
import { personIn, whenIn } from "./person-words.js";

/** How one's own message was delivered: to how many, who has not got it, and a button that asks. */

/** To how many it went, or how many of them have not got it. */
export const deliverySentence = ({ readers, waiting, failed }: DeliveryCounts): Phrase =>
  waiting + failed === 0
    ? phrase("delivery_all", String(readers))
    : phrase("delivery_missing", String(waiting + failed), String(readers));

/** All that the numbers say. */
const deliveryPhrases = (numbers: DeliveryCounts): readonly Phrase[] => [
  deliverySentence(numbers),
  ...(numbers.waiting === 0 ? [] : [phrase("delivery_waiting", String(numbers.waiting))]),
  ...(numbers.failed === 0 ? [] : [phrase("delivery_failed", String(numbers.failed))]),
];

/** The words, where one's own message is shown. */
export function deliveryLine({ delivery }: OpenedView, { askDelivery }: MailActions): readonly Node[] {
  if (delivery === undefined) return [];
  const button = (label: string) => actionButton(label, askDelivery, t("action_failed"), { class: "ask" });
  const line = (tone: "note" | "good" | "warning", ...children: (Node | string)[]) => [
    element("div", { class: `delivery ${tone}`, role: "status" }, ...children),
  ];
  switch (delivery.kind) {
    case "nothing":
      return line("note", button(t("delivery_ask")));
    case "asked":
      return line("note", element("p", {}, t("delivery_asked")), button(t("delivery_ask_again")));
    case "unknown":
      return line("note", element("p", {}, t("error_unknown_post")), button(t("delivery_ask_again")));
    case "told": {
      const words = [...deliveryPhrases(delivery), phrase("delivery_as_of", whenIn(delivery.toldAt))];
      const more = delivery.isAskedAgain ? [element("p", {}, t("delivery_asked"))] : [];
      return line(
        delivery.waiting + delivery.failed === 0 ? "good" : "warning",
        element("p", {}, words.map(say).join(" ")),
        ...namesOf(delivery),
        ...more,
        button(t("delivery_ask_again")),
      );
    }
  }
}

function namesOf({ missing }: Extract<KnownDelivery, { readonly kind: "told" }>): readonly Node[] {
  if (missing.length === 0) return [];
  const items = missing.map(({ name, address, state }) =>
    element(
      "li",
      { dir: "auto" },
      t(
        state === "waiting" ? "delivery_named_waiting" : "delivery_named_failed",
        personIn({ name: name === address ? null : name, address }),
      ),
    ),
  );
  return [element("ul", {}, ...items)];
}
