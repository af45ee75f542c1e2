import { readFileSync } from "node:fs";
import { join } from "node:path";
import { searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import type { Displayed } from "../world/thunderbird-ui.js";
import { addressOf, fullNameOf, type World } from "../world/world.js";
import { type PlannedLetter, planLetter, sha256 } from "./letter.js";
import { type ListPlan, listAddress } from "./owner.js";
import type { Person } from "./person.js";

/** What a person does with one list, step by step; each step gives what was seen, and promises nothing. */

type View = NonNullable<Displayed["view"]>;

/** Words of the compose action button when it seals for a list. */
const sealedFor = ({ name }: ListPlan) => `Encrypted for ${name}`;
const UNSEALED = "Encrypt to list · Not encrypted";

/** How the compose button behaved. */
export interface ButtonStory {
  readonly onByItself: string;
  readonly afterOnePress: string;
  readonly afterTwoPresses: string;
}

async function waitForLabel(author: Person, label: string): Promise<string> {
  const state = await until(`the button to say ${label}`, async () => {
    const now = await author.ui.composeActionState(author.addon.id);
    return now.label === label ? now : undefined;
  });
  return `${state.badge} ${state.label}`.trim();
}

/** Opens a compose window for the list and watches the button switch itself on; a press switches off, a second on. */
export async function beginLetter(
  author: Person,
  plan: ListPlan,
  letter: Pick<PlannedLetter, "subject" | "html"> & { readonly attachment?: PlannedLetter["attachment"] },
): Promise<ButtonStory> {
  await author.ui.compose({
    to: listAddress(plan),
    subject: letter.subject,
    html: letter.html,
    files: letter.attachment === undefined ? [] : [{ path: letter.attachment.path }],
  });
  const onByItself = await waitForLabel(author, sealedFor(plan));
  await author.ui.clickComposeAction(author.addon.id);
  const afterOnePress = await waitForLabel(author, UNSEALED);
  await author.ui.clickComposeAction(author.addon.id);
  return { onByItself, afterOnePress, afterTwoPresses: await waitForLabel(author, sealedFor(plan)) };
}

/** Where the draft of an unfinished letter lies. */
export interface DraftStory {
  /** Whether Thunderbird saved one on the author's own computer. */
  readonly onOwnComputer: boolean;
  /** Drafts on the IMAP server. */
  readonly onServer: number;
}

/** Lets the timer of Thunderbird save the draft, and looks where it went. */
export async function autosave(world: World, author: Person, marker: string): Promise<DraftStory> {
  await author.ui.saveDraft("timer");
  const local = join(author.thunderbird.profile, "Mail");
  const saved = await until(
    "the saved draft",
    () =>
      searchPaths([local], marker).findings.length > 0 ||
      world.dovecot.mails(author.name, "Drafts").length > 0 ||
      undefined,
  );
  return {
    onOwnComputer: saved && searchPaths([local], marker).findings.length > 0,
    onServer: world.dovecot.mails(author.name, "Drafts").length,
  };
}

/** Presses Send. @throws with what the composer then says, if the mail was not sent */
export async function send(author: Person): Promise<void> {
  const outcome = await author.ui.send();
  if (outcome === "closed") return;
  const said = [await author.ui.composeActionState(author.addon.id), await author.ui.dialogs()];
  throw new Error(`The letter was not sent (${outcome}): ${JSON.stringify(said)}`);
}

/** Whether a letter stood before its reader as it was written. Each part is what was observed. */
export interface ReadStory {
  readonly subject: boolean;
  readonly body: boolean;
  readonly verdict: string;
  readonly picture: boolean;
  /** SHA-256 of what the add-on's Save button wrote; undefined where nothing was saved. */
  readonly saved: string | undefined;
}

/** The line that says what the mail is. */
function verdictIn(view: View): string {
  return /<span class="words"[^>]*>([^<]*)<\/span>/.exec(view.html)?.[1] ?? "";
}

/**
 * Waits until a folder holds `count` mails of the list, opens the newest, and waits until the add-on shows `text` and
 * every picture of the mail is decoded.
 * @throws with what the message shows instead
 */
export async function openNewest(
  reader: Person,
  plan: ListPlan,
  text: string,
  { folder, count }: { readonly folder: "INBOX" | "Sent"; readonly count: number },
): Promise<View> {
  const subject = `[${plan.slug}]`;
  await until(`mail ${count} of ${plan.name} in ${reader.fullName}'s ${folder}`, async () => {
    await reader.ui.getNewMail(folder);
    await reader.ui.openFolder(folder);
    const mails = (await reader.ui.listSubjects()).filter((each) => each.includes(subject));
    return mails.length >= count ? true : undefined;
  });
  await reader.ui.selectMessage(subject);
  try {
    const isWhole = ({ text: shown, images }: View) =>
      shown.includes(text) && images.every(({ width }) => width > 0);
    return await reader.ui.waitForView(isWhole);
  } catch (error) {
    throw new Error(`${error}\nIt shows: ${JSON.stringify(await reader.ui.displayed()).slice(0, 2_000)}`);
  }
}

/** Says what of the planned letter stands in a view. */
export function judge(view: View, letter: PlannedLetter, saved?: string): ReadStory {
  return {
    subject: view.text.includes(letter.subject),
    body: view.text.replace(/\s+/g, " ").includes(letter.sentence),
    verdict: verdictIn(view),
    picture: view.images.some(({ bytes, width }) => width > 0 && bytes === letter.picture),
    saved,
  };
}

/** Presses Save beside the attachment and gives the SHA-256 of the file that came of it. */
export async function saveAttachment(reader: Person, letter: PlannedLetter): Promise<string> {
  const before = new Set(reader.downloads());
  await reader.ui.clickInView(`Save ${letter.attachment.name}`);
  const file = await until("the saved attachment", () =>
    reader.downloads().find((name) => !before.has(name)),
  );
  return sha256(readFileSync(file));
}

/** Whether a reader saw all of the letter, came from the list, and has the attachment byte for byte. */
export function isWhole(story: ReadStory, plan: ListPlan, letter: PlannedLetter): boolean {
  const verdict = `Encrypted to ${plan.name} · from ${addressOf("alice")} (“${fullNameOf("alice")}”), confirmed by an owner · came through the list`;
  return (
    story.subject &&
    story.body &&
    story.picture &&
    story.verdict === verdict &&
    story.saved === letter.attachment.sha256
  );
}

/** Plans a letter in a folder on the author's machine. */
export const planFor = (world: World, author: Person, plan: ListPlan): Promise<PlannedLetter> =>
  planLetter(join(world.folderOf(author.name), "documents", plan.slug), plan.name);
