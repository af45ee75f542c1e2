import { jest } from "@jest/globals";
import { render } from "preact";
import { Options } from "../../src/extension/app/options/options.js";
import { Popup } from "../../src/extension/app/thunderbird/popup-view.js";
import { AddonError } from "../../src/extension/platform/errors.js";
import type { ComposeStatus } from "../../src/extension/writing/compose-status.js";
import { ProtocolError } from "../../src/openpgp/errors.js";
import { background, complaints, settle } from "./page-tester.js";
import { storedKey, storedList } from "./stored-fixture.js";

let root: HTMLElement;
beforeEach(() => {
  document.body.replaceChildren();
  root = document.body.appendChild(document.createElement("div"));
});
const button = (label: string) => {
  const found = [...root.querySelectorAll("button")].find(({ textContent }) => textContent === label);
  if (found === undefined) throw new Error(`no button ${label} in ${root.textContent}`);
  return found;
};

const list = {
  address: storedList.address,
  name: storedList.name,
  mode: storedList.mode,
  delivery: storedList.delivery,
  profile: storedList.profile,
  listFingerprint: storedList.listKeyFingerprint,
  serverFingerprint: storedList.serverFingerprint,
  owners: storedList.owners.map(({ userId, fingerprint }) => ({ userId, fingerprint })),
  invitee: storedList.invitee,
  memberKey: null,
  membership: "member",
  role: "member",
  formerKeys: [],
  deletedBefore: "",
} as const;
const overviewOf = (part: object) => ({
  overview: {
    lists: [],
    keys: [],
    backedUpAt: null,
    refused: [],
    requests: [],
    refusals: [],
    copies: [],
    ...part,
  },
});
const { fingerprint, address, userId, createdAt } = storedKey;
const key = { fingerprint, address, userId, createdAt, revokedAt: null, locked: true, ready: false };

