import { readFileSync } from "node:fs";
import { until } from "../world/processes.js";
import { World } from "../world/world.js";
import { Album } from "./album.js";
import {
  autosave,
  type ButtonStory,
  beginLetter,
  type DraftStory,
  isWhole,
  judge,
  openNewest,
  planFor,
  type ReadStory,
  saveAttachment,
  send,
} from "./journey.js";
import { newMarker, type PlannedLetter, shortLetter } from "./letter.js";
import { LISTS, type ListPlan, listAddress, type OwnedList, Owner } from "./owner.js";
import { Person } from "./person.js";
import { type RemovalStory, remove } from "./removal.js";
import { differencesOf, promised, type SettingReport, settingName, type TourReport } from "./report.js";
import {
  type Looked,
  searchImap,
  searchServerMemory,
  searchServers,
  searchWires,
  wiresWith,
} from "./search.js";
import {
  chapterOfJoining,
  chapterOfLetter,
  chapterOfRemoval,
  chapterOfSearch,
  chapterOfWiretap,
} from "./story.js";
import { tourWebmail } from "./webmail.js";
import { keysIn, partsIn, type TapResult, tap } from "./wiretap.js";

/** One list's letters, as they went. */
export interface LetterStory {
  readonly plan: ListPlan;
  readonly letter: PlannedLetter;
  readonly button: ButtonStory;
  readonly draft: DraftStory;
  readonly bob: ReadStory;
  readonly carol: ReadStory;
  /** Eve is still a member then: that her keys open this one shows that they are the right keys. */
  readonly eve: ReadStory;
  readonly sent: ReadStory;
  readonly memory: Looked;
}

/** The letter after the removal. */
export interface AfterStory {
  readonly bob: boolean;
  readonly carol: boolean;
  /** Mails that came to Eve since, whatever they are. */
  readonly mailsToEve: number;
  readonly tap: TapResult;
}

/** That the searches find what is there: a plain mail on the wires and in the store, a list's name at the server. */
export interface Controls {
  readonly wires: readonly string[];
  readonly imap: number;
  readonly serverFiles: number;
  readonly serverMemory: number;
}

/** All that was observed. */
export interface TourResult {
  readonly report: TourReport;
  /** What was not as promised; empty if all is well. */
  readonly differences: readonly string[];
  readonly letters: readonly LetterStory[];
  readonly after: ReadonlyMap<string, AfterStory>;
  readonly removal: RemovalStory;
  readonly controls: Controls;
  readonly album: Album;
}

type Say = (line: string) => void;

interface Cast {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly eve: Person;
}

/**
 * Runs the whole tour in a world of its own, which is gone afterwards. Pictures go to `folder`.
 * @param webmail with a chapter in which Bob uses Roundcube
 */
export async function runTour(folder: string, say: Say, webmail = false): Promise<TourResult> {
  const world = await World.start();
  try {
    return await inWorld(world, new Album(folder), say, webmail);
  } finally {
    await world.stop();
  }
}

