import { createHash } from "node:crypto";
import { codeOf } from "../../src/extension/platform/errors.js";
import { toBase64 } from "../../src/mail/base64.js";
import { type Address, parseAddress } from "../../src/mail/mailbox.js";
import {
  certifyMember,
  type ListForProof,
  makeIntroduction,
} from "../../src/membership/introduction/introduction.js";
import type { RecordLink } from "../../src/membership/request/answer-result.js";
import {
  type Command,
  newRequestId,
  openRequest,
  type Request,
  writeRequest,
} from "../../src/membership/request/request.js";
import { continueHistory, isRecorded, membersForNewKey } from "../../src/membership/roster/history.js";
import {
  assertNotBehind,
  hashedText,
  NO_PREVIOUS,
  signedChange,
  standingOf,
} from "../../src/membership/roster/log.js";
import {
  type IssuedInvitation,
  invitationStanding,
  noHistory,
  type RosterHistory,
  unconfirmedMembers,
} from "../../src/membership/roster/state.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import { generateKey, type OpeningKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../src/openpgp/revocation.js";
import { bobAddress, DAY, daysAgo, inTwoWeeks, person, team } from "./chain.js";

/** Links as a server writes them, honest or not. */
function chained(entries: readonly object[], before: readonly RecordLink[] = []): RecordLink[] {
  const links = [...before];
  for (const each of entries) {
    const number = links.length + 1;
    const previous = links.at(-1)?.hash ?? NO_PREVIOUS;
    const entry = JSON.stringify(each);
    const hash = createHash("sha256")
      .update(hashedText(number, previous, entry))
      .digest("hex");
    links.push({ number, previous, entry, hash });
  }
  return links;
}

const eveAddress = parseAddress("eve@x.test");
const olgaAddress = parseAddress("olga@x.test");

interface Invited {
  readonly introduction: OpeningKey<"introduction">;
  readonly member: OpeningKey<"member">;
}

let olga: OpeningKey<"member">;
let server: OpeningKey<"server">;
let listKey: OpeningKey<"list">;
let list: ListForProof;
let bob: Invited;
let eve: Invited;

const invited = async (
  address: Address,
  who: OpeningKey<"member">,
  date = daysAgo(2),
  joinBy = inTwoWeeks(),
) => {
  const terms = { list: team, listKey: listKey.fingerprint, address, joinBy };
  const introduction = await makeIntroduction(olga, terms, "compatible", date);
  return { introduction, member: await certifyMember(introduction, who, list) };
};

const certificate = (key: OpeningKey<"member" | "introduction" | "list">) =>
  writeSealingKey(sealingHalf(key));
const joinOf = ({ introduction, member }: Invited): Command => ({
  do: "join",
  name: "Somebody",
  certificate: certificate(member),
  introduction: certificate(introduction),
  shape: "mixed",
});

/** The entry of a command, as an honest server writes it once it has carried it out. */
async function said(
  command: Command,
  signers: readonly OpeningKey<"member" | "introduction">[],
  changes: Partial<Request> & { at?: Date; by?: string } = {},
) {
  const { at = new Date(), by, ...rest } = changes;
  const date = new Date(Math.floor(Date.now() / 1000) * 1000);
  const request = {
    id: newRequestId(),
    date,
    list: { address: team, key: listKey.fingerprint },
    command,
    ...rest,
  };
  const sealed = await writeRequest(request, { signers, server: sealingHalf(server) });
  const opened = await openRequest(sealed, server, { address: team, keys: [listKey.fingerprint] });
  return signedChange(opened, by ?? signers.at(-1)?.fingerprint ?? "", at);
}

const claim = () =>
  said(
    {
      do: "claim",
      code: newRequestId(),
      name: "Olga",
      address: olgaAddress,
      certificate: certificate(olga),
      listKey: certificate(listKey),
      shape: "encrypted",
    },
    [olga],
  );
const joins = (who: Invited, changes = {}) => said(joinOf(who), [who.introduction, who.member], changes);
const removes = (address: Address, who: Invited, by = olga, changes = {}) =>
  said({ do: "remove", address, fingerprint: who.member.fingerprint }, [by], changes);

const read = (entries: readonly object[], before?: RosterHistory) =>
  continueHistory(before ?? noHistory, chained(entries), { list });
