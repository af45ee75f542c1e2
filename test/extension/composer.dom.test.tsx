/** The composer as a component: what it offers, asks and keeps. What a browser's editor does is tried in the browsers. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { browserHost } from "../../src/extension/app/browser/start-page.js";
import { setHost } from "../../src/extension/platform/host.js";
import type { Correspondent } from "../../src/extension/worker/jobs.js";
import { Composer } from "../../src/extension/writing/composer/composer.js";
import type { SendView } from "../../src/extension/writing/composer/letter-form.js";
import {
  emptyLetter,
  privateAnswerTo,
  type ReplyDraft,
} from "../../src/extension/writing/composer/reply-draft.js";
import {
  questionBefore,
  type ReadyLetter,
  type WrittenLetter,
} from "../../src/extension/writing/composer/seal-letter.js";
import { local, resetHost } from "./fake-host.js";
import { stored, storedKey, storedList } from "./stored-fixture.js";

setHost(browserHost);

const quiet = () => act(async () => new Promise((resolve) => setTimeout(resolve, 20)));

async function show(
  lists: readonly object[],
  begun: ReplyDraft | string | null = null,
  leave: SendView = () => <p>ready</p>,
): Promise<HTMLElement> {
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
  const draft = typeof begun === "object" && begun !== null ? begun : emptyLetter(begun);
  await act(() => render(<Composer begun={draft} leave={leave} />, root));
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

/** Bob, whom an answer goes to alone. */
const bob: Correspondent = {
  ...{ list: "l0@lists.example", name: "Bob", address: "bob@people.test", fingerprint: "ab".repeat(20) },
  ...{ certificate: new Uint8Array(), signedAt: "2026-01-01T12:00:00Z" },
  ...{ subject: "Lunch", messageId: "<2@a.test>", references: [] },
};

async function answerAlone(
  list: object,
): Promise<{ readonly root: HTMLElement; readonly left: ReadyLetter[] }> {
  const left: ReadyLetter[] = [];
  const leave = (ready: ReadyLetter) => {
    left.push(ready);
    return <p>ready</p>;
  };
  return { root: await show([list], privateAnswerTo(bob), leave), left };
}

test("an answer to one member says to whom, offers nobody else, and is addressed to them alone", async () => {
  const { root, left } = await answerAlone({ certified: storedKey.fingerprint });
  expect(root.querySelector(".alone h2")?.textContent).toBe("Reply to Bob alone");
  expect(root.querySelector(".alone")?.textContent).toContain("does not go through the list Team");
  expect(root.querySelector("select, input[type=file], input[type=checkbox], .tools")).toBeNull();
  expect(root.querySelector("input")?.value).toBe("Re: Lunch");
  await act(() => root.querySelector<HTMLElement>("button.seal")?.click());
  await quiet();
  expect(left.at(-1)).toMatchObject({
    to: "bob@people.test",
    from: storedKey.address,
    subject: "Encrypted private message",
    fileName: "private.pgp",
  });
});

test("an answer to one member does not go where one has left the list, or the key is locked; the way to unlock it is there", async () => {
  const { root, left } = await answerAlone({ membership: "left" });
  await act(() => root.querySelector<HTMLElement>("button.seal")?.click());
  await quiet();
  expect(root.querySelector("[role=alert]")?.textContent).toContain("left");
  expect(left).toEqual([]);
  await local.set({
    listseal: {
      ...stored,
      lists: {
        "l0@lists.example": { ...storedList, memberKey: storedKey.fingerprint, address: "l0@lists.example" },
      },
      memberKeys: { [storedKey.fingerprint]: { ...storedKey, locked: true } },
    },
  });
  await act(() => root.querySelector<HTMLElement>("button.seal")?.click());
  await quiet();
  expect(root.querySelector("[role=alert]")?.textContent).toMatch(/locked.*Options$/);
  expect(left).toEqual([]);
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
