/** Calls over the port between a webmail's page and our frames: each side takes the other for a hostile page. */

import { writingCalls } from "../../src/extension/app/calls/webmail-calls.js";
import { ofOrigin } from "../../src/extension/app/webmail/frame-handshake.js";
import { answering, listenTo, told } from "../../src/extension/platform/rpc/call.js";
import { answerOver, askOver, hearOver, tellOver } from "../../src/extension/platform/rpc/frame-port.js";
import { nothing, object, text } from "../../src/membership/file/check.js";

const words = { "one:word": told(object({ said: text })), "other:word": told(nothing) };
const mail = { to: "a@b.example", from: "c@d.example", subject: "s", notice: "n", files: [] };

let here: MessagePort;
let there: MessagePort;
beforeEach(() => {
  ({ port1: here, port2: there } = new MessageChannel());
});
afterEach(() => {
  here.close();
  there.close();
});

/** What comes over a port, and when the last of it has come. */
function heardBy(port: MessagePort): unknown[] {
  const heard: unknown[] = [];
  port.addEventListener("message", ({ data }) => heard.push(data));
  port.start();
  return heard;
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

test("only the first message is taken where a frame takes one, whether it fits or not", async () => {
  const said: string[] = [];
  const hear = listenTo(words, {
    "one:word": (input) => said.push(input.said),
    "other:word": () => undefined,
  });
  hearOver(here, hear, true);
  const heard = heardBy(there);
  there.postMessage({ name: "one:word", input: { said: 7 } });
  tellOver<typeof words>(there)("one:word", { said: "late" });
  await settled();
  expect(said).toEqual([]);
  // and nothing comes back
  expect(heard).toEqual([]);
});

test("what fits no table is dropped, and what is known goes on", async () => {
  const said: string[] = [];
  hearOver(
    here,
    listenTo(words, { "one:word": (input) => said.push(input.said), "other:word": () => undefined }),
  );
  for (const bad of [null, 7, "one:word", {}, { name: "constructor", input: null }, { name: "one:word" }])
    there.postMessage(bad);
  tellOver<typeof words>(there)("one:word", { said: "heard" });
  await settled();
  expect(said).toEqual(["heard"]);
});

test("a call is answered with what its handler gives", async () => {
  const handed: string[] = [];
  answerOver(
    there,
    answering(writingCalls, async () => ({
      "webmail:attach": async ({ subject }) => {
        handed.push(subject);
        return "attached";
      },
    })),
  );
  const ask = askOver(here, writingCalls);
  expect(await ask("webmail:attach", mail)).toBe("attached");
  expect(handed).toEqual(["s"]);
  const heard = heardBy(here);
  there.postMessage({ id: 9, name: "webmail:attach", input: mail });
  here.postMessage({ name: "webmail:attach", input: mail });
  here.postMessage({ id: 3, name: "webmail:attach", input: { ...mail, files: [{ name: "x" }] } });
  await settled();
  expect(heard).toContainEqual({ id: 3, outcome: { ok: false, code: "worker-failed" } });
  expect(handed).toEqual(["s"]);
});

test.each([
  ["a value of its own", { ok: true, value: "sent" }],
  ["no value", { ok: true }],
  ["a code that is none of ours", { ok: false, code: "<b>press here</b>" }],
  ["no outcome", "attached"],
])("an answer with %s is not believed", async (_, outcome) => {
  there.addEventListener("message", ({ data }) => there.postMessage({ id: data.id, outcome }));
  there.start();
  await expect(askOver(here, writingCalls)("webmail:attach", mail)).rejects.toMatchObject({
    name: "CheckError",
  });
});

test.each<[string, string | null]>([
  ["https://mail.example/?_task=mail&_uid=7", "https://mail.example/?_task=mail&_uid=7"],
  ["https://evil.test/?_task=mail", null],
  ["http://mail.example/", null],
  ["https://mail.example.evil.test/", null],
  ["javascript:alert(1)//https://mail.example/", null],
  ["/?_task=mail", null],
])(
  "attack: of the addresses that a page names, those of its own origin alone are kept: %s",
  (address, kept) => {
    expect(ofOrigin(address, "https://mail.example")).toBe(kept);
  },
);
