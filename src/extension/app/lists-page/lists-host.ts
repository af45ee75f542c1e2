import type { ComponentChildren } from "preact";
import type { IndexedMail } from "../../mail-index/indexed-mail.js";
import type { NotificationChoice } from "../../mail-index/notification-choice.js";
import type { MessageKey } from "../../ui/i18n.js";
import type { MailAct, SpaceList } from "../calls/space-calls.js";
import type { MailFilterName } from "./mail-tools.js";

/** What can be done with a mail besides reading it; `forget` takes it out of a browser's index. */
export type ListsAct = MailAct | "forget";

/** Something that can be done with a mail, under the name of its button. */
export interface MailButton<A extends ListsAct> {
  readonly what: A;
  readonly label: MessageKey;
}

/** The place beside the rows, where a mail is read. */
export interface MailPane {
  /**
   * Shows a mail in the place of the one before. Never rejects.
   * @param select goes to another mail of the page, by its name
   */
  show(mail: IndexedMail, select: (name: string) => void): Promise<void>;
  /** Shows nothing, and forgets what was shown. */
  clear(): void;
}

/** What the page of lists has of the program around it. Its composition root hands it in. */
export interface ListsHost<A extends ListsAct> {
  /** @param mark where the person's mark is shown, if the pane shows a mail by their keys */
  readonly paneIn: (place: HTMLElement, mark: HTMLElement) => MailPane;
  /** What can be done with a mail, and what its button says, in the order of the buttons. */
  readonly acts: readonly MailButton<A>[];
  /** What can be done with several at once. */
  readonly manyActs: readonly MailButton<A>[];
  /**
   * Does it with a mail, or, of `manyActs`, with several. What needs a right asks for it before anything is awaited.
   * @returns whether they are still among the rows
   * @throws ListSealError why it was not done
   */
  readonly act: (mails: readonly IndexedMail[], what: A) => Promise<"stays" | "goes">;
  readonly filters: readonly MailFilterName[];
  /** Chooses how new messages are told of, and gives what is so from now on; null where none come by themselves. */
  readonly notify: ((show: NotificationChoice) => Promise<NotificationChoice>) | null;
  /** Unlocks whatever key a passphrase fits. @throws ListSealError `wrong-passphrase` */
  readonly unlock: (passphrase: string) => Promise<unknown>;
  /** More of the list that is chosen, below the lists. */
  readonly aboutList: (list: SpaceList) => ComponentChildren;
  /** More buttons below the lists. */
  readonly more: ComponentChildren;
}