async function inWorld(world: World, album: Album, say: Say, webmail: boolean): Promise<TourResult> {
  say("creating four lists, opening four Thunderbirds");
  await world.listServer.initialise();
  const owner = await Owner.inWorld(world);
  const lists: OwnedList[] = [];
  for (const plan of LISTS) lists.push(await owner.found(plan));
  const cast = await arriveAll(world);
  say("Alice, Bob, Carol and Eve open their invitations");
  await joinAll(world, owner, lists, cast, album);
  await world.listServer.start();

  const plainMarker = await sendControlMail(world, cast, say);
  const letters: LetterStory[] = [];
  for (const plan of LISTS) {
    say(`a letter to ${plan.name} (${settingName(plan)})`);
    letters.push(await oneLetter(world, cast, plan, album));
  }
  say("removing Eve");
  const old = partsIn(world.recorder.since().map(({ bytes }) => bytes));
  const removal = await remove(world, "eve", [cast.bob, cast.carol], LISTS);
  say("four letters after the removal");
  const read = await lettersAfter(world, cast, letters, album, removal);
  say("Eve tries every sealed part with all her keys");
  const found = partsIn(world.recorder.since(removal.mark).map(({ bytes }) => bytes));
  const keys = await keysIn(await cast.eve.addon.storage());
  const after = new Map<string, AfterStory>();
  for (const plan of LISTS) {
    const reads = read.get(plan.slug) ?? { bob: false, carol: false, mailsToEve: Number.NaN };
    after.set(plan.slug, { ...reads, tap: await tap(found, old, keys, listAddress(plan)) });
  }
  chapterOfWiretap(album, after);
  const inWebmail = webmail ? await oneWebmail(world, cast, letters, album, say) : [];
  say("searching wires, server and mail store for every marker");
  const settings: SettingReport[] = [];
  const bytes: { wire: number; server: number; imap: number }[] = [];
  for (const story of letters) {
    const [setting, looked] = settingOf(world, story, after);
    settings.push(setting);
    bytes.push(looked);
  }
  const controls = await controlsOf(world, plainMarker);
  chapterOfSearch(album, settings, bytes, controls);
  const report = { settings };
  return {
    report,
    differences: [
      ...LISTS.flatMap((plan, index) => {
        const setting = settings[index];
        return setting === undefined
          ? [`${settingName(plan)}: no result`]
          : differencesOf(setting, promised(plan));
      }),
      ...letters.flatMap(letterDifferences),
      ...removalDifferences(removal),
      ...controlDifferences(controls),
      ...inWebmail,
    ],
    letters,
    after,
    removal,
    controls,
    album,
  };
}

async function arriveAll(world: World): Promise<Cast> {
  // two at a time: four at once make each of them slower than the waiting allows
  const [alice, bob] = await Promise.all([Person.arrive(world, "alice"), Person.arrive(world, "bob")]);
  const [carol, eve] = await Promise.all([Person.arrive(world, "carol"), Person.arrive(world, "eve")]);
  return { alice, bob, carol, eve };
}

async function joinAll(
  world: World,
  owner: Owner,
  lists: readonly OwnedList[],
  cast: Cast,
  album: Album,
): Promise<void> {
  const pictures: { readonly file: string; readonly alt: string }[] = [];
  const join = async (person: Person) => {
    const invitations = [];
    for (const list of lists) invitations.push(await owner.invite(list, person.address));
    const isAlice = person === cast.alice;
    const certificate = await person.join(invitations, async (moment) => {
      if (!isAlice) return;
      pictures.push(
        await album.picture(`join-${moment}`, `Alice's options page: ${moment}`, (path) =>
          person.picture(path),
        ),
      );
    });
    for (const { address } of lists) {
      await world.listServer.addMember(address, person.address, person.fullName, certificate);
    }
  };
  await Promise.all([join(cast.alice), join(cast.bob)]);
  await Promise.all([join(cast.carol), join(cast.eve)]);
  chapterOfJoining(album, pictures);
}

/** An ordinary mail, which the search has to find; and which the add-on has to leave alone. */
async function sendControlMail(world: World, { alice, bob }: Cast, say: Say): Promise<string> {
  say("an unsealed mail, which the search must find");
  const marker = newMarker();
  await alice.ui.compose({ to: bob.address, subject: `plain ${marker}`, html: `<p>plain ${marker}</p>` });
  await send(alice);
  await bob.ui.waitForMails(1);
  return (
    marker &&
    (await until("the plain mail", () => (wiresWith(world, marker).length > 0 ? marker : undefined)))
  );
}

