/** The owner's side as far as it is pure: pasted addresses, what a page is shown, what is kept. */
import { mergedOwned, readRestoredOwned } from "../../src/extension/backup/merge.js";
import { pastedInvitees, typedInvitee } from "../../src/extension/owner/addresses.js";
import { batchAnswered } from "../../src/extension/owner/batches.js";
import { unexplained } from "../../src/extension/owner/members.js";
import { ownersUntold } from "../../src/extension/owner/notice-addressees.js";
import { type PageWish, viewOf } from "../../src/extension/owner/view.js";
import { emptyOwned, OWNED_VERSION, readOwned } from "../../src/extension/records/owned-list.js";
import { noEpoch } from "../../src/extension/records/stored-epoch.js";
import type { PendingRequest } from "../../src/extension/requests/pending.js";
import { bob, eve, keyOf, ownedList } from "./owned-fixture.js";
import { ownedVersion1 } from "./owned-version-1.js";
import { ownedVersion2 } from "./owned-version-2.js";
import { ownedVersion3 } from "./owned-version-3.js";
import { ownedVersion4 } from "./owned-version-4.js";
import { ownedVersion5 } from "./owned-version-5.js";

const now = new Date("2026-03-01T00:00:00Z");

describe("pasted addresses", () => {
  test.each([
    ["bob@example.test", ["bob@example.test"]],
    ["Bob <bob@example.test>, Carol <carol@example.test>", ["bob@example.test", "carol@example.test"]],
    ['"Doe, Bob" <bob@example.test>; carol@example.test', ["bob@example.test", "carol@example.test"]],
    ["bob@example.test\r\ncarol@example.test\n\n", ["bob@example.test", "carol@example.test"]],
    ["Bob\tbob@example.test\nCarol\tcarol@example.test", ["bob@example.test", "carol@example.test"]],
    ["bob@example.test carol@example.test", ["bob@example.test", "carol@example.test"]],
    ["mailto:bob@example.test、carol@example.test", ["bob@example.test", "carol@example.test"]],
    ["BOB@Example.TEST, bob@example.test", ["bob@example.test"]],
  ])("%j", (text, addresses) => {
    expect(pastedInvitees(text).invitees.map(({ address }) => address)).toEqual(addresses);
  });

  const named = (text: string) => pastedInvitees(text).invitees.map(({ address, name }) => [address, name]);
  const bobAndCarol = [
    ["bob@example.test", "Bob Miller"],
    ["carol@example.test", "Carol"],
  ];

  test.each([
    ["To line", "Bob Miller <bob@example.test>, Carol <carol@example.test>"],
    ["lines", "Bob Miller <bob@example.test>\nCarol carol@example.test,".replace("Carol c", "Carol, c")],
    ["columns", "Bob Miller\tbob@example.test\r\nCarol\tcarol@example.test\r\n"],
    ["CSV", '\uFEFFName,E-Mail\n"Bob Miller",bob@example.test\nCarol,carol@example.test\n'],
    ["CSV, address first", "Email;Name;Phone\nbob@example.test;Bob Miller;1\ncarol@example.test;Carol;2"],
    [
      "address book",
      "First Name,Last Name,Primary Email,Secondary Email\nBob,Miller,bob@example.test,b@x.test\nCarol,,,carol@example.test",
    ],
    ["Japanese titles", "氏名,メールアドレス\nBob Miller,bob@example.test\nCarol,carol@example.test"],
  ])("with names: %s", (_, text) => {
    expect(named(text)).toEqual(bobAndCarol);
    expect(pastedInvitees(text).refused).toEqual([]);
  });

  test("what can't be invited now is typed into the field again, and read the same", () => {
    const { invitees } = pastedInvitees('"Doe, Bob" <bob@example.test>, carol@example.test');
    expect(invitees).toEqual([
      { address: "bob@example.test", name: "Doe, Bob" },
      { address: "carol@example.test", name: null },
    ]);
    expect(pastedInvitees(invitees.map(typedInvitee).join("\n")).invitees).toEqual(invitees);
  });

  // attack: a name that a mail program shows as somebody else's address
  test("a name that looks like an address is shown nowhere", () => {
    expect(named('"boss@bank.test" <eve@example.test>')).toEqual([["eve@example.test", null]]);
  });

  test("more than can be invited at once are not left out silently", () => {
    const text = Array.from({ length: 203 }, (_, number) => `p${number}@example.test`).join("\n");
    expect(pastedInvitees(text).invitees).toHaveLength(200);
    expect(pastedInvitees(text).more).toBe(3);
  });

  test("what is no address is told, and keeps nobody else out", () => {
    expect(pastedInvitees("bob@example.test, carol at example, <>")).toEqual({
      invitees: [{ address: "bob@example.test", name: null }],
      refused: ["carol at example", "<>"],
      more: 0,
    });
  });

  // attack: the Kelvin sign, which toLowerCase turns into another person's k
  test("an address that only looks like another is refused", () => {
    expect(pastedInvitees("\u212Aate@example.test").invitees).toEqual([]);
  });
});

