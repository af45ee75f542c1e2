/**
 * Attacks that need the server's memory: replays, lists that dress up as others, and what a stranger learns from it.
 * The real server is `acceptPost` on a real store; the naive one opens with the same blocks and remembers less.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { PublicSubkeyPacket } from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import { keyPacketTarget } from "../../src/openpgp/packets.js";
import { FUTURE_ALLOWED_MS, PAST_WINDOW_MS } from "../../src/openpgp/policy.js";
import {
  type OpeningKey,
  type SealedMessage,
  sealingHalf,
  writeSealingKey,
} from "../../src/protocol/index.js";
import { openAtServer } from "../../src/protocol/reseal.js";
import {
  type AdminContext,
  addMember,
  createList,
  removeMember,
  setListKey,
} from "../../src/server/admin/administration.js";
import { dataFolder, makeFolders } from "../../src/server/base/data-folder.js";
import { REPLAY_MARGIN_MS } from "../../src/server/base/limits.js";
import { acceptPost, type PostOutcome } from "../../src/server/post/accept-post.js";
import { type ListInUse, ListsInUse } from "../../src/server/store/lists-in-use.js";
import type { FullStore } from "../../src/server/store/membership-store.js";
import { openSqliteStore } from "../../src/server/store/sqlite-store.js";
import { aliceSeals, type Cast, listOf, makeCast } from "../protocol/people.js";
import { readHere } from "../server/read-here.js";
import { bytes, encryptWith, opened, respelled, respellings, submits, submitsParts } from "./forge.js";
import { withBorrowedSubkey } from "./forge-keys.js";
import { type NaiveContext, naiveServer, type ServerStep } from "./naive/naive-server.js";

const first = "<1@example.test>";
let folder: string;
let store: FullStore;
let office: AdminContext;
let lists: ListsInUse;
/** The list that Eve was a member of: she holds its list key and a capture of Alice's post to it. */
let team: Cast;
let inUse: ListInUse;

async function openList(cast: Cast, listKey: Uint8Array): Promise<{ list: ListInUse; cast: Cast }> {
  const { address } = cast;
  const settings = { mode: "key", delivery: "resealed", profile: "compatible" } as const;
  const { list } = await createList(office, { address, name: "List", ...settings, listKey });
  const used = await lists.open(list);
  if (used === undefined) throw new Error("the list has no key");
  return { list: used, cast: { ...cast, serverKey: used.server } };
}

async function join(address: string, name: string, key: OpeningKey<"member">): Promise<void> {
  const certificate = writeSealingKey(sealingHalf(key));
  await addMember(office, address, {
    address: `${name}@example.test`,
    name,
    certificate,
    shape: "encrypted",
  });
}

beforeEach(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), "listseal-attack-"));
  const data = dataFolder(folder);
  await makeFolders(data);
  store = openSqliteStore(data.database);
  office = { store, folder: data, now: () => Date.now() };
  lists = new ListsInUse(store, data);
  const made = await makeCast("compatible");
  const opened = await openList(made, writeSealingKey(listOf(made).key));
  team = opened.cast;
  inUse = opened.list;
  await join(team.address, "alice", team.alice);
  await join(team.address, "bob", team.bob);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

/** The mail around a sealed post; the header From is whatever its sender writes. */
const mail = (sealed: SealedMessage, from = "alice", to = team.address) =>
  writeSubmission({
    from: { address: parseAddress(`${from}@example.test`) },
    list: parseAddress(to),
    date: new Date(),
    messageId: "<outer@example.test>",
    references: [],
    sealed,
  });

const accept = (sealed: SealedMessage, from = "alice", at = Date.now(), list = inUse): Promise<PostOutcome> =>
  acceptPost(store, list, { raw: mail(sealed, from, list.address), at, reader: readHere });

const context = (cast: Cast, author: OpeningKey<"member">): NaiveContext => ({
  list: listOf(cast),
  server: cast.serverKey,
  author: sealingHalf(author),
});

