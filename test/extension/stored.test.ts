import { emptyStored, migrate, readStored, STORED_VERSION } from "../../src/extension/records/stored.js";
import { stored, storedKey, storedList } from "./stored-fixture.js";
import { storedVersion1 } from "./stored-version-1.js";
import { storedVersion2 } from "./stored-version-2.js";
import { storedVersion3 } from "./stored-version-3.js";

test("a fresh start is empty", () => {
  expect(readStored(undefined)).toEqual(emptyStored);
});

test("what is written is read again", () => {
  expect(readStored(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
});

const pins = {
  pins: {
    "bob@example.test": { key: "ee".repeat(20), how: "introduced", introducedAt: "2026-01-01T00:00:00.000Z" },
  },
  introductions: { ["12".repeat(20)]: "ee".repeat(20) },
  seen: { "eve@example.test": "ff".repeat(20) },
  revoked: {},
};

test("remembered keys are read again", () => {
  expect(readStored({ ...stored, pins: { [storedList.address]: pins } }).pins[storedList.address]).toEqual(
    pins,
  );
});

test.each([
  ["no record", "text"],
  ["a newer version", { ...stored, version: STORED_VERSION + 1 }],
  ["no version", { ...stored, version: undefined }],
  ["a list without its key", { ...stored, lists: { x: { ...storedList, listKey: undefined } } }],
  ["a delivery that does not exist", { ...stored, lists: { x: { ...storedList, delivery: "plain" } } }],
  [
    "a pin that names no key",
    { ...stored, pins: { x: { ...pins, pins: { "b@x.test": { key: "?", how: "introduced" } } } } },
  ],
  [
    "a pin in a way that is none",
    { ...stored, pins: { x: { ...pins, pins: { "b@x.test": { key: "ee".repeat(20), how: "?" } } } } },
  ],
])("%s is refused and not repaired", (_, value) => {
  expect(() => readStored(value)).toThrow();
});

test("an older record goes through every step once, in order", () => {
  const steps = {
    1: (raw: object) => ({ ...raw, path: "1" }),
    2: (raw: object) => ({ ...raw, path: `${"path" in raw ? raw.path : ""} 2` }),
  };
  expect(migrate({ version: 1 }, 3, steps)).toEqual({ version: 3, path: "1 2" });
  expect(migrate({ version: 3, path: "as it is" }, 3, steps)).toEqual({ version: 3, path: "as it is" });
  expect(() => migrate({ version: 0 }, 3, steps)).toThrow("a known version");
});

test("a record of version 1 becomes one of today, and nothing of it is lost", () => {
  const now = readStored(JSON.parse(JSON.stringify(storedVersion1)));
  const { introduction, owners, ...list } = storedVersion1.lists["team@lists.example"];
  expect(now.lists["team@lists.example"]).toEqual({
    ...list,
    // the secret half was kept whole; the public half is made of it when it is needed
    introduction: null,
    introductionSecret: introduction,
    owners: owners.map((owner) => ({ ...owner, address: "olive@example.test", from: 0, to: null })),
    formerListKeys: [],
    formerServers: [],
    serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
    membership: "member",
    role: "member",
  });
  expect(now.memberKeys[storedKey.fingerprint]).toEqual({
    ...storedVersion1.memberKeys[storedKey.fingerprint],
    expiresAt: null,
    revokedAt: null,
  });
  expect(now).toMatchObject({ joining: {}, backedUpAt: null, draftIdentities: { id9: "id1" } });
});

/** One record of each version that was ever released. */
const released: Readonly<Record<number, object>> = {
  1: storedVersion1,
  2: storedVersion2,
  3: storedVersion3,
  // as version 3, but for a list key that may be a secret
  4: { ...storedVersion3, version: 4 },
  // as version 4, but for former list keys that may be deleted
  5: { ...storedVersion3, version: 5 },
};

test("there is a record of every version, and every one is read", () => {
  const versions = Array.from({ length: STORED_VERSION }, (_, before) => before + 1);
  expect(Object.keys(released).map(Number)).toEqual(versions);
  for (const version of versions) {
    const now = readStored(structuredClone(released[version]));
    expect(now.version).toBe(STORED_VERSION);
    expect(Object.keys(now.memberKeys)).toEqual([storedKey.fingerprint]);
    expect(Object.keys(now.lists)).toEqual(["team@lists.example"]);
    // what was read is written in today's version, and stays the same from then on
    expect(readStored(structuredClone(now))).toEqual(now);
  }
});

test("a record of version 2 is read as it is; when its keys expire is asked of the keys", () => {
  const keys = storedVersion2.memberKeys;
  const memberKeys = Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [name, { ...key, expiresAt: null }]),
  );
  const [list] = Object.values(storedVersion2.lists);
  const lists = { "team@lists.example": { ...list, role: "member" } };
  expect(readStored(structuredClone(storedVersion2))).toMatchObject({ lists, memberKeys });
  expect(readStored(structuredClone(storedVersion2))).toMatchObject({
    pins: storedVersion2.pins,
    draftIdentities: storedVersion2.draftIdentities,
    backedUpAt: storedVersion2.backedUpAt,
  });
});

test("a list before a join that waits has a role, too", () => {
  const [list] = Object.values(storedVersion2.lists);
  const joining = { "team@lists.example": { name: "Team", before: list, refused: null } };
  const now = readStored({ ...structuredClone(storedVersion2), joining });
  expect(now.joining["team@lists.example"]?.before).toMatchObject({ role: "member" });
});
