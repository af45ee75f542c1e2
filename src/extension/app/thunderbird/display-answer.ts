import { noteUse } from "../../keys/unlocked.js";
import { useOf } from "../../member/used-invitations.js";
import type { MessageHeader } from "../../platform/thunderbird.js";
import { readMessage } from "../../reading/read-message.js";
import { shownView } from "../../reading/shown-view.js";
import type { DisplayAnswer } from "../../reading/view.js";
import { takePart } from "../../requests/incoming.js";
import { arrivals } from "../handlers/incoming.js";

/**
 * What a mail of a folder is, to a person who looks at it. Never throws for what is wrong with the mail.
 * @param open `elsewhere` also opens a sealed part in a foreign shell
 */
export async function answerAbout(
  header: MessageHeader,
  open: "in-its-own-shell" | "elsewhere",
): Promise<DisplayAnswer> {
  const reading = await readMessage(header, open);
  if (reading.kind === "opened") {
    // the reader need not wait for it, and a use that can't be noted only locks earlier
    noteUse().catch(() => undefined);
    return shownView(reading.opened);
  }
  if (reading.kind === "private") {
    noteUse().catch(() => undefined);
    return reading.view;
  }
  if (reading.kind !== "other") return reading;
  const { arriving, invitation } = reading;
  const arrived =
    arriving === null ? undefined : await takePart(arriving, async () => arriving.sealed, arrivals);
  if (arrived !== undefined) return { kind: "arrived", arrived };
  if (invitation === null) return { kind: "ordinary" };
  return { kind: "invitation", used: await useOf(invitation.file) };
}
