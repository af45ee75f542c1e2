/** The pages of joining and leaving, as a person sees them. */
import { render } from "preact";
import { Options } from "../../src/extension/app/options/options.js";
import { AddonError } from "../../src/extension/platform/errors.js";
import { MembershipError } from "../../src/membership/file/errors.js";
import { granted, localeOf, runIn } from "./fake-host.js";
import { background, settle } from "./page-tester.js";
import { storedList } from "./stored-fixture.js";

let root: HTMLElement;
let asked: (readonly [string, unknown])[];
beforeEach(() => {
  document.body.replaceChildren();
  root = document.body.appendChild(document.createElement("div"));
  asked = [];
});
afterEach(() => {
  render(null, root);
  runIn("thunderbird");
});

async function open(answers: Record<string, unknown>) {
  const page = background(answers);
  asked = page.asked;
  render(<Options call={page.call} />, root);
  await settle();
}

const overview = (part: object = {}) => ({
  lists: [],
  keys: [],
  backedUpAt: null,
  refused: [],
  requests: [],
  refusals: [],
  copies: [],
  ...part,
});
const list = {
  address: storedList.address,
  name: storedList.name,
  mode: storedList.mode,
  delivery: storedList.delivery,
  profile: storedList.profile,
  listFingerprint: storedList.listKeyFingerprint,
  serverFingerprint: storedList.serverFingerprint,
  owners: [],
  invitee: storedList.invitee,
  memberKey: "dd".repeat(20),
  membership: "member",
  role: "member",
};
const request = {
  id: "11",
  do: "join",
  list: list.address,
  about: null,
  askedAt: "2026-01-01T00:00:00.000Z",
  sending: "sent",
  failure: null,
};
const summary = {
  list: { address: list.address, name: "Team", fingerprint: "aa".repeat(20) },
  owners: [{ userId: "Olive <olive@example.test>", fingerprint: "cc".repeat(20) }],
  invitee: "alice@example.test",
  name: "Alice",
  joinBy: "2026-08-01T00:00:00.000Z",
  memberKey: null,
};
const offered = { name: "team-alice.listseal", file: "RklMRQ==" };

const code = "12340-12348-12343-12349-12341";

const input = (name: string) => {
  const found = root.querySelector<HTMLInputElement>(`input[name=${name}]`);
  if (found === null) throw new Error(`no field ${name} in ${root.textContent}`);
  return found;
};
const press = async (label: string) => {
  const found = [...root.querySelectorAll("button")].find(({ textContent }) => textContent === label);
  if (found === undefined) throw new Error(`no button ${label} in ${root.textContent}`);
  found.click();
  await settle();
};
const type = async (name: string, text: string) => {
  input(name).value = text;
  input(name).dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
};

test("a file that came with a mail needs its code and nothing else; what is inside is shown before one joins", async () => {
  await open({ overview: overview(), "join:offered": offered, "join:look": summary, "join:start": request });
  expect(root.textContent).toContain("Invitation: team-alice.listseal");
  expect(document.activeElement).toBe(input("code"));
  await type("code", code);
  input("code").form?.requestSubmit();
  await settle();
  expect(asked).toContainEqual(["join:look", { file: "RklMRQ==", code: code }]);
  // for an extra check, and not on the way
  const extra = root.querySelector("details:not([open])")?.textContent;
  expect(extra).toContain("AAAA AAAA");
  expect(extra).toContain("CCCC CCCC");
  expect(root.textContent).toContain("Olive <olive@example.test>");
  expect(asked.map(([name]) => name)).not.toContain("join:start");
  await press("Join list");
  expect(asked).toContainEqual([
    "join:start",
    { file: "RklMRQ==", code: code, name: "Alice", passphrase: null },
  ]);
});

test("a file that is offered once more, while its invitation is open, closes nothing", async () => {
  await open({ overview: overview(), "join:offered": offered, "join:look": summary });
  await type("code", code);
  input("code").form?.requestSubmit();
  await settle();
  expect(root.textContent).toContain("Olive <olive@example.test>");
  // the page comes to the front, and is given the same file again
  window.dispatchEvent(new Event("focus"));
  await settle();
  expect(root.textContent).toContain("Olive <olive@example.test>");
});

