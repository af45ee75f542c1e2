import type { Album, Sight } from "./album.js";
import { LISTS, type ListPlan, listAddress } from "./owner.js";
import type { RemovalStory } from "./removal.js";
import { type SettingReport, settingName } from "./report.js";
import type { AfterStory, Controls, LetterStory } from "./tour.js";

/** What was observed, told for people: chapters and steps of the tour's page. */

type Picture = { readonly file: string; readonly alt: string };

const sight = (who: string, sees: readonly string[], seesNot: readonly string[]): Sight => ({
  who,
  sees,
  seesNot,
});

const modeWords = {
  key: "The message is encrypted once; only its key is sealed twice.",
  whole: "The whole message is sealed twice.",
} as const;

const deliveryWords = {
  resealed: "The server seals it again for each member.",
  opened:
    "The server passes it on as opened, sealed to the list key alone: whoever has left and taps a line can read it. This setting gives up exactly that.",
} as const;

/** Joining: invitation, list, key. */
export function chapterOfJoining(album: Album, pictures: readonly Picture[]): void {
  const chapter = album.chapter(
    "join",
    "Joining",
    "Olga, who owns the lists, has given each person an invitation file for each list and told them its code by another route. The server gets public keys only.",
  );
  const [invitation, list, key] = pictures;
  chapter.steps.push(
    {
      title: "Alice opens her invitation",
      text: "She chooses the file and types the code that Olga told her. Without the code, the file reveals nothing.",
      pictures: [invitation, list].flatMap((picture) => (picture === undefined ? [] : [picture])),
      sights: [
        sight("Alice", ["which lists she is on, and how each is run"], []),
        sight(
          "Mail provider",
          ["an attachment, if the file came by mail"],
          ["the code", "the list key inside"],
        ),
        sight("List server", ["nothing: no invitation passes through it"], ["the list key, ever"]),
      ],
    },
    {
      title: "Alice makes her own key",
      text: "It is made on her computer and stays there. She gives its public half to the owner, who has the server add her.",
      pictures: key === undefined ? [] : [key],
      sights: [
        sight("Alice", ["her key"], []),
        sight("List server", ["the public half: it can seal for her"], ["the secret half"]),
      ],
    },
  );
}

/** The lines of an SMTP dialogue that matter: headers, and the start of each part. */
function wireExcerpt(dialogue: string): string {
  const lines = dialogue.split(/\r?\n/);
  const shown: string[] = [];
  let base64 = 0;
  for (const line of lines) {
    base64 = /^[A-Za-z0-9+/=]{40,}$/.test(line) ? base64 + 1 : 0;
    if (base64 > 3) continue;
    shown.push(base64 === 3 ? "[and so on]" : line);
    if (shown.length >= 70) break;
  }
  return shown.join("\n");
}

const lastLines = (text: string, count: number) => text.trimEnd().split("\n").slice(-count).join("\n");

/** One letter, from the compose window to its readers. */
export function chapterOfLetter(
  album: Album,
  { plan, letter, button, draft, bob, carol, sent, memory }: LetterStory,
  pictures: readonly Picture[],
  wire: string,
  serverLog: string,
): void {
  const chapter = album.chapter(
    plan.slug,
    `A letter to ${plan.name}`,
    `${modeWords[plan.mode]} ${deliveryWords[plan.delivery]}`,
  );
  const [compose, bobs, carols, own] = pictures;
  const one = (picture: Picture | undefined) => (picture === undefined ? [] : [picture]);
  const parts = `subject, text, picture and an attachment of ${(letter.attachment.size / 1_048_576).toFixed(0)} MB`;
  chapter.steps.push(
    {
      title: "Alice writes, and the button is on",
      text: `As soon as ${listAddress(plan)} was in To, the button said "${button.onByItself}" by itself. One click switched it off ("${button.afterOnePress}"), another on again ("${button.afterTwoPresses}").`,
      pictures: one(compose),
      sights: [
        sight("Alice", [parts, "that this will be sealed, before she sends"], []),
        sight(
          "Her mail provider",
          draft.onServer === 0 ? ["nothing yet"] : [`${draft.onServer} drafts`],
          draft.onServer === 0 ? ["the draft: Thunderbird's timer saved it on her own computer"] : [],
        ),
      ],
    },
    {
      title: "On the wire",
      text: "What Postfix hands to the list server. Every byte of every connection in this world is recorded and searched.",
      pictures: [],
      excerpt: { caption: "Postfix to list server", text: wireExcerpt(wire) },
      sights: [
        sight(
          "Whoever taps the wire",
          ["that Alice wrote to the list, when, and how long it is"],
          ["subject", "text", "picture", "attachment and its name"],
        ),
      ],
    },
    {
      title: "At the list server",
      text: `It opens the outer seal and finds another one. A core dump of the running server was searched for the letter's marker: ${memory.places.length === 0 ? "not there" : `found ${memory.places.length} times`} in ${megabytes(memory.bytes)}.`,
      pictures: [],
      excerpt: { caption: "The server's log", text: lastLines(serverLog, 8) },
      sights: [
        sight(
          "List server and its operator",
          ["sender, list, time, length", "who the members are"],
          ["subject", "text", "picture", "attachment"],
        ),
      ],
    },
    {
      title: "Bob and Carol read it",
      text: `Each reads it in their own Thunderbird, in the usual message pane. Both saved the attachment: ${bob.saved === letter.attachment.sha256 && carol.saved === letter.attachment.sha256 ? "byte for byte what Alice attached" : "it differs from what Alice attached"} (SHA-256 ${letter.attachment.sha256.slice(0, 16)}…).`,
      pictures: [...one(bobs), ...one(carols)],
      sights: [
        sight("Bob", [parts, `"${bob.verdict}"`], []),
        sight("Carol", [parts, `"${carol.verdict}"`], []),
        sight("Their mail provider", ["[list] encrypted message, and its length"], ["everything inside"]),
      ],
    },
    {
      title: "Alice's own copy in Sent",
      text: "It is the sealed form that was sent. She can open it, because the outer seal was made for her, too.",
      pictures: one(own),
      sights: [
        sight("Alice", [parts, `"${sent.verdict}"`], []),
        sight("Her mail provider", ["the sealed form"], ["everything inside"]),
      ],
    },
  );
}

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;

