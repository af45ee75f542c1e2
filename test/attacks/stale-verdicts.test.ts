/** Verdicts that outlive what they were made from: a letter was opened, then owners, keys or a list changed. */

import { lockAll } from "../../src/extension/keys/unlocked.js";
import type { MessageHeader } from "../../src/extension/platform/thunderbird.js";
import { readMessage } from "../../src/extension/reading/read-message.js";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import host, { local, resetHost } from "../extension/fake-host.js";
import { haveWorkerNear, workers } from "../extension/near-worker.js";
import { inDays, keyRecord, MadeList, type MadePerson, makePerson } from "../tour/made-list.js";

const header: MessageHeader = {
  ...{ id: 1, headerMessageId: "plan@example.test", author: "", subject: "", size: 1 },
  ...{ recipients: [], ccList: [], date: new Date(0) },
};

let alice: MadePerson;
let list: MadeList;
let kept: Stored;
/** How often Thunderbird was asked for the mail itself. */
let fetched = 0;

beforeAll(async () => {
  await haveWorkerNear();
  alice = await makePerson("alice@example.test", "Alice");
  const olive = await makePerson("olive@example.test", "Olive");
  list = await MadeList.make("team@lists.example", "Team", [olive]);
  const letter = { subject: "The plan", messageId: "<plan@example.test>", text: "words" };
  const raw = Buffer.from(await list.copyFor(alice, olive, letter)).toString("latin1");
  const record = await keyRecord(alice);
  kept = {
    ...emptyStored,
    lists: { [list.address]: await list.record(alice) },
    memberKeys: { [record.fingerprint]: record },
  };
  const getRaw = async () => {
    fetched += 1;
    return raw;
  };
  Object.assign(host, { compose: {}, messageDisplay: {}, identities: {}, messages: { getRaw } });
});
afterAll(() => lockAll());

beforeEach(async () => {
  resetHost();
  await lockAll();
  await local.set({ listseal: kept });
  fetched = 0;
});

async function standing(reader: typeof readMessage): Promise<string> {
  const reading = await reader(header, "in-its-own-shell");
  if (reading.kind === "refused") return reading.code;
  return reading.kind === "opened" ? reading.opened.view.author.standing : reading.kind;
}

/** As our own reader was: what was opened is kept by its message, until somebody thinks of having it forgotten. */
function naiveReader(): typeof readMessage {
  const cache = new Map<number, Awaited<ReturnType<typeof readMessage>>>();
  return async (message, open) => {
    const known = cache.get(message.id) ?? (await readMessage(message, open));
    cache.set(message.id, known);
    return known;
  };
}

const change = async (words: Partial<Stored>) => {
  const { listseal } = await local.get("listseal");
  await local.set({ listseal: { ...Object(listseal), ...words } });
};
/** The same in another order. */
function turnedAround(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const fields = Object.entries(value).map(([name, one]) => [name, turnedAround(one)]);
  return Object.fromEntries(fields.reverse());
}
const withoutOwners = async () => ({
  lists: { [list.address]: { ...(await list.record(alice)), owners: [] } },
  pins: {},
});

test("a reader that keeps verdicts by message alone still calls her an owner", async () => {
  const naive = naiveReader();
  expect(await standing(naive)).toBe("owner");
  await change(await withoutOwners());
  expect(await standing(naive)).toBe("owner");
});

describe("ours opens it anew: whatever of lists, keys or authors has changed", () => {
  test.each<[string, () => Promise<Partial<Stored>>, string]>([
    ["owners", withoutOwners, "new"],
    ["the list itself", async () => ({ lists: {} }), "no-lists-here"],
    ["the person's keys", async () => ({ memberKeys: {} }), "no-member-key"],
    [
      "what is known of its author",
      async () => {
        const [author = ""] = list.ownerRecords().map(({ fingerprint }) => fingerprint);
        const revoked = { [author]: inDays(-30) };
        const { listseal } = await local.get("listseal");
        const { pins } = Object(listseal);
        return { pins: { ...pins, [list.address]: { ...pins[list.address], revoked } } };
      },
      "revoked",
    ],
  ])("%s", async (_, changed, after) => {
    expect(await standing(readMessage)).toBe("owner");
    await change(await changed());
    expect(await standing(readMessage)).toBe(after);
  });

  test("and otherwise not: what is as it was is opened once", async () => {
    for (let time = 0; time < 3; time += 1) expect(await standing(readMessage)).toBe("owner");
    await change({ backedUpAt: inDays(0) });
    expect(await standing(readMessage)).toBe("owner");
    // QUIRK: Chromium's storage gives the fields in the order of their names
    const { listseal } = await local.get("listseal");
    await local.set({ listseal: turnedAround(listseal) });
    expect(await standing(readMessage)).toBe("owner");
    expect(fetched).toBe(1);
  });

  test("who asks after a change is not given what was begun before it, though it is being opened still", async () => {
    const jobs = () => workers.flatMap(({ asked }) => asked).filter((name) => name === "open").length;
    const before = jobs();
    const first = standing(readMessage);
    // the state that it is opened from is in the job
    while (jobs() === before) await new Promise(setImmediate);
    await change({ memberKeys: {} });
    const second = standing(readMessage);
    expect(await Promise.all([first, second])).toEqual(["owner", "no-member-key"]);
  });

  test("who asks while it is being opened waits for the same", async () => {
    expect(await Promise.all([standing(readMessage), standing(readMessage)])).toEqual(["owner", "owner"]);
    expect(fetched).toBe(1);
  });
});
