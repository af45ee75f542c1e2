import { type IncomingPart, incomingKinds } from "../../../mail/found-parts.js";
import { partTypes, privateType, requestTypes } from "../../../mail/part-types.js";
import { writeClearMail } from "../../../mail/payload.js";
import type { MailPart } from "../../../mail/sealed-mail.js";
import { ProtocolError } from "../../../openpgp/errors.js";
import { noteUse } from "../../keys/unlocked.js";
import { INVITATION_LIMIT, offer } from "../../member/offered-invitation.js";
import { takeRidingNotice } from "../../member/riding-notice.js";
import { useOf } from "../../member/used-invitations.js";
import { openOptions } from "../../platform/background-calls.js";
import { AddonError } from "../../platform/errors.js";
import { host } from "../../platform/host.js";
import { type IncomingHandlers, takePart } from "../../requests/incoming.js";
import { runJob } from "../../worker/client.js";
import { type Correspondent, type MailRead, mayAnswerAlone } from "../../worker/jobs.js";
import {
  attachmentOf,
  notOpened,
  type OpenedMail,
  openSealed,
  pictureOf,
  type SealedInMail,
} from "../opening.js";
import { authorAlone, openPrivateMail } from "../private-reading.js";
import { shownView } from "../shown-view.js";
import type { DisplayAnswer } from "../view.js";
import { openComparing } from "../wanted-comparison.js";
import { labelOfFile, type MailSource, type NamedFile } from "./source.js";

/** Octets of a mail that is read. Attack: a file that fills the memory; 100 MiB sealed twice have about 190 MB. */
const MAIL_LIMIT = 250_000_000;

/** How much of a mail is opened: sealed parts in a foreign shell only when a person asks for it. */
export type OpeningScope = "in-its-own-shell" | "elsewhere";

/**
 * The reading of one mail in a browser: what Thunderbird's background page answers about a mail of a folder, about a file. The
 * opened letter lives in this object and nowhere else.
 */
export class MailReading {
  readonly #source: MailSource;
  readonly #arrivals: IncomingHandlers;
  #open: OpeningScope = "in-its-own-shell";
  #opened: OpenedMail | undefined;
  #correspondent: Correspondent | undefined;
  #invitation: { readonly name: string; readonly file: Uint8Array } | undefined;

  /** @param arrivals takes an answer, notice or receipt that the mail turns out to be */
  constructor(source: MailSource, arrivals: IncomingHandlers) {
    this.#source = source;
    this.#arrivals = arrivals;
  }

  /** The opened letter; undefined before it is opened, and after {@link forget}. */
  get opened(): OpenedMail | undefined {
    return this.#opened;
  }

  /** Whom an answer to its author alone goes to; undefined before it is opened, and where nobody vouches for them. */
  get correspondent(): Correspondent | undefined {
    return this.#correspondent;
  }

  /** What was given. */
  get source(): MailSource {
    return this.#source;
  }

  /** How much of the mail was opened the last time. */
  get open(): OpeningScope {
    return this.#open;
  }

  /** Forgets what was opened. */
  forget(): void {
    this.#opened = undefined;
    this.#correspondent = undefined;
    this.#invitation = undefined;
  }

  /** What the mail is. Opens it if it is sealed. Never rejects: what went wrong is part of the answer. */
  async answer(open: OpeningScope): Promise<DisplayAnswer> {
    this.forget();
    this.#open = open;
    try {
      return await this.#answer();
    } catch (error) {
      return notOpened(error);
    }
  }

  async #answer(): Promise<DisplayAnswer> {
    const read = await readSource(this.#source);
    if (read.kind === "sealed") {
      if (read.shell === "elsewhere" && this.#open !== "elsewhere") return { kind: "elsewhere" };
      await takeRidingNotice(read.riding, read);
      return this.#openSealed({ ...read, parts: async () => read.parts });
    }
    if (read.kind === "private") {
      const reading = await openPrivateMail(read);
      if (reading.kind !== "private") return reading;
      await noteUse();
      if (reading.view.mayReply) this.#correspondent = reading.correspondent;
      return reading.view;
    }
    const { arriving, invitation } = read;
    if (arriving !== null) {
      const arrived = await takePart(arriving, async () => arriving.sealed, this.#arrivals);
      if (arrived !== undefined) return { kind: "arrived", arrived };
    }
    if (invitation === null || invitation.file.length > INVITATION_LIMIT) return { kind: "ordinary" };
    this.#invitation = invitation;
    return { kind: "invitation", used: await useOf(invitation.file) };
  }

  async #openSealed(sealed: SealedInMail): Promise<DisplayAnswer> {
    const reading = await openSealed(sealed);
    if (reading.kind !== "opened") return reading;
    await noteUse();
    this.#opened = reading.opened;
    if (mayAnswerAlone(reading.opened.view.author.standing))
      this.#correspondent = authorAlone(reading.opened);
    return shownView(reading.opened);
  }

  #letter(): OpenedMail["letter"]["letter"] {
    return this.#need().letter.letter;
  }

