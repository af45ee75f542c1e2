/** Taking the notice of a copy, beside what the notice is: each is taken once, whatever it comes to nothing is thrown, and none is held on to. */
import { takeRidingNotice, whenNoticeRides } from "../../src/extension/member/riding-notice.js";
import type { Incoming } from "../../src/extension/requests/incoming.js";

const copy = { named: ["team@lists.example"] };
const taken: Incoming = { kind: "notice", list: "team@lists.example", news: "new-list-key" };

let outcomes: (Incoming | Error)[];
let given: number[];
let next = 0;
/** Another notice each time. */
const notice = (length = 1_000): Uint8Array => {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, next++);
  return bytes;
};
const take = (sealed: Uint8Array | undefined) => takeRidingNotice(sealed, copy);

beforeEach(() => {
  [outcomes, given] = [[], []];
  whenNoticeRides(async (sealed) => {
    given.push(new DataView(sealed.buffer, sealed.byteOffset).getUint32(0));
    const outcome = outcomes.shift() ?? taken;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
});

test("the same octets in the next copy are not opened again", async () => {
  const sealed = notice();
  for (let copies = 0; copies < 3; copies++) await take(new Uint8Array(sealed));
  outcomes = [{ kind: "old-notice" }];
  const old = notice();
  for (let copies = 0; copies < 3; copies++) await take(old);
  expect(given).toHaveLength(2);
});

test.each([
  ["it was for no key that is here: one may be restored", { kind: "not-for-me" }],
  ["the key is locked", { kind: "locked" }],
  ["it failed", new Error("the worker ended")],
] as const)("it is tried with the next copy where %s", async (_, outcome) => {
  outcomes = [outcome];
  const sealed = notice();
  await take(sealed);
  await take(sealed);
  await take(sealed);
  expect(given).toHaveLength(2);
});

test("a copy without one, or with a very large one, asks nobody", async () => {
  await take(undefined);
  await take(notice(16 * 1024 + 1));
  expect(given).toEqual([]);
  await take(notice(16 * 1024));
  expect(given).toHaveLength(1);
});

test("of very many only the last are known", async () => {
  const first = notice();
  const second = notice();
  await take(first);
  for (let number = 0; number < 199; number++) await take(notice());
  await take(first);
  expect(given).toHaveLength(200);
  await take(second);
  await take(first);
  expect(given).toHaveLength(202);
});
