import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import { certifyMember } from "../../src/membership/introduction/introduction.js";
import { type Command, newRequestId } from "../../src/membership/request/request.js";
import { continueHistory } from "../../src/membership/roster/history.js";
import { noHistory } from "../../src/membership/roster/state.js";
import { generateKey, type OpeningKey } from "../../src/openpgp/keys.js";
import { setPolicy } from "../../src/server/admin/administration.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import {
  answersTo,
  asks,
  begin,
  card,
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
  refused,
  roster,
  says,
  submitted,
  teamAddress,
  written,
} from "./asking.js";
import { type Person, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

onEachStore(() => {
  beforeEach(() => begin());
  afterEach(() => play.discard());
  test("a list is claimed, once, by the card's code", async () => {
    const thief = await person("Mallory");
    const wrong = await written(claim(thief, newRequestId()), [thief.key]);
    expect(await submitted(wrong)).toBe(550);
    const otherKey = await generateKey("list", { address: "other@lists.test", profile: "compatible" });
    const misfit = await written(claim(olga, card.code, otherKey), [olga.key], {
      list: { address: teamAddress, key: otherKey.fingerprint },
    });
    expect(await asks(olga, misfit)).toEqual(refused("wrong-list"));
    expect(await says(olga, claim())).toMatchObject({ kind: "done", head: { number: 2 } });
    // again, since the answer was lost; and by somebody who found the card
    expect(await says(olga, claim())).toMatchObject({ kind: "done" });
    expect(await says(thief, claim(thief))).toEqual(refused("already-claimed"));
    expect((await roster()).members).toMatchObject([{ address: olga.address, role: "owner" }]);
    // it takes posts from now on
    const list = { ...(await play.service.store.listByAddress(teamAddress)) };
    expect(list.listKeyFingerprint).toBe(listKey.fingerprint);
  });

  test("an invitee joins once, the owner hears of it, and can check the record without the server", async () => {
    await says(olga, claim());
    const bob = await invites(await person("Bob"));
    expect(await joins(bob)).toMatchObject({ kind: "done", head: { number: 3 } });
    await play.sink.until((sink) => sink.for(olga.address).length >= 2);
    const reports = (await answersTo(olga.address, olga.key)).filter(
      ({ result }) => result.kind === "report",
    );
    expect(reports.map(({ result }) => result)).toMatchObject([{ kind: "report", event: "joined" }]);
    // the same person with another request: they are in, nobody is alarmed
    expect(await joins(bob)).toMatchObject({ kind: "done", head: { number: 3 } });
    const { entries, members, head } = await roster();
    const history = await continueHistory(noHistory, entries, { list: known() });
    expect(Object.keys(history.members).sort()).toEqual(members.map(({ address }) => address).sort());
    expect(history.hashes.at(-1)).toBe(head.hash);
    // another member learns that they are in it, and no more
    const mine = await says(bob.who, { do: "roster", after: 0 });
    expect(mine).toMatchObject({ kind: "member", role: "member", delivery: "on" });
    expect(JSON.stringify(mine)).not.toContain(olga.address);
  });

  test("a second join on a used introduction is refused; owner and member hear of it", async () => {
    await says(olga, claim());
    const bob = await invites(await person("Bob"));
    await joins(bob);
    const thief = await person("Mallory");
    const stolen: Invited = {
      who: { ...bob.who, key: await certifyMember(bob.introduction, thief.key, known()) },
      introduction: bob.introduction,
    };
    // the report of the first join is one mail, the alarm another
    await play.sink.until((sink) => sink.for(olga.address).length >= 2);
    const before = play.sink.for(olga.address).length;
    expect(await joins(stolen)).toEqual(refused("introduction-used"));
    await play.sink.until((sink) => sink.for(olga.address).length > before);
    const alarms = async (who: Person) =>
      (await answersTo(who.address, who.key)).filter(
        ({ result }) => result.kind === "report" && result.event === "second-join",
      );
    expect(await alarms(olga)).toHaveLength(1);
    await play.sink.until((sink) => sink.for(bob.who.address).length >= 3);
    const toBob = await Promise.all(
      play.sink.for(bob.who.address).map(({ raw }) => raw.toString("latin1").includes(requestTypes.answer)),
    );
    expect(toBob).toHaveLength(3);
    expect((await roster()).members).toHaveLength(2);
  });

  test("a removed member is out at once, and comes back by a new invitation only", async () => {
    await says(olga, claim());
    const eve = await invites(await person("Eve"), { date: new Date(Date.now() - 20_000) });
    const spare = await invites(eve.who, { date: new Date(Date.now() - 10_000) });
    await joins(eve);
    const remove: Command = {
      do: "remove",
      address: parseAddress(eve.who.address),
      fingerprint: eve.who.key.fingerprint,
    };
    expect(await says(olga, remove)).toMatchObject({ kind: "done" });
    expect((await roster()).members).toHaveLength(1);
    expect(await joins(eve)).toEqual(refused("introduction-used"));
    expect(await joins({ ...spare, who: spare.who })).toEqual(refused("withdrawn"));
    expect(await submitted(await written({ do: "leave" }, [eve.who.key]))).toBe(550);
    const again = await invites(await person("Eve"), { date: new Date(Date.now() + 2_000) });
    expect(await joins(again)).toMatchObject({ kind: "done" });
    // the owner's own reading of the record comes to the same roster
    const { entries, members } = await roster();
    const history = await continueHistory(noHistory, entries, { list: known() });
    expect(history.members[parseAddress(eve.who.address)]?.fingerprint).toBe(again.who.key.fingerprint);
    expect(Object.keys(history.members)).toHaveLength(members.length);
    expect(history.unsigned.map(({ what }) => what)).toEqual(["create"]);
  });

  test("commands need the role that allows them now", async () => {
    await says(olga, claim());
    const bob = await invites(await person("Bob"));
    const eve = await invites(await person("Eve"));
    await joins(bob);
    await joins(eve);
    const named = ({ who }: Invited) => ({
      address: parseAddress(who.address),
      fingerprint: who.key.fingerprint,
    });
    const removeEve: Command = { do: "remove", ...named(eve) };
    expect(await says(bob.who, removeEve)).toEqual(refused("not-allowed"));
    expect(await says(bob.who, { do: "set-role", ...named(bob), role: "owner" })).toEqual(
      refused("not-allowed"),
    );
    expect(await says(bob.who, { do: "withdraw", ...named(eve) })).toEqual(refused("not-allowed"));
    expect(
      await says(bob.who, { do: "release", author: eve.who.key.fingerprint, messageId: "<1@x.test>" }),
    ).toEqual(refused("not-allowed"));
    const itself = { address: parseAddress(olga.address), fingerprint: olga.key.fingerprint };
    expect(await says(olga, { do: "leave" })).toEqual(refused("last-owner"));
    expect(await says(olga, { do: "set-role", ...itself, role: "member" })).toEqual(refused("last-owner"));
    // an address with another key is another member
    expect(await says(olga, { ...removeEve, fingerprint: bob.who.key.fingerprint })).toEqual(
      refused("not-a-member"),
    );
    expect(await says(olga, { do: "set-role", ...named(bob), role: "owner" })).toMatchObject({
      kind: "done",
    });
    expect(await says(bob.who, removeEve)).toMatchObject({ kind: "done" });
    expect(await says(olga, { do: "leave" })).toMatchObject({ kind: "done" });
    expect(await submitted(await written({ do: "roster", after: 0 }, [olga.key]))).toBe(550);
  });

  test("a request is carried out once and answered once an hour; nobody proves anything by a mail's header", async () => {
    await says(olga, claim());
    const bob = await invites(await person("Bob"));
    await joins(bob);
    const sent = await written({ do: "leave" }, [bob.who.key]);
    expect(await asks(bob.who, sent)).toMatchObject({ kind: "done" });
    const count = play.sink.for(bob.who.address).length;
    // signed by nobody on the roster any more, so nobody is told anything
    expect(await submitted(sent)).toBe(550);
    const pause = await written({ do: "pause" }, [olga.key]);
    await asks(olga, pause);
    const answers = play.sink.for(olga.address).length;
    expect(await submitted(pause)).toBe(250);
    await says(olga, { do: "resume" });
    expect(play.sink.for(olga.address)).toHaveLength(answers + 1);
    expect(play.sink.for(bob.who.address)).toHaveLength(count);
    const stranger = await person("Stranger");
    expect(await submitted(await written({ do: "leave" }, [stranger.key]))).toBe(550);
    expect(await submitted(await written({ do: "leave" }, []))).toBe(550);
    expect(play.sink.for("anybody@people.test")).toHaveLength(0);
  });

  test("pause, preferences, read-only and post-only take effect on copies and posts", async () => {
    await says(olga, claim());
    const guests = await Promise.all(["Bob", "Eve"].map(async (name) => invites(await person(name))));
    const [bob, eve] = guests;
    if (bob === undefined || eve === undefined) throw new Error("no guests");
    for (const guest of guests) await joins(guest);
    const row = await play.service.store.listByAddress(teamAddress);
    if (row === undefined) throw new Error("no list");
    const list = { list: row, address: teamAddress, key: listKey, server: card.server };
    const copiesTo = (who: Person) =>
      play.sink.for(who.address).filter(({ raw }) => raw.includes("application/vnd.listseal.body")).length;
    await says(bob.who, { do: "pause" });
    const role: Command = {
      do: "set-role",
      address: parseAddress(eve.who.address),
      fingerprint: eve.who.key.fingerprint,
      role: "post-only",
    };
    await says(olga, role);
    const post = async (author: Person) =>
      (await play.submit(list, author, (await seal(list, author)).raw)).code;
    expect(await post(eve.who)).toBe(250);
    await play.sink.until(() => copiesTo(olga) === 1);
    await play.untilQuiet();
    expect([copiesTo(bob.who), copiesTo(eve.who)]).toEqual([0, 0]);
    await says(olga, { ...role, role: "read-only" });
    expect(await post(eve.who)).toBe(550);
    await says(bob.who, { do: "resume" });
    await says(bob.who, { do: "preferences", shape: "mixed" });
    expect(await post(olga)).toBe(250);
    await play.sink.until(() => copiesTo(bob.who) === 1 && copiesTo(eve.who) === 1);
    const shaped = play.sink.for(bob.who.address).at(-1)?.raw.toString("latin1") ?? "";
    expect(shaped).toContain("multipart/mixed");
  });

  test("an invitation that is over lets nobody in", async () => {
    await says(olga, claim());
    const late = await invites(await person("Late"), { joinBy: new Date(Date.now() - 5_000) });
    expect(await joins(late)).toEqual(refused("invitation-expired"));
    const bob = await invites(await person("Bob"), { date: new Date(Date.now() - 20_000) });
    await says(olga, { do: "withdraw", address: parseAddress(bob.who.address) });
    expect(await joins(bob)).toEqual(refused("withdrawn"));
    // one signature is not enough: somebody could bring another's certificate
    const eve = await invites(await person("Eve"));
    expect(await submitted(await written(join(eve), [eve.introduction]))).toBe(550);
    expect(await submitted(await written(join(eve), [eve.who.key]))).toBe(550);
    expect((await roster()).members).toHaveLength(1);
  });

  test("a moderator decides about the very post that they saw; nobody else does", async () => {
    await says(olga, claim());
    const [bob, eve] = [await invites(await person("Bob")), await invites(await person("Eve"))];
    await joins(bob);
    await joins(eve);
    const row = await play.service.store.listByAddress(teamAddress);
    if (row === undefined) throw new Error("no list");
    await play.office((office) => setPolicy(office, teamAddress, "moderated"));
    const named = { address: parseAddress(bob.who.address), fingerprint: bob.who.key.fingerprint };
    const list = { list: row, address: teamAddress, key: listKey, server: card.server };
    const held = async (author: Person) => {
      const post = await seal(list, author);
      expect((await play.submit(list, author, post.raw)).code).toBe(250);
      return { author: author.key.fingerprint, messageId: post.messageId };
    };
    const first = await held(eve.who);
    expect(await play.service.store.heldPosts(row.id)).toHaveLength(1);
    expect(await says(eve.who, { do: "release", ...first })).toEqual(refused("not-allowed"));
    // whoever only writes is no moderator, and their posts wait like others
    await says(olga, { do: "set-role", ...named, role: "post-only" });
    expect(await says(bob.who, { do: "release", ...first })).toEqual(refused("not-allowed"));
    const second = await held(bob.who);
    expect(await play.service.store.heldPosts(row.id)).toHaveLength(2);
    await says(olga, { do: "set-role", ...named, role: "moderator" });
    const mistaken: Command = { do: "release", author: bob.who.key.fingerprint, messageId: first.messageId };
    expect(await says(bob.who, mistaken)).toEqual(refused("no-such-post"));
    expect(await says(bob.who, { do: "release", ...first })).toMatchObject({ kind: "done" });
    expect(await says(bob.who, { do: "reject", ...second })).toMatchObject({ kind: "done" });
    expect(await play.service.store.heldPosts(row.id)).toHaveLength(0);
    expect(await says(olga, { do: "reject", ...first })).toEqual(refused("no-such-post"));
  });

  test("a restored server takes nothing until an owner names the newest entry", async () => {
    await says(olga, claim());
    const bob = await invites(await person("Bob"));
    await joins(bob);
    const { head } = await roster();
    const older = await written({ do: "resume-server", head }, [olga.key], {
      date: new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000),
    });
    const heads = new Heads(play.folder.heads);
    await heads.pauseAll(play.service.store);
    expect(await says(bob.who, { do: "leave" })).toEqual(refused("server-restored"));
    expect(await says(bob.who, { do: "resume-server", head })).toEqual(refused("not-allowed"));
    expect(await asks(olga, older)).toEqual(refused("too-old"));
    const another = { ...head, hash: "ab".repeat(32) };
    expect(await says(olga, { do: "resume-server", head: another })).toEqual(refused("roster-behind"));
    expect((await heads.paused()).has(teamAddress)).toBe(true);
    expect(await says(olga, { do: "resume-server", head })).toMatchObject({ kind: "done" });
    expect((await heads.paused()).has(teamAddress)).toBe(false);
    expect(await says(bob.who, { do: "leave" })).toMatchObject({ kind: "done" });
  });

  test("a new list key: the old one is taken until the end of grace, and nobody goes back", async () => {
    await says(olga, claim());
    const bob = await invites(await person("Bob"));
    await joins(bob);
    const [second, third, foreign] = await Promise.all(
      [teamAddress, teamAddress, "other@lists.test"].map((address) =>
        generateKey("list", { address, profile: "compatible" }),
      ),
    );
    if (second === undefined || third === undefined || foreign === undefined) throw new Error("no keys");
    const rekey = (
      key: OpeningKey<"list">,
      replaces: OpeningKey<"list">,
      serial: number,
      grace: number,
    ): Command => ({
      do: "new-list-key",
      serial,
      replaces: replaces.fingerprint,
      listKey: certificate(key),
      graceEnds: new Date(Math.floor((Date.now() + grace) / 1000) * 1000),
    });
    const row = async () => {
      const found = await play.service.store.listByAddress(teamAddress);
      if (found === undefined) throw new Error("no list");
      return found;
    };
    const post = async (key: OpeningKey<"list">) => {
      const list = { list: await row(), address: teamAddress, key, server: card.server };
      return (await play.submit(list, bob.who, (await seal(list, bob.who)).raw)).code;
    };
    expect(await says(bob.who, rekey(second, listKey, 1, DAY))).toEqual(refused("not-allowed"));
    expect(await says(olga, rekey(foreign, listKey, 1, DAY))).toEqual(refused("wrong-list"));
    expect(await says(olga, rekey(listKey, listKey, 1, DAY))).toEqual(refused("list-conflict"));
    expect(await post(second)).toBe(550);
    expect(await says(olga, rekey(second, listKey, 1, DAY))).toMatchObject({ kind: "done" });
    expect(await post(second)).toBe(250);
    expect(await post(listKey)).toBe(250);
    await play.untilQuiet();
    expect(
      play.sink.for(bob.who.address).filter(({ raw }) => raw.includes("vnd.listseal.body")),
    ).toHaveLength(2);
    // an old notice again, or one that names a key that is the list's no more
    expect(await says(olga, rekey(third, second, 1, DAY))).toEqual(refused("old-serial"));
    expect(await says(olga, rekey(third, listKey, 2, DAY))).toEqual(refused("old-serial"));
    // after a suspected collusion there is no grace
    expect(await says(olga, rekey(third, second, 2, -5_000))).toMatchObject({ kind: "done" });
    // its author is answered (former-key-posts.test.ts), and nobody gets it
    expect(await post(second)).toBe(250);
    expect(await post(third)).toBe(250);
    await play.untilQuiet();
    expect(
      play.sink.for(bob.who.address).filter(({ raw }) => raw.includes("vnd.listseal.body")),
    ).toHaveLength(3);
    // somebody who was away, and knows only the first key, may still leave
    expect(await says(bob.who, { do: "leave" })).toMatchObject({ kind: "done" });
  });
});
