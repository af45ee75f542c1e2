/** "3 of 25 did not get it": what the author of a post is told of its delivery, when, and nobody else. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import type { RequestResult } from "../../src/membership/request/answer-result.js";
import { setPolicy } from "../../src/server/admin/administration.js";
import { DAY_MS, DELIVERY_CHECKS_MS, DELIVERY_KEPT_MS } from "../../src/server/base/limits.js";
import { openLog } from "../../src/server/base/log.js";
import { tellAuthors } from "../../src/server/request/deliveries.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import type { Delivery } from "../../src/server/store/store.js";
import { Tokens } from "../../src/server/store/tokens.js";
import {
  answersTo,
  begin,
  card,
  claim,
  type Invited,
  invites,
  joins,
  listKey,
  olga,
  play,
  refused,
  says,
  teamAddress,
} from "./asking.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

onEachStore(() => {
  let [bob, carol, dave]: Invited[] = [];
  let list: PlayList;

  const who = (invited: Invited | undefined): Person => {
    if (invited === undefined) throw new Error("nobody");
    return invited.who;
  };
  /** Bob writes; gives the message id. */
  const posts = async (author = who(bob)): Promise<string> => {
    const { raw, messageId } = await seal(list, author);
    expect((await play.submit(list, author, raw)).code).toBe(250);
    await play.untilQuiet();
    return messageId;
  };
  const delivery = async (messageId: string, asker = who(bob)): Promise<RequestResult> =>
    says(asker, { do: "delivery", messageId });
  /** The relay refuses mail for these for good, or for now. */
  const relaySays = (code: number, ...to: readonly Person[]) => {
    play.sink.mood = (recipient) =>
      to.some(({ address }) => address === recipient)
        ? { code, text: code < 500 ? "4.2.0 later" : "5.1.1 unknown", at: "rcpt" }
        : undefined;
  };
  /** What the server does by itself so long after a post. */
  const looksAfter = async (ms: number): Promise<void> => {
    const { store } = play.service;
    const log = openLog({ write: () => true });
    await tellAuthors({
      store: {
        ...store,
        dueDeliveries: (now, limit) => store.dueDeliveries(now + ms, limit),
        noteChecked: (each, news, now) => store.noteChecked(each, news, now + ms),
      },
      lists: new ListsInUse(store, play.folder),
      log,
      now: () => Date.now(),
      wake: () => undefined,
    });
    await store.hurryJobs(Date.now());
    play.service.wake();
    await play.untilQuiet();
  };
  const [first = 0, second = 0, last = 0] = DELIVERY_CHECKS_MS.map((each) => each + 60_000);
  /** What an author was told without asking. */
  const told = async (author = who(bob)) =>
    (await answersTo(author.address, author.key))
      .map(({ result }) => result)
      .filter(({ kind }) => kind === "delivery");
  const bounces = async (reader: Person, nth = -1): Promise<void> => {
    const copy = play.sink.for(reader.address).filter(({ sender }) => sender.includes("bounces"));
    const recipient = copy.at(nth)?.sender ?? "";
    const raw =
      "Subject: Undelivered Mail\r\nContent-Type: text/plain\r\n\r\nCould not be delivered:\r\n550 5.1.1 User unknown\r\n";
    expect(await submit(play.port, { sender: "", recipient, raw })).toMatchObject({ code: 250 });
  };

  beforeEach(async () => {
    await begin();
    await says(olga, claim());
    [bob, carol, dave] = await Promise.all(
      ["Bob", "Carol", "Dave"].map(async (name) => invites(await person(name))),
    );
    for (const guest of [bob, carol, dave]) if (guest !== undefined) await joins(guest);
    const row = await play.service.store.listByAddress(teamAddress);
    if (row === undefined) throw new Error("no list");
    list = { list: row, address: teamAddress, key: listKey, server: card.server };
    await play.untilQuiet();
  });
  afterEach(() => play.discard());

  test("its author asks, and hears to how many it went: neither themselves nor who gets no copies is counted", async () => {
    const everybody = await posts();
    expect(await delivery(everybody)).toEqual({
      kind: "delivery",
      head: await play.service.store.recordHead(list.list.id),
      messageId: everybody,
      ...{ readers: 3, waiting: 0, failed: 0 },
    });
    await says(who(carol), { do: "pause" });
    const fewer = await posts();
    expect(await delivery(fewer)).toMatchObject({ readers: 2, waiting: 0, failed: 0 });
    // as it was when the server took it
    expect(await delivery(everybody)).toMatchObject({ readers: 3 });
  });

  test("who was refused for good has failed, who is tried again waits, and no names are told", async () => {
    relaySays(550, who(carol));
    const messageId = await posts();
    expect(await delivery(messageId)).toMatchObject({ readers: 3, waiting: 0, failed: 1 });
    expect(await delivery(messageId)).not.toHaveProperty("missing");
    relaySays(450, who(dave));
    // all its attempts: a server in a test makes them at once
    const late = await posts();
    expect(await delivery(late)).toMatchObject({ readers: 3, failed: 1 });
    const { store } = play.service;
    await store.retryJobs({ state: "aside" }, Date.now() + DAY_MS);
    expect(await delivery(late)).toMatchObject({ readers: 3, waiting: 1, failed: 0 });
    // what the operator gives up is lost
    await store.dropJobs({ state: "any" });
    expect(await delivery(late)).toMatchObject({ readers: 3, waiting: 0, failed: 1 });
    expect(await delivery(messageId)).toMatchObject({ waiting: 0, failed: 1 });
  });

  test("a copy that comes back days later counts, for its post alone", async () => {
    const [one, other] = [await posts(), await posts()];
    await bounces(who(carol), -2);
    await bounces(who(carol), -2);
    expect(await delivery(one)).toMatchObject({ failed: 1 });
    expect(await delivery(other)).toMatchObject({ failed: 0 });
    // whoever has left is nobody who did not get it
    await says(who(carol), { do: "leave" });
    expect(await delivery(one)).toMatchObject({ failed: 0 });
  });

  test("on a list that shows its members their names are told, and the roster has them for everybody; only an owner decides", async () => {
    relaySays(550, who(carol));
    const messageId = await posts();
    const asks = { do: "roster", after: 0 } as const;
    expect(await says(who(bob), asks)).not.toHaveProperty("members");
    expect(await says(who(bob), { do: "show-members", members: "shown" })).toEqual(refused("not-allowed"));
    expect(await says(who(bob), asks)).not.toHaveProperty("members");
    const head = await play.service.store.recordHead(list.list.id);
    expect(await says(olga, { do: "show-members", members: "shown" })).toEqual({ kind: "done", head });
    expect(await says(olga, asks)).toMatchObject({ kind: "roster", status: { members: "shown" } });
    const named = (name: string, role = "member") => ({
      address: `${name.toLowerCase()}@people.test`,
      name,
      role,
    });
    expect(await says(who(bob), asks)).toMatchObject({
      kind: "member",
      members: [named("Bob"), named("Carol"), named("Dave"), named("Olga", "owner")],
    });
    const behind = { ...asks, from: parseAddress(who(carol).address) };
    expect(await says(who(bob), behind)).toMatchObject({ members: [named("Dave"), named("Olga", "owner")] });
    const { role: _, ...late } = named("Carol");
    expect(await delivery(messageId)).toMatchObject({ failed: 1, missing: [{ ...late, state: "failed" }] });
    await says(olga, { do: "show-members", members: "hidden" });
    expect(await says(who(bob), asks)).not.toHaveProperty("members");
    expect(await delivery(messageId)).not.toHaveProperty("missing");
  });

  describe("nobody else hears of it", () => {
    test("another member's question, and an owner's, has one refusal, as one about nothing has", async () => {
      const messageId = await posts();
      const { store } = play.service;
      // a server that looks for the message id alone would answer with these
      const found = await store.deliveryOf(list.list.id, who(bob).key.fingerprint, messageId, Date.now());
      expect(found).toMatchObject({ readers: 3 });
      for (const asker of [who(carol), olga])
        expect(await delivery(messageId, asker)).toEqual(refused("unknown-post"));
      expect(await delivery("<nothing@people.test>")).toEqual(refused("unknown-post"));
    });

    test("one that is too old, or waits for a moderator, is not known; once it is let out it is", async () => {
      await play.office((office) => setPolicy(office, teamAddress, "moderated"));
      const messageId = await posts();
      expect(await delivery(messageId)).toEqual(refused("unknown-post"));
      await says(olga, { do: "release", author: who(bob).key.fingerprint, messageId });
      await play.untilQuiet();
      expect(await delivery(messageId)).toMatchObject({ readers: 3, waiting: 0 });
      const { store } = play.service;
      await store.forget(Date.now() + DELIVERY_KEPT_MS + DAY_MS);
      expect(await delivery(messageId)).toEqual(refused("unknown-post"));
    });

    test("a stranger on an open list is told nothing", async () => {
      await play.office((office) => setPolicy(office, teamAddress, "open"));
      const mallory = await person("Mallory");
      relaySays(550, who(carol));
      await play.submit(list, mallory, (await seal(list, mallory)).raw);
      await play.untilQuiet();
      await looksAfter(first);
      expect(play.sink.for(mallory.address)).toEqual([]);
    });
  });

  describe("without being asked", () => {
    test("nobody is told that all is well; who is missing is told once, and again when that has changed", async () => {
      await posts();
      await looksAfter(first);
      expect(await told()).toEqual([]);

      relaySays(550, who(carol), who(dave));
      const messageId = await posts();
      expect(await told()).toEqual([]);
      await looksAfter(first);
      expect(await told()).toMatchObject([{ messageId, readers: 3, waiting: 0, failed: 2 }]);
      await looksAfter(first);
      await looksAfter(second);
      expect(await told()).toHaveLength(1);
      // the operator has put it right
      relaySays(550, who(dave));
      await play.service.store.retryJobs({ state: "aside" }, Date.now());
      play.service.wake();
      await play.untilQuiet();
      await looksAfter(last);
      expect(await told()).toMatchObject([{ failed: 2 }, { messageId, failed: 1 }]);
      expect(await told(who(carol))).toEqual([]);
    });

    test("reports in other people's names change a number, and make no mail: a post has its times", async () => {
      const messageId = await posts();
      const { store } = play.service;
      let mails = 0;
      let before = 0;
      for (const reader of [who(carol), who(dave), olga]) {
        for (let again = 0; again < 5; again++) await bounces(reader);
        const found = await store.deliveryOf(list.list.id, who(bob).key.fingerprint, messageId, Date.now());
        const { failed } = await store.missingCounts(found as Delivery);
        // a server that tells at once has sent one more
        if (failed !== before) mails++;
        before = failed;
      }
      expect(mails).toBe(3);
      expect(await told()).toEqual([]);
      await looksAfter(first);
      expect(await told()).toMatchObject([{ failed: 3 }]);
    });

    test("a report that names another post than its copy was of is nobody's", async () => {
      const [one, other] = [await posts(), await posts()];
      const [, copy] = play.sink.for(who(carol).address).filter(({ sender }) => sender.includes("bounces"));
      const [, member = "", day = "", post = "", mac = ""] =
        /\+([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)-([a-z2-7]+)@/.exec(copy?.sender ?? "") ?? [];
      const number = Number.parseInt(post, 36);
      const forged = `${member}-${day}-${(number - 1).toString(36)}-${mac}`;
      const tokens = new Tokens(Buffer.alloc(32));
      expect(tokens.readBounce(list.list.id, forged, Date.now())).toBeUndefined();
      const raw = "Subject: Undelivered\r\n\r\n550 5.1.1 User unknown\r\n";
      for (const token of [forged, `${member}-${day}-${mac}`])
        await submit(play.port, { sender: "", recipient: `team-bounces+${token}@lists.test`, raw });
      expect(await delivery(one)).toMatchObject({ failed: 0 });
      expect(await delivery(other)).toMatchObject({ failed: 0 });
    });
  });
});
