/** Moderation in the add-on, with a real server: what a moderator sees, what they decide, and whom nothing is told. */
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { HELD_VERSION, readHeldRecord } from "../../src/extension/moderation/held-posts-record.js";
import { authorFor } from "../../src/extension/writing/author.js";
import { setPolicy } from "../../src/server/admin/administration.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let mia: Addon;
let bob: Addon;
const list = teamAddress;

const asks = async (who: Addon) => {
  await who.as(() => calls["held:ask"]({ list }));
  await who.settled();
  return who.as(() => calls["held:read"]({ list }));
};

beforeAll(haveWorkerNear);
beforeAll(async () => {
  await begin();
  [olga, mia, bob] = [new Addon("Olga", play), new Addon("Mia", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.invites(mia);
  await olga.about(mia, "moderator");
  await mia.hears();
  await play.office((office) => setPolicy(office, teamAddress, "moderated"));
});
afterAll(async () => {
  await play.discard();
  await lockAll();
});

test("a moderator sees whose post waits, since when and how large it is; and decides", async () => {
  expect((await mia.list()).role).toBe("moderator");
  await bob.posts("good words");
  await bob.posts("bad words");
  const held = await asks(mia);
  const { fingerprint } = await bob.key();
  const facts = {
    author: fingerprint,
    address: bob.address,
    date: expect.any(String),
    size: expect.any(Number),
  };
  expect(held?.posts).toMatchObject([facts, facts]);
  expect(JSON.stringify(held)).not.toContain("words");
  const [good, bad] = held?.posts ?? [];
  if (good === undefined || bad === undefined) throw new Error("two posts wait");
  await mia.as(() => calls["held:decide"]({ list, decision: "release", ...good }));
  await mia.as(() => calls["held:decide"]({ list, decision: "reject", ...bad }));
  await mia.settled();
  expect((await mia.as(() => calls["held:read"]({ list })))?.posts).toEqual([]);
  expect((await asks(olga))?.posts).toEqual([]);
  // what was let out came once more, to everybody; what was thrown away came to moderators alone
  const copies = await olga.timesRead();
  expect(copies["good words"]).toBe(2);
  expect(copies["bad words"]).toBe(1);
});

test("whoever was slower than another moderator loses the post from sight, too", async () => {
  await bob.posts("more");
  const [post] = (await asks(mia))?.posts ?? [];
  const [same] = (await asks(olga))?.posts ?? [];
  if (post === undefined || same === undefined) throw new Error("a post waits");
  await olga.as(() => calls["held:decide"]({ list, decision: "reject", ...same }));
  await olga.settled();
  await mia.as(() => calls["held:decide"]({ list, decision: "release", ...post }));
  await mia.settled();
  expect((await mia.as(() => calls["held:read"]({ list })))?.posts).toEqual([]);
});

test("a member hears nothing of the posts that wait", async () => {
  await bob.posts("still more");
  expect(await asks(bob)).toBeNull();
});

test("a reader is told before anything is sealed that the list takes no posts from them", async () => {
  const before = await bob.list();
  await expect(bob.as(() => authorFor(before))).resolves.toBeDefined();
  await olga.about(bob, "read-only");
  await bob.hears();
  const stored = await bob.list();
  expect(stored.role).toBe("read-only");
  await expect(bob.as(() => authorFor(stored))).rejects.toMatchObject({ code: "read-only" });
});

/** A record as version 1 wrote it. Never changed: it stands for what is on people's disks. */
const heldVersion1 = {
  version: 1,
  lists: {
    "team@lists.example": {
      at: "2026-01-01T00:00:00.000Z",
      posts: [
        {
          author: "0b".repeat(20),
          address: "bob@example.test",
          messageId: "<1@example.test>",
          date: "2026-01-01T00:00:00.000Z",
          size: 2_000,
        },
        {
          author: "0e".repeat(20),
          address: null,
          messageId: "<2@example.test>",
          date: "2026-01-01T00:00:00.000Z",
          size: 3_000,
        },
      ],
    },
  },
};

test("what is kept is read in every version that was ever released", () => {
  expect(HELD_VERSION).toBe(1);
  expect(readHeldRecord(structuredClone(heldVersion1))).toEqual(heldVersion1);
  expect(readHeldRecord(undefined)).toEqual({ version: HELD_VERSION, lists: {} });
  expect(() => readHeldRecord({ version: 1, lists: { a: { at: "", posts: [{}] } } })).toThrow();
});
