/** An introduced member who calls herself what somebody else is called, and a mail whose outer header says what nobody wrote. */

import { lockAll } from "../../src/extension/keys/unlocked.js";
import { stateLine } from "../../src/extension/reading/display/state-line.js";
import { openSealed } from "../../src/extension/reading/opening.js";
import { say } from "../../src/extension/ui/i18n.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { haveWorkerNear } from "../extension/near-worker.js";
import { Addon } from "../extension/play-addon.js";
import { begin, cardFile, play } from "../server/asking.js";

let [olga, twin, bob]: readonly Addon[] = [];
const person = (addon: Addon | undefined): Addon => {
  if (addon === undefined) throw new Error("nobody");
  return addon;
};

beforeAll(haveWorkerNear);
beforeAll(async () => {
  await begin();
  // a zero; her certificate and her introduction are in order
  [olga, twin, bob] = [new Addon("Olga", play), new Addon("0lga", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  for (const each of [twin, bob]) await olga.invites(each);
});
afterAll(async () => {
  await play.discard();
  await lockAll();
});

const lineOf = (view: Parameters<typeof stateLine>[0]) => stateLine(view).phrases.map(say).join(" · ");

test("a member who goes by the owner's name: nothing but the name says who she is, where the line is made of it", async () => {
  await person(twin).posts("pay Mallory");
  const { letter, view } = await person(bob).reads("pay Mallory");
  expect(view.author.standing).toBe("introduced");
  // the line as it was
  expect(`from ${letter.letter.from.name}, confirmed by an owner`).toBe("from 0lga, confirmed by an owner");
});

test("a member who goes by the owner's name: the line shows her address, and warns", async () => {
  const { view } = await person(bob).again("pay Mallory");
  expect(stateLine(view).tone).toBe("warning");
  expect(lineOf(view)).toContain("from 0lga@people.test (“0lga”), confirmed by an owner");
  expect(lineOf(view)).toContain("olga@people.test uses the same name");
});

test("the honest are not warned of, though they have the name", async () => {
  await person(bob).posts("good day");
  const { view } = await person(olga).reads("good day");
  expect(view.remarks).toEqual([]);
  expect(stateLine(view).tone).toBe("good");
});

test("a subject and a sender that the list never writes, around parts in our own shell: told", async () => {
  const address = person(olga).address;
  const raw = play.sink.for(address).at(-1)?.raw ?? new Uint8Array();
  const altered = Buffer.from(raw)
    .toString("latin1")
    .replace(/^Subject: .*$/m, "Subject: Pay 10000 EUR now (verified)\r")
    .replace(/^From: .*$/m, "From: Mallory <mallory@evil.test>\r")
    .replace(/\r\r/g, "\r");
  const read = await readMail({ raw: Buffer.from(altered, "latin1") });
  if (read.kind !== "sealed") throw new Error("it is sealed");
  // the mail program shows what the attacker wrote, and the shell is our own: the seals say nothing about either
  expect(read.shell).toBe("own");
  const opening = await person(olga).as(() => openSealed({ ...read, parts: async () => read.parts }));
  if (opening.kind !== "opened") throw new Error(opening.kind);
  expect(opening.opened.view.passage.via).toBe("list");
  expect(opening.opened.view.remarks).toEqual([{ kind: "outer-subject" }, { kind: "outer-from" }]);
});