const outcome = async (entries: readonly object[]): Promise<string> => {
  try {
    await read(entries);
    return "taken";
  } catch (thrown) {
    const cause = thrown instanceof ListSealError ? thrown.cause : undefined;
    return cause instanceof Error
      ? `${codeOf(thrown, "damaged")}: ${cause.message}`
      : codeOf(thrown, "damaged");
  }
};

beforeAll(async () => {
  [olga, server, listKey] = await Promise.all([
    person("olga@x.test"),
    generateKey("server", { address: team, profile: "compatible" }),
    generateKey("list", { address: team, profile: "compatible" }),
  ]);
  list = { address: team, fingerprints: [listKey.fingerprint], owners: [sealingHalf(olga)] };
  bob = await invited(bobAddress, await person("bob@x.test"));
  eve = await invited(eveAddress, await person("eve@x.test"));
});

test("who is a member follows from what was signed", async () => {
  const remove = await removes(eveAddress, eve);
  const entries = [
    { do: "create", list: team, by: "operator", at: new Date().toISOString() },
    await claim(),
    await joins(bob),
    await joins(eve),
    await said(
      { do: "set-role", address: bobAddress, fingerprint: bob.member.fingerprint, role: "moderator" },
      [olga],
    ),
    remove,
  ];
  const links = chained(entries);
  const half = await continueHistory(noHistory, links.slice(0, 4), { list });
  expect(Object.keys(half.members).sort()).toEqual([bobAddress, eveAddress, olgaAddress].sort());
  // what is kept is plain JSON
  const kept: RosterHistory = JSON.parse(JSON.stringify(half));
  const all = await continueHistory(kept, links.slice(4), { list });
  expect(all.members[bobAddress]).toMatchObject({ role: "moderator", by: "introduction" });
  expect(all.members[olgaAddress]).toMatchObject({ role: "owner", by: "claim" });
  expect(all.members[eveAddress]).toBeUndefined();
  const forNewKey = await membersForNewKey(all);
  expect(forNewKey.map(({ certificate: one }) => one.fingerprint).sort()).toEqual(
    [olga.fingerprint, bob.member.fingerprint].sort(),
  );
  expect(all.hashes).toEqual(links.map(({ hash }) => hash));
  const removeId: unknown = JSON.parse(Buffer.from(remove.command, "base64").toString()).id;
  expect(isRecorded(all, olga.fingerprint, String(removeId))).toBe(true);
  expect(isRecorded(all, olga.fingerprint, newRequestId())).toBe(false);
});

test("what the operator did without an owner is there to be seen, and gets no new list key", async () => {
  const at = new Date().toISOString();
  const add = { do: "add", address: eveAddress, fingerprint: eve.member.fingerprint, by: "operator", at };
  const history = await read([await claim(), await joins(bob), add]);
  expect(history.unsigned).toEqual([{ number: 3, by: "operator", what: "add", address: eveAddress }]);
  expect((await membersForNewKey(history)).map(({ address }) => address).sort()).toEqual(
    [bobAddress, olgaAddress].sort(),
  );
  const left = { do: "remove", address: bobAddress, fingerprint: bob.member.fingerprint, by: "link", at };
  const after = await read([await claim(), await joins(bob), left]);
  expect(after.members[bobAddress]).toBeUndefined();
  expect(after.unsigned).toHaveLength(1);
});

test("a server can't make members, hide removals or repeat commands", async () => {
  const owned = await claim();
  const bobJoins = await joins(bob);
  const mallory = await person("mallory@x.test");
  const fake: Invited = {
    introduction: await generateKey("introduction", { address: "mallory@x.test", profile: "compatible" }),
    member: mallory,
  };
  expect(await outcome([owned, bobJoins])).toBe("taken");
  expect(await outcome([owned, await joins(fake)])).toMatch(/^roster-altered: no certification/);
  expect(await outcome([owned, bobJoins, bobJoins])).toMatch(/carried out twice/);
  expect(await outcome([owned, bobJoins, await joins(bob)])).toMatch(/used introduction/);
  expect(await outcome([owned, await said(joinOf(bob), [bob.member])])).toMatch(/signatures? on the request/);
  expect(await outcome([owned, await joins(bob, { by: olga.fingerprint })])).toMatch(/another key/);
  expect(await outcome([{ ...owned, do: "join" }])).toMatch(/not what was signed/);
  expect(
    await outcome([
      await said(
        {
          do: "claim",
          code: newRequestId(),
          name: "Mallory",
          address: parseAddress("mallory@x.test"),
          certificate: certificate(mallory),
          listKey: certificate(listKey),
          shape: "mixed",
        },
        [mallory],
      ),
    ]),
  ).toMatch(/nobody who is known as an owner/);
});

