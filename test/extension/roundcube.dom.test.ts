/** What the adapter reads in Roundcube's pages, and that it notices when they are others. */

import { readingWords, writingCalls, writingWords } from "../../src/extension/app/calls/webmail-calls.js";
import { put, recipients } from "../../src/extension/app/webmail/roundcube/compose-form.js";
import {
  isRoundcube,
  looksOf,
  missingForWriting,
  saysSealed,
  showsSealedMail,
  taskOf,
} from "../../src/extension/app/webmail/roundcube/page.js";
import { answerAddress, answered } from "../../src/extension/app/webmail/roundcube/writing.js";
import { patternOf } from "../../src/extension/platform/webmail-permission.js";
import { markOf } from "../../src/extension/ui/security-image.js";
import { memberNotice, privateNotice } from "../../src/mail/fixed-texts.js";

const at = "https://mail.example.org/roundcube/";

/** As Roundcube 1.6 writes them. */
const attachment = (type: string, name: string) =>
  `<li class="${type.replace("/", " ")} pgp" id="attach2"><a href="#" class="filename">` +
  `<span class="attachment-name">${name}</span><span class="attachment-size">(~942 B)</span></a></li>`;
const shown = (attachments: string, body: string) =>
  `<ul id="attachment-list" class="attachmentslist">${attachments}</ul><div id="messagebody">${body}</div>`;
const FORM =
  `<select name="_from" id="_from"><option value="1">bob@other.test</option><option value="2">Bob &lt;bob@example.test&gt;</option></select>` +
  `<textarea name="_to" id="_to"></textarea><textarea name="_cc" id="_cc">eve@example.test</textarea>` +
  `<input id="compose-subject" name="_subject"><div id="composebodycontainer"><textarea id="composebody"></textarea></div>` +
  `<form><input type="file" name="_attachments[]"></form>` +
  `<div class="formbuttons"><button class="btn btn-primary send">Send</button></div>`;

test("a page is known by Roundcube's own program", () => {
  document.head.innerHTML = "";
  expect(isRoundcube()).toBe(false);
  document.head.innerHTML = `<script src="program/js/app.min.js?s=1"></script>`;
  expect(isRoundcube()).toBe(true);
});

test.each([
  ["?_task=mail&_action=preview&_uid=7&_mbox=INBOX", { kind: "read", uid: "7", mailbox: "INBOX" }],
  ["?_task=mail&_action=show&_uid=7&_mbox=Lists%2FTeam", { kind: "read", uid: "7", mailbox: "Lists/Team" }],
  ["?_task=mail&_action=compose&_id=3", { kind: "write" }],
  ["?_task=mail&_mbox=INBOX", { kind: "other" }],
  ["?_task=mail&_action=show", { kind: "other" }],
])("%s", (query, task) => expect(taskOf(at + query)).toEqual(task));

describe("what Roundcube shows of a mail", () => {
  const notice = `<div class="message-part"><div class="pre">${memberNotice("key", "resealed")}</div></div>`;
  test.each([
    ["sealed parts, by their types", attachment("application/vnd.listseal.key", "a.bin"), notice, "sealed"],
    [
      "by their names, as a webmail sends them",
      attachment("application/octet-stream", "sealed-message.pgp"),
      notice,
      "sealed",
    ],
    [
      "the server's answer to a request",
      attachment("application/vnd.listseal.answer", "answer.pgp"),
      notice,
      "sealed",
    ],
    [
      "a letter to one member alone",
      attachment("application/octet-stream", "private.pgp"),
      `<div class="message-part"><div class="pre">${privateNotice()}</div></div>`,
      "sealed",
    ],
    [
      "a signature of the list alone",
      attachment("application/vnd.listseal.through", "list-signature.pgp"),
      notice,
      "ordinary",
    ],
    [
      "an ordinary attachment",
      attachment("application/pdf", "sealed-key.pdf"),
      "<div class='message-part'>Hi</div>",
      "ordinary",
    ],
    [
      "what Roundcube can't show",
      "",
      `<span class="ui alert boxwarning">encrypted</span>`,
      "unknown-encryption",
    ],
    [
      "a warning beside a text",
      "",
      `<span class="boxwarning">pictures</span><div class="message-part">Hi</div>`,
      "ordinary",
    ],
  ])("%s", (_, attachments, body, looks) => {
    document.body.innerHTML = shown(attachments, body);
    expect(looksOf()).toBe(looks);
  });

  test("a sealed mail in a page that has changed is noticed; an ordinary one is left alone", () => {
    document.body.innerHTML = `<section>${notice}<p>sealed-key.pgp sealed-body.pgp</p></section>`;
    expect(looksOf()).toBe("ordinary");
    expect(showsSealedMail()).toBe(true);
    document.body.innerHTML = shown(
      attachment("application/pdf", "a.pdf"),
      "<div class='message-part'>Hi</div>",
    );
    expect(showsSealedMail()).toBe(false);
  });

  test.each([
    [
      'Subject: x\r\nContent-Type: multipart/encrypted; protocol="application/vnd.listseal.key";\r\n boundary=a\r\n\r\n',
      true,
    ],
    ["Content-Type: multipart/encrypted;\r\n\tprotocol=application/vnd.listseal.message\r\n\r\n", true],
    ['Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"\r\n\r\n', false],
    [
      "Subject: y\r\n\r\nContent-Type: multipart/encrypted; protocol=application/vnd.listseal.key\r\n\r\n",
      false,
    ],
  ])("its own header says whether it is ours: %j", (source, is) => {
    expect(saysSealed(new TextEncoder().encode(source).buffer)).toBe(is);
  });
});