/** The removal, and what it did not do. */
export function chapterOfRemoval(
  album: Album,
  { stayed, bytesAnywhere, said }: RemovalStory,
  pictures: readonly Picture[],
  mailsToEve: number,
): void {
  const chapter = album.chapter(
    "removal",
    "Eve leaves",
    "A leave changes only the server. Nobody gets a new key, and nobody has to do anything.",
  );
  const [bobs, eves] = pictures;
  chapter.steps.push(
    {
      title: "The operator removes Eve",
      text: `${bytesAnywhere} bytes crossed the wires of this world because of it.`,
      pictures: [],
      excerpt: { caption: "listseal-server member remove", text: said.join("\n") },
      sights: stayed.map(({ name, hashBefore, hashAfter, changed, bytesOnTheirWires }) =>
        sight(
          name === "bob" ? "Bob" : "Carol",
          [
            hashBefore === hashAfter
              ? `add-on storage byte for byte as before (SHA-256 ${hashBefore.slice(0, 16)}…)`
              : "add-on storage changed",
            changed.length === 0
              ? "every file of the profile as before, except those that Thunderbird writes on a timer"
              : `changed: ${changed.join(", ")}`,
          ],
          [`any of it: ${bytesOnTheirWires} bytes crossed their wires`],
        ),
      ),
    },
    {
      title: "Alice writes again",
      text: `Four letters, one to each list. ${mailsToEve === 0 ? "Eve got nothing." : `Eve got ${mailsToEve} mails.`}`,
      pictures: [bobs, eves].flatMap((picture) => (picture === undefined ? [] : [picture])),
      sights: [
        sight("Bob and Carol", ["the new letters, without having done anything"], []),
        sight(
          "Eve",
          ["her old mail"],
          [mailsToEve === 0 ? "the new letters: she gets no copy" : ""].filter(Boolean),
        ),
      ],
    },
  );
}

/** Eve with every byte of every wire. */
export function chapterOfWiretap(album: Album, after: ReadonlyMap<string, AfterStory>): void {
  const chapter = album.chapter(
    "wiretap",
    "Eve taps every wire",
    "She kept the list keys and her own key, and has a recording of every byte on every wire since she was removed. A program tries every sealed part with each of her keys, and with the seals of older letters that she could open.",
  );
  for (const plan of LISTS) {
    const story = after.get(plan.slug);
    if (story === undefined) continue;
    chapter.steps.push({
      title: `${plan.name} (${settingName(plan)})`,
      text: wiretapWords(plan, story),
      pictures: [],
      sights: [
        sight(
          "Eve, with a wiretap",
          story.tap.opened.map((subject) => `"${subject}"`),
          story.tap.opened.length === 0 ? [`anything: ${story.tap.tries} tries, none opened`] : [],
        ),
        sight("Eve, in her Thunderbird", [], ["the letter: no copy was made for her"]),
      ],
    });
  }
}

function wiretapWords({ delivery }: ListPlan, { tap }: AfterStory): string {
  const { keys, bodies, messages } = tap.parts;
  const had = `In the recording: ${keys} key parts, ${bodies} bodies, ${messages} whole messages. ${tap.tries} tries.`;
  if (delivery === "resealed") return had;
  return `${had} This is what the setting "opened" gives up, and the add-on says so on the list's card: the copies are sealed to the list key alone, so a former member who can tap a wire can read them.`;
}

/** The search over everything. */
export function chapterOfSearch(
  album: Album,
  settings: readonly SettingReport[],
  bytes: readonly { readonly wire: number; readonly server: number; readonly imap: number }[],
  controls: Controls,
): void {
  const chapter = album.chapter(
    "search",
    "Looking for the markers",
    "Each letter carried a marker in subject, text, attachment and the attachment's name. All bytes were searched for it in nine encodings, including base64, quoted-printable and UTF-16.",
  );
  for (const [index, { mode, delivery, markerFound }] of settings.entries()) {
    const looked = bytes[index];
    if (looked === undefined) continue;
    chapter.steps.push({
      title: settingName({ mode, delivery }),
      text: "",
      pictures: [],
      sights: [
        sight("Every wire", [], [`found in ${markerFound.wire} places of ${megabytes(looked.wire)}`]),
        sight(
          "List server: database, logs, core dump; Postfix's queue",
          [],
          [`found in ${markerFound.server} places of ${megabytes(looked.server)}`],
        ),
        sight(
          "IMAP store, Drafts included",
          [],
          [`found in ${markerFound.imap} places of ${megabytes(looked.imap)}`],
        ),
      ],
    });
  }
  chapter.steps.push({
    title: "Would the search have found it?",
    text: "An unsealed mail with its own marker was sent first, and the server's files and memory were searched for something that must be there: a list's address.",
    pictures: [],
    sights: [
      sight("Wires with the unsealed mail", controls.wires, []),
      sight("IMAP store", [`the unsealed mail, in ${controls.imap} places`], []),
      sight(
        "List server",
        [`the address in its files, in ${controls.serverFiles} places`, `and in a core dump of its memory`],
        [],
      ),
    ],
  });
}
