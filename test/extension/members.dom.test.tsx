import { render } from "preact";
import { Options } from "../../src/extension/app/options/options.js";
import type { MemberView, OwnedView, PageWish } from "../../src/extension/owner/view.js";
import { MembershipError } from "../../src/membership/file/errors.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import { storageListeners } from "./fake-host.js";
import { background, complaints, settle } from "./page-tester.js";
import { viewOfWhole, type WholeList } from "./whole-list.js";

/** The page for owners: what it shows in each state, what it asks for, and that nothing is done by one wrong press. */

const joined = "2026-02-01T00:00:00.000Z";
const member = (name: string, role: MemberView["role"]) => ({
  address: `${name.toLowerCase()}@example.test`,
  name,
  fingerprint: name.toLowerCase().padEnd(40, "0"),
  role,
  since: joined,
  delivery: "on" as const,
  keyExpires: null,
  bounces: 0,
  you: role === "owner",
  word: "owner" as const,
  confirmable: false,
  revoked: false,
  waiting: null,
});

const team: WholeList = {
  address: "team@lists.example",
  name: "Team",
  mode: "key",
  delivery: "resealed",
  profile: "compatible",
  ownerAddress: "olga@example.test",
  listKey: "pair",
  listFingerprint: "aa".repeat(20),
  serverFingerprint: "bb".repeat(20),
  claim: "confirmed",
  members: [member("Olga", "owner"), member("Bob", "member")],
  membersAt: joined,
  held: 0,
  invitations: [],
  waiting: [],
  refusals: [],
  alarms: [],
  newKey: { to: ["olga@example.test", "bob@example.test"], notTo: [] },
  rekeying: null,
  serverMove: null,
  telling: null,
  notices: [],
  ownersUntold: false,
  epoch: {
    ...{ since: null, why: "first", itself: true, days: 90, due: null, run: null },
    ...{ exposedHours: null, unconfirmed: [] },
  },
};
const card = {
  listKeys: ["pair"],
  address: "team@lists.example",
  name: "Team",
  mode: "key",
  delivery: "resealed",
  profile: "compatible",
  serverFingerprint: "bb".repeat(20),
  expires: joined,
};

let root: HTMLElement;
let asked: (readonly [string, unknown])[];
/** What the background page answers: a test changes it while the page is open. */
let answering: Record<string, unknown>;

beforeEach(() => {
  document.body.replaceChildren();
  document.documentElement.lang = "en";
  document.title = "ListSeal";
  root = document.body.appendChild(document.createElement("div"));
});
afterEach(() => render(null, root));

/** What the background page answers for these lists: as much as the page wants to see of them. */
const shows = (lists: readonly WholeList[]) => (wish: PageWish) => ({
  lists: lists.map((list) => viewOfWhole(list, wish)),
});

/** Opens the page with these lists; `answers` may be errors. */
async function open(lists: readonly WholeList[], answers: Record<string, unknown> = {}): Promise<void> {
  const all: Record<string, unknown> = {
    overview: { lists: [], keys: [], requests: [], refused: [] },
    "owner:lists": shows(lists),
    "owner:members-shown": { shown: "hidden" },
    ...answers,
  };
  answering = all;
  const page = background(all);
  asked = page.asked;
  render(<Options call={page.call} />, root);
  await settle();
  press("Members");
  await settle();
}

function press(label: string): void {
  const all = [...root.querySelectorAll("button")];
  const found = all.find((one) => (one.getAttribute("aria-label") ?? one.textContent) === label);
  if (found === undefined) throw new Error(`no button ${label} in ${root.textContent}`);
  found.click();
}

