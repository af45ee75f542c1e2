/**
 * Rights at the moment of the deed, for posts: whatever happens to its author or its list at the moment at which a post
 * comes, it comes to the same as if one had come after the other, in every order of their transactions, by each way that a
 * post may take.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { reformatKey } from "openpgp";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import type { Command } from "../../src/membership/request/request.js";
import { generateKey, writeSealingKey } from "../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../src/openpgp/revocation.js";
import { setPolicy, setRole } from "../../src/server/admin/administration.js";
import { makeNextServerKey } from "../../src/server/admin/new-server-key.js";
import { openLog } from "../../src/server/base/log.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { openStore } from "../../src/server/store/open-store.js";
import type { PostPolicy } from "../../src/server/store/store.js";
import {
  begin,
  card,
  certificate,
  claim,
  DAY,
  type Invited,
  invites,
  join,
  joins,
  listKey,
  olga,
  play,
  says,
  teamAddress,
  written,
} from "./asking.js";
import { defenceless } from "./defenceless.js";
import { type Act, Scheduler } from "./interleavings.js";
import { type Person, type PlayList, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

const named = ({ address, key }: Person) => ({
  address: parseAddress(address),
  fingerprint: key.fingerprint,
});

interface Cast {
  readonly oscar: Person;
  readonly bob: Person;
  /** Invited, and on no roster yet. */
  readonly greta: Invited;
}

/** A list with the owners Olga and Oscar, the member Bob, and Greta, who is invited. */
async function castList(): Promise<Cast> {
  await begin();
  await says(olga, claim());
  const oscar = await invites(await person("Oscar"));
  const bob = await invites(await person("Bob"));
  for (const guest of [oscar, bob]) await joins(guest);
  await says(olga, { do: "set-role", ...named(oscar.who), role: "owner" });
  return { oscar: oscar.who, bob: bob.who, greta: await invites(await person("Greta")) };
}

/** The list as members know it. */
async function knownList(): Promise<PlayList> {
  const list = await play.office(({ store }) => store.listByAddress(teamAddress));
  if (list === undefined) throw new Error("no list");
  return { list, address: teamAddress, key: listKey, server: card.server };
}

/** As somebody sends it who is no member: with the certificate. */
async function strangersPost(list: PlayList, { who }: Invited): Promise<Uint8Array> {
  const { sealed, messageId } = await seal(list, who);
  return writeSubmission({
    from: makeMailbox(who.name, parseAddress(who.address)),
    list: teamAddress,
    date: new Date(),
    messageId,
    sealed,
    author: certificate(who.key),
  });
}

async function acts({ oscar, bob, greta }: Cast, held: string) {
  const by = async ({ key }: Person, command: Command): Promise<Act> => (await written(command, [key])).raw;
  const list = await knownList();
  const date = new Date(Math.floor(Date.now() / 1000) * 1000);
  const post = (await seal(list, bob)).raw;
  const { privateKey: longer } = await reformatKey({
    privateKey: bob.key.secret,
    userIDs: [{ name: bob.name, email: bob.address }],
    keyExpirationTime: (400 * DAY) / 1000,
    date: new Date(),
    format: "object",
  });
  const store = await openStore(play.place);
  const lists = new ListsInUse(store, play.folder);
  const log = openLog({ write: () => undefined });
  const { key: next } = await makeNextServerKey(
    { store, lists, log, folder: play.folder, now: Date.now },
    list.list,
  );
  await store.close();
  const policy = (to: PostPolicy): Act => ({ operator: (office) => setPolicy(office, teamAddress, to) });
  return {
    "Bob posts": { post, way: "own" },
    "Bob posts by Postfix's queue": { post, way: "postfix" },
    "Bob posts through Mailman": { post, way: "mailman" },
    "Greta posts": { post: await strangersPost(list, greta), way: "own" },
    "Greta posts by Postfix's queue": { post: await strangersPost(list, greta), way: "postfix" },
    "Bob revokes": await by(bob, {
      do: "revoke",
      certificate: writeSealingKey(await revokeMemberKey(bob.key, date)),
    }),
    "Bob renews": await by(bob, { do: "renew", certificate: longer.toPublic().write() }),
    "Bob leaves": await by(bob, { do: "leave" }),
    "Greta joins": (await written(join(greta), [greta.introduction, greta.who.key])).raw,
    "Olga removes Bob": await by(olga, { do: "remove", ...named(bob) }),
    "Olga appoints Bob": await by(olga, { do: "set-role", ...named(bob), role: "moderator" }),
    "Bob may only read": {
      operator: async (office) => {
        await setRole(office, teamAddress, bob.address, "read-only");
      },
    },
    "only members may post": policy("members"),
    "posts are moderated": policy("moderated"),
    "anybody may post": policy("open"),
    "Olga makes a list key": await by(olga, {
      do: "new-list-key",
      serial: 1,
      replaces: listKey.fingerprint,
      listKey: certificate(await generateKey("list", { address: teamAddress, profile: "compatible" })),
      graceEnds: new Date(date.getTime() + DAY),
    }),
    "Olga takes the server key": await by(olga, {
      do: "new-server-key",
      fingerprint: next.fingerprint,
      replaces: list.list.serverFingerprint,
    } as Command),
    "Olga removes Oscar": await by(olga, { do: "remove", ...named(oscar) }),
    "Oscar releases": await by(oscar, {
      do: "release",
      author: greta.who.key.fingerprint,
      messageId: held,
    }),
  } as const satisfies Record<string, Act>;
}

