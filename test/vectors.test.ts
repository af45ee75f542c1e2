/**
 * Every vector of `vectors/`, opened by the server or by a reader: as it is, through the mail layer and back, and cut
 * short; the mails, letters, private letters, sequences and pins beside them; and that the files are what their program writes.
 */
import { spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseAddress } from "../src/mail/mailbox.js";
import {
  fromParts,
  readSealedMail,
  sealHeaderValue,
  toParts,
  withSealHeader,
  writeCopy,
  writeSubmission,
} from "../src/mail/sealed-mail.js";
import { join, type SealedMessage, split } from "../src/protocol/index.js";
import { LIST, MESSAGE_ID, NOW } from "./vectors/cast.js";
import { suite } from "./vectors/check.js";
import { readVector, type Vector, type VectorRole, writeVector } from "./vectors/format.js";
import { fileOf, headOf, madeVectors, namesIn, recipes } from "./vectors/make.js";
import { readTable } from "./vectors/mutation-table.js";
import { mutations } from "./vectors/mutations.js";
import { expected, openVector } from "./vectors/open-vector.js";
import { isRight } from "./vectors/suite.js";
import { noteSample, SEED, slow } from "./world/slow.js";

const vectors = new Map<string, Vector>();

beforeAll(async () => {
  for (const name of recipes.keys()) vectors.set(name, readVector(await readFile(fileOf(name), "utf8")));
});

function vectorOf(name: string): Vector {
  const vector = vectors.get(name);
  if (vector === undefined) throw new Error(`no vector ${name}`);
  return vector;
}

test("files and recipes are the same set, and say the same", async () => {
  expect([...(await madeVectors())].sort()).toEqual([...recipes.keys()].sort());
  for (const [name, recipe] of recipes) {
    const { sealed: _, ...found } = vectorOf(name);
    expect([name, found]).toEqual([name, await headOf(recipe)]);
  }
});

test("keys and vectors are what the program writes, octet by octet", () => {
  // in a process of its own: it replaces the platform's randomness
  const program = fileURLToPath(new URL("./vectors/make.ts", import.meta.url));
  const ran = spawnSync(process.execPath, ["--import", "tsx", program, "--check"], { encoding: "utf8" });
  expect({ status: ran.status, other: ran.stdout, said: ran.stderr }).toEqual({
    status: 0,
    other: "",
    said: "",
  });
}, 600_000);

test("a file is written as it was read", async () => {
  for (const [name, vector] of vectors) {
    expect(writeVector(vector)).toBe(await readFile(fileOf(name), "utf8"));
  }
});

test.each(["mails", "letters", "private", "sequences", "pins"])(
  "the files of %s are those that are written",
  async (folder) => {
    const found = (await readdir(new URL(`./vectors/${folder}/`, import.meta.url)))
      .filter((file) => file.endsWith(".txt"))
      .map((file) => file.slice(0, -".txt".length));
    expect(found.sort()).toEqual([...namesIn(folder)].sort());
  },
);

test("mails, letters, private letters, sequences and pins come out as they say", async () => {
  const all = await suite.check("src/protocol/open-post.ts");
  const letters = await suite.check("src/mail/payload.ts");
  const pins = await suite.check("src/membership/introduction/pins.ts");
  const alone = await suite.check("src/protocol/private-letter.ts");
  const others = [...all, ...letters, ...pins, ...alone].filter(({ name }) => !name.startsWith("posts/"));
  expect(new Set(others.map(({ name }) => name.split("/", 1)[0]))).toEqual(
    new Set(["mails", "letters", "private", "sequences", "pins"]),
  );
  expect(others.filter((each) => !isRight(each))).toEqual([]);
}, 600_000);

test("each check that can be taken out is in the table of README.md, with vectors that notice", async () => {
  const rows = readTable();
  const membership = await import("./vectors/membership/mutations.js");
  const checks = [...mutations, ...membership.mutations];
  expect(rows.map(({ name, file }) => `${file}: ${name}`)).toEqual(
    checks.map(({ name, file }) => `${file}: ${name}`),
  );
  expect(rows.filter(({ noticed }) => noticed.length === 0)).toEqual([]);
});

