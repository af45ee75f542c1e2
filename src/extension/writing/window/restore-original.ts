import { thunderbird } from "../../platform/thunderbird.js";
import { innerDetails, spellIn } from "./outer-details.js";
import { takeOriginal } from "./send-state.js";

/**
 * Puts back what the person wrote, after a sending that did not happen. Does what it can: one step that fails doesn't
 * stop the others.
 * @returns whether there was something to put back
 */
export async function giveBack(tabId: number): Promise<boolean> {
  const original = takeOriginal(tabId);
  if (original === undefined) return false;
  const { compose } = thunderbird();
  const { details, files, sealed, dictionaries } = original;
  const steps: (() => Promise<unknown>)[] = [
    // the identity first: a draft that is saved in between must not reach the server
    async () =>
      details.identityId !== undefined &&
      compose.setComposeDetails(tabId, { identityId: details.identityId }),
    ...sealed.map((id) => () => compose.removeAttachment(tabId, id)),
    async () => {
      const present = await compose.listAttachments(tabId);
      for (const file of files) {
        if (!present.some(({ name, size }) => name === file.name && size === file.size)) {
          await compose.addAttachment(tabId, { file, name: file.name });
        }
      }
    },
    () => compose.setComposeDetails(tabId, innerDetails(details)),
    () => spellIn(tabId, dictionaries),
    () => compose.setComposeDetails(tabId, { isModified: true }),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch {
      // the next step is worth trying in any case
    }
  }
  return true;
}
