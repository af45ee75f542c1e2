/** In a browser: a page's calls are done in the page, and requests are sent by the person. */

import { localCall } from "../../src/extension/app/browser/local-calls.js";
import { browserHost } from "../../src/extension/app/browser/start-page.js";
import { type Host, setHost } from "../../src/extension/platform/host.js";
import { mailAddress } from "../../src/extension/platform/mailto.js";
import { noteSent, partsOf, partsToSend, saveRequest } from "../../src/extension/requests/by-hand.js";
import { keepPending, loadRequests, type PendingRequest } from "../../src/extension/requests/pending.js";
import { requestTypes } from "../../src/mail/part-types.js";
import { readRequestMail } from "../../src/mail/request-mail.js";
import { ProtocolError } from "../../src/openpgp/errors.js";
import { resetHost } from "./fake-host.js";

const asked: PendingRequest = {
  id: "11".repeat(16),
  do: "leave",
  list: "team@lists.example",
  about: null,
  requestAddress: "team-request@lists.example",
  server: "U0VSVkVS",
  from: "alice@example.test",
  key: "dd".repeat(20),
  sealed: Buffer.from("SEALED").toString("base64"),
  askedAt: new Date().toISOString(),
  sending: "by-hand",
  failure: null,
};

const saved: { readonly name: string; readonly bytes: Uint8Array; readonly type: string }[] = [];
const host: Host = {
  ...browserHost,
  saveFile: async (name, bytes, type) => void saved.push({ name, bytes, type }),
};

beforeEach(async () => {
  resetHost();
  saved.length = 0;
  setHost(host);
  await keepPending(asked);
});

test("a browser sends nothing by itself, and believes who the person is", async () => {
  const mail = { kind: "request", list: asked.list, from: asked.from, to: "x@y.example" } as const;
  expect(await browserHost.send({ ...mail, sealed: new Uint8Array(1) })).toBe("by-hand");
  expect(await browserHost.accountOf("anybody@example.test")).toEqual({ name: "" });
});

test("the parts are all that a mail program needs", () => {
  expect(partsOf(asked)).toMatchObject({
    from: "alice@example.test",
    to: "team-request@lists.example",
    subject: "[team] ListSeal: request to the server",
    attachment: {
      name: "request.pgp",
      type: requestTypes.request,
      bytes: new TextEncoder().encode("SEALED"),
    },
  });
});

test("the saved mail is a request as the list server reads it, from the asker", async () => {
  await saveRequest(asked.id, "mail");
  const [mail] = saved;
  expect(mail).toMatchObject({ name: "request.eml", type: "message/rfc822" });
  const read = await readRequestMail(mail?.bytes ?? new Uint8Array());
  expect(read).toMatchObject({ sealed: new TextEncoder().encode("SEALED"), from: "alice@example.test" });
  expect(read?.messageId).toMatch(/^<[-0-9a-f]{36}@example\.test>$/);
});

test("the saved attachment is the sealed request alone", async () => {
  await saveRequest(asked.id, "attachment");
  expect(saved.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
    ["request.pgp", "SEALED"],
  ]);
});

test("one that the server would not take any more is not given out, and one that is gone neither", async () => {
  await keepPending({ ...asked, askedAt: new Date(Date.now() - 7 * 86_400_000).toISOString() });
  await expect(partsToSend(asked.id)).rejects.toMatchObject({ code: "request-expired" });
  await expect(saveRequest(asked.id, "mail")).rejects.toMatchObject({ code: "request-expired" });
  await expect(partsToSend("22")).rejects.toMatchObject({ code: "no-such-request" });
  expect(saved).toEqual([]);
});

test("what the person says they have sent waits for its answer like any other", async () => {
  expect(await noteSent(asked.id)).toMatchObject({ sending: "sent", failure: null });
  expect((await loadRequests()).pending).toMatchObject([{ id: asked.id, sending: "sent" }]);
});

test("the address for a mail program keeps the text's lines, and nothing in it adds a field", () => {
  expect(mailAddress("team-request@lists.example", "a&bcc=x@y", "one\ntwo?&#")).toBe(
    "mailto:team-request@lists.example?subject=a%26bcc%3Dx%40y&body=one%0D%0Atwo%3F%26%23",
  );
  expect(mailAddress("a?bcc=x@y.example", "", "")).toMatch(/^mailto:a%3Fbcc%3Dx@y\.example\?/);
});

describe("a call that is done in its page", () => {
  test("gives the value, and failures by their code alone", async () => {
    const call = localCall({
      "key:lock": async () => null,
      "key:renew": async () => {
        throw new ProtocolError("key-locked", "SECRET");
      },
      "requests:look": async () => {
        throw new TypeError("SECRET");
      },
    });
    expect(await call("key:lock", null)).toBeNull();
    const failures = [call("key:renew", { fingerprint: "aa" }), call("requests:look", null)];
    await expect(failures[0]).rejects.toMatchObject({ code: "key-locked" });
    await expect(failures[1]).rejects.toMatchObject({ code: "worker-failed" });
    for (const failure of failures) await expect(failure).rejects.not.toThrow("SECRET");
  });

  test("is refused if a browser has no such thing", async () => {
    const asking = localCall({})("compose:status", { tabId: 1 });
    await expect(asking).rejects.toMatchObject({ code: "foreign-caller" });
  });
});