describe("a command of somebody who had lost the right to it counts for nothing, and is said once", () => {
  const ghost = async (by: OpeningKey<"member">) => {
    const address = parseAddress("ghost@x.test");
    const key = await person("ghost@x.test");
    const enrol = await said(
      { do: "enrol", name: "Ghost", address, certificate: certificate(key), shape: "mixed" },
      [by],
    );
    return { address, key, enrol };
  };
  const owner = ({ member }: Invited, address: Address, role: "owner" | "member" = "owner") =>
    said({ do: "set-role", address, fingerprint: member.fingerprint, role }, [olga]);

  test("a removed owner's enrolment, and what the ghost does; the owner takes it off, and the record goes on", async () => {
    const { address, key, enrol } = await ghost(bob.member);
    const before = [
      await claim(),
      await joins(bob),
      await owner(bob, bobAddress),
      await removes(bobAddress, bob),
    ];
    const links = chained([
      ...before,
      enrol,
      await said({ do: "renew", certificate: certificate(key) }, [key]),
      await said({ do: "remove", address, fingerprint: key.fingerprint }, [olga]),
      await joins(eve),
    ]);
    const first = await continueHistory(noHistory, links.slice(0, 5), { list });
    expect(first.unsigned).toEqual([{ number: 5, by: "unentitled", what: "enrol" }]);
    const history = await continueHistory(first, links.slice(5), { list });
    expect(Object.keys(history.members).sort()).toEqual([eveAddress, olgaAddress].sort());
    expect(history.unsigned.map(({ number, what }) => [number, what])).toEqual([
      [5, "enrol"],
      [6, "renew"],
      [7, "remove"],
    ]);
    expect(history.hashes).toHaveLength(links.length);
  });

  test("a demoted owner's words", async () => {
    const { enrol } = await ghost(bob.member);
    const history = await read([
      await claim(),
      await joins(bob),
      await joins(eve),
      await owner(bob, bobAddress),
      await owner(bob, bobAddress, "member"),
      enrol,
      await removes(eveAddress, eve, bob.member),
    ]);
    expect(Object.keys(history.members).sort()).toEqual([bobAddress, eveAddress, olgaAddress].sort());
    expect(history.unsigned).toMatchObject([
      { number: 6, by: "unentitled", what: "enrol", address: bobAddress },
      { number: 7, by: "unentitled", what: "remove", address: bobAddress },
    ]);
  });

  test("a thief's renewal after the revocation: the key stays revoked", async () => {
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const dead = writeSealingKey(await revokeMemberKey(bob.member, now));
    const history = await read([
      await claim(),
      await joins(bob),
      await said({ do: "revoke", certificate: dead }, [bob.member]),
      await said({ do: "renew", certificate: certificate(bob.member) }, [bob.member]),
      await joins(eve),
    ]);
    expect(history.members[bobAddress]).toMatchObject({ revoked: true });
    expect(history.members[eveAddress]).toBeDefined();
    expect(history.unsigned).toEqual([{ number: 4, by: "unentitled", what: "renew", address: bobAddress }]);
  });

  test("but a forged signature is no such thing", async () => {
    const forged = await said({ do: "leave" }, [eve.member], { by: bob.member.fingerprint });
    expect(await outcome([await claim(), await joins(bob), forged])).toMatch(/^roster-altered/);
  });
});