test("a file that is dropped onto the page needs its code and nothing else", async () => {
  await open({ overview: overview(), "join:look": summary });
  const drop = root.querySelector("form.drop");
  const over = new Event("dragover", { bubbles: true, cancelable: true });
  drop?.dispatchEvent(over);
  // otherwise the browser would leave the page and show the file
  expect(over.defaultPrevented).toBe(true);
  const dropped = new Event("drop", { bubbles: true, cancelable: true });
  const bytes = new TextEncoder().encode("FILE");
  // jsdom's files have no arrayBuffer
  const file = { name: "team-alice.listseal", size: bytes.length, arrayBuffer: async () => bytes.buffer };
  drop?.dispatchEvent(Object.assign(dropped, { dataTransfer: { files: [file] } }));
  await settle();
  expect(dropped.defaultPrevented).toBe(true);
  expect(root.textContent).toContain("Invitation: team-alice.listseal");
  expect(document.activeElement).toBe(input("code"));
  await type("code", code);
  input("code").form?.requestSubmit();
  await settle();
  expect(asked).toContainEqual(["join:look", { file: "RklMRQ==", code }]);
});

test("a group that can't be right is named while it is typed", async () => {
  await open({ overview: overview() });
  await type("code", "00000-12345");
  expect(root.querySelector("[role=alert]")?.textContent).toContain("Group 2");
});

test("a code that is too short, or none, is not tried, and says what it lacks", async () => {
  await open({ overview: overview(), "join:offered": offered });
  await type("code", code.slice(0, -1));
  expect(root.querySelector("[role=alert]")).toBeNull();
  input("code").form?.requestSubmit();
  await settle();
  expect(root.querySelector("[role=alert]")?.textContent).toBe("That is 24 of 25 digits.");
  await type("code", "my code");
  input("code").form?.requestSubmit();
  await settle();
  expect(root.querySelector("[role=alert]")?.textContent).toContain("only digits");
  expect(asked.map(([name]) => name)).not.toContain("join:look");
});

test("what Thunderbird will ask is said beforehand, in its very words; not once it was agreed to, and in no browser", async () => {
  const words = "Programmatically send email messages in bulk on your behalf, without any visual feedback.";
  const opened = async () => {
    await open({ overview: overview(), "join:offered": offered, "join:look": summary });
    await type("code", code);
    input("code").form?.requestSubmit();
    await settle();
    return root.textContent ?? "";
  };
  granted.delete("messages.send");
  expect(await opened()).toContain(words);
  render(null, root);
  granted.add("messages.send");
  expect(await opened()).not.toContain(words);
  granted.delete("messages.send");
  render(null, root);
  runIn("browser");
  expect(await opened()).not.toContain(words);
});

test("a wrong code says so, and the file stays chosen", async () => {
  const wrong = new MembershipError("wrong-code", "x");
  await open({ overview: overview(), "join:offered": offered, "join:look": wrong });
  await type("code", code);
  input("code").form?.requestSubmit();
  await settle();
  expect(root.querySelector("output")?.textContent).toContain("The code does not open this file");
  expect(root.textContent).toContain("Invitation: team-alice.listseal");
});

test("while the server's answer is waited for, the page says so", async () => {
  await open({ overview: overview({ lists: [{ ...list, membership: "joining" }], requests: [request] }) });
  expect(root.textContent).toContain("waiting for the server");
  expect(root.textContent).toContain("usually replies within a minute");
});

test("what could not be sent is not said to be on its way, and is sent again", async () => {
  const unsent = { ...request, sending: "unsent", failure: "may-not-send" };
  await open({ overview: overview({ lists: [{ ...list, membership: "joining" }], requests: [unsent] }) });
  expect(root.textContent).not.toContain("Almost done");
  expect(root.textContent).not.toContain("waiting for the server");
  expect(root.textContent).toContain("not allowed to send messages yet");
  await press("Send again");
  expect(asked).toContainEqual(["requests:again", { id: "11" }]);
});

test("what an owner asked, and what they were refused, stands on the page for owners and not in the list's card", async () => {
  const requests = [{ ...request, do: "remove", about: "zoe@example.test", sending: "unsent" }];
  const refusals = [{ list: list.address, do: "set-role", code: "last-owner" }];
  await open({ overview: overview({ lists: [list], requests, refusals }) });
  expect(root.textContent).toContain("You are a member");
  expect(root.querySelector(".card .problem")).toBeNull();
});

test("a refused join gives its reason", async () => {
  const refused = [{ address: list.address, name: "Team", code: "withdrawn" }];
  await open({ overview: overview({ refused }) });
  expect(root.textContent).toContain("You could not join Team");
  expect(root.textContent).toContain("withdrawn this invitation");
  await press("OK");
  expect(asked).toContainEqual(["join:forget", { address: list.address }]);
});

