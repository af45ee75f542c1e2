import { join } from "node:path";
import { z } from "zod";
import { readStored } from "../../src/extension/records/stored.js";
import { type Browser, type Sheet, startBrowser } from "../world/browser.js";
import { untilClicksCount } from "../world/browser-frame.js";
import { keepInBrowser } from "../world/browser-member.js";
import { copyWithLoopbackAllowed } from "../world/built-extension.js";
import { searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import type { Roundcube } from "../world/roundcube.js";
import { RoundcubeWindow } from "../world/roundcube-window.js";
import type { World } from "../world/world.js";
import type { Album } from "./album.js";
import { openNewest } from "./journey.js";
import type { ListPlan } from "./owner.js";
import type { Person } from "./person.js";

/** Bob away from his own computer: the same mail in Roundcube, in a real Chromium with his keys in it. */

const ANSWER = "Read on the road, in a browser";

/** Everything that a frame of ours shows. */
const TEXT = `() => (document.body?.innerText ?? "") + (document.querySelector("listseal-view")?.shadowRoot?.textContent ?? "")`;

async function untilShown(frame: Sheet, words: string): Promise<void> {
  let text = "";
  const shows = async () => {
    text = await frame.run(z.string(), TEXT);
    return text.includes(words) ? true : undefined;
  };
  await until(`"${words}" in the frame`, shows).catch((error: unknown) => {
    throw new Error(`${String(error)}; it shows: ${text.replace(/^.*?\}\s+/s, "").slice(-400)}`);
  });
}

/** Opens Bob's Chromium: his keys and lists are carried there, as a backup carries them. */
export async function webmailOf(
  world: World,
  bob: Person,
  roundcube: Roundcube,
  visible: boolean,
): Promise<{ readonly browser: Browser; readonly window: RoundcubeWindow }> {
  const extension = copyWithLoopbackAllowed("chromium", join(world.folder, "extension-for-chromium"));
  const browser = await startBrowser("chromium", { extension, visible });
  const { listseal } = z.object({ listseal: z.unknown() }).parse(JSON.parse(await bob.addon.storage()));
  const options = await browser.open("app/browser/options.html");
  // whoever the operator has added waits for no answer
  await keepInBrowser(options, { ...readStored(listseal), joining: {} });
  return { browser, window: await RoundcubeWindow.logIn(browser, roundcube, "bob") };
}

/** What one letter is to it. */
interface Letter {
  readonly plan: ListPlan;
  /** Words that stand in the subject of the newest mail. */
  readonly marker: string;
}

/**
 * The chapter: Bob reads and answers in Roundcube, Alice reads the answer in Thunderbird.
 * @returns what was not as promised
 */
export async function tourWebmail(
  world: World,
  { alice, bob }: { readonly alice: Person; readonly bob: Person },
  { plan, marker }: Letter,
  album: Album,
): Promise<readonly string[]> {
  const roundcube = await world.openRoundcube();
  const { browser, window } = await webmailOf(world, bob, roundcube, false);
  const subject = `[${plan.slug}] encrypted message`;
  const picture = (name: string, alt: string) =>
    album.picture(`webmail-${name}`, alt, (path) => window.page.picture(path));
  try {
    const before = world.dovecot
      .mails("alice", "INBOX")
      .filter(({ raw }) => raw.includes(`Subject: ${subject}`)).length;
    await window.select(subject);
    const reading = await window.page.frame("app/webmail/read.html");
    await untilShown(reading, marker);
    const read = await picture("read", "Bob reads in Roundcube");
    await untilClicksCount(reading);
    await reading.click("listseal-view >> .reply");
    const writing = await window.page.frame("app/webmail/write.html");
    await writing.waitFor(".editor .text blockquote");
    await writing.type(".editor .text > p", ANSWER);
    const written = await picture("write", "Bob writes his reply in ListSeal's frame");
    await untilClicksCount(writing);
    await writing.click("button.seal");
    await writing.waitFor(".attached-note");
    const attached = await picture("attached", "Roundcube has the sealed files; Bob clicks Send");
    await window.send();
    await openNewest(alice, plan, ANSWER, { folder: "INBOX", count: before + 1 });
    const answer = await album.picture("webmail-answer", "Alice reads the answer", (path) =>
      alice.picture(path),
    );
    chapterOf(album, [read, written, attached, answer]);
    const found = [marker, ANSWER].flatMap((words) => searchPaths([roundcube.folder], words).findings);
    return found.map(({ source }) => `webmail: readable words in ${source}`);
  } catch (error) {
    return [`webmail: ${String(error)}`];
  } finally {
    await browser.close();
  }
}

type Picture = { readonly file: string; readonly alt: string };

function chapterOf(album: Album, [read, written, attached, answer]: readonly Picture[]): void {
  const only = (...pictures: readonly (Picture | undefined)[]) => pictures.filter((one) => one !== undefined);
  album
    .chapter(
      "webmail",
      "In a webmail",
      "Bob is away from his computer and uses Roundcube in Chromium, with the same keys. What he reads and writes stays in frames of the extension; Roundcube handles sealed mail only.",
    )
    .steps.push(
      {
        title: "Bob reads",
        text: "The sealed mail opens in its place. The four digits and the picture above it are Bob's own mark: a page can't imitate it.",
        pictures: only(read),
        sights: [
          { who: "Bob", sees: ["the mail, and that it came through the list"], seesNot: [] },
          { who: "Roundcube", sees: ["that he looks at it"], seesNot: ["any of its text", "how long it is"] },
        ],
      },
      {
        title: "Bob replies",
        text: "He writes in ListSeal's frame, which seals the reply; Roundcube attaches the result, and Bob clicks its Send.",
        pictures: only(written, attached),
        sights: [
          {
            who: "Roundcube",
            sees: ["two sealed files and the list's address"],
            seesNot: ["subject, text, quote", "a draft of it"],
          },
        ],
      },
      {
        title: "Alice reads the reply",
        text: "It went through the list server like any other letter.",
        pictures: only(answer),
        sights: [{ who: "Alice", sees: ["the reply, in its conversation"], seesNot: [] }],
      },
    );
}
