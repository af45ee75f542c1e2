/**
 * A post under a list key that is no longer used, from its author's side, with the add-on's own code and a real server: it is
 * sealed again and sent by itself, once, whatever of the new key is here.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { takeFormerKeyAnswer } from "../../src/extension/member/former-key-posts.js";
import { FORMER_KEY_POST_LIMIT, formerKeyRecord } from "../../src/extension/member/former-key-record.js";
import { giveWantedKey } from "../../src/extension/owner/wanted-key.js";
import type { FormerKeyAnswer, ServerReport } from "../../src/extension/requests/incoming.js";
import { loadRequests } from "../../src/extension/requests/pending.js";
import { askServer } from "../../src/extension/requests/send-request.js";
import { open } from "../../src/extension/worker/open.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { seal } from "../../src/extension/worker/seal.js";
import { sealAgain } from "../../src/extension/worker/seal-again.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon, withOlderServer } from "./play-addon.js";

let olga: Addon;
let bob: Addon;
/** What the server told Bob of, as his add-on was given it. */
let told: FormerKeyAnswer[];

const listening = () => {
  told = [];
  bob.handlers = {
    ...arrivals,
    formerKey: (answer) => {
      told.push(answer);
      return arrivals.formerKey(answer);
    },
  };
};
const waiting = () => bob.as(async () => (await loadRequests()).pending.map(({ do: what }) => what));
const newKey = () => olga.as(() => calls["owner:new-key"]({ list: teamAddress, graceDays: 0 }));
/** Until a new list key is the server's, and the members' notices are on their way. */
async function keyChanges(): Promise<void> {
  await newKey();
  await olga.settled();
  await play.untilQuiet();
}
const copiesFor = async (who: Addon, text: string) => (await who.timesRead())[text] ?? 0;
/** What its mail says of the post, seen once more. */
const seenAgain = async () => (await bob.looksAgain(arrivals)).filter(({ kind }) => kind === "own-post");

beforeAll(haveWorkerNear);
beforeEach(async () => {
  await begin();
  [olga, bob] = [new Addon("Olga", play), new Addon("Bob", play)];
  // one that brings no list key with its answer
  olga.handlers = withOlderServer();
  await olga.claim(cardFile);
  await olga.invites(bob);
  listening();
});
afterEach(async () => {
  await play.discard();
  await lockAll();
});

test("with the notice here, the same letter is sealed again and sent by itself", async () => {
  await keyChanges();
  // it came in the minute before the notice was looked at
  await bob.posts("just before the notice");
  await play.untilQuiet();
  expect((await bob.fetch()).slice(0, 2)).toEqual([
    { kind: "notice", list: teamAddress, news: "new-list-key" },
    { kind: "own-post", list: teamAddress, state: "sent" },
  ]);
  expect(await waiting()).not.toContain("list-key");
  await olga.reads("just before the notice");
  expect(await copiesFor(olga, "just before the notice")).toBe(1);
  // no bounce and no second mail: of the server's words Bob got the one that his add-on has taken
  expect(play.sink.for(bob.address).filter(({ raw }) => raw.includes("was not accepted"))).toEqual([]);
});

test("without it, the owners are asked, an owner's add-on gives it, and then the post goes", async () => {
  await keyChanges();
  // Bob's notice is lost
  await bob.receives();
  await bob.posts("nobody has told me");
  await play.untilQuiet();
  expect(await bob.fetch()).toEqual([{ kind: "own-post", list: teamAddress, state: "waits" }]);
  expect(bob.sentAgain).toBe(0);
  expect(await waiting()).toContain("list-key");

  await olga.hears();
  await bob.hears();
  expect(bob.sentAgain).toBe(1);
  await olga.reads("nobody has told me");
  expect(await copiesFor(olga, "nobody has told me")).toBe(1);
  expect((await bob.list()).listKeyFingerprint).toBe((await olga.list()).listKeyFingerprint);
});

