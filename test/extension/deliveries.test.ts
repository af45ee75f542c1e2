/** How one's own post was delivered, from its author's side: the add-on's own code and a real server. */
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { askDelivery } from "../../src/extension/member/ask-delivery.js";
import {
  DELIVERY_LIMIT,
  DELIVERY_VERSION,
  deliveryOf,
  keepDelivery,
  readDeliveryRecord,
} from "../../src/extension/member/delivery-record.js";
import type { OpenedMail } from "../../src/extension/reading/opening.js";
import { shownView } from "../../src/extension/reading/shown-view.js";
import { loadRequests } from "../../src/extension/requests/pending.js";
import { needsNobody } from "../../src/extension/requests/service-mail.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { local } from "./fake-host.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let bob: Addon;
let carol: Addon;

const idOf = ({ letter }: OpenedMail) => letter.messageId;
const knownTo = (who: Addon, messageId: string) => who.as(() => deliveryOf(teamAddress, messageId));
const asks = (who: Addon, messageId: string) => who.as(() => askDelivery(teamAddress, messageId));
const lost = (...to: readonly Addon[]) => {
  play.sink.mood = (recipient) =>
    to.some(({ address }) => address === recipient)
      ? { code: 550, text: "5.1.1 unknown", at: "rcpt" }
      : undefined;
};

beforeAll(haveWorkerNear);
beforeEach(async () => {
  await begin();
  [olga, bob, carol] = [new Addon("Olga", play), new Addon("Bob", play), new Addon("Carol", play)];
  await olga.claim(cardFile);
  for (const guest of [bob, carol]) await olga.invites(guest);
});
afterEach(async () => {
  await play.discard();
  await lockAll();
});

test("its author asks, is told, and sees it at their own message and nowhere else", async () => {
  lost(carol);
  await bob.posts("who gets this?");
  const own = await bob.reads("who gets this?");
  const messageId = idOf(own);
  expect(await bob.as(() => shownView(own))).toMatchObject({ delivery: { kind: "nothing" } });
  await asks(bob, messageId);
  expect(await knownTo(bob, messageId)).toEqual({ kind: "asked" });
  // pressed once more before the answer has come: one question
  await asks(bob, messageId);
  expect((await bob.as(loadRequests)).pending).toHaveLength(1);
  await bob.settled();
  expect(await bob.as(() => shownView(own))).toMatchObject({
    delivery: { kind: "told", isAskedAgain: false, readers: 2, waiting: 0, failed: 1, missing: [] },
  });
  // Olga reads the same message
  const read = await olga.reads("who gets this?");
  expect(await olga.as(() => shownView(read))).not.toHaveProperty("delivery");
});

test("the server can't say: the author is told so, and another member's question tells nothing", async () => {
  await bob.posts("mine");
  const messageId = idOf(await olga.reads("mine"));
  await asks(olga, messageId);
  await olga.settled();
  expect(await knownTo(olga, messageId)).toEqual({ kind: "unknown" });
  expect((await olga.as(loadRequests)).pending).toEqual([]);
});

test("an answer that comes unasked, and again, is taken; an older one takes nobody back; it settles no other question", async () => {
  lost(carol);
  await bob.posts("again");
  const messageId = idOf(await bob.reads("again"));
  await asks(bob, messageId);
  await bob.receives();
  // as unasked: the question is forgotten
  await bob.as(async () => {
    const { forgetPending } = await import("../../src/extension/requests/send-request.js");
    for (const { id } of (await loadRequests()).pending) await forgetPending(id);
  });
  const seen = await bob.looksAgain(arrivals);
  const found = { kind: "delivery", list: teamAddress, readers: 2, waiting: 0, failed: 1 } as const;
  expect(seen).toContainEqual(found);
  expect([needsNobody(found), needsNobody({ ...found, failed: 0 })]).toEqual([false, true]);
  const told = await knownTo(bob, messageId);
  expect(told).toMatchObject({ kind: "told", failed: 1 });
  await bob.as(() =>
    keepDelivery({
      ...{ list: teamAddress, messageId, date: "2020-01-01T00:00:00.000Z" },
      ...{ readers: 2, waiting: 0, failed: 0 },
    }),
  );
  expect(await knownTo(bob, messageId)).toEqual(told);
});

test("what was told goes with its list; of a server that tells without end the oldest are forgotten", async () => {
  const word = { list: teamAddress, readers: 2, waiting: 1, failed: 0 } as const;
  await bob.as(async () => {
    for (let post = 0; post <= DELIVERY_LIMIT; post++)
      await keepDelivery({ ...word, messageId: `<${post}@x.test>`, date: new Date().toISOString() });
  });
  expect(await knownTo(bob, "<0@x.test>")).toEqual({ kind: "nothing" });
  expect(await knownTo(bob, "<1@x.test>")).toMatchObject({ kind: "told", waiting: 1 });
  await bob.as(() => calls["list:remove"]({ address: teamAddress }));
  expect(await knownTo(bob, "<1@x.test>")).toEqual({ kind: "nothing" });
});

test("a record that is damaged, or a newer add-on's, hides nothing but the numbers", async () => {
  for (const record of [{ version: DELIVERY_VERSION + 1 }, { version: 1, posts: 7 }]) {
    await bob.as(() => local.set({ "listseal-deliveries": record }));
    expect(await knownTo(bob, "<1@x.test>")).toEqual({ kind: "nothing" });
  }
  const posts = [
    {
      ...{ list: teamAddress, messageId: "<1@x.test>", toldAt: "2026-01-01T00:00:00.000Z", isKnown: "known" },
      ...{ readers: 3, waiting: 1, failed: 0 },
      missing: [{ address: "carol@people.test", name: "Carol", state: "waiting" }],
    },
  ];
  expect(readDeliveryRecord({ version: 1, posts })).toEqual({ version: 1, posts });
});