async function oneLetter(world: World, cast: Cast, plan: ListPlan, album: Album): Promise<LetterStory> {
  const { alice, bob, carol, eve } = cast;
  const mark = world.recorder.mark();
  const letter = await planFor(world, alice, plan);
  const button = await beginLetter(alice, plan, letter);
  await alice.ui.sizeWindow("msgcompose", 980, 760);
  const pictures = [
    await album.picture(`${plan.slug}-compose`, `Alice writes to ${plan.name}`, (path) =>
      alice.ui.picture("msgcompose", path),
    ),
  ];
  const draft = await autosave(world, alice, letter.marker);
  await send(alice);
  const read = async (reader: Person, folder: "INBOX" | "Sent", save: boolean) => {
    const view = await openNewest(reader, plan, letter.marker, { folder, count: 1 });
    const saved = save ? await saveAttachment(reader, letter) : undefined;
    return judge(view, letter, saved);
  };
  // two at a time, as many as there are processors in a small machine
  const [bobs, carols] = await Promise.all([read(bob, "INBOX", true), read(carol, "INBOX", true)]);
  const [eves, own] = await Promise.all([read(eve, "INBOX", false), read(alice, "Sent", true)]);
  const readings = { bob: bobs, carol: carols, eve: eves, sent: own };
  for (const [person, name] of [
    [bob, "bob"],
    [carol, "carol"],
    [alice, "sent"],
  ] as const) {
    pictures.push(
      await album.picture(`${plan.slug}-${name}`, `${person.fullName} reads`, (path) => person.picture(path)),
    );
  }
  const memory = await searchServerMemory(world, letter.marker);
  const story = { plan, letter, button, draft, ...readings, memory };
  const wire = world.recorder
    .since(mark)
    .filter(({ recording }) => recording.wire === "postfix-to-list-server" && recording.direction === "up")
    .map(({ bytes }) => bytes.toString("latin1"))
    .join("\n");
  chapterOfLetter(album, story, pictures, wire, serverLog(world));
  return story;
}

const serverLog = (world: World) => readFileSync(world.listServer.logFile, "utf8");

async function lettersAfter(
  world: World,
  cast: Cast,
  letters: readonly LetterStory[],
  album: Album,
  removal: RemovalStory,
): Promise<ReadonlyMap<string, { bob: boolean; carol: boolean; mailsToEve: number }>> {
  const { alice, bob, carol, eve } = cast;
  const inbox = () => world.dovecot.mails("eve", "INBOX").length;
  const atFirst = inbox();
  const result = new Map<string, { bob: boolean; carol: boolean; mailsToEve: number }>();
  const pictures: { readonly file: string; readonly alt: string }[] = [];
  for (const { plan, letter } of letters) {
    const before = inbox();
    const short = shortLetter(letter.marker);
    await beginLetter(alice, plan, short);
    await send(alice);
    const reads: boolean[] = [];
    for (const reader of [bob, carol]) {
      const view = await openNewest(reader, plan, short.subject, { folder: "INBOX", count: 2 });
      reads.push(view.text.includes("Eve has left us") && view.text.includes("came through the list"));
    }
    const [bobReads = false, carolReads = false] = reads;
    result.set(plan.slug, { bob: bobReads, carol: carolReads, mailsToEve: inbox() - before });
  }
  pictures.push(
    await album.picture("after-bob", "Bob reads the letter after the removal", (path) => bob.picture(path)),
  );
  await eve.ui.getNewMail();
  await eve.ui.openFolder();
  pictures.push(
    await album.picture("after-eve", "Eve's inbox after the removal", (path) => eve.picture(path)),
  );
  chapterOfRemoval(album, removal, pictures, inbox() - atFirst);
  return result;
}

async function oneWebmail(
  world: World,
  cast: Cast,
  [first]: readonly LetterStory[],
  album: Album,
  say: Say,
): Promise<readonly string[]> {
  if (first === undefined) return ["webmail: there was no letter"];
  say("Bob reads and replies in Roundcube");
  return tourWebmail(world, cast, { plan: first.plan, marker: first.letter.marker }, album);
}