describe("the options page", () => {
  async function open(answers: Record<string, unknown>) {
    const { call, asked } = background({ "owner:lists": { lists: [] }, ...answers });
    render(<Options call={call} />, root);
    await settle();
    return asked;
  }

  test("says how to begin when nothing is there", async () => {
    await open(overviewOf({ lists: [], keys: [] }));
    expect(root.textContent).toContain("You are not on an encrypted mailing list yet");
  });

  test("names the step that is missing, and leads to it with the address filled in", async () => {
    await open(overviewOf({ lists: [list], keys: [] }));
    expect(root.textContent).toContain("you need a key for alice@example.test");
    button("Create my key").click();
    await settle();
    expect(root.querySelector<HTMLInputElement>("input[name=address]")?.value).toBe("alice@example.test");
  });

  test("removes a list only after a second press", async () => {
    const asked = await open(overviewOf({ lists: [list], keys: [] }));
    button("Forget on this computer").click();
    await settle();
    expect(asked.map(([name]) => name)).toEqual(["overview", "compare:wanted", "join:offered"]);
    expect(root.textContent).toContain("Forget Team on this computer?");
    button("Forget on this computer").click();
    await settle();
    expect(asked.slice(3)).toEqual([
      ["list:remove", { address: "team@lists.example" }],
      ["overview", null],
    ]);
  });

  test("names the time of each earlier key, and deletes those before a date after a question that says what is lost", async () => {
    const [first, second] = ["2026-01-05T12:00:00.000Z", "2026-02-05T12:00:00.000Z"];
    const mine = { ...list, formerKeys: [first, second] };
    document.documentElement.lang = "en";
    document.title = "ListSeal";
    const asked = await open(overviewOf({ lists: [mine], keys: [] }));
    const times = [...root.querySelectorAll("section li")].map((item) => item.textContent);
    expect(times).toEqual([
      "for messages until January 5, 2026",
      "for messages from January 5, 2026 to February 5, 2026",
    ]);
    expect(await complaints()).toEqual([]);
    const choice = root.querySelector<HTMLSelectElement>("select[name=until]");
    if (choice === null) throw new Error("no choice");
    choice.value = second;
    button("Delete earlier keys…").click();
    await settle();
    expect(root.querySelector("[role=alert]")?.textContent).toMatch(
      /Keys: 2\. Messages from before February 5, 2026 can then no longer be read/,
    );
    expect(root.textContent).toContain("backups made earlier still contain these keys");
    expect(await complaints()).toEqual([]);
    expect(asked.map(([name]) => name)).not.toContain("list:delete-keys");
    button("Delete for good").click();
    await settle();
    expect(asked).toContainEqual(["list:delete-keys", { address: list.address, until: second }]);
    expect(root.querySelector("output")?.textContent).toContain("The keys are deleted");
  });

  test("says from before when the keys were deleted", async () => {
    const mine = { ...list, deletedBefore: "2026-01-05T12:00:00.000Z" };
    await open(overviewOf({ lists: [mine], keys: [] }));
    expect(root.textContent).toContain("You deleted the keys for messages from before January 5, 2026.");
    expect(root.querySelector("select[name=until]")).toBeNull();
  });

  test("shows a moderator whose post waits, and asks for what was pressed", async () => {
    const post = {
      author: "0b".repeat(20),
      address: "bob@example.test",
      messageId: "<1@example.test>",
      date: "2026-01-01T00:00:00.000Z",
      size: 2_345,
    };
    const held = { at: post.date, posts: [post, { ...post, address: null, messageId: "<2@example.test>" }] };
    const mine = { ...list, memberKey: fingerprint, role: "moderator" };
    const asked = await open({ ...overviewOf({ lists: [mine], keys: [] }), "held:read": held });
    expect(root.textContent).toContain("You are a moderator of this list");
    expect(root.textContent).toContain("3 kB");
    expect(root.textContent).toContain("Someone who is not on the list");
    const labelled = (label: string) => root.querySelector<HTMLElement>(`[aria-label="${label}"]`);
    labelled("Approve the message from bob@example.test")?.click();
    await settle();
    labelled("Reject the message from Someone who is not on the list")?.click();
    await settle();
    const decisions = asked.filter(([name]) => name === "held:decide").map(([, input]) => input);
    const { author } = post;
    expect(decisions).toEqual([
      { list: list.address, decision: "release", author, messageId: "<1@example.test>" },
      { list: list.address, decision: "reject", author, messageId: "<2@example.test>" },
    ]);
  });

  test("says in words what went wrong", async () => {
    await open({ overview: new AddonError("storage-failed", "x") });
    expect(root.querySelector("output")?.textContent).toContain("could not be read or written");
  });

  test("unlocks a key, and refuses two passphrases that differ", async () => {
    const asked = await open(overviewOf({ lists: [], keys: [key] }));
    button("My key").click();
    await settle();
    const form = root.querySelector<HTMLFormElement>(".card form");
    const field = form?.querySelector<HTMLInputElement>("input[name=passphrase]");
    if (form == null || field == null) throw new Error("no form");
    field.value = "horse";
    form.requestSubmit();
    await settle();
    expect(asked).toContainEqual(["key:unlock", { fingerprint, passphrase: "horse" }]);

    button("Change passphrase").click();
    await settle();
    for (const [name, value] of [
      ["current", "horse"],
      ["next", "a"],
      ["again", "b"],
    ] as const) {
      const input = root.querySelector<HTMLInputElement>(`input[name=${name}]`);
      if (input !== null) input.value = value;
    }
    root.querySelector<HTMLInputElement>("input[name=next]")?.form?.requestSubmit();
    await settle();
    expect(root.querySelector("[role=alert]")?.textContent).toBe("The passphrases don’t match.");
    expect(asked.map(([name]) => name)).not.toContain("key:protect");
  });

  test("arrow keys move between the tabs", async () => {
    await open(overviewOf({ lists: [], keys: [] }));
    const strip = root.querySelector("[role=tablist]");
    strip?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    await settle();
    expect(root.querySelector("[aria-selected=true]")?.textContent).toBe("Members");
    expect(document.activeElement?.id).toBe("tab-members");
    strip?.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    await settle();
    expect(document.activeElement?.id).toBe("tab-about");
  });
});