test("leaving asks once, and the safe answer comes first", async () => {
  await open({ overview: overview({ lists: [list] }) });
  await press("Leave list");
  expect(asked.map(([name]) => name)).not.toContain("list:leave");
  const labels = [...root.querySelectorAll(".card [role=alert] + .actions button")].map(
    ({ textContent }) => textContent,
  );
  expect(labels).toEqual(["Go back", "Leave list"]);
  await press("Leave list");
  expect(asked).toContainEqual(["list:leave", { address: list.address }]);
});

test("who has left sees that, and can't leave again; a refused leave says why", async () => {
  const refusals = [{ list: list.address, do: "leave", code: "last-owner" }];
  await open({ overview: overview({ lists: [list], refusals }) });
  expect(root.textContent).toContain("at least one owner");
  render(null, root);
  await open({ overview: overview({ lists: [{ ...list, membership: "left" }] }) });
  expect(root.textContent).toContain("You have left this list");
  expect([...root.querySelectorAll("button")].map(({ textContent }) => textContent)).not.toContain(
    "Leave list",
  );
});

describe("the backup page", () => {
  const key = {
    fingerprint: "dd".repeat(20),
    address: "a@x.test",
    userId: "A",
    createdAt: "",
    locked: false,
    ready: true,
    revokedAt: null,
  };

  test("a reminder stands on the other pages until a backup exists", async () => {
    await open({ overview: overview({ keys: [key] }) });
    expect(root.querySelector("[role=note]")?.textContent).toContain("No backup yet");
    await press("Make a backup");
    const shown = root.querySelector(".code")?.textContent ?? "";
    expect(shown).toMatch(/^(\d{5}-){6}\d{5}$/);
    await press("Save the backup…");
    expect(asked).toContainEqual(["backup:make", { passphrase: shown }]);
    render(null, root);
    await open({ overview: overview({ keys: [key], backedUpAt: "2026-08-01T12:00:00.000Z" }) });
    expect(root.querySelector("[role=note]")).toBeNull();
  });

  test("a passphrase of one's own may not be short", async () => {
    await open({ overview: overview({ keys: [key] }) });
    await press("Backup");
    await press("Use my own passphrase");
    input("own").value = "short";
    input("own").form?.requestSubmit();
    await settle();
    expect(root.querySelector("[role=alert]")?.textContent).toContain("too short");
    expect(asked.map(([name]) => name)).not.toContain("backup:make");
  });
});

describe("a key that runs out", () => {
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const keyThat = (expiresAt: string | null) => ({
    ...{ fingerprint: "dd".repeat(20), address: "a@x.test", userId: "A", createdAt: "", locked: false },
    ...{ ready: true, revokedAt: null, expiresAt },
  });
  const notes = () => [...root.querySelectorAll("[role=note]")].map(({ textContent }) => textContent ?? "");
  const shown = async (expiresAt: string | null) => {
    await open({ overview: overview({ keys: [keyThat(expiresAt)], backedUpAt: inDays(-1) }) });
  };

  test.each([
    ["permanently", null],
    ["for long", inDays(31)],
  ])("is not mentioned while it is good %s", async (_, expiresAt) => {
    await shown(expiresAt);
    expect(notes()).toEqual([]);
  });

  test("is offered to be renewed 30 days before, and plainly 7 days before", async () => {
    await shown(inDays(29));
    expect(root.querySelector("[role=note]")?.className).toBe("next");
    await press("Renew key");
    expect(asked).toContainEqual(["key:renew", { fingerprint: "dd".repeat(20) }]);
    render(null, root);
    await shown(inDays(6));
    expect(root.querySelector("[role=note]")?.className).toContain("problem");
  });

  test("can't be renewed when it is over: the server believes it no more", async () => {
    await shown(inDays(-1));
    expect(notes()[0]).toContain("new invitation");
    expect(root.querySelector("[role=note] button")).toBeNull();
  });
});

