/**
 * Rights at the moment of the deed: whatever two people ask for at one moment, it comes to the same as if one had asked
 * after the other, in every order of their transactions.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { reformatKey } from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import { packetFor, sealForMembers } from "../../src/membership/notice/shared-notice.js";
import type { Command } from "../../src/membership/request/request.js";
import { continueHistory } from "../../src/membership/roster/history.js";
import { noHistory } from "../../src/membership/roster/state.js";
import { generateKey, type OpeningKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../src/openpgp/revocation.js";
import { makeNextServerKey } from "../../src/server/admin/new-server-key.js";
import { openLog } from "../../src/server/base/log.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { openStore } from "../../src/server/store/open-store.js";
import {
  begin,
  certificate,
  claim,
  DAY,
  type Invited,
  invites,
  join,
  joins,
  known,
  listKey,
  olga,
  play,
  says,
  teamAddress,
  written,
} from "./asking.js";
import { defenceless } from "./defenceless.js";
import { type RawRequest, Scheduler } from "./interleavings.js";
import { wholeRoster } from "./many-members.js";
import { type Person, person } from "./play-server.js";
import { onEachStore } from "./stores.js";

const named = ({ address, key }: Person) => ({
  address: parseAddress(address),
  fingerprint: key.fingerprint,
});

/** The same primary key with another expiry. */
async function renewed({ name, address, key }: Person): Promise<Uint8Array> {
  const { privateKey } = await reformatKey({
    privateKey: key.secret,
    userIDs: [{ name, email: address }],
    keyExpirationTime: (400 * DAY) / 1000,
    date: new Date(),
    format: "object",
  });
  return privateKey.toPublic().write();
}

type Cast = Readonly<Record<"oscar" | "bob" | "eve", Person>>;

/** A list with the owners Olga and Oscar, the members Bob and Eve, and somebody who is invited. */
async function castList(): Promise<{ readonly cast: Cast; readonly guest: Invited }> {
  await begin();
  await says(olga, claim());
  const guests: Invited[] = [];
  for (const name of ["Oscar", "Bob", "Eve"]) {
    const guest = await invites(await person(name));
    await joins(guest);
    guests.push(guest);
  }
  const [oscar, bob, eve] = guests.map(({ who }) => who);
  if (oscar === undefined || bob === undefined || eve === undefined) throw new Error("no guests");
  await says(olga, { do: "set-role", ...named(oscar), role: "owner" });
  return { cast: { oscar, bob, eve }, guest: await invites(await person("Greta")) };
}

