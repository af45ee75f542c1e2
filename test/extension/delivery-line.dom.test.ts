/** The words for how one's own message was delivered. */
import { deliveryLine } from "../../src/extension/reading/display/delivery-line.js";
import type { MailActions, OpenedView } from "../../src/extension/reading/view.js";
import { openedView } from "./opened-view.js";

let asked = 0;
const nothing = async () => undefined;
const acts: MailActions = {
  ...{ openElsewhere: null, showSaved: null, join: null, unlock: null, reply: null, replyAlone: null },
  ...{
    save: nothing,
    saveAll: nothing,
    saveMail: nothing,
    compare: nothing,
    settings: nothing,
    showAs: nothing,
  },
  preview: async () => ({ address: "" }),
  askDelivery: async () => {
    asked++;
  },
};

function shown(delivery: OpenedView["delivery"]): HTMLElement {
  const place = document.createElement("div");
  place.append(...deliveryLine(delivery === undefined ? openedView : { ...openedView, delivery }, acts));
  return place;
}
const told = {
  kind: "told",
  isAskedAgain: false,
  toldAt: "2026-01-01T12:00:00.000Z",
  readers: 25,
  waiting: 0,
  failed: 0,
  missing: [],
} as const;

test("nothing is said of somebody else's message", () => {
  expect(shown(undefined).childNodes).toHaveLength(0);
});

test("of one's own there is a button that asks", async () => {
  const place = shown({ kind: "nothing" });
  expect(place.textContent).toBe("Did everyone get it?");
  place.querySelector("button")?.click();
  await Promise.resolve();
  expect(asked).toBe(1);
  expect(shown({ kind: "asked" }).textContent).toContain("has been asked who got this message");
  expect(shown({ kind: "unknown" }).textContent).toContain("can’t say who got this message");
});

test("who has not got it is counted, and named where the list shows its members", () => {
  expect(shown(told).textContent).toContain("Sent to all other members: 25.");
  const some = shown({ ...told, waiting: 1, failed: 2 });
  expect(some.textContent).toContain(
    "Not received by 3 of 25 members. The server is still trying: 1. Refused or returned: 2. As of ",
  );
  expect(some.querySelector("ul")).toBeNull();
  const named = shown({
    ...told,
    waiting: 1,
    failed: 1,
    missing: [
      { address: "carol@x.test", name: "Carol", state: "waiting" },
      { address: "dave@x.test", name: "dave@x.test", state: "failed" },
    ],
  });
  expect([...named.querySelectorAll("li")].map((item) => item.textContent)).toEqual([
    "Carol <carol@x.test>: still trying",
    "dave@x.test: refused or returned",
  ]);
});