type Name = keyof Awaited<ReturnType<typeof acts>>;
type Pair = readonly [Name, Name];

const each = (some: readonly Name[], others: readonly Name[]) =>
  some.flatMap((one) => others.map((other): Pair => [one, other]));

const bobsRight: readonly Name[] = [
  "Olga removes Bob",
  "Bob revokes",
  "Bob leaves",
  "Bob renews",
  "Bob may only read",
];
const keys: readonly Name[] = ["Olga makes a list key", "Olga takes the server key"];

/** On an open list: nothing is held. */
const whenOpen: readonly Pair[] = [
  ...each(["Bob posts"], [...bobsRight, ...keys]),
  ...each(["Bob posts by Postfix's queue", "Bob posts through Mailman"], ["Olga removes Bob", "Bob revokes"]),
  ["Bob posts", "posts are moderated"],
  ["Bob posts by Postfix's queue", "posts are moderated"],
  ["Bob posts", "Bob posts"],
  ...each(["Greta posts"], ["only members may post", "posts are moderated", "Greta joins"]),
  ["Greta posts by Postfix's queue", "only members may post"],
];

/** On a moderated list, where a post of Greta's is held. */
const whenModerated: readonly Pair[] = [
  ["Bob posts", "Olga removes Bob"],
  ["Bob posts", "Olga appoints Bob"],
  ["Bob posts", "anybody may post"],
  ["Greta posts", "anybody may post"],
  ["Olga removes Oscar", "Oscar releases"],
];

const twins: Readonly<Record<"open" | "moderated", readonly Pair[]>> = {
  open: [
    ["Bob posts", "Olga removes Bob"],
    ["Bob posts", "Bob revokes"],
    ["Bob posts", "Bob may only read"],
    ["Bob posts", "posts are moderated"],
    ["Bob posts by Postfix's queue", "Olga removes Bob"],
    ["Bob posts through Mailman", "Olga removes Bob"],
    ["Greta posts", "only members may post"],
  ],
  moderated: [["Bob posts", "Olga appoints Bob"]],
};

const suite = (policy: "open" | "moderated", pairs: readonly Pair[]) => () => {
  let scheduler: Scheduler;
  let asked: Readonly<Record<Name, Act>>;

  beforeAll(async () => {
    const cast = await castList();
    await play.office((office) => setPolicy(office, teamAddress, policy));
    const list = await knownList();
    await play.submit(list, cast.greta.who, await strangersPost(list, cast.greta));
    await play.untilQuiet();
    await play.stop();
    const [held] = await play.office(({ store }) => store.heldPosts(list.list.id));
    asked = await acts(cast, held?.messageId ?? "<none@people.test>");
    scheduler = await Scheduler.open(play.place, play.folder);
  });
  afterAll(async () => {
    await scheduler.close();
    await play.discard();
  });

  test.each(pairs)(
    "%s, %s: the post and the right, as if one had come after the other",
    async (one, other) => {
      const { wrong, count } = await scheduler.everyOrder(`${one}, ${other}`, asked[one], asked[other]);
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(8);
    },
  );

  // naive: what was verified is not read again when the post is taken
  describe("without the comparison", () => {
    let naive: Scheduler;
    beforeAll(async () => {
      // it begins with what is stored now
      await scheduler.reset();
      naive = await Scheduler.open(play.place, play.folder, defenceless);
    });
    afterEach(() => scheduler.reset());
    afterAll(() => naive.close());

    test.each(twins[policy])("%s, %s: the right is gone, and the post is taken", async (one, other) => {
      const { wrong } = await naive.everyOrder(`without: ${one}, ${other}`, asked[one], asked[other]);
      expect(wrong).not.toEqual([]);
    });
  });
};

onEachStore(() => {
  describe("a post on an open list, and what happens at that moment", suite("open", whenOpen));
  describe("a post on a moderated list, and what happens at that moment", suite("moderated", whenModerated));
});