/** What the cast may ask for, by name. */
async function requests({ oscar, bob, eve }: Cast, guest: Invited) {
  const by = async (who: { readonly key: OpeningKey<"member"> }, command: Command): Promise<RawRequest> =>
    (await written(command, [who.key])).raw;
  const date = new Date(Math.floor(Date.now() / 1000) * 1000);
  const revokes = async (who: Person) =>
    by(who, { do: "revoke", certificate: writeSealingKey(await revokeMemberKey(who.key, date)) });
  const ghost = await person("Ghost");
  const rekey = async (who: Person) =>
    by(who, {
      do: "new-list-key",
      serial: 1,
      replaces: listKey.fingerprint,
      listKey: certificate(await generateKey("list", { address: teamAddress, profile: "compatible" })),
      graceEnds: new Date(date.getTime() + DAY),
    });
  const store = await openStore(play.place);
  const row = await store.listByAddress(teamAddress);
  if (row === undefined) throw new Error("no list");
  const lists = new ListsInUse(store, play.folder);
  const parts = {
    store,
    lists,
    folder: play.folder,
    log: openLog({ write: () => undefined }),
    now: Date.now,
  };
  const { key: next } = await makeNextServerKey(parts, row);
  await store.close();
  return {
    "Bob revokes": await revokes(bob),
    "Bob renews": await by(bob, { do: "renew", certificate: await renewed(bob) }),
    "Bob leaves": await by(bob, { do: "leave" }),
    "Bob pauses": await by(bob, { do: "pause" }),
    "Bob resumes": await by(bob, { do: "resume" }),
    "Olga removes Bob": await by(olga, { do: "remove", ...named(bob) }),
    "Olga removes Oscar": await by(olga, { do: "remove", ...named(oscar) }),
    "Olga demotes Oscar": await by(olga, { do: "set-role", ...named(oscar), role: "member" }),
    "Olga leaves": await by(olga, { do: "leave" }),
    "Olga makes a list key": await rekey(olga),
    "Oscar removes Olga": await by(oscar, { do: "remove", ...named(olga) }),
    "Oscar demotes Olga": await by(oscar, { do: "set-role", ...named(olga), role: "member" }),
    "Oscar leaves": await by(oscar, { do: "leave" }),
    "Oscar revokes": await revokes(oscar),
    "Oscar renews": await by(oscar, { do: "renew", certificate: await renewed(oscar) }),
    "Oscar removes Eve": await by(oscar, { do: "remove", ...named(eve) }),
    "Oscar enrols": await by(oscar, {
      do: "enrol",
      name: "Ghost",
      address: parseAddress(ghost.address),
      certificate: certificate(ghost.key),
      shape: "mixed",
    }),
    "Oscar confirms Eve": await by(oscar, { do: "confirm", members: [{ ...named(eve), role: "member" }] }),
    "Oscar withdraws": await by(oscar, { do: "withdraw", address: parseAddress(guest.who.address) }),
    "Oscar appoints Eve": await by(oscar, { do: "set-role", ...named(eve), role: "moderator" }),
    "Oscar makes a list key": await rekey(oscar),
    "Oscar takes the server key": await by(oscar, {
      do: "new-server-key",
      fingerprint: next.fingerprint,
      replaces: row.serverFingerprint,
    } as Command),
    "Oscar's notice": await by(oscar, {
      do: "notice",
      news: "owners",
      serial: 1,
      copies: [{ to: eve.key.fingerprint, sealed: new Uint8Array([1, 2, 3]) }],
    }),
    "Oscar leaves a list key's notice": await by(oscar, await sharedNotice(oscar, eve)),
    "Oscar's notice for all": await by(oscar, {
      ...(await sharedNotice(oscar, eve)),
      do: "shared-notice",
      news: "owners",
    }),
    "Oscar asks for the roster": await by(oscar, { do: "roster", after: 0 }),
    "Greta joins": (await written(join(guest), [guest.introduction, guest.who.key])).raw,
  };
}

/** The notice of a new list key, sealed for one member. */
async function sharedNotice(owner: Person, member: Person) {
  const date = new Date(Math.floor(Date.now() / 1000) * 1000);
  const made = await sealForMembers(
    {
      serial: 1,
      date,
      list: { address: teamAddress, key: listKey.fingerprint },
      news: {
        kind: "new-list-key",
        listKey: await generateKey("list", { address: teamAddress, profile: "compatible" }),
        graceEnds: new Date(date.getTime() + DAY),
      },
    },
    owner.key,
  );
  const packet = await packetFor(sealingHalf(member.key), made.sessionKey, date);
  const packets = [{ to: member.key.fingerprint, packet }];
  return { do: "list-key-notice", serial: 1, body: made.dataPacket, packets } as const;
}

type Name = keyof Awaited<ReturnType<typeof requests>>;

const oscarGoes: readonly Name[] = [
  "Olga removes Oscar",
  "Olga demotes Oscar",
  "Oscar leaves",
  "Oscar revokes",
];
const oscarsWords: readonly Name[] = [
  "Oscar enrols",
  "Oscar confirms Eve",
  "Oscar withdraws",
  "Oscar appoints Eve",
  "Oscar makes a list key",
  "Oscar takes the server key",
  "Oscar's notice",
  "Oscar leaves a list key's notice",
  "Oscar's notice for all",
  "Oscar removes Eve",
  "Oscar renews",
  "Oscar asks for the roster",
];
const bobGoes: readonly Name[] = ["Bob revokes", "Bob leaves", "Olga removes Bob"];
const bobsWords: readonly Name[] = ["Bob renews", "Bob pauses", "Bob resumes"];
const each = (some: readonly Name[], others: readonly Name[]) =>
  some.flatMap((one) => others.map((other): readonly [Name, Name] => [one, other]));