test("is sent once, however often its mail is seen", async () => {
  await keyChanges();
  await bob.posts("once");
  await play.untilQuiet();
  await bob.fetch();
  expect(await seenAgain()).toEqual([{ kind: "own-post", list: teamAddress, state: "sent" }]);
  const [answer] = told;
  if (answer === undefined) throw new Error("nothing was told");
  // and by two pages at once
  await bob.as(() => Promise.all([takeFormerKeyAnswer(answer), takeFormerKeyAnswer(answer)]));
  expect(bob.sentAgain).toBe(1);
  // the server asks for another key for it: what was sent once is not sent again
  const again = { ...answer, wanted: "ab".repeat(20) };
  expect(await bob.as(() => takeFormerKeyAnswer(again))).toMatchObject({ state: "once" });
  expect(await copiesFor(olga, "once")).toBe(1);
});

test("an add-on that ended while it was sending does not send it again", async () => {
  await keyChanges();
  await bob.posts("did it go?");
  await play.untilQuiet();
  await bob.fetch();
  await bob.as(() =>
    formerKeyRecord.update((record) => ({
      stored: { ...record, posts: record.posts.map((post) => ({ ...post, state: "sending" as const })) },
      result: undefined,
    })),
  );
  expect(await seenAgain()).toMatchObject([{ state: "once" }]);
  expect(bob.sentAgain).toBe(1);
});

test("where sending is denied it waits, and goes with the next look once it is allowed", async () => {
  await keyChanges();
  await bob.posts("may I?");
  await play.untilQuiet();
  bob.mayNotSend = true;
  expect(await bob.fetch()).toContainEqual({ kind: "refused", code: "may-not-send" });
  expect(await copiesFor(olga, "may I?")).toBe(0);
  bob.mayNotSend = false;
  expect(await seenAgain()).toMatchObject([{ state: "sent" }]);
  expect(await copiesFor(olga, "may I?")).toBe(1);
});

test("a browser says that it has to be written again, once the key is here", async () => {
  bob.inBrowser = true;
  await keyChanges();
  await bob.receives();
  await bob.posts("from a webmail");
  await play.untilQuiet();
  expect(await bob.fetch()).toMatchObject([{ state: "waits-to-write" }]);
  await olga.hears();
  await bob.hears();
  expect(await seenAgain()).toMatchObject([{ state: "to-write" }]);
  expect(bob.sentAgain).toBe(0);
});

