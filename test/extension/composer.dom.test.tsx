/** The composer as a component: what it offers, asks and keeps. What a browser's editor does is tried in the browsers. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { Composer } from "../../src/extension/writing/composer/composer.js";
import { emptyLetter } from "../../src/extension/writing/composer/reply-draft.js";
import { questionBefore, type WrittenLetter } from "../../src/extension/writing/composer/seal-letter.js";
import { local, resetHost } from "./fake-host.js";
import { stored, storedKey, storedList } from "./stored-fixture.js";

const quiet = () => act(async () => new Promise((resolve) => setTimeout(resolve, 20)));

async function show(lists: readonly object[], list: string | null = null): Promise<HTMLElement> {
  resetHost();
  const kept = lists.map((each, at) => ({
    ...storedList,
    memberKey: storedKey.fingerprint,
    address: `l${at}@lists.example`,
    ...each,
  }));
  await local.set({
    listseal: { ...stored, lists: Object.fromEntries(kept.map((each) => [each.address, each])) },
  });
  document.body.replaceChildren();
  const root = document.body.appendChild(document.createElement("div"));
  await act(() => render(<Composer begun={emptyLetter(list)} leave={() => <p>ready</p>} />, root));
  await quiet();
  return root;
}

const options = (root: HTMLElement) => [...root.querySelectorAll("option")].map(({ value }) => value);

test("offers the lists that one can write to, and chooses the only one", async () => {
  const root = await show([{}]);
  expect(options(root)).toEqual(["", "l0@lists.example"]);
  expect(root.querySelector("select")?.value).toBe("l0@lists.example");
  const several = await show([{}, { membership: "left" }, { role: "read-only" }, { memberKey: null }, {}]);
  expect(options(several)).toEqual(["", "l0@lists.example", "l4@lists.example"]);
  expect(several.querySelector("select")?.value).toBe("");
});

test("chooses the list that was named, and says so if it is not here", async () => {
  expect((await show([{}, {}], "l1@lists.example")).querySelector("select")?.value).toBe("l1@lists.example");
  const root = await show([{}], "other@lists.example");
  expect(root.querySelector("select")?.value).toBe("");
  expect(root.querySelector("[role=alert]")?.textContent).toContain("other@lists.example");
});

test("without a list it leads to the options", async () => {
  const root = await show([]);
  expect(root.querySelector("form")).toBeNull();
  expect(root.querySelector("button")?.textContent).toBe("Options");
});

test("closing asks as soon as something was typed, and not before", async () => {
  const root = await show([{}]);
  const asks = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  expect(asks()).toBe(false);
  await act(() => void root.querySelector("input")?.dispatchEvent(new Event("input", { bubbles: true })));
  await quiet();
  expect(asks()).toBe(true);
  await act(() => render(null, root));
  expect(asks()).toBe(false);
});

test("no field for words is one that a browser would keep", async () => {
  const root = await show([{}]);
  expect(root.querySelector("textarea")).toBeNull();
  for (const field of root.querySelectorAll("input:not([type=file], [type=checkbox])"))
    expect(field.getAttribute("autocomplete")).toBe("off");
});

test("the quote of one list is asked about before it is sealed for another", async () => {
  await show([{}, {}]);
  const written: WrittenLetter = {
    list: "l1@lists.example",
    subject: "Re: plan",
    thread: { references: [] },
    quotedList: "l0@lists.example",
    body: { kind: "text", content: "> the plan", plain: "> the plan" },
    files: [],
  };
  expect(await questionBefore(written, [])).toEqual({ kind: "other-list-quote", from: "l0@lists.example" });
  expect(await questionBefore(written, ["other-list-quote"])).toBeNull();
  expect(await questionBefore({ ...written, list: "l0@lists.example" }, [])).toBeNull();
  expect(await questionBefore({ ...written, quotedList: null }, [])).toBeNull();
});