/** Every pair of commands of which one can take away what the other stands on. */
const pairs: readonly (readonly [Name, Name])[] = [
  ...each(oscarGoes, oscarsWords),
  ...each(bobGoes, bobsWords),
  ["Bob revokes", "Bob leaves"],
  ["Bob revokes", "Olga removes Bob"],
  ["Bob leaves", "Olga removes Bob"],
  ["Bob renews", "Bob renews"],
  ["Bob revokes", "Bob revokes"],
  // an introduction counts as long as its owner is one; and the list key that it names
  ["Oscar removes Olga", "Greta joins"],
  ["Oscar demotes Olga", "Greta joins"],
  ["Olga leaves", "Greta joins"],
  ["Oscar withdraws", "Greta joins"],
  ["Oscar makes a list key", "Greta joins"],
  ["Greta joins", "Greta joins"],
  // somebody has to be left
  ["Oscar removes Olga", "Olga removes Oscar"],
  ["Oscar demotes Olga", "Olga demotes Oscar"],
  ["Olga leaves", "Oscar leaves"],
  ["Olga leaves", "Oscar revokes"],
  ["Olga makes a list key", "Oscar makes a list key"],
  ["Olga makes a list key", "Oscar takes the server key"],
];

// a block of its own: it ends before the store's server does
const suite = () => {
  let scheduler: Scheduler;
  let asked: Readonly<Record<Name, RawRequest>>;

  beforeAll(async () => {
    const { cast, guest } = await castList();
    await play.stop();
    asked = await requests(cast, guest);
    scheduler = await Scheduler.open(play.place, play.folder);
  });
  afterAll(async () => {
    await scheduler.close();
    await play.discard();
  });

  /** The owner's own reading of the record comes to the server's roster, and nothing in it counts for nothing. */
  async function expectWholeRecord(): Promise<void> {
    const { store } = scheduler;
    const list = await store.listByAddress(teamAddress);
    const members = await wholeRoster(store, list?.id ?? 0);
    const history = await continueHistory(noHistory, await store.record(list?.id ?? 0), { list: known() });
    const read = Object.entries(history.members).map(([address, { fingerprint, role }]) => ({
      address,
      fingerprint,
      role,
    }));
    expect(read.sort((one, two) => one.address.localeCompare(two.address))).toEqual(
      members.map(({ address, fingerprint, role }) => ({ address, fingerprint, role })),
    );
    expect(history.unsigned.filter(({ by }) => by === "unentitled")).toEqual([]);
    expect(members.some(({ role }) => role === "owner")).toBe(true);
  }

  test.each(pairs)("%s, %s: as if one had come after the other", async (one, other) => {
    const { wrong, count } = await scheduler.everyOrder(
      `${one}, ${other}`,
      asked[one],
      asked[other],
      expectWholeRecord,
    );
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(8);
  });

  // naive: what was verified is not read again when it is done
  describe("without the comparison", () => {
    let naive: Scheduler;
    beforeAll(async () => {
      // it begins with what is stored now
      await scheduler.reset();
      naive = await Scheduler.open(play.place, play.folder, defenceless);
    });
    afterEach(() => scheduler.reset());
    afterAll(() => naive.close());

    test.each([
      ["Bob revokes", "Bob renews"],
      ["Olga removes Oscar", "Oscar enrols"],
      ["Olga demotes Oscar", "Oscar removes Eve"],
      ["Olga removes Oscar", "Oscar's notice"],
      ["Oscar removes Olga", "Greta joins"],
    ] as const)("%s, %s: the right is gone, and the deed is done", async (one, other) => {
      const { wrong } = await naive.everyOrder(`without: ${one}, ${other}`, asked[one], asked[other]);
      expect(wrong).not.toEqual([]);
    });
  });
};

onEachStore(() => describe("two requests at one moment", suite));