describe("what the server says is believed no further than that", () => {
  const now = () => new Date().toISOString();
  const input = async (mail: Uint8Array, messageId: string, at = now()) => {
    const key = await bob.key();
    return { mail, list: await bob.list(), key, secret: key.secret, messageId, now: at };
  };

  beforeEach(async () => {
    await bob.posts("under the first key");
    await olga.posts("Olga's, under the first key");
    await keyChanges();
    await play.untilQuiet();
    await bob.settled();
  });

  const idInside = async () => (await olga.reads("under the first key")).letter.messageId;

  test("only one's own letter under a former key is sealed again, under the key of today", async () => {
    const [mail = new Uint8Array()] = bob.sent;
    const messageId = await idInside();
    expect(await sealAgain(await input(mail, messageId))).toMatchObject({ kind: "sealed" });
    expect(await sealAgain(await input(mail, "<another@people.test>"))).toEqual({ kind: "not-here" });
    // a copy that came through the list, and a mail that is no post
    const copy = new Uint8Array(play.sink.for(bob.address).at(-1)?.raw ?? []);
    expect(await sealAgain(await input(copy, messageId))).toEqual({ kind: "not-here" });
  });

  test("somebody else's post is never sent in one's own name", async () => {
    const { messageId } = (await bob.reads("Olga's, under the first key")).letter;
    const copy = play.sink.for(bob.address).find(({ raw }) => raw.includes(messageId));
    const mail = new Uint8Array(copy?.raw ?? []);
    expect(await sealAgain(await input(mail, messageId))).toEqual({ kind: "not-here" });
  });

  test("a post under the key of today stays as it is", async () => {
    await bob.posts("up to date");
    const mail = bob.sent.at(-1) ?? new Uint8Array();
    const { messageId } = (await olga.reads("up to date")).letter;
    expect(await sealAgain(await input(mail, messageId))).toEqual({ kind: "not-here" });
  });

  test("a post of last week: whoever seals again what they are told to sends it to those who have come since", async () => {
    const [mail = new Uint8Array()] = bob.sent;
    const list = await bob.list();
    const key = await bob.key();
    const { secret } = key;
    const read = async (raw: Uint8Array) => {
      const found = await readMail({ raw });
      if (found.kind !== "sealed") throw new Error("not sealed");
      return found.parts;
    };
    const given = { lists: [list], secrets: [secret], pins: {}, now: now() };
    const opened = await open({ ...given, parts: await read(mail) });
    if (opened.kind !== "opened") throw new Error("not opened");
    const { parts } = await seal({ letter: opened.letter, list, key, secret, at: now() });
    // with the key of today alone, as somebody has it who came after the change
    const newcomers = [{ ...list, formerListKeys: [] }];
    expect(await open({ ...given, lists: newcomers, parts })).toMatchObject({ kind: "opened" });
    await expect(open({ ...given, lists: newcomers, parts: await read(mail) })).rejects.toMatchObject({
      code: "wrong-list",
    });
  });

  test("a post of last week is not sent to those who have come since", async () => {
    const [mail = new Uint8Array()] = bob.sent;
    const later = new Date(Date.now() + 6.5 * 86_400_000).toISOString();
    expect(await sealAgain(await input(mail, await idInside(), later))).toEqual({ kind: "too-old" });
  });

  test("of posts without end the last are remembered", async () => {
    const answer = (number: number): FormerKeyAnswer => ({
      list: teamAddress,
      messageId: `<${number}@people.test>`,
      wanted: "ab".repeat(20),
      date: now(),
    });
    const submit = bob.submit.bind(bob);
    let asked = 0;
    bob.submit = (...mail) => {
      asked++;
      return submit(...mail);
    };
    await bob.as(async () => {
      for (let number = 0; number < FORMER_KEY_POST_LIMIT + 5; number++)
        await takeFormerKeyAnswer(answer(number));
      const { posts } = await formerKeyRecord.load();
      expect(posts).toHaveLength(FORMER_KEY_POST_LIMIT);
    });
    // and the owners were asked once
    expect(await waiting()).toEqual(["list-key"]);
    expect(asked).toBe(1);
  });
});

test("an owner gives the key to nobody but members of their own log, whatever the server reports", async () => {
  await keyChanges();
  await bob.settled();
  const reports: ServerReport[] = [];
  olga.handlers = {
    ...arrivals,
    report: async (list, report) => {
      if (report.event === "key-wanted") reports.push(report);
      else await arrivals.report(list, report);
    },
  };
  const [key, list] = [await bob.key(), await bob.list()];
  await bob.as(() => askServer({ command: { do: "list-key" }, list, key }));
  await olga.hears();
  await bob.settled();
  const [report] = reports;
  if (report === undefined) throw new Error("nothing was reported");
  const gives = async (from: ServerReport) => {
    const before = play.sink.for(bob.address).length;
    await olga.as(() => giveWantedKey(teamAddress, from));
    await olga.settled();
    await play.untilQuiet();
    return play.sink.for(bob.address).length - before;
  };
  expect(await gives(report)).toBe(1);
  await bob.settled();

  await olga.about(bob, "remove");
  await olga.settled();
  await play.untilQuiet();
  expect(await gives(report)).toBe(0);
  // a report that is about another request
  const signed = { ...report.signed, bytes: Buffer.from("{}") };
  await expect(gives({ ...report, signed })).rejects.toMatchObject({ code: "damaged" });
});
