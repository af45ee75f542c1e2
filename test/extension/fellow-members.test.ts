/** Who is on a list: what members see of each other, where an owner lets them. The add-on's own code and a real server. */
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { askDelivery } from "../../src/extension/member/ask-delivery.js";
import { deliveryOf } from "../../src/extension/member/delivery-record.js";
import {
  askFellows,
  FELLOW_VERSION,
  fellowsAnswered,
  fellowsOf,
  readFellowRecord,
} from "../../src/extension/member/fellow-members.js";
import { noteSent } from "../../src/extension/requests/by-hand.js";
import type { AnswerResult } from "../../src/extension/requests/incoming.js";
import { keepPending, type PendingRequest } from "../../src/extension/requests/pending.js";
import { pendingFor } from "../../src/extension/requests/send-request.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let bob: Addon;
let carol: Addon;

const known = (who: Addon) => who.as(() => fellowsOf(teamAddress));
const asks = async (who: Addon) => {
  await who.as(() => askFellows(teamAddress));
  await who.settled();
};
const decides = async (members: "shown" | "hidden") => {
  await olga.as(() => calls["owner:show-members"]({ list: teamAddress, members }));
  await olga.settled();
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

test("nobody is shown until an owner decides so, and not after they have changed their mind", async () => {
  expect(await known(bob)).toMatchObject({ shown: null, members: [], asked: "no" });
  await asks(bob);
  expect(await known(bob)).toMatchObject({ shown: "hidden", members: [] });

  await decides("shown");
  expect(await olga.as(() => calls["owner:members-shown"]({ list: teamAddress }))).toEqual({
    shown: "shown",
  });
  await asks(bob);
  const member = (name: string, role = "member") => ({
    address: `${name.toLowerCase()}@people.test`,
    name,
    role,
  });
  expect(await known(bob)).toMatchObject({
    shown: "shown",
    members: [member("Bob"), member("Carol"), member("Olga", "owner")],
  });
  // and the names of those who did not get a message
  play.sink.mood = (recipient) =>
    recipient === carol.address ? { code: 550, text: "5.1.1 unknown", at: "rcpt" } : undefined;
  await bob.posts("who gets this?");
  const { letter } = await bob.reads("who gets this?");
  await bob.as(() => askDelivery(teamAddress, letter.messageId));
  await bob.settled();
  expect(await bob.as(() => deliveryOf(teamAddress, letter.messageId))).toMatchObject({
    failed: 1,
    missing: [{ name: "Carol", state: "failed" }],
  });

  await decides("hidden");
  await asks(bob);
  expect(await known(bob)).toMatchObject({ shown: "hidden", members: [] });
  await bob.as(() => calls["list:remove"]({ address: teamAddress }));
  expect(await known(bob)).toMatchObject({ shown: null });
});

test("a request that has not left is not said to have been asked, and is not made again while the person has it to send", async () => {
  bob.mayNotSend = true;
  await bob.as(() => askFellows(teamAddress));
  expect(await known(bob)).toMatchObject({ asked: "unsent" });
  bob.mayNotSend = false;
  const [request] = await bob.as(() => pendingFor(teamAddress));
  if (request === undefined) throw new Error("nothing waits");
  // as a browser keeps it
  await bob.as(() => keepPending({ ...request, sending: "by-hand", failure: null }));
  await bob.as(() => askFellows(teamAddress));
  const waiting = await bob.as(() => pendingFor(teamAddress));
  expect(waiting.map(({ id }) => id)).toEqual([request.id]);
  expect(await known(bob)).toMatchObject({ asked: "unsent" });
  await bob.as(() => noteSent(request.id));
  expect(await known(bob)).toMatchObject({ asked: "asked" });
  // one that the server would not take any more is left behind
  await bob.as(() => keepPending({ ...request, sending: "by-hand", askedAt: "2020-01-01T00:00:00.000Z" }));
  await asks(bob);
  expect(await known(bob)).toMatchObject({ shown: "hidden" });
});

test("a second page is joined to the first, and a repeated one adds nobody twice", async () => {
  const asked: PendingRequest = {
    ...{ id: "1", do: "roster", list: teamAddress, about: null, requestAddress: "", server: "", from: "" },
    ...{ key: "", sealed: "", askedAt: "", sending: "sent", failure: null },
  };
  const member = (name: string) => ({
    address: parseAddress(`${name}@people.test`),
    name,
    role: "member" as const,
  });
  const result: Extract<AnswerResult, { readonly kind: "member" }> = {
    kind: "member",
    ...{ role: "member", delivery: "on", since: new Date() },
    head: { number: 1, hash: "0".repeat(64) },
  };
  await bob.as(async () => {
    await fellowsAnswered(asked, { ...result, members: [member("ann"), member("ben")] }, new Date());
    const from = member("ben").address;
    for (let again = 0; again < 2; again++)
      await fellowsAnswered(asked, { ...result, from, members: [member("cem")] }, new Date());
  });
  expect((await known(bob)).members.map(({ name }) => name)).toEqual(["ann", "ben", "cem"]);
});

test("what is kept is read again, and a damaged record is refused", () => {
  const lists = {
    [teamAddress]: {
      ...{ shown: "shown", toldAt: "2026-01-01T00:00:00.000Z", isWhole: true },
      members: [{ address: "bob@people.test", name: "Bob", role: "member" }],
    },
  };
  expect(readFellowRecord({ version: 1, lists })).toEqual({ version: 1, lists });
  for (const record of [
    { version: FELLOW_VERSION + 1, lists: {} },
    { version: 1, lists: 7 },
  ])
    expect(() => readFellowRecord(record)).toThrow();
});