describe("a page for writing", () => {
  test("has everything; each part that is missing is noticed", () => {
    document.body.innerHTML = FORM;
    expect(missingForWriting()).toEqual([]);
    document.querySelector("#compose-subject")?.remove();
    document.querySelector(".send")?.remove();
    expect(missingForWriting()).toEqual(["send", "subject"]);
  });

  test("is filled in as a person would, and nobody but the list gets it", () => {
    document.body.innerHTML = FORM;
    const changed: string[] = [];
    document.addEventListener("change", ({ target }) => {
      if (target instanceof Element) changed.push(target.id);
    });
    put({
      to: "team@lists.example",
      from: "bob@example.test",
      subject: "[team] encrypted message",
      notice: "Sealed.",
      files: [],
    });
    const value = (id: string) => {
      const field = document.getElementById(id);
      return field instanceof HTMLInputElement ||
        field instanceof HTMLTextAreaElement ||
        field instanceof HTMLSelectElement
        ? field.value
        : undefined;
    };
    expect([
      value("_to"),
      value("_cc"),
      value("compose-subject"),
      value("composebody"),
      value("_from"),
    ]).toEqual(["team@lists.example", "", "[team] encrypted message", "Sealed.", "2"]);
    expect(changed).toEqual(["_to", "_cc", "compose-subject", "composebody", "_from"]);
    expect(recipients()).toEqual(["team@lists.example"]);
  });

  test("names the mail that is answered behind its address", () => {
    for (const whom of ["list", "author"] as const) {
      const name = { uid: "7", mailbox: "Lists/Team & more", whom };
      const address = answerAddress(`${at}?_task=mail&_action=preview&_uid=7&_mbox=x`, name);
      expect(taskOf(address)).toEqual({ kind: "write" });
      expect(answered(address)).toEqual(name);
    }
    expect(answered(`${at}?_task=mail&_action=compose`)).toBeUndefined();
  });
});

test.each([
  ["mail.example.org", "https://mail.example.org/*"],
  [" https://mail.example.org/roundcube/?_task=mail ", "https://mail.example.org/*"],
  ["http://127.0.0.1:8000/", "http://127.0.0.1/*"],
  ["javascript:alert(1)", undefined],
  ["file:///etc/passwd", undefined],
  ["moz-extension://abc/page.html", undefined],
  ["", undefined],
])("the pattern of %j", (address, pattern) => expect(patternOf(address)).toBe(pattern));

test("what crosses is checked: a page's nonsense is refused", () => {
  const mail = new ArrayBuffer(4);
  const { input: toRead } = readingWords["frame:read"];
  expect(toRead({ mail, page: null, more: 1 })).toEqual({ mail, page: null });
  for (const bad of [null, {}, { answers: mail }, { mail: "text" }, { mail, page: 3 }])
    expect(() => toRead(bad)).toThrow();
  const { input: toWrite } = writingWords["frame:write"];
  expect(toWrite({ answers: mail, whom: "author", to: [] })).toEqual({
    answers: mail,
    whom: "author",
    to: [],
  });
  for (const bad of [{ whom: "list", to: [3] }, { whom: "everybody", to: [] }, { to: [] }])
    expect(() => toWrite({ answers: mail, ...bad })).toThrow();
  const { input: outgoing, output: attached } = writingCalls["webmail:attach"];
  expect(() => outgoing({ to: "a", from: "b", subject: "c", notice: "d", files: [{ name: "x" }] })).toThrow();
  expect(() => attached("sent")).toThrow();
});

test("a mark is four digits and a picture, and differs from seed to seed", () => {
  const [one, other] = [markOf("00c0ffee"), markOf("fffffffe")];
  expect(one.digits).toMatch(/^\d{4}$/);
  expect(one.cells).toHaveLength(15);
  expect(one).not.toEqual(other);
  expect(markOf("00c0ffee")).toEqual(one);
});