describe("what is kept", () => {
  /** One record of each version that was ever released. */
  const released: Readonly<Record<number, object>> = {
    1: ownedVersion1,
    2: ownedVersion2,
    3: ownedVersion3,
    4: ownedVersion4,
    5: ownedVersion5,
    // the same, before any of its tables is so large that it lies in blocks
    6: { ...ownedVersion5, version: 6 },
  };

  test("there is a record of every version, and every one is read", () => {
    const versions = Array.from({ length: OWNED_VERSION }, (_, before) => before + 1);
    expect(Object.keys(released).map(Number)).toEqual(versions);
    for (const version of versions) {
      const then = structuredClone(released[version]);
      const now = readOwned(then);
      expect(now.version).toBe(OWNED_VERSION);
      expect(then).toMatchObject({
        lists: Object.fromEntries(Object.keys(now.lists).map((list) => [list, {}])),
      });
      // what was read is written in today's version, and stays the same from then on
      expect(readOwned(structuredClone(now))).toEqual(now);
    }
  });

  test("a record of version 1 is read, and nothing of it is lost", () => {
    const { lists } = readOwned(structuredClone(ownedVersion1));
    expect(lists).toMatchObject(ownedVersion1.lists);
    expect(Object.values(lists).map(({ history }) => history.listKeys)).toEqual([[], [], []]);
  });

  test("a record of version 2 is read, and nothing of it is lost: no notice was on its way in batches then", () => {
    const { lists } = readOwned(structuredClone(ownedVersion2));
    expect(lists).toMatchObject(ownedVersion2.lists);
    expect(new Set(Object.values(lists).map(({ telling }) => telling))).toEqual(new Set([null]));
  });

  test("a record of version 3 is read, and nothing of it is lost: of its invitations no mail is known", () => {
    const { lists } = readOwned(structuredClone(ownedVersion3));
    expect(lists).toMatchObject(ownedVersion3.lists);
    const notes = Object.values(lists).flatMap(({ invitations }) =>
      invitations.map(({ name, mailedAt }) => [name, mailedAt]),
    );
    expect(notes.length).toBeGreaterThan(0);
    expect(notes.flat().every((note) => note === null)).toBe(true);
  });

  test("a record of version 4 is read, and nothing of it is lost: nothing is known of its list keys' times", () => {
    const { lists } = readOwned(structuredClone(ownedVersion4));
    expect(lists).toMatchObject(ownedVersion4.lists);
    expect(Object.values(lists).map(({ epoch }) => epoch)).toEqual(Object.keys(lists).map(() => noEpoch));
  });

  test("a record of version 5 is read, and is the same but for its version", () => {
    expect(readOwned(structuredClone(ownedVersion5))).toEqual({ ...ownedVersion5, version: 6 });
  });

  test("what an owner by the operator's word did stays readable", () => {
    const unsigned = [{ number: 2, by: "unconfirmed" as const, what: "remove", address: bob }];
    const list = { ...ownedList, history: { ...ownedList.history, unsigned } };
    const owned = { ...emptyOwned, lists: { [list.address]: list } };
    expect(readOwned(JSON.parse(JSON.stringify(owned)))).toEqual(owned);
  });

  test("is read again as it was written", () => {
    const owned = { ...emptyOwned, lists: { [ownedList.address]: ownedList } };
    expect(readOwned(JSON.parse(JSON.stringify(owned)))).toEqual(owned);
    expect(readOwned(undefined)).toEqual(emptyOwned);
  });

  test.each([
    ["a later version", { version: 99, lists: {} }],
    ["a record without its history", { version: 1, lists: { a: { ...ownedList, history: {} } } }],
    [
      "a history that names no address",
      {
        version: 1,
        lists: {
          a: {
            ...ownedList,
            history: { ...ownedList.history, members: { x: ownedList.history.members[bob] } },
          },
        },
      },
    ],
  ])("%s is refused whole", (_, value) => {
    expect(() => readOwned(value)).toThrow();
  });
});

