import type { Attachment } from "../../mail/letter-body.js";
import { type AttachedMail, filesInside, type ShownPiece } from "../../mail/shown-body.js";
import { imageAddress, isShownImage, PREVIEW_LIMIT } from "./images.js";
import { NAME_LIMIT, presentable, SUBJECT_LIMIT } from "./untrusted-text.js";
import type { MailInside, PersonView, ViewPiece, WordsView } from "./view.js";

/** What an opened mail shows in its order, as its display gets it: pictures as addresses, names as they can be shown. */

/** Pictures in the text of one mail. Attack: hundreds of large ones; what is beyond is listed as a file. */
const MAX_PICTURES = 30;

/**
 * The pieces for the display. @param files those that their numbers mean; the files of mails inside have the numbers after
 * theirs, in the order of `filesInside`
 */
export function viewPieces(
  pieces: readonly ShownPiece[],
  files: readonly Attachment[],
): readonly ViewPiece[] {
  const inside = filesInside(pieces).map((file, at) => [file, files.length + at] as const);
  return new Pieces(new Map(inside)).of(pieces, files);
}

/** Addresses of the pictures inside the text, by their content id. */
export function inlineImages(files: readonly Attachment[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    files.flatMap(({ contentId, type, bytes }) =>
      contentId === undefined || !isShownImage(type) ? [] : [[contentId, imageAddress({ type, bytes })]],
    ),
  );
}

class Pieces {
  readonly #numbers: ReadonlyMap<Attachment, number>;
  #pictures = 0;

  constructor(numbers: ReadonlyMap<Attachment, number>) {
    this.#numbers = numbers;
  }

  of(pieces: readonly ShownPiece[], files: readonly Attachment[]): readonly ViewPiece[] {
    const inline = inlineImages(files);
    return pieces.flatMap((piece) => this.#view(piece, files, inline));
  }

  #view(piece: ShownPiece, files: readonly Attachment[], inline: WordsView["inline"]): readonly ViewPiece[] {
    switch (piece.kind) {
      case "words":
        return [
          {
            kind: "words",
            text: piece.text ?? null,
            html: piece.html ?? null,
            inline,
            lang: piece.lang ?? "",
          },
        ];
      case "entry":
        return [{ kind: "entry", entry: piece.entry }];
      case "text-file": {
        const name = presentable(files[piece.attachment]?.name ?? "", SUBJECT_LIMIT);
        return [{ kind: "text-file", name, text: piece.text, fold: piece.fold }];
      }
      case "picture":
        return this.#picture(files[piece.attachment]);
      case "mail":
        return [{ kind: "mail", mail: this.#mail(piece.mail) }];
    }
  }

  #picture(file: Attachment | undefined): readonly ViewPiece[] {
    if (file === undefined || !isShownImage(file.type) || file.bytes.length > PREVIEW_LIMIT) return [];
    if (this.#pictures >= MAX_PICTURES) return [];
    this.#pictures += 1;
    const address = imageAddress({ type: file.type, bytes: file.bytes });
    return [{ kind: "picture", name: presentable(file.name, SUBJECT_LIMIT), address }];
  }

  #mail({ from, to, cc, subject, date, pieces, files }: AttachedMail): MailInside {
    const people = (mailboxes: AttachedMail["from"]): readonly PersonView[] =>
      mailboxes.map(({ name, address }) => ({
        name: name === undefined ? null : presentable(name, NAME_LIMIT),
        address,
      }));
    const isInText = ({ contentId, type }: Attachment) => contentId !== undefined && isShownImage(type);
    return {
      from: people(from),
      to: people([...to, ...cc]),
      subject: presentable(subject, SUBJECT_LIMIT),
      date,
      pieces: this.of(pieces, files),
      files: files.flatMap((file) => {
        const number = this.#numbers.get(file);
        const { name, type, bytes } = file;
        return number === undefined || isInText(file)
          ? []
          : [{ number, name: presentable(name, SUBJECT_LIMIT), type, size: bytes.length }];
      }),
    };
  }
}