function fill(name: string, value: string): void {
  const field = root.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[name=${name}]`);
  if (field === null) throw new Error(`no field ${name}`);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What the page asks by itself. */
const questions = ["owner:lists", "owner:codes", "owner:members-shown"];
const commands = () => asked.filter(([name]) => name.startsWith("owner:") && !questions.includes(name));

test.each([
  ["hidden", "Only owners see", "Show members to each other", "shown"],
  ["shown", "Every member can see", "Stop showing them", "hidden"],
])("members are shown to each other only by the owner's press (%s)", async (now, text, button, next) => {
  await open([team], { "owner:members-shown": { shown: now }, "owner:show-members": null });
  expect(root.querySelector("section[aria-labelledby=show-members] p")?.textContent).toContain(text);
  press(button);
  await settle();
  expect(commands()).toEqual([["owner:show-members", { list: team.address, members: next }]]);
});

async function expectAccessible(): Promise<void> {
  expect(await complaints()).toEqual([]);
}

test("a pasted card is shown before it is claimed, and nothing is claimed by looking", async () => {
  await open([], { "owner:open-card": card });
  await expectAccessible();
  fill("pasted", "-----BEGIN PGP MESSAGE-----\n\nQUJD\nREVG\n=abcd\n-----END PGP MESSAGE-----\n");
  press("Open card");
  await settle();
  expect(commands()).toEqual([["owner:open-card", { file: "QUJDREVG" }]]);
  expect(root.textContent).toContain("Compare the fingerprint of the server key");
  await expectAccessible();
  fill("address", "olga@example.test");
  await settle();
  fill("name", "Olga");
  press("Become owner of this list");
  await settle();
  expect(commands()[1]).toEqual([
    "owner:claim",
    { file: "QUJDREVG", address: "olga@example.test", name: "Olga", passphrase: null, listKey: "pair" },
  ]);
});

test("where the server knows secrets, the founder chooses who can write, and a pair is what nobody has to choose", async () => {
  await open([], { "owner:open-card": { ...card, listKeys: ["pair", "secret"] } });
  const claim = async (choice: "pair" | "secret" | null) => {
    fill("pasted", "QUJD");
    press("Open card");
    await settle();
    if (choice !== null) root.querySelector<HTMLInputElement>(`[name=list-key][value=${choice}]`)?.click();
    expect(root.textContent).toContain("People outside the list can’t write to it");
    await expectAccessible();
    fill("address", "olga@example.test");
    await settle();
    fill("name", "Olga");
    press("Become owner of this list");
    await settle();
    return commands().at(-1);
  };
  expect(await claim(null)).toMatchObject(["owner:claim", { listKey: "pair" }]);
  expect(await claim("secret")).toMatchObject(["owner:claim", { listKey: "secret" }]);
  await open([], { "owner:open-card": card });
  fill("pasted", "QUJD");
  press("Open card");
  await settle();
  expect(root.querySelector("[name=list-key]")).toBeNull();
});

test.each([
  ["already-claimed", "owner"],
  ["card-expired", "card"],
  ["card-damaged", "not a complete server card"],
] as const)("a card that is no good: %s", async (code, words) => {
  await open([], { "owner:open-card": new ListSealError(code, "x") });
  fill("pasted", "QUJD");
  press("Open card");
  await settle();
  expect(root.querySelector("output")?.className).toBe("problem");
  expect(root.querySelector("output")?.textContent).toContain(words);
  expect(root.querySelector("[name=name]")).toBeNull();
});

test("a claim that was refused says why, and can be forgotten", async () => {
  await open([{ ...team, claim: { refused: "already-claimed" } }]);
  expect(root.querySelector("#people")).toBeNull();
  press("Remove from this page");
  await settle();
  expect(commands()).toEqual([["owner:forget", { list: team.address }]]);
});

test("who was made an owner waits for what proves it, and who is none any more can put the list away", async () => {
  await open([{ ...team, claim: "appointed" }]);
  expect(root.textContent).toContain("You have been made an owner of this list");
  expect(root.querySelector("#people")).toBeNull();
  await expectAccessible();
  render(null, root);
  await open([{ ...team, claim: "ended" }]);
  expect(root.textContent).toContain("You are no longer an owner of this list");
  expect(root.querySelector("#people")).toBeNull();
  press("Remove from this page");
  await settle();
  expect(commands()).toEqual([["owner:forget", { list: team.address }]]);
});

const invitation = (name: string, state: OwnedView["invitations"][number]["state"] = "open") => ({
  introduction: name.padEnd(40, "0"),
  address: `${name}@example.test`,
  name: null,
  fileName: `team-${name}.listseal`,
  madeAt: joined,
  mailedAt: null,
  joinBy: "2026-02-15T00:00:00.000Z",
  state,
  fileHere: true,
});
const code = "12345-12345-12345-12345-12345";

test("people are invited by what was pasted; who is a member is left out, and what is no address is told", async () => {
  await open([team], { "owner:invite": { introduction: "1d".repeat(20) } });
  fill("addresses", "Dave <dave@example.test>, nobody");
  press("Create invitations");
  await settle();
  expect(commands()).toContainEqual([
    "owner:invite",
    { list: team.address, address: "dave@example.test", name: "Dave", days: 14 },
  ]);
  expect(root.textContent).toContain("were left out: nobody");
});

test("one of forty who is a member already keeps nobody else out", async () => {
  await open([team], { "owner:invite": new MembershipError("already-a-member", "x") });
  fill("addresses", "bob@example.test\ndave@example.test");
  press("Create invitations");
  await settle();
  const invited = commands().flatMap(([name, input]) => (name === "owner:invite" ? [input] : []));
  expect(invited).toHaveLength(2);
  expect(root.textContent).toContain("Already members, left out: bob@example.test · dave@example.test");
});

test("what could not be invited stays in the field", async () => {
  await open([team], { "owner:invite": new ListSealError("key-locked", "x") });
  fill("addresses", "Bob Miller <robert@example.test>\ndave@example.test");
  press("Create invitations");
  await settle();
  expect(root.querySelector("textarea[name=addresses]")).toMatchObject({
    value: '"Bob Miller" <robert@example.test>\ndave@example.test',
  });
});

test("codes are shown until they were told, their mails are sent in one go, and the sheet has them all", async () => {
  const invitations = [
    { ...invitation("dave"), name: "Dave Miller" },
    { ...invitation("erin"), mailedAt: joined },
    invitation("used", "used"),
  ];
  const codes = invitations.map(({ introduction }) => ({ introduction, code }));
  await open([{ ...team, invitations }], { "owner:codes": { codes } });
  const shown = [...root.querySelectorAll(".cards .code")].map((each) =>
    [...each.children].map(({ textContent }) => textContent).join("-"),
  );
  expect(shown).toEqual([code, code]);
  expect(root.textContent).toContain("Tell Dave Miller this code");
  const sheet = [...root.querySelectorAll(".sheet tbody tr")].map((row) => row.children[0]?.textContent);
  expect(sheet).toEqual(["Dave Millerdave@example.test", "erin@example.test"]);
  await expectAccessible();
  press("Send the invitations by email (1)");
  await settle();
  press("Done, hide code: dave@example.test");
  await settle();
  const introduction = invitation("dave").introduction;
  expect(commands()).toEqual([
    ["owner:send-invitation", { list: team.address, introduction }],
    ["owner:code-told", { introduction }],
  ]);
});

test("an answer that comes late does not take a newer one's place", async () => {
  const [dave, erin] = [invitation("dave"), invitation("erin")];
  let late: (answer: object) => void = () => undefined;
  const slow = new Promise<object>((resolve) => {
    late = resolve;
  });
  await open([{ ...team, invitations: [dave] }], { "owner:codes": slow });
  const codes = [dave, erin].map(({ introduction }) => ({ introduction, code }));
  answering["owner:codes"] = { codes };
  answering["owner:lists"] = shows([{ ...team, invitations: [dave, erin] }]);
  for (const listener of storageListeners) listener({ owned: {} }, "local");
  await settle();
  expect(root.querySelectorAll(".cards .code")).toHaveLength(2);
  late({ codes: codes.slice(0, 1) });
  await settle();
  expect(root.querySelectorAll(".cards .code")).toHaveLength(2);
});

test("codes are not shown while the owner's key is locked, and the page says how to see them", async () => {
  const locked = new ListSealError("key-locked", "x");
  await open([{ ...team, invitations: [invitation("dave")] }], { "owner:codes": locked });
  expect(root.querySelector(".code")).toBeNull();
  expect(root.textContent).toContain("Unlock your key under “My key” to see the codes");
});

test("each invitation says how it stands, and can be sent again or made anew", async () => {
  const invitations = [
    { ...invitation("sent"), mailedAt: joined },
    { ...invitation("lost"), fileHere: false },
    { ...invitation("late", "expired"), fileHere: false },
  ];
  await open([{ ...team, invitations }]);
  const lines = [...root.querySelectorAll(".invitations li")].map(({ textContent }) => textContent ?? "");
  expect(lines[0]).toContain("email written on");
  expect(lines[1]).toContain("no email written yet");
  expect(lines[2]).toContain("expired");
  press("Send again: sent@example.test");
  await settle();
  press("Invite again, with a new code: lost@example.test");
  await settle();
  press("Invite again, with a new code: late@example.test");
  await settle();
  expect(commands()).toEqual([
    ["owner:send-invitation", { list: team.address, introduction: invitation("sent").introduction }],
    ["owner:invite", { list: team.address, address: "lost@example.test", name: null, days: 14 }],
    ["owner:invite", { list: team.address, address: "late@example.test", name: null, days: 14 }],
  ]);
});

test("an invitation that waits is withdrawn by a press; one that is over offers nothing", async () => {
  const states = ["open", "withdrawing", "withdrawn", "used", "expired"] as const;
  await open([
    { ...team, invitations: states.map((state) => ({ ...invitation(state, state), fileHere: false })) },
  ]);
  const labels = [...root.querySelectorAll("button")].map((one) => one.getAttribute("aria-label"));
  const back = labels.filter((label) => label?.startsWith("Withdraw"));
  expect(back).toEqual(["Withdraw the invitation for open@example.test"]);
  for (const words of ["withdrawing", "withdrawn", "joined", "expired"]) {
    expect(root.querySelector(".invitations")?.textContent).toContain(words);
  }
  press("Withdraw the invitation for open@example.test");
  await settle();
  expect(commands()).toEqual([["owner:withdraw", { list: team.address, address: "open@example.test" }]]);
});

test("another server key is used only after its characters were compared, and a second press", async () => {
  const fingerprint = "bc".repeat(20);
  await open([{ ...team, serverMove: { fingerprint, stage: "offered" } }]);
  expect(root.textContent).toContain("BCBC BCBC");
  expect(root.textContent).toContain("Call the operator");
  await expectAccessible();
  press("They match");
  await settle();
  expect(commands()).toEqual([]);
  press("Use the new key");
  await settle();
  expect(commands()).toEqual([["owner:confirm-server", { list: team.address, fingerprint }]]);
  render(null, root);
  await open([{ ...team, serverMove: { fingerprint, stage: "offered" } }]);
  press("They differ, or there is no new key");
  await settle();
  expect(commands()).toEqual([["owner:decline-server", { list: team.address }]]);
  render(null, root);
  await open([{ ...team, serverMove: { fingerprint, stage: "agreed" } }]);
  press("Notify the members");
  await settle();
  expect(commands()).toEqual([["owner:tell", { list: team.address }]]);
});

test("how many were told so far is shown, with what to do where it has stopped", async () => {
  const telling = { news: "new-list-key", told: 1000, of: 2500, waiting: true } as const;
  const agreed = { rekeying: { stage: "agreed" } } as const;
  await open([{ ...team, ...agreed, telling }]);
  expect(root.textContent).toContain("The server has accepted 1,000 of 2,500 copies");
  expect(root.textContent).toContain("The server was asked to accept the next copies");
  await expectAccessible();
  press("Ask again");
  await settle();
  expect(commands()).toEqual([["owner:tell", { list: team.address }]]);
  render(null, root);
  await open([{ ...team, ...agreed, telling: { ...telling, waiting: false } }]);
  expect(root.textContent).toContain("the other members have not been notified yet");
  press("Continue");
  await settle();
  expect(commands()).toEqual([["owner:tell", { list: team.address }]]);
});

test("somebody is removed only after a second press, by address and key", async () => {
  await open([team]);
  press("Remove Bob");
  await settle();
  expect(commands()).toEqual([]);
  expect(root.querySelector("[role=alert]")?.textContent).toContain("Remove Bob from the list?");
  press("Remove from the list");
  await settle();
  expect(commands()).toEqual([
    ["owner:remove", { list: team.address, address: "bob@example.test", fingerprint: "bob".padEnd(40, "0") }],
  ]);
});

test("the owner is offered no button to remove themself", async () => {
  await open([team]);
  const names = [...root.querySelectorAll("button")].map((one) => one.getAttribute("aria-label"));
  expect(names).toContain("Remove Bob");
  expect(names).not.toContain("Remove Olga");
});

test("removing ends with its words, once the server has done it", async () => {
  const leaving = { ...member("Bob", "member"), waiting: "remove" as const };
  await open([{ ...team, members: [member("Olga", "owner"), leaving] }]);
  expect(root.textContent).toContain("Removing…");
  expect(root.textContent).not.toContain("was removed");
  answering["owner:lists"] = shows([{ ...team, members: [member("Olga", "owner")] }]);
  for (const listener of storageListeners) listener({ owned: {} }, "local");
  await settle();
  expect(root.querySelector("[role=status]")?.textContent).toContain("Bob was removed");
});

test("who was removed is named once they are gone, also while another is searched for", async () => {
  const others = ["Carol", "Dave", "Erin", "Frank"].map((name) => member(name, "member"));
  const leaving = { ...member("Bob", "member"), waiting: "remove" as const };
  await open([{ ...team, members: [member("Olga", "owner"), leaving, ...others] }]);
  fill("search", "carol");
  await settle();
  expect(root.textContent).not.toContain("was removed");
  answering["owner:lists"] = shows([{ ...team, members: [member("Olga", "owner"), ...others] }]);
  for (const listener of storageListeners) listener({ owned: {} }, "local");
  await settle();
  expect(root.querySelector("[role=status]")?.textContent).toContain("Bob was removed");
});

test("an answer to what was searched for before takes no place of a later one's", async () => {
  const members = ["Olga", "Bob", "Carol", "Dave", "Erin", "Frank"].map((name) => member(name, "member"));
  await open([{ ...team, members }]);
  const answers: (() => void)[] = [];
  const answer = shows([{ ...team, members }]);
  answering["owner:lists"] = (wish: PageWish) =>
    new Promise((resolve) => answers.push(() => resolve(answer(wish))));
  fill("search", "bob");
  await settle();
  fill("search", "carol");
  await settle();
  expect(answers).toHaveLength(2);
  for (const late of answers.reverse()) late();
  await settle();
  expect([...root.querySelectorAll(".people strong")].map(({ textContent }) => textContent)).toEqual([
    "Carol",
  ]);
});

test("of an import of thousands the first are confirmed, and the page says so", async () => {
  const added = Array.from({ length: 1_200 }, (_, number) => ({
    ...member(`Person${number}`, "member"),
    word: "operator" as const,
    confirmable: true,
  }));
  await open([{ ...team, members: [...team.members, ...added] }]);
  const section = root.querySelector(".unconfirmed");
  expect(section?.querySelector("h3")?.textContent).toBe("Waiting for your confirmation (1,200)");
  expect(section?.textContent).toContain(
    "The first 1,000 are shown; the others follow once these are confirmed.",
  );
  expect(section?.querySelectorAll("tbody tr")).toHaveLength(1_000);
});

test("among many members one is found by name or address", async () => {
  const names = ["Olga", "Bob", "Carol", "Dave", "Erin", "Frank"];
  await open([{ ...team, members: names.map((name) => member(name, name === "Olga" ? "owner" : "member")) }]);
  const shown = () => [...root.querySelectorAll(".people strong")].map(({ textContent }) => textContent);
  expect(shown()).toEqual(names);
  fill("search", "CAROL@");
  await settle();
  expect(shown()).toEqual(["Carol"]);
  fill("search", "zoe");
  await settle();
  expect(shown()).toEqual([]);
  expect(root.textContent).toContain("No member matches");
  await expectAccessible();
});

test("a role changes when the server has agreed, not before", async () => {
  await open([team]);
  const select = root.querySelectorAll<HTMLSelectElement>(".person select")[1];
  if (select === undefined) throw new Error("no role");
  select.value = "moderator";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
  expect(commands()[0]?.[1]).toMatchObject({ address: "bob@example.test", role: "moderator" });
  expect(select.value).toBe("member");
});

test("an alarm stands first, and stays until it is put away", async () => {
  const alarms = [{ code: "roster-forked", about: null, at: joined }] as const;
  const suspect = { ...member("Mallory", "member"), word: "server" as const };
  await open([{ ...team, alarms, members: [...team.members, suspect] }]);
  const alarm = root.querySelector("[role=alert].alarm");
  expect(alarm?.textContent).toContain("Something is wrong with this list");
  expect(root.textContent).toContain("unsigned");
  await expectAccessible();
  press("I have looked into it");
  await settle();
  expect(commands()).toEqual([["owner:dismiss", { list: team.address, what: "alarms" }]]);
});

test("what was not sent says why, and is sent again by a press", async () => {
  const waiting = [
    {
      id: "00".repeat(16),
      what: "remove",
      about: "bob@example.test",
      askedAt: joined,
      sending: "unsent",
      failure: "may-not-send",
    },
  ] as const;
  await open([{ ...team, waiting }]);
  expect(root.textContent).toContain("Removing bob@example.test.");
  expect(root.textContent).toContain("not allowed to send");
  await expectAccessible();
  press("Send again");
  await settle();
  expect(asked).toContainEqual(["requests:again", { id: "00".repeat(16) }]);
});

test("of very many members the page shows some, more by a click, and finds each by a search", async () => {
  const [one] = team.members;
  if (one === undefined) throw new Error("no member");
  const members = Array.from({ length: 100_000 }, (_, number) => ({
    ...one,
    address: `member-${number}@example.test`,
    name: `Member ${number}`,
    fingerprint: number.toString(16).padStart(40, "0"),
  }));
  const many = members.map(({ address }) => address);
  await open([{ ...team, members, newKey: { to: many, notTo: many } }]);
  const rows = () => root.querySelectorAll("ul.people > li").length;
  expect(root.textContent).toContain("100,000");
  expect(rows()).toBe(100);
  press("Show more (showing 100 of 100,000)");
  await settle();
  expect(rows()).toBe(200);
  // whom a new key goes to is named as far as anybody reads it
  expect(root.textContent).toContain("member-9@example.test, …");
  expect(root.textContent).not.toContain("member-10@example.test,");
  const search = root.querySelector<HTMLInputElement>("input[name=search]");
  if (search === null) throw new Error("no search");
  search.value = "member-99999@";
  search.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  expect(rows()).toBe(1);
  expect(root.querySelector("ul.people")?.textContent).toContain("Member 99999");
});

test("a new list key is made only after it was said who gets it, and who does not", async () => {
  await open([{ ...team, newKey: { to: team.newKey.to, notTo: ["eve@example.test"] } }]);
  expect(root.textContent).toContain("It goes to: bob@example.test");
  expect(root.textContent).toContain("no owner has admitted: eve@example.test");
  press("Create a new list key…");
  await settle();
  expect(commands()).toEqual([]);
  press("Create new key");
  await settle();
  expect(commands()).toEqual([["owner:new-key", { list: team.address, graceDays: 0 }]]);
});

test("who has not confirmed a new key is named", async () => {
  const notice = {
    news: "new-list-key",
    serial: 1,
    at: joined,
    graceEnds: null,
    to: [
      { address: "bob@example.test", confirmed: true },
      { address: "carol@example.test", confirmed: false },
    ],
  } as const;
  await open([{ ...team, notices: [notice] }]);
  expect(root.textContent).toContain("1 of 2 have confirmed it.");
  expect(root.textContent).toContain("Not yet: carol@example.test");
  await expectAccessible();
});

const epoch = {
  since: joined,
  why: "age",
  itself: true,
  days: 90,
  due: null,
  exposedHours: null,
  unconfirmed: [],
  run: null,
} as const;

test("since when and why the list has its key is said", async () => {
  await open([{ ...team, epoch }]);
  expect(root.textContent).toContain("the list key before it was in use for long enough");
  expect(root.textContent).toContain("no one who has left has this list key");
  await expectAccessible();
});

test("that another list key is due is said, and who decides is the owner's to say", async () => {
  const due = { why: "gone", since: joined } as const;
  const begun = { made: 1, of: 2, mayBeStopped: false, comesAgain: true };
  await open([{ ...team, epoch: { ...epoch, due, exposedHours: 4, run: begun } }]);
  expect(root.textContent).toContain("at most the messages of this time: 4 h so far");
  expect(root.textContent).not.toContain("Stop preparing");
  expect(root.textContent).toContain("someone who left could read new messages if the server helped them");
  expect(root.textContent).toContain("ListSeal creates it automatically");
  expect(root.textContent).toContain("ready for 1 of 2 members");
  expect(root.textContent).not.toContain("no one who has left has this list key");
  await expectAccessible();
  root.querySelector<HTMLInputElement>('input[name="rule"][value="by-hand"]')?.click();
  press("Save this choice");
  await settle();
  expect(commands()).toEqual([["owner:epochs", { list: team.address, itself: "no", days: 90 }]]);
});

test("who has not confirmed the list key is said, and one that is being made can be stopped", async () => {
  const begun = { made: 500, of: 10_000, mayBeStopped: true, comesAgain: true };
  const some = Array.from({ length: 11 }, (_, number) => `m${number}@example.test`);
  await open([{ ...team, epoch: { ...epoch, unconfirmed: some, run: begun } }]);
  expect(root.textContent).toContain("hasn’t confirmed the current list key yet (11): m0@example.test, ");
  expect(root.textContent).toContain("m9@example.test, …");
  expect(root.querySelector("progress")?.value).toBe(500);
  await expectAccessible();
  press("Stop preparing");
  await settle();
  expect(commands()).toEqual([["owner:stop-key", { list: team.address }]]);
});

test("whom the operator added alone is said, and confirmed by a press", async () => {
  const grace = { ...member("Grace", "member"), word: "operator" as const, confirmable: true };
  await open([{ ...team, members: [...team.members, grace], held: 2 }]);
  expect(root.textContent).toContain("Added by the operator only");
  expect(root.textContent).toContain("Messages waiting for approval: 2");
  press("I know this person: Grace");
  await settle();
  const { address, fingerprint, role } = grace;
  expect(commands()).toEqual([
    ["owner:confirm", { list: team.address, members: [{ address, fingerprint, role }] }],
  ]);
});

test("an import is confirmed together: who they are, how many, and but for those whom the owner takes out", async () => {
  const added = (name: string, role: MemberView["role"]) => ({
    ...member(name, role),
    you: false,
    word: "operator" as const,
    confirmable: true,
  });
  const imported = [added("Grace", "moderator"), added("Henry", "member"), added("Iris", "member")];
  const list = { ...team, members: [...team.members, ...imported] };
  await open([list]);
  const section = root.querySelector(".unconfirmed");
  expect(section?.querySelector("h3")?.textContent).toBe("Waiting for your confirmation (3)");
  expect(section?.textContent).toContain("Moderator: 1 · Member: 2");
  expect(section?.textContent).toContain("GRAC E000 0000");
  await expectAccessible();
  for (const box of section?.querySelectorAll<HTMLInputElement>("input[type=checkbox]") ?? [])
    if (box.closest("tr")?.textContent.includes("henry@example.test") === true) box.click();
  await settle();
  press("Confirm 2 members");
  await settle();
  const named = ({ address, fingerprint, role }: (typeof imported)[number]) => ({
    address,
    fingerprint,
    role,
  });
  const [grace, , iris] = imported.map(named);
  expect(commands()).toEqual([["owner:confirm", { list: team.address, members: [grace, iris] }]]);
  // asked once: until the server has answered nothing can be asked again
  const asking = {
    id: "1",
    what: "confirm",
    about: null,
    askedAt: joined,
    sending: "sent",
    failure: null,
  } as const;
  answering["owner:lists"] = shows([{ ...list, waiting: [asking] }]);
  for (const listener of storageListeners) listener({}, "local");
  await settle();
  expect(root.textContent).toContain("Confirming members whom the operator added.");
  expect(section?.querySelector<HTMLButtonElement>("button.primary")?.disabled).toBe(true);
  // one alone is confirmed where they stand
  answering["owner:lists"] = shows([{ ...team, members: [...team.members, ...imported.slice(0, 1)] }]);
  for (const listener of storageListeners) listener({}, "local");
  await settle();
  expect(root.querySelector(".unconfirmed")).toBe(null);
});

test("a restored server goes on only by the owner's press", async () => {
  const refusals = [
    { what: "remove", about: "bob@example.test", code: "server-restored", at: joined },
  ] as const;
  await open([{ ...team, refusals }]);
  expect(commands()).toEqual([]);
  press("Resume the server");
  await settle();
  expect(commands()).toEqual([["owner:resume-server", { list: team.address }]]);
});

test("other owners are told by a press", async () => {
  await open([{ ...team, ownersUntold: true }]);
  press("Notify the members");
  await settle();
  expect(commands()).toEqual([["owner:tell", { list: team.address }]]);
});