describe("the popup", () => {
  const status: ComposeStatus = {
    sealing: "on",
    work: "idle",
    list: { address: "team@lists.example", name: "Team" },
    hindrance: null,
    notice: null,
    drafts: "this-computer",
  };
  async function open(change: Partial<ComposeStatus>, answers: Record<string, unknown> = {}) {
    const { call, asked } = background(answers);
    const close = jest.fn();
    render(<Popup tabId={3} call={call} status={{ ...status, ...change }} close={close} />, root);
    await settle();
    return { asked, close };
  }

  test("other recipients: the safe answer comes first and does what it says", async () => {
    const { asked, close } = await open({
      hindrance: { kind: "other-recipients", others: ["zoe@example.test"] },
    });
    expect(root.textContent).toContain("zoe@example.test");
    expect(root.querySelector("button")?.textContent).toBe("Send to Team only");
    button("Send to Team only").click();
    await settle();
    expect(asked).toEqual([
      ["compose:answer", { tabId: 3, answer: "list-only", about: "other-recipients", dontAsk: false }],
    ]);
    expect(close).toHaveBeenCalled();
  });

  test.each([
    [{ kind: "other-recipients", others: ["zoe@example.test"] }, "Send the encrypted message to all"],
    [{ kind: "bcc", others: ["zoe@example.test"] }, "Send with Bcc"],
    [{ kind: "missing-attachment", word: "attached" }, "Send without a file"],
    [{ kind: "sealed-quote" }, "Send unencrypted"],
  ] as const)("%j: sending it so is never the first answer", async (hindrance, sendAnyway) => {
    const { asked } = await open({ hindrance });
    expect(root.querySelector("button")?.textContent).not.toBe(sendAnyway);
    expect(button(sendAnyway).className).toBe("danger");
    button(sendAnyway).click();
    await settle();
    expect(asked).toEqual([
      ["compose:answer", { tabId: 3, answer: "send-anyway", about: hindrance.kind, dontAsk: false }],
    ]);
  });

  test("the tick counts for sending it so, and never for a safe answer", async () => {
    const { asked } = await open({ hindrance: { kind: "bcc", others: ["zoe@example.test"] } });
    const tick = root.querySelector<HTMLInputElement>("input[type=checkbox]");
    tick?.click();
    await settle();
    button("Send to Team only").click();
    button("Send with Bcc").click();
    await settle();
    expect(asked.map(([, input]) => input)).toEqual([
      { tabId: 3, answer: "list-only", about: "bcc", dontAsk: false },
      { tabId: 3, answer: "send-anyway", about: "bcc", dontAsk: true },
    ]);
  });

  test("a mail to the list is not sent unencrypted: its server would not take it", async () => {
    const { asked } = await open({ hindrance: { kind: "clear-to-list" } });
    expect([...root.querySelectorAll("button")].map((one) => one.textContent)).toEqual([
      "Encrypt and send",
      "Go back",
    ]);
    button("Encrypt and send").click();
    await settle();
    expect(asked.map(([, input]) => input)).toEqual([
      { tabId: 3, answer: "turn-on", about: "clear-to-list", dontAsk: false },
    ]);
  });

  test("encryption is on and no list is a recipient: back, or without encryption, and nobody is stuck", async () => {
    const { asked } = await open({ hindrance: { kind: "no-list" } });
    expect(root.querySelector("button")?.textContent).toBe("Go back");
    button("Send unencrypted").click();
    await settle();
    expect(asked.map(([, input]) => input)).toEqual([
      { tabId: 3, answer: "send-in-clear", about: null, dontAsk: false },
    ]);
  });

  test.each([
    ["sending", "Unlock and send", "send"],
    ["keeping", "Unlock and save the draft", "keep-draft"],
  ] as const)("locked while %s: the passphrase is all that is asked", async (doing, label, goesOn) => {
    const { asked, close } = await open({ hindrance: { kind: "locked", doing, fingerprint, address } });
    const input = root.querySelector<HTMLInputElement>("input[type=password]");
    if (input === null) throw new Error("no field");
    input.value = "eight loud cows";
    button(label).click();
    await settle();
    expect(asked).toEqual([
      ["key:unlock", { fingerprint, passphrase: "eight loud cows" }],
      ["compose:answer", { tabId: 3, answer: goesOn, about: null, dontAsk: false }],
    ]);
    expect(close).toHaveBeenCalled();
  });

  test("what became of a draft is told without a question", async () => {
    const { asked } = await open({ notice: "server-draft-moved" });
    expect(root.querySelector("h1")?.textContent).toBe("An unencrypted draft was on your mail server");
    expect(root.textContent).toContain("has moved it to this computer");
    button("OK").click();
    await settle();
    expect(asked).toEqual([["compose:answer", { tabId: 3, answer: "dismiss", about: null, dontAsk: false }]]);
  });

  test("a failure says that nothing was lost, and what to do", async () => {
    await open({ hindrance: { kind: "failed", doing: "sending", code: "wrong-address" } });
    expect(root.textContent).toContain("Not sent, but nothing is lost");
    expect(root.textContent).toContain("Choose the address of the key as the sender");
  });

  test("a wrong passphrase keeps the popup open", async () => {
    const hindrance = { kind: "locked", doing: "sending", fingerprint, address } as const;
    const wrong = new ProtocolError("wrong-passphrase", "x");
    const { close } = await open({ hindrance }, { "key:unlock": wrong });
    const input = root.querySelector<HTMLInputElement>("input[type=password]");
    if (input === null) throw new Error("no field");
    input.value = "cow";
    input.form?.requestSubmit();
    await settle();
    expect(root.querySelector("[role=alert]")?.textContent).toContain("not correct");
    expect(close).not.toHaveBeenCalled();
  });

  test("while it seals, it can be stopped", async () => {
    const { asked } = await open({ work: "sealing" });
    expect(root.querySelector("progress")).not.toBeNull();
    button("Stop").click();
    await settle();
    expect(asked).toEqual([["compose:answer", { tabId: 3, answer: "stop", about: null, dontAsk: false }]]);
  });
});
