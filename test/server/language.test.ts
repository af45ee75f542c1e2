/** A list's language, in what the server writes to people: members read it alone, whoever may be a stranger has English beside it. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { maybeArrivingSubject } from "../../src/mail/request-mail.js";
import { refused } from "../../src/server/receive/reply.js";
import { sql } from "../../src/server/store/database.js";
import { defaultListSettings } from "../../src/server/store/list-settings.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import { textsIn } from "../../src/server/texts/catalogue.js";
import { type Language, languages } from "../../src/server/texts/language.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

let server: PlayServer;
let alice: Person;
let bob: Person;
let list: PlayList;

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = [await person("Alice"), await person("Bob")];
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
});

afterEach(() => server.discard());

const publicUrl = "https://out.test/";
const web = { host: "127.0.0.1", port: 0 };
const others = languages.filter((language) => language !== "en");

const speak = (language: Language) =>
  server.office(({ store }) => store.setListSettings(list.list.id, { ...defaultListSettings, language }));

/** What Alice is told of a message id that she has used twice. */
async function toldAlice() {
  const { messageId } = await seal(list, alice);
  await server.post(list, alice, { text: "one", messageId });
  await server.untilQuiet();
  const answer = await server.post(list, alice, { text: "two", messageId });
  await server.untilQuiet();
  const notice = server.sink.for(alice.address).at(-1);
  if (notice === undefined) throw new Error("no notice");
  return { answer, notice, read: await PostalMime.parse(notice.raw) };
}

const flat = (text: string | undefined) => (text ?? "").replace(/\s/g, "");

onEachStore(() => {
  test.each(others)("a member is told in the list's language alone: %s", async (language) => {
    await speak(language);
    await server.start();
    const { notice, read } = await toldAlice();
    const texts = textsIn(language);
    expect(read.subject).toBe(`[team] ${texts.refusedPost("", "", "").subject}`);
    expect(flat(read.text)).toContain(flat(texts.refusals["message-id-reused"]));
    expect(read.text).not.toContain("Another message");
    const [head = ""] = notice.raw.toString("latin1").split("\r\n\r\n");
    expect(head).toMatch(/^[\x20-\x7e\r\n]+$/);
  });

  test("a list that was set up before there was this setting speaks English", async () => {
    await server.office(({ store }) => store.setListSettings(list.list.id, defaultListSettings));
    const { place } = server;
    const database = place.kind === "sqlite" ? openSqlite(place.file) : connectToPostgres(place.url, 1);
    await database.query(
      sql`UPDATE list_settings SET settings = ${'{"replyTo":"author","authorCopy":true}'} WHERE list_id = ${list.list.id}`,
    );
    await database.close();
    await server.start();
    expect(await server.service.store.listSettings(list.list.id)).toEqual({
      ...defaultListSettings,
      ...{ replyTo: "author", language: "en" },
    });
    expect((await toldAlice()).read.subject).toBe("[team] your message was not accepted");
  });

  test.each(others)(
    "a stranger who is refused gets English, and the way to a page with both: %s",
    async (language) => {
      await speak(language);
      await server.start("smtp", "smtp", { web, publicUrl });
      const plain = await server.submit(list, alice, "From: eve@people.test\r\n\r\nHello\r\n");
      const { answer } = await toldAlice();
      for (const { code, text } of [plain, answer]) {
        expect(code).toBe(550);
        expect(text).toMatch(/^[\x20-\x7e]{1,510}$/);
        expect(text).toMatch(new RegExp(` \\w+: https://out\\.test/refused/${language}$`));
      }
      expect(plain.text).toContain("This is an encrypted list");
      // a member's refusal and a stranger's look alike
      const stranger = await person("Stranger");
      expect(await server.post(list, stranger)).toEqual(answer);

      const page = await fetch(`http://127.0.0.1:${server.service.web?.port}/refused/${language}`);
      expect(page.status).toBe(200);
      const shown = await page.text();
      expect(shown).toContain(`<html lang="${language}">`);
      for (const each of [language, "en"] as const) {
        const { title, paragraphs } = textsIn(each).refused;
        for (const text of [title, ...paragraphs]) expect(shown).toContain(text);
      }
      expect(shown.indexOf(textsIn(language).refused.title)).toBeLessThan(
        shown.indexOf(textsIn("en").refused.title),
      );
    },
  );

  test("without a page, or in English, a refusal is the same as ever", async () => {
    await server.start("smtp", "smtp", { web, publicUrl });
    const uniform = { code: refused.code, text: `${refused.code} ${refused.status} ${refused.text}` };
    const stranger = await person("Stranger");
    expect(await server.post(list, stranger)).toEqual(uniform);
    await server.stop();
    await speak("ja");
    await server.start();
    expect(await server.post(list, stranger)).toEqual(uniform);
  });

  test("whoever leaves reads the list's language; whoever has left has English beside it; a stranger learns no language", async () => {
    await speak("ja");
    await server.start("smtp", "smtp", { web, publicUrl });
    await server.post(list, alice);
    await server.untilQuiet();
    const copy = server.sink.for(bob.address).at(-1)?.raw.toString() ?? "";
    const [, path = ""] = /<https:\/\/out\.test\/(leave\/[^>]+)>/.exec(copy.replace(/\r\n /g, " ")) ?? [];
    const at = `http://127.0.0.1:${server.service.web?.port}/${path}`;
    const texts = { ja: textsIn("ja").leaving, en: textsIn("en").leaving };

    const asked = await (await fetch(at)).text();
    expect(asked).toContain('<html lang="ja">');
    expect(asked).toContain(`<button>${texts.ja.button}</button>`);
    expect(asked).not.toContain(texts.en.button);
    const click = { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) };
    const done = await (await fetch(at, click)).text();
    expect(done).toContain(texts.ja.left.title);
    expect(done).not.toContain(texts.en.left.title);

    const again = await fetch(at);
    expect(again.status).toBe(404);
    const gone = await again.text();
    expect(gone).toContain(texts.ja.unknown.title);
    expect(gone).toContain(`<div lang="en"><h1>${texts.en.unknown.title}</h1>`);

    const invented = await (await fetch(at.replace(/-[a-z2-7]{4}/, "-aaaa"))).text();
    const nowhere = await (await fetch(at.replace(/leave\/\d+/, "leave/99999"))).text();
    expect(invented).toContain(texts.en.unknown.title);
    expect(invented).not.toContain(texts.ja.unknown.title);
    expect(nowhere).toBe(invented);
  });
});

test("what the add-on looks for is the same in every language", async () => {
  for (const language of languages) {
    // the mail that answers a post under a former list key has no Subject of its own in any of them
    expect(Object.keys(textsIn(language).formerKey("team@lists.test"))).toEqual(["paragraphs"]);
  }
  expect(maybeArrivingSubject("[team] your message used an old list key")).toBe(true);
});