  #need(): OpenedMail {
    if (this.#opened === undefined) throw new AddonError("message-gone", "no opened mail is shown");
    return this.#opened;
  }

  /** Saves attachment `number`. @throws ListSealError `no-such-attachment`; what {@link Host} throws */
  async save(number: number): Promise<void> {
    const { name, bytes, type } = attachmentOf(this.#need(), number);
    await host().saveFile(name, bytes, type);
  }

  /** Saves all attachments that are shown as such. */
  async saveAll(): Promise<void> {
    for (const { number } of this.#need().view.attachments) await this.save(number);
  }

  /** Saves the mail as an ordinary, readable one. */
  async saveMail(): Promise<void> {
    const letter = this.#letter();
    const name = letter.subject.trim() === "" ? letter.from.address : letter.subject;
    await host().saveFile(
      `${name}.eml`,
      writeClearMail(letter, this.#need().view.list.address),
      "message/rfc822",
    );
  }

  /** An attachment as a picture. @throws ListSealError `no-such-attachment` if it is none that is shown */
  async preview(number: number): Promise<{ readonly address: string }> {
    return { address: pictureOf(this.#need(), number) };
  }

  /** Asks the list's server how one's own post was delivered; the person sends the question from the page that opens. */
  async askDelivery(): Promise<void> {
    const { letter, view } = this.#need();
    const { askDelivery } = await import("../../member/ask-delivery.js");
    await askDelivery(view.list.address, letter.messageId);
    await openOptions();
  }

  /** Opens the page where the key of the mail's author is compared. */
  async compare(): Promise<void> {
    await openComparing(this.#need().view);
  }

  /** Has the invitation wait for the page that asks for its code, and opens that page. */
  async join(): Promise<void> {
    const { name, file } = this.#invitation ?? {};
    if (name === undefined || file === undefined)
      throw new AddonError("no-invitation-here", "the mail brings no invitation");
    await offer(name, file);
    await openOptions();
  }
}

async function octetsOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  if (file.size > MAIL_LIMIT) throw new ProtocolError("too-large", "larger than any sealed mail");
  return new Uint8Array(await file.arrayBuffer());
}

async function readSource(source: MailSource): Promise<MailRead> {
  if (source.kind === "parts") return readParts(source.parts);
  const raw = await octetsOf(source.file);
  return runJob("read-mail", { raw }, { transfer: [raw.buffer] });
}

/** Parts without their mail: there is no shell that could say something false. */
async function readParts(files: readonly NamedFile[]): Promise<MailRead> {
  const labelled = await Promise.all(
    files.map(async (each) => ({
      name: each.name,
      type: labelOfFile(each).type,
      bytes: await octetsOf(each.file),
    })),
  );
  const sealed = labelled.flatMap(({ name, type, bytes }): MailPart[] => {
    const known = Object.values(partTypes).find((each) => each === type);
    return known === undefined ? [] : [{ name, type: known, bytes }];
  });
  if (sealed.length > 0) return { kind: "sealed", parts: sealed, named: [], shell: "own", outer: null };
  const [letter, other] = labelled.filter(({ type }) => type === privateType);
  if (other !== undefined) throw new AddonError("several-messages", "more than one private letter");
  if (letter !== undefined) return { kind: "private", sealed: letter.bytes, outer: null };
  const [arriving, another] = labelled.flatMap(
    ({ type, bytes }): (IncomingPart & { readonly sealed: Uint8Array })[] => {
      const kind = incomingKinds.find((each) => requestTypes[each] === type);
      // whoever chose this very file means it: what is wrong with it is said
      return kind === undefined ? [] : [{ kind, byName: false, sealed: bytes }];
    },
  );
  if (another !== undefined) throw new AddonError("several-messages", "parts of more than one mail");
  return { kind: "other", arriving: arriving ?? null, invitation: null };
}