describe("a backup", () => {
  const { address } = ownedList;
  const owned = { ...emptyOwned, lists: { [address]: ownedList } };

  test("brings owned lists to a new device, and puts none in place of one that is here", () => {
    expect(mergedOwned(emptyOwned, readRestoredOwned(JSON.parse(JSON.stringify(owned))), {})).toEqual(owned);
    const here = { ...owned, lists: { [address]: { ...ownedList, name: "Team here" } } };
    expect(mergedOwned(here, owned, {})).toEqual(here);
  });

  test("of somebody who owned no list brings none; of a later version it is refused", () => {
    expect(readRestoredOwned(undefined)).toEqual(emptyOwned);
    expect(() => readRestoredOwned({ version: 99, lists: {} })).toThrow("newer");
    expect(() => readRestoredOwned({ version: 1, lists: 1 })).toThrow("can't be read");
  });
});

describe("what the page is shown", () => {
  const view = (list = ownedList, pending: readonly PendingRequest[] = []) => viewOf(list, pending, [], now);

  test("says on whose word each is a member", () => {
    const stranger = {
      ...ownedList.members[1],
      address: "mallory@example.test",
      fingerprint: "0d".repeat(20),
    };
    const list = { ...ownedList, members: [...ownedList.members, ...(isMember(stranger) ? [stranger] : [])] };
    expect(view(list).members.map(({ address, word }) => [address, word])).toEqual([
      ["olga@example.test", "owner"],
      ["bob@example.test", "owner"],
      ["eve@example.test", "operator"],
      ["mallory@example.test", "server"],
    ]);
    expect(unexplained(ownedList)).toEqual([]);
    expect(unexplained(list).map(({ address }) => address)).toEqual(["mallory@example.test"]);
  });

  test("a member under another key or in another role than the record says is unexplained", () => {
    const [owner, first, second] = ownedList.members;
    if (owner === undefined || first === undefined || second === undefined) throw new Error("three members");
    const otherKey = { ...ownedList, members: [owner, { ...first, fingerprint: "0d".repeat(20) }, second] };
    const otherRole = { ...ownedList, members: [owner, { ...first, role: "owner" as const }, second] };
    expect(unexplained(otherKey)).toHaveLength(1);
    expect(unexplained(otherRole)).toHaveLength(1);
  });

  test("a new list key goes to nobody whom the operator alone has let in", () => {
    expect(view().newKey).toEqual({
      to: { count: 1, first: [bob] },
      notTo: { count: 1, first: [eve] },
    });
  });

  test("of the members those that the page wants to see, and of others how many they are", () => {
    const seen = (wish: PageWish) => {
      const { members, found, memberCount, gone } = viewOf(ownedList, [], [], now, { wish });
      return { shown: members.map(({ name }) => name), found, memberCount, gone };
    };
    const all = { memberCount: 3, gone: [] };
    expect(seen({ wanted: "", rows: 2, leaving: [] })).toEqual({ ...all, shown: ["Olga", "Bob"], found: 3 });
    expect(seen({ wanted: " ｂｏｂ@EX", rows: 2, leaving: [] })).toEqual({
      ...all,
      shown: ["Bob"],
      found: 1,
    });
    // who is not among those that are searched for is still a member
    const leaving = [keyOf.bob, "0d".repeat(20)];
    expect(seen({ wanted: "eve", rows: 2, leaving })).toMatchObject({
      shown: ["Eve"],
      gone: ["0d".repeat(20)],
    });
  });

  // attack: a server that names a member "__proto__", or by a name of every object
  test("what a server calls a member is looked up as an address, and as nothing else", () => {
    const members = ownedList.members.map((member, place) => ({
      ...member,
      address: ["__proto__", "constructor", "toString"][place] ?? "",
    }));
    expect(view({ ...ownedList, members }).members.map(({ word }) => word)).toEqual([
      "server",
      "server",
      "server",
    ]);
  });

  const invitation = {
    introduction: "1d".repeat(20),
    address: "dave@example.test",
    fileName: "team-dave.listseal",
    madeAt: "2026-02-20T00:00:00.000Z",
    joinBy: "2026-03-06T00:00:00.000Z",
    withdrawnAt: null,
  };
  test.each([
    ["open", {}, {}],
    ["expired", { joinBy: "2026-02-27T00:00:00.000Z" }, {}],
    ["withdrawn", { withdrawnAt: "2026-02-21T00:00:00.000Z" }, {}],
    // another owner took it back
    ["withdrawn", {}, { burnt: { "dave@example.test": "2026-02-20T00:00:00.000Z" } }],
    ["open", {}, { burnt: { "dave@example.test": "2026-02-19T23:59:59.000Z" } }],
    // whoever came in by it and was removed has used it all the same
    [
      "used",
      { withdrawnAt: "2026-02-21T00:00:00.000Z" },
      { introductions: ["1d".repeat(20)], burnt: { "dave@example.test": "2026-02-25T00:00:00.000Z" } },
    ],
  ])("an invitation is %s", (state, change, history) => {
    const list = readOwned({
      version: 1,
      lists: {
        a: {
          ...ownedList,
          invitations: [{ ...invitation, ...change }],
          history: { ...ownedList.history, ...history },
        },
      },
    }).lists["a"];
    if (list === undefined) throw new Error("no list");
    expect(view(list).invitations.map((one) => one.state)).toEqual([state]);
  });

  test("a removal that waits is shown at its member, another list's is not", () => {
    const pending: PendingRequest = {
      id: "00".repeat(16),
      do: "remove",
      list: ownedList.address,
      about: bob,
      requestAddress: ownedList.requestAddress,
      server: ownedList.serverCertificate,
      from: ownedList.ownerAddress,
      key: keyOf.olga,
      sealed: "",
      askedAt: now.toISOString(),
      sending: "sent",
      failure: null,
    };
    const waiting = (list: string) =>
      view(ownedList, [{ ...pending, list }]).members.map((member) => member.waiting);
    expect(waiting(ownedList.address)).toEqual([null, "remove", null]);
    expect(waiting("choir@lists.example")).toEqual([null, null, null]);
  });

  test("a new list key whose request was forgotten can be begun anew", () => {
    const rekeying = {
      serial: 1,
      listKey: "S0VZ",
      fingerprint: "ab".repeat(20),
      graceEnds: now.toISOString(),
    };
    const stage = (each: "asked" | "agreed") =>
      view({ ...ownedList, rekeying: { ...rekeying, stage: each } }).rekeying;
    expect(stage("asked")).toBeNull();
    expect(stage("agreed")).toEqual({ stage: "agreed" });
  });

  describe("the answer to a batch of a notice", () => {
    const to = [{ address: bob, fingerprint: keyOf.bob, confirmedAt: null }];
    const asked = { request: "00".repeat(16), to };
    const tidings = { news: "owners", owners: ownedList.owners } as const;
    const list = {
      ...ownedList,
      telling: { serial: 3, at: now.toISOString(), tidings, told: [], only: null, asked },
    };
    test.each([
      ["taken", null, to],
      ["refused, since nobody of it is a member any more", "not-a-member", to],
      ["refused for another reason", "server-restored", []],
    ] as const)("%s", (_, code, told) => {
      const { telling } = batchAnswered(list, asked.request, code);
      expect(telling).toEqual({ ...list.telling, told, asked: null });
    });
    test("another owner was faster: it begins anew, with another serial", () => {
      expect(batchAnswered(list, asked.request, "old-serial").telling).toBeNull();
    });
    test("once more, or to another request: it changes nothing", () => {
      const once = batchAnswered(list, asked.request, null);
      expect(batchAnswered(once, asked.request, null)).toBe(once);
      expect(batchAnswered(list, "01".repeat(16), "old-serial")).toBe(list);
    });
  });

  test("owners by an owner's word are to be told; one by the operator's alone is not", () => {
    expect(ownersUntold(ownedList)).toBe(false);
    const role = (address: typeof bob | typeof eve) => {
      const { members } = ownedList.history;
      const { [address]: one } = members;
      if (one === undefined) throw new Error("no such member");
      return {
        ...ownedList,
        history: {
          ...ownedList.history,
          members: { ...members, [address]: { ...one, role: "owner" as const } },
        },
      };
    };
    expect(ownersUntold(role(bob))).toBe(true);
    expect(ownersUntold(role(eve))).toBe(false);
  });

  test("nothing secret is in it", () => {
    expect(JSON.stringify(view())).not.toContain(ownedList.listKey);
  });
});

function isMember(
  value: Partial<(typeof ownedList.members)[number]>,
): value is (typeof ownedList.members)[number] {
  return value.role !== undefined;
}
