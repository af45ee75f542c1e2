/** What the files are that a person gives to the Reader page; what a letter begins with; how large it may be. */

import { chosenFrom, type NamedFile, pastedMail } from "../../src/extension/reading/page/source.js";
import type { Correspondent } from "../../src/extension/worker/jobs.js";
import {
  begunFor,
  pageForAnswer,
  privateAnswerTo,
} from "../../src/extension/writing/composer/reply-draft.js";
import { LETTER_LIMIT } from "../../src/extension/writing/composer/seal-letter.js";
import { MAX_PAYLOAD_BYTES } from "../../src/openpgp/policy.js";
import { resetHost, session } from "./fake-host.js";

beforeEach(resetHost);

const file = (name: string, type = ""): NamedFile => ({ name, type, file: new Blob(["x"]) });
const kinds = (...files: NamedFile[]) => {
  const { sources, invitations } = chosenFrom(files);
  return {
    mails: sources.flatMap((one) => (one.kind === "mail" ? [one.name] : [])),
    parts: sources.flatMap((one) => (one.kind === "parts" ? [one.parts.map(({ name }) => name)] : [])),
    invitations: invitations.map(({ name }) => name),
  };
};

describe("files that are given", () => {
  test("parts that are chosen together are those of one mail, whatever the system says that they are", () => {
    expect(
      kinds(
        file("sealed-body.pgp", "application/pgp-encrypted"),
        file("sealed-key (1).pgp", "text/plain"),
        file("list-signature.pgp"),
      ),
    ).toEqual({
      mails: [],
      parts: [["sealed-body.pgp", "sealed-key (1).pgp", "list-signature.pgp"]],
      invitations: [],
    });
  });

  test("whatever is no part and no invitation is a mail", () => {
    expect(
      kinds(
        file("a.eml", "message/rfc822"),
        file("original_msg.txt", "text/plain"),
        file("Team.LISTSEAL"),
        file("notice.pgp"),
        file("secret.pgp"),
      ),
    ).toEqual({
      mails: ["a.eml", "original_msg.txt", "secret.pgp"],
      parts: [["notice.pgp"]],
      invitations: ["Team.LISTSEAL"],
    });
    expect(kinds()).toEqual({ mails: [], parts: [], invitations: [] });
  });

  test("the lines before a pasted source are no part of it", async () => {
    const source = pastedMail("\n  \nFrom: a@b.test\n\nx", "Pasted");
    expect(source.kind === "pasted" && (await source.file.text())).toBe("From: a@b.test\n\nx");
  });
});

describe("what the composer begins with", () => {
  test.each([
    ["?to=team@lists.test", "team@lists.test"],
    ["?to=Team%40Lists.test", "team@lists.test"],
    ["?to=mailto%3Ateam%40lists.test%3Fsubject%3Dx%26body%3Dy", "team@lists.test"],
    ["?to=mailto:team%2540lists.test", "team@lists.test"],
    ["?to=%25E0%25A4%25A", null],
    ["?to=", null],
    ["", null],
  ])("%s chooses the list %s, and puts in no word", async (search, list) => {
    expect(await begunFor(search)).toEqual({
      ...{ kind: "list", list, subject: "", thread: { references: [] }, quote: "" },
    });
  });

  test("an answer is taken once, and by nobody who does not know its name", async () => {
    const thread = { inReplyTo: "<2@a.test>", references: ["<1@a.test>", "<2@a.test>"] };
    const begun = {
      kind: "list",
      list: "team@lists.test",
      subject: "Re: x",
      thread,
      quote: "<p>x</p>",
    } as const;
    const { search } = new URL(await pageForAnswer(begun));
    const other = await begunFor("?answer=1");
    expect(other).toMatchObject({ list: null, quote: "" });
    expect(await begunFor(search)).toEqual(begun);
    expect(await begunFor(search)).toMatchObject({ list: null, quote: "" });
    expect(await session.get(null)).toEqual({});
  });

  test("so is an answer to one member, and of one that is gone no letter to a list is made", async () => {
    const to: Correspondent = {
      ...{ list: "team@lists.test", name: "Bob", address: "bob@people.test", fingerprint: "ab" },
      ...{
        certificate: Uint8Array.of(1, 2),
        introduction: Uint8Array.of(3),
        signedAt: "2026-01-01T12:00:00Z",
      },
      ...{ subject: "Lunch", messageId: "<2@a.test>", references: ["<1@a.test>"] },
    };
    for (const each of [to, { ...to, name: null, introduction: undefined }]) {
      const { introduction, ...rest } = each;
      const begun = privateAnswerTo(introduction === undefined ? rest : { ...rest, introduction });
      expect(begun).toMatchObject({ kind: "private", subject: "Re: Lunch" });
      const { search } = new URL(await pageForAnswer(begun));
      expect(await begunFor(search)).toEqual(begun);
      // as after the page was loaded again
      await expect(begunFor(search)).rejects.toMatchObject({ code: "message-gone" });
    }
    expect(await session.get(null)).toEqual({});
  });
});

test("a letter may be as large as the protocol takes it", () => {
  expect(LETTER_LIMIT).toBe(MAX_PAYLOAD_BYTES);
});
