/** How much each may ask for: what somebody who wants to use everything up has of it, with the limits and without them. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { reformatKey } from "openpgp";
import { makeMailbox, parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import type { Command } from "../../src/membership/request/commands.js";
import { MEMBER_REQUESTS, RENEWAL_INTERVAL_MS } from "../../src/server/base/limits.js";
import { RateLimiter, RequestLimiter } from "../../src/server/base/rate-limits.js";
import { openReception, type RouterContext } from "../../src/server/receive/router.js";
import { openPostgresEngine } from "../../src/server/store/postgres-store.js";
import { sql } from "../../src/server/store/sql.js";
import { openSqliteConnection } from "../../src/server/store/sqlite-connection.js";
import {
  begin,
  card,
  certificate,
  claim,
  DAY,
  invites,
  joins,
  listKey,
  olga,
  play,
  refused,
  roster,
  says,
  teamAddress,
  written,
} from "./asking.js";
import { type Person, person, seal } from "./play-server.js";
import { receptionParts } from "./reception-parts.js";
import { onEachStore } from "./stores.js";

const HOUR = 60 * 60_000;

let bob: Person;

async function listWithBob(): Promise<void> {
  await begin();
  await says(olga, claim());
  const invited = await invites(await person("Bob"));
  await joins(invited);
  bob = invited.who;
}

/** What is answered to mail that comes to a reception with these parts. */
async function receiving<T>(
  more: Partial<RouterContext>,
  work: (take: (address: string, raw: Uint8Array) => Promise<number>) => Promise<T>,
): Promise<T> {
  const { parts, close } = await receptionParts(play, more);
  const reception = openReception(parts);
  try {
    return await work(async (address, raw) => (await reception.take(address, "x@people.test", raw)).code);
  } finally {
    await close();
  }
}

const request = requestAddress(teamAddress);
const asked = async (who: Person, command: Command, at = Date.now()) =>
  (await written(command, [who.key], { date: new Date(Math.floor(at / 1000) * 1000) })).raw;

/** As often as a member may ask, and once more: how the last time is answered. */
async function oneTooMany(take: (address: string, raw: Uint8Array) => Promise<number>): Promise<number> {
  for (let count = 0; count < MEMBER_REQUESTS; count++) {
    expect(await take(request, await asked(bob, { do: "roster", after: 0 }))).toBe(250);
  }
  return take(request, await asked(bob, { do: "roster", after: 0 }));
}

describe("a member's program asks without end", () => {
  beforeEach(listWithBob);
  afterEach(() => play.discard());

  // naive: whoever is proved is served
  class Unlimited extends RequestLimiter {
    override take(): boolean {
      return true;
    }
  }

  test("and is answered each time, where nobody counts", async () => {
    expect(await receiving({ requests: new Unlimited() }, oneTooMany)).toBe(250);
  });

  test("and is put off, until the hour goes on; owners are not, and a revocation never is", async () => {
    let now = Date.now();
    await receiving({ now: () => now }, async (take) => {
      expect(await oneTooMany(take)).toBe(450);
      expect(await take(request, await asked(olga, { do: "roster", after: 0 }))).toBe(250);
      const late = await asked(bob, { do: "pause" });
      expect(await take(request, late)).toBe(450);
      now += HOUR / MEMBER_REQUESTS;
      // it is the same mail: his mail system brings it again
      expect(await take(request, late)).toBe(250);
      expect(await take(request, await asked(bob, { do: "resume" }))).toBe(450);
      const dead = (await bob.key.secret.revoke({ flag: 0 }, new Date())).toPublic().write();
      expect(await take(request, await asked(bob, { do: "revoke", certificate: dead }))).toBe(250);
    });
  });
});