describe("cross-list replay: Eve, removed from A with A's list key, posts A's captured mail to B, which she owns", () => {
  // any one of these stops it; all of them have to be missing
  const defences = ["own-key", "list", "key-packet"] as const satisfies readonly ServerStep[];
  let evil: { list: ListInUse; cast: Cast };
  let captured: { key: SealedMessage; whole: SealedMessage };

  beforeEach(async () => {
    const made = await makeCast("compatible", "evil@lists.example");
    evil = await openList(made, writeSealingKey(listOf(made).key));
    // Alice is on Eve's list, too: the post policy alone must not be what stops it
    await join(evil.cast.address, "alice", team.alice);
    captured = {
      key: await aliceSeals(team, "key", bytes("for A alone")),
      whole: await aliceSeals(team, "whole", bytes("for A alone")),
    };
  });

  const ring = () => [evil.cast.serverKey, team.serverKey];

  test.each(["key", "whole"] as const)(
    "mode %s: a server with one key ring delivers it to Eve, who reads it",
    async (mode) => {
      const naive = naiveServer({ without: defences });
      const copy = await naive.deliver(
        captured[mode],
        { ...context(evil.cast, team.alice), ring: ring() },
        sealingHalf(evil.cast.eve),
      );
      const outer = await opened(copy.mode === "key" ? copy.key : copy.message, evil.cast.eve);
      const inner = copy.mode === "key" ? Buffer.concat([outer.literal, copy.body]) : outer.literal;
      const { literal } = await opened(inner, team.listKey);
      expect(new TextDecoder().decode(literal)).toBe("for A alone");
    },
  );

  test.each(defences)("%s alone stops it", async (kept) => {
    const naive = naiveServer({ without: defences.filter((step) => step !== kept) });
    const stopped = naive.open(captured.key, { ...context(evil.cast, team.alice), ring: ring() });
    await expect(stopped).rejects.toMatchObject({ code: "wrong-list" });
  });

  test.each(["key", "whole"] as const)(
    "mode %s: the real server refuses, and remembers nothing",
    async (mode) => {
      const outcome = await accept(captured[mode], "alice", Date.now(), evil.list);
      expect(outcome).toEqual({ kind: "refused", code: "wrong-list", notified: false });
      await expect(accept(captured.key)).resolves.toMatchObject({ kind: "queued" });
    },
  );

  describe("with anonymous recipients", () => {
    async function anonymous(): Promise<SealedMessage> {
      if (captured.key.mode !== "key") throw new Error("mode key is meant");
      const { literal, signatures } = await opened(captured.key.key, team.serverKey);
      const server = sealingHalf(team.serverKey).certificate;
      const key = await encryptWith(literal, signatures, [server], { anonymous: true });
      return { ...captured.key, key };
    }

    test("a server that tries its keys opens it", async () => {
      const naive = naiveServer({ without: defences });
      const tried = naive.open(await anonymous(), { ...context(evil.cast, team.alice), ring: ring() });
      await expect(tried).resolves.toMatchObject({ messageId: first });
    });

    test("ours tries none, neither for the list that it was sent to nor for the one that it was sealed for", async () => {
      const sealed = await anonymous();
      for (const list of [evil.list, inUse]) {
        const outcome = await accept(sealed, "alice", Date.now(), list);
        expect(outcome).toEqual({ kind: "refused", code: "wrong-list", notified: false });
      }
    });
  });

  describe("with B registered under A's encryption subkey and a fresh primary key", () => {
    async function disguise() {
      const subkey = listOf(team).key.certificate.subkeys[0]?.keyPacket;
      const fresh = await makeCast("compatible", "twin@lists.example");
      if (!(subkey instanceof PublicSubkeyPacket)) throw new Error("no subkey");
      const disguised = await withBorrowedSubkey(fresh.listKey, subkey, "encrypt");
      return { fresh, disguised, twin: { ...listOf(fresh).key, certificate: disguised } };
    }

    test.each(["key", "whole"] as const)(
      "mode %s: by fingerprint it is another key, by the id in a key packet it is A's: the check of the key packet passes",
      async (mode) => {
        const { fresh, disguised, twin } = await disguise();
        expect(disguised.getFingerprint()).not.toBe(team.listKey.fingerprint);
        await expect(keyPacketTarget(twin)).resolves.toEqual(await keyPacketTarget(listOf(team).key));
        const naive = naiveServer({ without: ["own-key", "list"] });
        const list = { address: fresh.address, key: twin };
        const at = { list, server: fresh.serverKey, ring: ring(), author: sealingHalf(team.alice) };
        await expect(naive.open(captured[mode], at)).resolves.toMatchObject({ messageId: first });
      },
    );

    test("the real server registers no list under key material that a list has ever used", async () => {
      const { fresh, disguised } = await disguise();
      const settings = { mode: "key", delivery: "resealed", profile: "compatible" } as const;
      await createList(office, { address: fresh.address, name: "Twin", ...settings });
      await expect(setListKey(office, fresh.address, disguised.write())).rejects.toThrow(
        /list key has been used before/,
      );
    });
  });
});