test("a removed member comes back by a new introduction only", async () => {
  const owned = await claim();
  const [first, second] = [await joins(eve), await removes(eveAddress, eve)];
  const later = await invited(eveAddress, await person("eve@x.test"), new Date(Date.now() + 5_000));
  expect(await outcome([owned, first, second, await joins(later)])).toBe("taken");
  const unused = await invited(eveAddress, await person("eve@x.test"), daysAgo(1));
  expect(await outcome([owned, first, second, await joins(unused)])).toMatch(/burnt introduction/);
  expect(await outcome([owned, first, second, await joins(eve)])).toMatch(/used introduction/);
  // a leave that is dated back burns as well
  const leave = await said({ do: "leave" }, [eve.member], { date: daysAgo(2) });
  expect(await outcome([owned, first, leave, await joins(unused)])).toMatch(/burnt introduction/);
  const withdrawn = await said({ do: "withdraw", address: bobAddress }, [olga]);
  expect(await outcome([owned, withdrawn, await joins(bob)])).toMatch(/burnt introduction/);
  const late = await joins(bob, { at: new Date(Date.now() + 20 * DAY) });
  expect(await outcome([owned, late])).toMatch(/after join-by/);
});

test("the chain: nothing missing, nothing changed, nothing else", async () => {
  const at = new Date().toISOString();
  const operator = (what: string, more: object = {}) => ({ do: what, by: "operator", at, ...more });
  const create = operator("create", { list: team });
  const policy = operator("policy", { policy: "open" });
  const links = chained([create, operator("list-key", { fingerprint: olga.fingerprint }), policy]);
  const known = await continueHistory(noHistory, links, { list });
  const code = async (bent: readonly RecordLink[], before = noHistory) => {
    try {
      await continueHistory(before, bent, { list });
      return "taken";
    } catch (thrown) {
      return codeOf(thrown, "damaged");
    }
  };
  expect(await code(links)).toBe("taken");
  expect(await code(links.filter(({ number }) => number !== 2))).toBe("roster-altered");
  expect(await code(links.map((link) => ({ ...link, entry: link.entry.replace("policy", "police") })))).toBe(
    "roster-altered",
  );
  const other = chained([create, operator("other"), policy, operator("more")]);
  expect(await code(other.slice(3), known)).toBe("roster-forked");
  const [, , third] = links;
  const head = { number: 3, hash: third?.hash ?? "" };
  expect(standingOf(known.hashes, head)).toEqual({ kind: "known", entriesSince: 0 });
  expect(standingOf(known.hashes, { ...head, hash: other[2]?.hash ?? "" })).toEqual({ kind: "forked" });
  expect(standingOf(known.hashes, { number: 4, hash: head.hash })).toEqual({ kind: "newer" });
  expect(() => assertNotBehind(known.hashes, head)).not.toThrow();
  const behind = { number: 2, hash: links[1]?.hash ?? "" };
  expect(() => assertNotBehind(known.hashes, behind)).toThrow(/ends before/);
  expect(() => assertNotBehind(known.hashes, { ...behind, hash: NO_PREVIOUS })).toThrow(/another one/);
});