describe("strangers post to an open list as much as they can", () => {
  const LIMITS = { author: 4, list: 4 };

  beforeEach(async () => {
    await listWithBob();
    await play.office(async ({ store }) => {
      const list = await store.listByAddress(teamAddress);
      const at = new Date().toISOString();
      await store.setPostPolicy(list?.id ?? 0, "open", { do: "policy", policy: "open", by: "operator", at });
    });
  });
  afterEach(() => play.discard());

  // naive: a post is a post, and all count against the list
  class OneForAll extends RateLimiter {
    override exhausted(listId: number, memberId: number | undefined, now: number) {
      return super.exhausted(listId, memberId ?? 0, now);
    }
    override count(listId: number, memberId: number | undefined, now: number): void {
      super.count(listId, memberId ?? 0, now);
    }
  }

  async function known() {
    const list = await play.office(({ store }) => store.listByAddress(teamAddress));
    if (list === undefined) throw new Error("no list");
    return { list, address: teamAddress, key: listKey, server: card.server };
  }

  /** What the last of them is told, each with a key of their own, and then a member. */
  async function flood(take: (address: string, raw: Uint8Array) => Promise<number>) {
    const list = await known();
    const codes: number[] = [];
    for (let count = 0; count < LIMITS.list; count++) {
      const stranger = await person(`Stranger${count}`);
      const { sealed, messageId } = await seal(list, stranger);
      const raw = writeSubmission({
        from: makeMailbox(stranger.name, parseAddress(stranger.address)),
        list: teamAddress,
        date: new Date(),
        messageId,
        sealed,
        author: certificate(stranger.key),
      });
      codes.push(await take(teamAddress, raw));
    }
    return { strangers: codes, member: await take(teamAddress, (await seal(list, bob)).raw) };
  }

  test("and no member's post is taken any more, where all count against the list", async () => {
    expect(await receiving({ limiter: new OneForAll(() => LIMITS) }, flood)).toEqual({
      strangers: [250, 250, 250, 250],
      member: 450,
    });
  });

  test("and use up their own share: a member's post is taken", async () => {
    expect(await receiving({ limiter: new RateLimiter(() => LIMITS) }, flood)).toEqual({
      strangers: [250, 250, 450, 450],
      member: 250,
    });
  });
});

onEachStore(() => {
  describe("a member renews their certificate again and again", () => {
    beforeEach(listWithBob);
    afterEach(() => play.discard());

    /** Bob's key with another expiry each time. */
    async function renewal(days: number): Promise<Command> {
      const { privateKey } = await reformatKey({
        privateKey: bob.key.secret,
        userIDs: [{ name: bob.name, email: bob.address }],
        keyExpirationTime: (days * DAY) / 1000,
        date: new Date(),
        format: "object",
      });
      return { do: "renew", certificate: privateKey.toPublic().write() };
    }

    const renewals = async () =>
      (await roster()).entries.filter(({ entry }) => entry.includes('"do":"renew"')).length;

    // naive: a store that does not know when
    async function forgetsWhen(): Promise<void> {
      const { place } = play;
      const connection =
        place.kind === "sqlite" ? openSqliteConnection(place.file) : openPostgresEngine(place.url, 1);
      try {
        await connection.ask(sql("UPDATE members SET renewed = 0"));
      } finally {
        await connection.close();
      }
    }

    test("and the record, which is kept for ever, has all of it, where nobody remembers when", async () => {
      for (let days = 400; days < 404; days++) {
        expect(await says(bob, await renewal(days))).toMatchObject({ kind: "done" });
        await forgetsWhen();
      }
      expect(await renewals()).toBe(4);
    });

    test("and the record has one a day; the same once more is none", async () => {
      const first = await renewal(400);
      expect(await says(bob, first)).toMatchObject({ kind: "done" });
      expect(await says(bob, await renewal(401))).toEqual(refused("too-often"));
      expect(await says(bob, first)).toMatchObject({ kind: "done" });
      expect(await says(bob, await renewal(402))).toEqual(refused("too-often"));
      expect(await renewals()).toBe(1);
      // on the next day, as the server's clock has it
      const later = Date.now() + RENEWAL_INTERVAL_MS;
      const next = await asked(bob, await renewal(403), later);
      await receiving({ now: () => later }, async (take) => {
        expect(await take(request, next)).toBe(250);
      });
      expect(await renewals()).toBe(2);
    });
  });
});