/** A server that remembers nothing: whether it takes `sealed`. */
const takesWithoutMemory = (sealed: SealedMessage, at: NaiveContext) =>
  naiveServer({ without: [] })
    .open(sealed, at)
    .then(({ by }) => by);

describe("same-list replay: somebody who is no reader of a post has it posted again when they are one", () => {
  test("a server without a memory takes it twice", async () => {
    const sealed = await aliceSeals(team, "key", bytes("before Carol"));
    for (const _ of [1, 2]) {
      await expect(takesWithoutMemory(sealed, context(team, team.alice))).resolves.toBe(
        team.alice.fingerprint,
      );
    }
  });

  test("Carol joins later: the real server queues nothing for her", async () => {
    const sealed = await aliceSeals(team, "key", bytes("before Carol"));
    await expect(accept(sealed)).resolves.toMatchObject({ kind: "queued", copies: 2 });
    await join(team.address, "carol", team.eve);
    await expect(accept(sealed)).resolves.toEqual({ kind: "repeat" });
  });

  describe.each(["key", "whole"] as const)(
    "mode %s: Eve is removed, captures a post, and comes back",
    (mode) => {
      beforeEach(async () => {
        await join(team.address, "eve", team.eve);
        await removeMember(office, team.address, "eve@example.test");
      });

      test("a server without a memory delivers it to her, who reads it", async () => {
        const captured = await aliceSeals(team, mode, bytes("while Eve was away"));
        const naive = naiveServer({ without: [] });
        await naive.open(captured, context(team, team.alice));
        const copy = await naive.deliver(captured, context(team, team.alice), sealingHalf(team.eve));
        const outer = await opened(copy.mode === "key" ? copy.key : copy.message, team.eve);
        const inner = copy.mode === "key" ? Buffer.concat([outer.literal, copy.body]) : outer.literal;
        const { literal } = await opened(inner, team.listKey);
        expect(new TextDecoder().decode(literal)).toBe("while Eve was away");
      });

      test("the real server queues nothing for her, under the old key or a new one", async () => {
        const captured = await aliceSeals(team, mode, bytes("while Eve was away"));
        await expect(accept(captured)).resolves.toMatchObject({ kind: "queued", copies: 2 });
        await join(team.address, "eve", team.eve);
        await expect(accept(captured)).resolves.toEqual({ kind: "repeat" });
        await removeMember(office, team.address, "eve@example.test");
        await join(team.address, "eve", (await makeCast("compatible")).eve);
        await expect(accept(captured)).resolves.toEqual({ kind: "repeat" });
        // what she may read is what is posted from now on
        const later = await aliceSeals(team, mode, bytes("after"), "<2@example.test>");
        await expect(accept(later)).resolves.toMatchObject({ kind: "queued", copies: 3 });
      });
    },
  );

  describe("a member's own signature around the captured key packet", () => {
    async function rewrapped() {
      const sealed = await aliceSeals(team, "key", bytes("before Carol"));
      if (sealed.mode !== "key") throw new Error("mode key is meant");
      const { literal } = await opened(sealed.key, team.serverKey);
      const message = Buffer.concat([literal, sealed.body]);
      return { sealed, again: await submits(team, team.bob, message, "<again@example.test>") };
    }

    test("a server without a memory takes it as Bob's", async () => {
      const { again } = await rewrapped();
      await expect(takesWithoutMemory(again, context(team, team.bob))).resolves.toBe(team.bob.fingerprint);
    });

    test("the real server knows the key packet's digest", async () => {
      const { sealed, again } = await rewrapped();
      await accept(sealed);
      await expect(accept(again, "bob")).resolves.toMatchObject({ kind: "refused", code: "replayed" });
    });
  });

  describe.each(respellings)(
    "a captured post whose session key is %s, under a member's own signature",
    (how) => {
      async function both() {
        const sealed = await aliceSeals(team, "key", bytes("before Carol"));
        if (sealed.mode !== "key") throw new Error("mode key is meant");
        const { literal } = await opened(sealed.key, team.serverKey);
        const keyPacket = await respelled(Buffer.concat([literal, sealed.body]), team.listKey, how);
        const again = await submitsParts(
          team,
          team.bob,
          { keyPacket, dataPacket: sealed.body },
          "<again@example.test>",
        );
        return { sealed, again };
      }

      test("a memory of key packets takes it as Bob's", async () => {
        const { sealed, again } = await both();
        const first = await openAtServer(sealed, context(team, team.alice));
        const second = await openAtServer(again, context(team, team.bob));
        expect(second.keyPacketDigest).not.toBe(first.keyPacketDigest);
        expect(second.dataPacketDigest).toBe(first.dataPacketDigest);
      });

      test("the real server knows the data packet", async () => {
        const { sealed, again } = await both();
        await expect(accept(sealed)).resolves.toMatchObject({ kind: "queued" });
        await expect(accept(again, "bob")).resolves.toMatchObject({ kind: "refused", code: "replayed" });
      });
    },
  );

  describe("the retention hole: a post that is dated in the future", () => {
    const submitted = async (now: number) =>
      submits(
        team,
        team.alice,
        await encryptWith(bytes("x"), [], [listOf(team).key.certificate]),
        first,
        new Date(now + FUTURE_ALLOWED_MS - 1000),
      );
    /** A window after the post came. */
    const later = (now: number) => now + PAST_WINDOW_MS + 1000;

    test("a memory that ends a window after arrival has forgotten it, and the date check lets it pass again", async () => {
      const now = Date.now();
      const sealed = await submitted(now);
      const naive = naiveServer({ without: [] });
      const keptUntil = new Map<string, number>();
      const take = async (at: number) => {
        const { messageId } = await naive.open(sealed, {
          ...context(team, team.alice),
          now: new Date(at),
        });
        const isKnown = (keptUntil.get(messageId) ?? 0) >= at;
        keptUntil.set(messageId, at + PAST_WINDOW_MS);
        return isKnown ? "repeat" : "queued";
      };
      await expect(take(now)).resolves.toBe("queued");
      await expect(take(now)).resolves.toBe("repeat");
      await expect(take(later(now))).resolves.toBe("queued");
    });

    test("the real server remembers it until its date leaves the window", async () => {
      const now = Date.now();
      const sealed = await submitted(now);
      await expect(accept(sealed, "alice", now)).resolves.toMatchObject({ kind: "queued" });
      await store.forget(later(now));
      await expect(accept(sealed, "alice", later(now))).resolves.toEqual({ kind: "repeat" });
      // when the memory ends, the date has ended before
      const end = now + FUTURE_ALLOWED_MS + PAST_WINDOW_MS + REPLAY_MARGIN_MS + 1000;
      await store.forget(end);
      await expect(accept(sealed, "alice", end)).resolves.toMatchObject({ kind: "refused", code: "too-old" });
    });
  });

  describe("junk first, so that the real post becomes the replay", () => {
    async function both() {
      const sealed = await aliceSeals(team, "key", bytes("the real one"));
      const other = await aliceSeals(team, "key", bytes("junk"), "<junk@example.test>");
      if (sealed.mode !== "key" || other.mode !== "key") throw new Error("mode key is meant");
      return { sealed, junk: { ...sealed, body: other.body } };
    }

    test("a memory that is written before the checks are done refuses the real post", async () => {
      const { sealed, junk } = await both();
      const seen = new Set<string>();
      const early = naiveServer({ without: "body-digest" });
      const isNew = async (each: SealedMessage): Promise<boolean> => {
        const { keyPacketDigest } = await early.open(each, context(team, team.alice));
        return seen.size < seen.add(keyPacketDigest).size;
      };
      await expect(isNew(junk)).resolves.toBe(true);
      await expect(isNew(sealed)).resolves.toBe(false);
    });

    test("the real server remembers nothing that it refused", async () => {
      const { sealed, junk } = await both();
      await expect(accept(junk)).resolves.toMatchObject({ kind: "refused", code: "binding-mismatch" });
      await expect(accept(sealed)).resolves.toMatchObject({ kind: "queued" });
    });
  });
});
