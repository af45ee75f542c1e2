/** "Who is on this list" in the page of lists: what is said before, while and after it is known. */
import { render } from "preact";
import { act } from "preact/test-utils";
import type { ListsCalls } from "../../src/extension/app/calls/space-calls.js";
import { WhoIsOn } from "../../src/extension/app/lists-page/member-names.js";
import type { FellowsView } from "../../src/extension/member/fellow-members.js";
import { askBackground } from "../../src/extension/platform/rpc/messages.js";
import { answers } from "./fake-host.js";

const nothing: FellowsView = { asked: "no", shown: null, toldAt: null, members: [] };
const told: FellowsView = {
  asked: "no",
  shown: "shown",
  toldAt: "2026-01-01T12:00:00.000Z",
  members: [
    { address: "bob@x.test", name: "Bob", role: "member" },
    { address: "olga@x.test", name: "Olga", role: "owner" },
  ],
};

/** @param isThere whether what was answered stands in the page */
async function shown(
  view: FellowsView,
  isThere: (place: HTMLElement) => boolean = () => true,
): Promise<HTMLElement> {
  answers.set("space:members", () => view);
  answers.set("space:ask-members", () => null);
  const place = document.createElement("div");
  document.body.replaceChildren(place);
  await act(async () =>
    render(<WhoIsOn list="team@lists.example" ask={askBackground<ListsCalls>()} />, place),
  );
  while (!isThere(place)) await act(() => new Promise<void>((resolve) => setTimeout(resolve)));
  return place;
}

test("nothing is guessed before the server has said something", async () => {
  const place = await shown(nothing);
  expect(place.textContent).toBe("Who is on this listAsk the server");
});

test("members are named, with what they are besides", async () => {
  const place = await shown(told, (page) => page.querySelector("li") !== null);
  expect([...place.querySelectorAll("li")].map((item) => item.textContent)).toEqual(["Bob", "Olga · Owner"]);
  expect(place.textContent).toContain("Members: 2");
});

test("a list that shows nobody says so; a question that waits is said", async () => {
  const place = await shown(
    { ...nothing, shown: "hidden", asked: "asked" },
    (page) => page.querySelector("p") !== null,
  );
  expect(place.textContent).toContain("don’t show its members");
  expect(place.querySelector("[role=status]")?.textContent).toContain("has been asked");
  const unsent = await shown({ ...nothing, asked: "unsent" }, (page) => page.querySelector("p") !== null);
  expect(unsent.querySelector("[role=status]")?.textContent).toContain("has not been sent yet");
});
