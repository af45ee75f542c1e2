/** What a server reports without being asked is told once, and lost by nothing. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

beforeAll(haveWorkerNear);
beforeAll(begin);
afterAll(async () => {
  await play.discard();
  await lockAll();
});

test("a report whose handler fails is taken with the next look, and then no more", async () => {
  const [olga, bob] = [new Addon("Olga", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.fetch();
  const told: string[] = [];
  const counting = {
    ...arrivals,
    report: async (_list: string, { event }: { readonly event: string }) => {
      told.push(event);
    },
  };
  await olga.looksAgain(counting);
  expect(told).toEqual([]);

  await bob.as(() => calls["list:leave"]({ address: teamAddress }));
  await olga.receives();
  const failing = { ...arrivals, report: () => Promise.reject(new Error("the disk is full")) };
  expect(await olga.looksAgain(failing)).toContainEqual({ kind: "refused", code: "worker-failed" });
  await olga.looksAgain(counting);
  await olga.looksAgain(counting);
  expect(told).toEqual(["left"]);
});
