import { isInvitationName } from "../../../mail/found-parts.js";
import { type Label, labelOf } from "../../../mail/part-types.js";

/** What a person gives to be read: mails, sealed attachments that were saved from one, invitations. */

/** A file under its name. A `Blob` and no octets: each reading takes its own copy, and gives it to the worker. */
export interface NamedFile {
  readonly name: string;
  readonly type: string;
  readonly file: Blob;
}

/** One thing to read. */
export type MailSource =
  /** A mail as it came. */
  | { readonly kind: "mail"; readonly name: string; readonly file: Blob }
  /** Its source, pasted as text, under a name that it was given here. */
  | { readonly kind: "pasted"; readonly name: string; readonly file: Blob }
  /** Parts of one mail, without what stood around them. */
  | { readonly kind: "parts"; readonly name: string; readonly parts: readonly NamedFile[] };

/** A file as a thing with a name. */
export const namedFile = (file: File): NamedFile => ({ name: file.name, type: file.type, file });

/** What a file is as a part of a mail. What a system calls `.pgp` is its own affair: our names are looked at whatever it says. */
export function labelOfFile({ name, type }: NamedFile): Label {
  return labelOf({
    type: type.startsWith("application/vnd.listseal.") ? type : "application/octet-stream",
    name,
  });
}

const isPart = (file: NamedFile) => labelOfFile(file).type.startsWith("application/vnd.listseal.");

/** What a choice of files is. */
export interface ChosenFiles {
  readonly sources: readonly MailSource[];
  readonly invitations: readonly NamedFile[];
}

/** Sorts files: sealed parts that were chosen together are those of one mail; whatever is no part and no invitation is a mail. */
export function chosenFrom(files: readonly NamedFile[]): ChosenFiles {
  const invitations = files.filter(({ name }) => isInvitationName(name));
  const parts = files.filter((each) => !invitations.includes(each) && isPart(each));
  const mails = files.filter((each) => !invitations.includes(each) && !parts.includes(each));
  const [first] = parts;
  return {
    invitations,
    sources: [
      ...mails.map(({ name, file }) => ({ kind: "mail", name, file }) as const),
      ...(first === undefined ? [] : [{ kind: "parts", name: first.name, parts } as const]),
    ],
  };
}

/** The source of a mail that was pasted as text. */
export function pastedMail(text: string, name: string): MailSource {
  return { kind: "pasted", name, file: new Blob([text.replace(/^\s+/, "")]) };
}
