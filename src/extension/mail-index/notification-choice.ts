import { object, oneOf } from "../../membership/file/check.js";
import { keptRecord } from "../records/storage.js";

/** Whether new messages of lists are told of, and with how much. Nothing is, unless the person has turned it on. */

/** `subject`: author and true subject. `author`: the author alone, for a screen that others see. */
export const notificationChoices = ["off", "subject", "author"] as const;
/** One of {@link notificationChoices}. */
export type NotificationChoice = (typeof notificationChoices)[number];

const record = object<{ readonly show: NotificationChoice }>({ show: oneOf(...notificationChoices) });
const kept = keptRecord<{ readonly show: NotificationChoice }>("notifications", (value) =>
  value === undefined ? { show: "off" } : record(value),
);

/** What was chosen; a record that can't be read counts as nothing. */
export async function notificationChoice(): Promise<NotificationChoice> {
  try {
    return (await kept.load()).show;
  } catch {
    return "off";
  }
}

/** Chooses it. @throws ListSealError what storage throws */
export async function chooseNotifications(show: NotificationChoice): Promise<void> {
  await kept.update(() => ({ stored: { show }, result: undefined }));
}
