import { createTransport } from "nodemailer";
import { makeMailbox } from "../../src/mail/mailbox.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { certifyMember } from "../../src/membership/introduction/introduction.js";
import { knownListOf, readInvitation } from "../../src/membership/invitation/invitation.js";
import { newRequestId, writeRequest } from "../../src/membership/request/request.js";
import { generateMemberKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { newMessageId } from "../../src/protocol/seal-post.js";
import { LOOPBACK } from "../world/ports.js";
import { until } from "../world/processes.js";
import type { Displayed } from "../world/thunderbird-ui.js";
import { addressOf, fullNameOf, PEOPLE_DOMAIN, type PersonName, type World } from "../world/world.js";
import { send } from "./journey.js";
import { OptionsPage } from "./options-page.js";
import type { Person } from "./person.js";
import type { Words } from "./words.js";

/** What a member does and sees from the invitation's mail on, in any language; and what one without an add-on does. */

/** A list as a member knows it. */
export interface JoinedList {
  readonly address: string;
  readonly slug: string;
  readonly name: string;
}

/** Called at the moments that are worth a picture. */
export type Look = (moment: string) => Promise<void>;

/** Hands a whole mail to the people's mail server. */
export async function handOver(world: World, from: string, to: string, raw: Uint8Array): Promise<void> {
  const { smtpPort } = world.postfix;
  const transport = createTransport({ host: LOOPBACK, port: smtpPort, secure: false, ignoreTLS: true });
  try {
    await transport.sendMail({ envelope: { from, to }, raw: Buffer.from(raw) });
  } finally {
    transport.close();
  }
}

/** Opens the newest mail whose subject has these words, once it has come. */
export async function openMail(person: Person, subject: string): Promise<void> {
  await until(`the mail "${subject}" at ${person.fullName}'s`, async () => {
    await person.ui.getNewMail();
    await person.ui.openFolder();
    return (await person.ui.listSubjects()).some((each) => each.includes(subject)) || undefined;
  });
  await person.ui.selectMessage(subject);
}

/** What joining has asked of a person. */
export interface JoiningEffort {
  readonly clicks: number;
  /** Digits. */
  readonly typed: number;
  /** Rows of characters on the way that are there to be compared. */
  readonly compared: number;
}

/** Fingerprints as they are shown for comparing: groups of four. */
const FINGERPRINT = /(?:[0-9A-F]{4} ){9}[0-9A-F]{4}/g;

/**
 * From the mail with the invitation to membership: opens the mail, presses Join in the popup above it, types the code, presses Join.
 * Thunderbird's own question is not asked here (`WITHOUT_QUESTION`), and counts as the click that it costs.
 */
export async function joinByMail(
  person: Person,
  list: JoinedList,
  code: string,
  words: Words,
  look: Look = async () => {},
): Promise<JoiningEffort> {
  let clicks = 0;
  const click = <T>(work: Promise<T>): Promise<T> => {
    clicks += 1;
    return work;
  };
  await openMail(person, words("invite_mail_subject", fullNameOf("alice"), list.name));
  await person.ui.waitForView(({ kind }) => kind === "invitation");
  await look("mail");
  await click(person.addon.openMailPopup());
  await look("popup");
  await click(person.addon.pressInMailPopup(words("offer_join")));
  const page = await OptionsPage.inFront(person.addon);
  await page.waitForText(words("import_have", `${list.slug}-${person.name}.listseal`));
  await look("code");
  // forgiving of how it is written
  await page.typeCode(code.replaceAll("-", " "));
  const opened = await click(page.openInvitation());
  if (opened.failed) throw new Error(`The invitation was not opened: ${opened.text}`);
  await look("compare");
  const seen = await page.text();
  // and Thunderbird's "Allow"
  const asked = await click(click(page.joinList()));
  if (asked.failed) throw new Error(`${person.fullName} could not join: ${asked.text}`);
  await look("waiting");
  await until("the server's answer", async () => {
    await person.ui.getNewMail();
    return (await page.text()).includes(words("member_now")) || undefined;
  });
  await look("member");
  await page.close();
  return {
    clicks,
    typed: code.replaceAll("-", "").length,
    compared: seen.match(FINGERPRINT)?.length ?? 0,
  };
}

const sealedSubject = ({ slug }: JoinedList) => `[${slug}] encrypted message`;

/** Sealed mails of a list in somebody's inbox, as the mail server has them. */
export function sealedMails(world: World, name: PersonName, list: JoinedList): readonly Buffer[] {
  const subject = `Subject: ${sealedSubject(list)}`;
  return world.dovecot
    .mails(name, "INBOX")
    .map(({ raw }) => raw)
    .filter((raw) => raw.includes(subject) && raw.includes(`List-Id`));
}

/** Writes a letter to the list and sends it. */
export async function writeTo(author: Person, list: JoinedList, text: string, words: Words): Promise<void> {
  await author.ui.compose({ to: list.address, subject: text, html: `<p>${text}</p>` });
  await until("the button to be on", async () =>
    (await author.ui.composeActionState(author.addon.id)).label === words("compose_on_for", list.name)
      ? true
      : undefined,
  );
  await send(author);
}

/** Opens sealed mails of the list, the newest first, until one says `text`. @throws if none does */
export async function reads(
  reader: Person,
  list: JoinedList,
  text: string,
): Promise<NonNullable<Displayed["view"]>> {
  return until(`"${text}" at ${reader.fullName}'s`, async () => {
    await reader.ui.getNewMail();
    await reader.ui.openFolder();
    const rows = (await reader.ui.listSubjects()).flatMap((subject, row) =>
      subject.includes(sealedSubject(list)) ? [row] : [],
    );
    for (const row of rows) {
      await reader.ui.selectMessage(row);
      const view = await reader.ui.waitForView(() => true);
      if (view.text.includes(text)) return view;
    }
    return undefined;
  });
}

/** Sends a join on an invitation with a fresh key, as an add-on of somebody's own making would. */
export async function joinAgain(
  world: World,
  name: PersonName,
  file: Uint8Array,
  code: string,
): Promise<void> {
  const invitation = await readInvitation(file, code);
  const { introduction, listAddress, requestAddress, listKey, server, profile } = invitation;
  const key = await certifyMember(
    introduction,
    await generateMemberKey({ address: addressOf(name), name: fullNameOf(name), profile }),
    knownListOf(invitation),
  );
  const request = {
    id: newRequestId(),
    date: new Date(Math.floor(Date.now() / 1000) * 1000),
    list: { address: listAddress, key: listKey.fingerprint },
    command: {
      do: "join",
      name: fullNameOf(name),
      certificate: writeSealingKey(sealingHalf(key)),
      introduction: writeSealingKey(sealingHalf(introduction)),
      shape: "encrypted",
    },
  } as const;
  const raw = writeRequestMail({
    kind: "request",
    list: listAddress,
    from: makeMailbox(fullNameOf(name), invitation.invitee),
    to: makeMailbox(undefined, requestAddress),
    date: request.date,
    messageId: newMessageId(PEOPLE_DOMAIN),
    sealed: await writeRequest(request, { signers: [introduction, key], server }),
  });
  await handOver(world, invitation.invitee, requestAddress, raw);
}