describe.each([...recipes.keys()])("%s", (name) => {
  test("opens as it says", async () => {
    const vector = vectorOf(name);
    await expect(openVector(vector, vector.sealed)).resolves.toEqual(expected(vector));
  });

  test("is the same octets after a journey by mail, in each shape", async () => {
    const { role, sealed } = vectorOf(name);
    const parts = fromParts([...toParts(sealed)].reverse());
    if ("kind" in parts) throw new Error("not sealed");
    expect(withSealHeader(parts, sealHeaderValue(sealed))).toEqual(sealed);
    for (const mail of mailsOf(role, sealed)) {
      const read = await readSealedMail(mail);
      if (read.kind !== "sealed") throw new Error("not sealed");
      expect(read.sealed).toEqual(sealed);
    }
  });
});

function mailsOf(role: VectorRole, sealed: SealedMessage): Uint8Array[] {
  const list = parseAddress(LIST);
  const from = { address: parseAddress("alice@example.test") };
  if (role !== "member") {
    return [writeSubmission({ from, list, date: NOW, messageId: MESSAGE_ID, sealed })];
  }
  return (["encrypted", "mixed"] as const).map((shape) => {
    const at = { address: list };
    const to = { address: parseAddress("bob@example.test") };
    const about = {
      shape,
      list,
      listName: "Team",
      from: at,
      replyTo: at,
      to,
      messageId: MESSAGE_ID,
      date: NOW,
    };
    const { head, shared, tail } = writeCopy({ ...about, sealed });
    return Uint8Array.from(Buffer.concat([head, shared, tail]));
  });
}

/** Every byte of every good one; of those under shared secrets, one of each role (they go through the same code). */
const good = [...recipes.keys()]
  .filter((name) => name.includes("-good-"))
  .filter((name) => !name.includes("-shared-") || /-key-.*-(server|member)-compatible$/.test(name));

describe.each(good)("%s", (name) => {
  test("its messages split and join byte for byte", () => {
    const { sealed } = vectorOf(name);
    const messages = sealed.mode === "key" ? [sealed.key] : [sealed.message];
    for (const message of messages) {
      if (name.includes("-opened-") && sealed.mode === "key") continue;
      const { keyPacket, dataPacket } = split(message);
      expect(join(keyPacket, dataPacket)).toEqual(message);
      expect(keyPacket.buffer).toBe(message.buffer);
    }
  });

  test("cut after any byte of any part, it is never opened", async () => {
    const vector = vectorOf(name);
    const start = SEED % STRIDE;
    for (const cut of prefixesOf(vector.sealed, start)) {
      expect((await openVector(vector, cut)).result).not.toBe("opened");
    }
  });

  test("a list signature that is cut proves nothing", async () => {
    const vector = vectorOf(name);
    const { sealed } = vector;
    const { listSignature = new Uint8Array() } = sealed;
    for (let length = 0; length < listSignature.length; length++) {
      const cut = { ...sealed, listSignature: listSignature.subarray(0, length) };
      const { result, origin } = await openVector(vector, cut);
      expect(result === "opened" ? origin : result).not.toBe("list");
    }
  });
});

/**
 * Every length only under `LISTSEAL_SLOW=1`: else all around a part's beginning and end, where the headers and the codes are,
 * and each fifth between. `attacks/packets.test.ts` cuts after every byte.
 */
const STRIDE = slow ? 1 : 5;
if (!slow) noteSample("a vector that is cut anywhere is not opened");
const EDGE = 40;

/** The message with one of its sealed parts cut. */
function* prefixesOf(sealed: SealedMessage, start: number): Generator<SealedMessage> {
  const lengths = ({ length }: Uint8Array) =>
    Array.from({ length }, (_, at) => at).filter(
      (at) => at < EDGE || at >= length - EDGE || at % STRIDE === start,
    );
  if (sealed.mode === "whole") {
    for (const at of lengths(sealed.message)) yield { ...sealed, message: sealed.message.subarray(0, at) };
    return;
  }
  for (const at of lengths(sealed.key)) yield { ...sealed, key: sealed.key.subarray(0, at) };
  for (const at of lengths(sealed.body)) yield { ...sealed, body: sealed.body.subarray(0, at) };
}