describe("whom the operator enrolled", () => {
  const at = () => new Date().toISOString();
  const added = (who: Invited, more: object = {}) => ({
    do: "add",
    address: eveAddress,
    fingerprint: who.member.fingerprint,
    certificate: toBase64(certificate(who.member)),
    by: "operator",
    at: at(),
    ...more,
  });
  const enrols = (who: OpeningKey<"member">, by = olga) =>
    said({ do: "enrol", name: "Eve", address: eveAddress, certificate: certificate(who), shape: "mixed" }, [
      by,
    ]);

  test("waits for an owner's word, may leave meanwhile, and gets the new list key after it", async () => {
    const owned = await claim();
    const waiting = await read([owned, added(eve)]);
    expect(unconfirmedMembers(waiting).map(({ address }) => address)).toEqual([eveAddress]);
    expect((await membersForNewKey(waiting)).map(({ address }) => address)).toEqual([olgaAddress]);
    const confirmed = await read([owned, added(eve), await enrols(eve.member)]);
    expect(unconfirmedMembers(confirmed)).toEqual([]);
    expect(confirmed.members[eveAddress]).toMatchObject({ by: "owner", role: "member" });
    expect((await membersForNewKey(confirmed)).map(({ address }) => address)).toContain(eveAddress);
    // and so by one word for all that the operator added
    const { fingerprint } = eve.member;
    const named = { address: eveAddress, fingerprint, role: "member" } as const;
    const together = await read([
      owned,
      added(eve),
      await said({ do: "confirm", members: [named, { ...named, address: bobAddress }] }, [olga]),
    ]);
    expect(together.members[eveAddress]).toEqual({
      ...waiting.members[eveAddress],
      since: expect.any(String),
      by: "owner",
    });
    const left = await read([owned, added(eve), await said({ do: "leave" }, [eve.member])]);
    expect(left.members[eveAddress]).toBeUndefined();
    expect(left.unsigned.at(-1)).toMatchObject({ by: "unconfirmed", what: "leave", address: eveAddress });
    // an older server recorded the fingerprint alone: what they do is the operator's word again, and no dead end
    const older = await read([
      owned,
      added(eve, { certificate: undefined }),
      await said({ do: "leave" }, [eve.member]),
    ]);
    expect(older.unsigned.map(({ by }) => by)).toEqual(["operator", "unconfirmed"]);
    // but with the certificate there, a forged command is one
    expect(
      await outcome([
        owned,
        added(eve),
        await said({ do: "leave" }, [bob.member], { by: eve.member.fingerprint }),
      ]),
    ).toMatch(/^roster-altered/);
    expect(await outcome([owned, added(eve, { fingerprint: bob.member.fingerprint })])).toMatch(
      /another key/,
    );
  });

  test("is no owner by the operator's word: whom they let in stays the operator's", async () => {
    const role = { do: "role", address: eveAddress, role: "owner", by: "operator", at: at() };
    const ghost = await person("ghost@x.test");
    const ghostly = await said(
      {
        do: "enrol",
        name: "Ghost",
        address: parseAddress("ghost@x.test"),
        certificate: certificate(ghost),
        shape: "mixed",
      },
      [eve.member],
    );
    const history = await read([await claim(), added(eve), await enrols(eve.member), role, ghostly]);
    expect(unconfirmedMembers(history).map(({ address }) => address)).toEqual(["ghost@x.test"]);
    expect((await membersForNewKey(history)).map(({ address }) => address)).not.toContain("ghost@x.test");
    expect(history.members[eveAddress]).toMatchObject({ by: "owner", role: "owner", roleBy: "operator" });
    // an owner's word for the role, and they are one
    const fingerprint = eve.member.fingerprint;
    const meant = await said({ do: "set-role", address: eveAddress, fingerprint, role: "owner" }, [olga]);
    const after = await read([await claim(), added(eve), await enrols(eve.member), role, meant, ghostly]);
    expect(unconfirmedMembers(after)).toEqual([]);
  });

  test("a member by .asc alone is one by the owner's word; nobody else's", async () => {
    const history = await read([await claim(), await enrols(eve.member)]);
    expect(history.members[eveAddress]).toMatchObject({ by: "owner", fingerprint: eve.member.fingerprint });
    const notHis = await read([await claim(), await joins(bob), await enrols(eve.member, bob.member)]);
    expect(notHis.members[eveAddress]).toBeUndefined();
    expect(notHis.unsigned).toMatchObject([{ by: "unentitled", what: "enrol", address: bobAddress }]);
  });
});

test("an owner's resume stands after the very entry that they named", async () => {
  const before = [await claim(), await joins(bob)];
  const links = chained(before);
  const { number = 0, hash = "" } = links.at(-1) ?? {};
  const resume = await said({ do: "resume-server", head: { number, hash } }, [olga]);
  expect(await outcome([...before, resume])).toBe("taken");
  expect(await outcome([...before, await joins(eve), resume])).toMatch(/resumed after another entry/);
  const bobs = await said({ do: "resume-server", head: { number, hash } }, [bob.member]);
  expect((await read([...before, bobs])).unsigned.at(-1)).toMatchObject({ by: "unentitled" });
});

test("how an invitation stands", async () => {
  const { introduction } = bob;
  const issued = (changes: Partial<IssuedInvitation> = {}): IssuedInvitation => ({
    introduction: introduction.fingerprint,
    address: bobAddress,
    introducedAt: daysAgo(2).toISOString(),
    joinBy: inTwoWeeks().toISOString(),
    ...changes,
  });
  const owned = await claim();
  const none = await read([owned]);
  expect(invitationStanding(issued(), none)).toBe("pending");
  expect(invitationStanding(issued({ joinBy: daysAgo(1).toISOString() }), none)).toBe("expired");
  const withdrawn = await read([owned, await said({ do: "withdraw", address: bobAddress }, [olga])]);
  expect(invitationStanding(issued(), withdrawn)).toBe("withdrawn");
  expect(invitationStanding(issued(), await read([owned, await joins(bob)]))).toBe("used");
});
