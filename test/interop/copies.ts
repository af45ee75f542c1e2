/** From a submission to a mail in Bob's inbox and to his saved attachments: what the tests with real programs share. */
import PostalMime from "postal-mime";
import { parseAddress } from "../../src/mail/mailbox.js";
import { contentOf } from "../../src/mail/payload.js";
import { writeCopy } from "../../src/mail/sealed-mail.js";
import {
  type DeliveryMode,
  forwardOpened,
  openAtServer,
  prepareReseal,
  resealFor,
  type SealedMessage,
  type Sealer,
  type SealingKey,
  sealingHalf,
} from "../../src/protocol/index.js";
import { type Cast, serverContext } from "../protocol/people.js";
import type { GpgHome } from "./gpg-home.js";

export const roster = { number: 7, hash: "ab".repeat(32) };

/** The server opens `submitted` with every check, and makes Bob's copy of it. */
export async function copyForBob(
  cast: Cast,
  submitted: SealedMessage,
  delivery: DeliveryMode,
  author: SealingKey<"member"> = sealingHalf(cast.alice),
  bob: Sealer<"member"> = sealingHalf(cast.bob),
): Promise<SealedMessage> {
  const context = { ...serverContext(cast), author };
  const prepared = await prepareReseal(await openAtServer(submitted, context), { ...context, roster });
  return delivery === "opened" ? forwardOpened(prepared) : resealFor(prepared, bob);
}

/** Bob's mail, whole, in the shape `mixed`, as the server hands it to the relay. */
export function mailForBob(cast: Cast, sealed: SealedMessage): Uint8Array {
  const list = parseAddress(cast.address);
  const { head, shared, tail } = writeCopy({
    shape: "mixed",
    list,
    listName: "Team",
    from: { name: "Alice via Team", address: list },
    replyTo: { address: list },
    to: { address: parseAddress("bob@example.test") },
    messageId: "<1@example.test>",
    date: new Date(),
    sealed,
  });
  return Buffer.concat([head, shared, tail]);
}

/** A mail's attachments by name, as a MIME parser that knows nothing of ListSeal finds them. */
export async function attachmentsOf(
  mail: Uint8Array,
): Promise<readonly { name: string; bytes: Uint8Array }[]> {
  const { attachments } = await PostalMime.parse(mail, { attachmentEncoding: "arraybuffer" });
  return attachments.map((each) => ({ name: each.filename ?? "", bytes: contentOf(each) }));
}

/** Saves a mail's attachments as a mail program does, and gives the command that its text tells to run. */
export async function saveMail(home: GpgHome, mail: Uint8Array): Promise<string> {
  for (const { name, bytes } of await attachmentsOf(mail)) await home.save(name, bytes);
  const { text = "" } = await PostalMime.parse(mail);
  // the one indented paragraph
  const commands = text.split(/\r?\n/).filter((line) => line.startsWith("  "));
  const [command] = commands;
  if (command === undefined || commands.length !== 1) throw new Error("the notice does not name one command");
  return command;
}
