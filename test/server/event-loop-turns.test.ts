/** What a large post has done to it in the server's own thread is done in pieces, with everybody else's turn between. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import Database from "better-sqlite3";
import { base64Lines } from "../../src/mail/mime.js";
import { dataWriter } from "../../src/openpgp/seipd-writer.js";
import { base64InTurns } from "../../src/server/delivery/copies.js";
import { wireChunks } from "../../src/server/delivery/wire-body.js";
import { openStore } from "../../src/server/store/open-store.js";
import { PIECE_OCTETS } from "../../src/server/store/post-pieces.js";
import { checkSqliteFile } from "../../src/server/store/sqlite-check.js";
import type { Store } from "../../src/server/store/store.js";
import { submit } from "./dialogue.js";
import { turnsDuring } from "./event-loop-turns.js";
import { addCrowd } from "./many-members.js";
import { type PlayList, PlayServer } from "./play-server.js";
import { anybodysWarrant } from "./warrants.js";

const PIECES = 24;
const large = randomBytes(PIECES * PIECE_OCTETS);

test("its base64: the same as in one go, which is one turn", async () => {
  expect(await turnsDuring((async () => base64Lines(large))())).toBeLessThan(3);
  let encoded: Uint8Array | undefined;
  const turns = await turnsDuring(
    base64InTurns(large).then((made) => {
      encoded = made;
    }),
  );
  expect(turns).toBeGreaterThan(2 * PIECES);
  expect(Buffer.from(encoded ?? []).equals(base64Lines(large))).toBe(true);
});

test.each([0, 1, 57, 58, 57 * 16_384, 57 * 16_384 + 1, 57 * 16_384 * 2])(
  "%i octets come out as in one go",
  async (length) => {
    const octets = large.subarray(0, length);
    expect(Buffer.from(await base64InTurns(octets)).equals(base64Lines(octets))).toBe(true);
  },
);

test.each([
  { version: 1, cipher: "aes256" },
  { version: 2, cipher: "aes256" },
] as const)("its container, SEIPD version $version", async (suite) => {
  const write = dataWriter(suite);
  if (write === undefined) throw new Error("no writer");
  expect(await turnsDuring(write({ packets: [large], sessionKey: randomBytes(32) }))).toBeGreaterThan(
    PIECES / 2,
  );
});

test("its lines, before they go over the wire", async () => {
  const lines = base64Lines(large);
  expect(await turnsDuring(wireChunks([lines]))).toBeGreaterThan(PIECES / 2);
  // looked at once, for all copies
  expect(await turnsDuring(wireChunks([lines]))).toBeLessThan(3);
});

test("the look through the database, before a server starts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "listseal-turns-"));
  try {
    const file = join(folder, "large.db");
    const database = new Database(file);
    database.exec("CREATE TABLE members (certificate BLOB); CREATE INDEX every ON members (certificate)");
    const add = database.prepare("INSERT INTO members VALUES (randomblob(500))");
    database.transaction(() => {
      for (let member = 0; member < 20_000; member++) add.run();
    })();
    const inOnePiece = async () => database.pragma("quick_check(1)");
    expect(await turnsDuring(inOnePiece())).toBeLessThan(3);
    database.close();
    expect(await turnsDuring(checkSqliteFile(file))).toBeGreaterThan(PIECES);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("as it arrives", () => {
  const mail = Buffer.concat([Buffer.from("From: a@people.test\r\n\r\n"), Buffer.alloc(24 << 20, "<")]);
  let server: PlayServer;
  let list: PlayList;

  beforeEach(async () => {
    server = await PlayServer.make();
    list = await server.createList("team@lists.test");
    await server.start();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await server.discard();
  });

  const submitted = (declaresSize: boolean) =>
    submit(server.port, {
      sender: "mallory@people.test",
      recipient: list.address,
      raw: mail,
      declaresSize,
    });

  test("a mail without its last line end is longer than declared by two octets, and is not copied for them", async () => {
    const allocated = jest.spyOn(Buffer, "allocUnsafeSlow");
    expect(await submitted(true)).toMatchObject({ code: 550 });
    const sizes = allocated.mock.calls.map(([size]) => size);
    expect(Math.max(...sizes)).toBeGreaterThan(mail.length);
    // a larger one would be what the mail was copied into
    expect(sizes.filter((size) => size > 1.5 * mail.length)).toEqual([]);
  });

  test("one without a declared size is copied when its room is too small, a piece at a time", async () => {
    const typed: Uint8Array = Object.getPrototypeOf(Object.getPrototypeOf(Buffer.prototype));
    const sets = jest.spyOn(typed, "set");
    const copies = jest.spyOn(Buffer.prototype, "copy");
    expect(await submitted(false)).toMatchObject({ code: 550 });
    const pieces = sets.mock.calls.map(([from]: readonly unknown[]) =>
      ArrayBuffer.isView(from) ? from.byteLength : 0,
    );
    // it was copied
    expect(pieces.filter((length) => length === 2 << 20).length).toBeGreaterThan(8);
    expect(Math.max(...pieces)).toBeLessThanOrEqual(2 << 20);
    expect(
      copies.mock.contexts.filter((from) => ArrayBuffer.isView(from) && from.byteLength > 2 << 20),
    ).toEqual([]);
  });
});

describe("in the database", () => {
  let server: PlayServer;
  let list: PlayList;
  let store: Store;

  beforeEach(async () => {
    server = await PlayServer.make();
    list = await server.createList("team@lists.test");
    await server.office((office) => addCrowd(office, list, 1));
    store = await openStore(server.place);
  });
  afterEach(async () => {
    await store.close();
    await server.discard();
  });

  const now = Date.now();

  async function queue(): Promise<number> {
    const queued = await store.queuePost({
      listId: list.list.id,
      raw: large,
      accepted: now,
      messageId: "<large@people.test>",
      signer: "a1".repeat(20),
      keyPacketDigest: "large",
      dataPacketDigest: "large",
      sealDigest: "large",
      keptUntil: now,
      author: { kind: "member", name: "Alice", certificate: Buffer.from("certificate") },
      warrant: anybodysWarrant(list.list),
    });
    if (queued.kind !== "queued") throw new Error(queued.kind);
    return queued.postId;
  }

  /** The most pieces that came or went between two turns of everybody else, and how many there were at the ends. */
  async function piecesBetweenTurns(work: () => Promise<unknown>) {
    if (server.place.kind !== "sqlite") throw new Error("PostgreSQL does its work in another process");
    const database = new Database(server.place.file, { readonly: true });
    const counting = database.prepare<[], number>("SELECT count(*) FROM body_pieces").pluck();
    const count = () => counting.get() ?? 0;
    const before = count();
    let most = 0;
    let last = before;
    const look = () => {
      const found = count();
      most = Math.max(most, Math.abs(found - last));
      last = found;
    };
    let done = false;
    const turn = () => {
      if (done) return;
      look();
      setImmediate(turn);
    };
    setImmediate(turn);
    await work();
    done = true;
    look();
    database.close();
    return { before, most, after: last };
  }

  test("its pieces are written", async () => {
    expect(await piecesBetweenTurns(queue)).toEqual({ before: 0, most: 1, after: PIECES });
  });

  test("its pieces are read", async () => {
    const postId = await queue();
    expect(await turnsDuring(store.post(postId))).toBeGreaterThan(PIECES / 2);
  });

  test("its pieces are deleted when it has gone out", async () => {
    await queue();
    const jobs = await store.claimJobs(now, now + 60_000, 10);
    expect(await piecesBetweenTurns(() => store.finishJobs(jobs))).toEqual({
      before: PIECES,
      most: 1,
      after: 0,
    });
  });
});