/** What one setting came to, and how many bytes were searched for it. */
function settingOf(
  world: World,
  { plan, letter, bob, carol, memory }: LetterStory,
  after: ReadonlyMap<string, AfterStory>,
): readonly [SettingReport, { wire: number; server: number; imap: number }] {
  const later = after.get(plan.slug);
  const wire = searchWires(world, letter.marker);
  const server = searchServers(world, letter.marker);
  const imap = searchImap(world, letter.marker);
  const gotIt = (story: ReadStory, againRead: boolean | undefined) =>
    isWhole(story, plan, letter) && againRead === true;
  const eveGot = later === undefined || later.mailsToEve !== 0;
  const opened = [
    ...(gotIt(bob, later?.bob) ? ["Bob"] : []),
    ...(gotIt(carol, later?.carol) ? ["Carol"] : []),
    ...(eveGot ? ["Eve"] : []),
  ];
  const setting: SettingReport = {
    mode: plan.mode,
    delivery: plan.delivery,
    opened,
    notOpened: ["Bob", "Carol", "Eve"].filter((name) => !opened.includes(name)),
    markerFound: {
      wire: wire.places.length,
      server: server.places.length + memory.places.length,
      imap: imap.places.length,
    },
    wiretap: { Eve: (later?.tap.opened.length ?? 0) > 0 ? "opened" : "not-opened" },
  };
  const looked = { wire: wire.bytes, server: server.bytes + memory.bytes, imap: imap.bytes };
  return [setting, looked];
}

async function controlsOf(world: World, plainMarker: string): Promise<Controls> {
  const [first] = LISTS;
  const known = first === undefined ? "" : listAddress(first);
  return {
    wires: wiresWith(world, plainMarker),
    imap: searchImap(world, plainMarker).places.length,
    serverFiles: searchServers(world, known).places.length,
    serverMemory: (await searchServerMemory(world, known)).places.length,
  };
}

function letterDifferences({
  plan,
  letter,
  button,
  draft,
  bob,
  carol,
  eve,
  sent,
}: LetterStory): readonly string[] {
  const name = settingName(plan);
  const says: string[] = [];
  for (const [who, story] of [
    ["Bob", bob],
    ["Carol", carol],
  ] as const) {
    if (!isWhole(story, plan, letter)) says.push(`${name}: ${who} saw ${JSON.stringify(story)}`);
  }
  const own = `Encrypted to ${plan.name} · from you · your own copy`;
  if (
    !sent.subject ||
    !sent.body ||
    !sent.picture ||
    sent.verdict !== own ||
    sent.saved !== letter.attachment.sha256
  )
    says.push(`${name}: Alice's Sent copy showed ${JSON.stringify(sent)}`);
  if (!eve.subject || !eve.body) says.push(`${name}: Eve, while a member, saw ${JSON.stringify(eve)}`);
  if (!draft.onOwnComputer) says.push(`${name}: no draft was saved on Alice's computer`);
  if (draft.onServer > 0) says.push(`${name}: ${draft.onServer} drafts on the mail server`);
  if (!button.onByItself.includes(`Encrypted for ${plan.name}`))
    says.push(`${name}: the button said ${button.onByItself}`);
  return says;
}

function removalDifferences({ stayed, bytesAnywhere }: RemovalStory): readonly string[] {
  return [
    ...stayed.flatMap(({ name, hashBefore, hashAfter, changed, bytesOnTheirWires }) => [
      ...(hashBefore === hashAfter ? [] : [`the removal changed what ${name}'s add-on stores`]),
      ...changed.map((file) => `the removal changed ${file} in ${name}'s profile`),
      ...(bytesOnTheirWires === 0 ? [] : [`${bytesOnTheirWires} bytes on ${name}'s wires at the removal`]),
    ]),
    ...(bytesAnywhere === 0 ? [] : [`${bytesAnywhere} bytes on the wires at the removal`]),
  ];
}

function controlDifferences({ wires, imap, serverFiles, serverMemory }: Controls): readonly string[] {
  const missing: string[] = [];
  for (const wire of ["alice-to-postfix", "postfix-to-dovecot", "alice-to-dovecot", "bob-to-dovecot"]) {
    if (!wires.includes(wire)) missing.push(`control: the search missed a plain mail on ${wire}`);
  }
  if (imap === 0) missing.push("control: the search missed a plain mail in the IMAP store");
  if (serverFiles === 0) missing.push("control: the search missed the list's address in the server's files");
  if (serverMemory === 0)
    missing.push("control: the search missed the list's address in the server's memory");
  return missing;
}