describe("when Thunderbird may not send by itself", () => {
  const inWindow = { ...request, sending: "by-hand" };
  const joining = overview({ lists: [{ ...list, membership: "joining" }], requests: [inWindow] });

  test("there is one answer: the request is in a window, to be sent there", async () => {
    await open({ overview: joining });
    expect(root.textContent).toContain("It is in a message window: click “Send” there.");
    for (const other of [
      "on its way",
      "Waiting for the server",
      "was not sent",
      "not allowed to send messages yet",
    ])
      expect(root.textContent).not.toContain(other);
    await press("Open the message again");
    expect(asked).toContainEqual(["requests:again", { id: "11" }]);
    await press("I have sent it");
    expect(asked).toContainEqual(["requests:sent", { id: "11" }]);
  });

  test("what is said of a press agrees with it", async () => {
    await open({ overview: joining, "requests:again": inWindow, "list:leave": inWindow });
    await press("Open the message again");
    expect(root.querySelector("output")?.textContent).not.toContain("sent to the server");
  });

  test("who asks to leave is not told that it was asked, nor that an answer is waited for", async () => {
    const leaving = { ...inWindow, do: "leave" };
    const known = overview({ lists: [{ ...list, membership: "member" }], requests: [leaving] });
    await open({ overview: known });
    expect(root.textContent).not.toContain("The server has not replied yet");
    expect(root.textContent).toContain("It is in a message window: click “Send” there.");
  });

  test.each([
    ["by-hand", "Almost done: click “Send” in the message window that has just opened."],
    ["sent", "A request to leave was sent to the server."],
  ])("a request to leave that is %s", async (sending, words) => {
    const member = overview({ lists: [{ ...list, membership: "member", memberKey: "dd".repeat(20) }] });
    await open({ overview: member, "list:leave": { ...request, do: "leave", sending } });
    await press("Leave list");
    await press("Leave list");
    expect(root.querySelector("output")?.textContent).toBe(words);
  });
});

describe("in a browser", () => {
  const byHand = { ...request, sending: "by-hand" };
  const joining = overview({ lists: [{ ...list, membership: "joining" }], requests: [byHand] });
  const parts = {
    from: "alice@example.test",
    to: "team-request@lists.example",
    subject: "[team] ListSeal: request to the server",
    text: "words\n",
    fileName: "request.pgp",
  };
  beforeEach(() => runIn("browser"));

  test("a request comes with everything that its mail needs, and is sent when the person says so", async () => {
    await open({ overview: joining, "requests:parts": parts });
    expect(root.textContent).toContain("from alice@example.test");
    const values = [...root.querySelectorAll<HTMLInputElement>("input[readonly]")].map(({ value }) => value);
    expect(values).toEqual(["team-request@lists.example", "[team] ListSeal: request to the server"]);
    expect(root.querySelector<HTMLAnchorElement>("a[href^=mailto]")?.href).toBe(
      "mailto:team-request@lists.example?subject=%5Bteam%5D%20ListSeal%3A%20request%20to%20the%20server&body=words%0D%0A",
    );
    await press("Save the attachment (request.pgp)");
    await press("Save the whole message (.eml)");
    await press("I have sent it");
    expect(asked).toContainEqual(["requests:parts", { id: "11" }]);
    expect(asked.filter(([name]) => name === "requests:save" || name === "requests:sent")).toEqual([
      ["requests:save", { id: "11", as: "attachment" }],
      ["requests:save", { id: "11", as: "mail" }],
      ["requests:sent", { id: "11" }],
    ]);
  });

  test.each([
    ["member", 1],
    // an owner's page asks by itself, and shows that there
    ["owner", 0],
  ])("the request for who is on a list waits in the card of a %s: %d", async (role, count) => {
    const roster = { ...byHand, do: "roster" };
    await open({
      overview: overview({ lists: [{ ...list, role }], requests: [roster] }),
      "requests:parts": parts,
    });
    expect(root.querySelectorAll(".by-hand")).toHaveLength(count);
  });

  test("one that is too old says so instead", async () => {
    await open({ overview: joining, "requests:parts": new AddonError("request-expired", "late") });
    expect(root.querySelector(".problem")?.textContent).toBe(
      localeOf("en")["error_request_expired"]?.message,
    );
    expect(root.querySelector("a[href^=mailto]")).toBeNull();
  });

  test("one that was sent names the page where its answer is opened", async () => {
    await open({ overview: overview({ lists: [{ ...list, membership: "joining" }], requests: [request] }) });
    expect(root.querySelector("a[href$='app/browser/reader/reader.html']")?.textContent).toBe(
      "Open the Reader page",
    );
    expect(root.textContent).not.toContain("Thunderbird");
  });

  test("copies in Thunderbird's folders are not offered; in Thunderbird they are", async () => {
    const label = localeOf("en")["copies_choose"]?.message ?? "?";
    await open({ overview: overview({ lists: [list] }) });
    expect(root.textContent).not.toContain(label);
    render(null, root);
    runIn("thunderbird");
    await open({ overview: overview({ lists: [list] }) });
    expect(root.textContent).toContain(label);
  });
});
