import { AddonError } from "../../platform/errors.js";
import { type ComposeAttachment, type ComposeDetails, thunderbird } from "../../platform/thunderbird.js";

/** The files in a compose window. */
export interface AttachedFiles {
  readonly attached: readonly ComposeAttachment[];
  readonly files: readonly File[];
}

/** @throws ListSealError `attachment-unreadable` if one of them can't be read: the mail must not leave without it */
export async function filesIn(tabId: number, details: ComposeDetails): Promise<AttachedFiles> {
  const { compose } = thunderbird();
  const attached = await compose.listAttachments(tabId);
  const files = await Promise.all(
    attached.map((attachment) =>
      compose.getAttachmentFile(attachment.id).catch(() => fileOfForwarded(attachment, details)),
    ),
  );
  return { attached, files };
}

/**
 * QUIRK: what Thunderbird 153 itself attaches to a forward is no file but an address in the folder, and its own
 * `getAttachmentFile` fails: a whole mail, or a part of the mail that is forwarded.
 */
async function fileOfForwarded(
  { name }: ComposeAttachment,
  { type, relatedMessageId }: ComposeDetails,
): Promise<File> {
  const { messages } = thunderbird();
  if (type === "forward" && relatedMessageId !== undefined) {
    const part = (await messages.listAttachments(relatedMessageId)).find((each) => each.name === name);
    if (part !== undefined) {
      const file = await messages.getAttachmentFile(relatedMessageId, part.partName);
      return new File([file], name, { type: file.type });
    }
    if (/\.eml$/i.test(name)) {
      return new File([await messages.getRaw(relatedMessageId, { decrypt: false })], name, {
        type: "message/rfc822",
      });
    }
  }
  throw new AddonError("attachment-unreadable", "an attachment could not be read");
}
