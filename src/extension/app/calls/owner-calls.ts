import { count, listOf, object, oneOf, orNull, text } from "../../../membership/file/check.js";
import { memberRoles } from "../../../membership/request/command-names.js";
import { newsKinds } from "../../../membership/request/commands.js";
import type { CardView } from "../../owner/claim-list.js";
import type { InvitationCode } from "../../owner/invitation-files.js";
import type { OwnedView } from "../../owner/view.js";
import { call } from "../../platform/rpc/call.js";

const ofList = object({ list: text });
const ofInvitation = object({ list: text, introduction: text });
const ofAddress = object({ list: text, address: text });
/** A member by name and key: a page that shows an old roster changes nothing about somebody's new key. */
const ofKey = { address: text, fingerprint: text };
const ofMember = { list: text, ...ofKey };

/**
 * What the page for owners asks of the background page. No private key crosses. An invitation's code comes out while the owner's key
 * is open, to be told.
 */
export const ownerCalls = {
  /** Of each list as much as the page shows. */
  "owner:lists": call(object({ wanted: text, rows: count, leaving: listOf(text) })).gives<{
    readonly lists: readonly OwnedView[];
  }>(),
  /** `file`: a server card in base64. */
  "owner:open-card": call(object({ file: text })).gives<CardView>(),
  /** `passphrase`: for the owner's key, if one has to be made. */
  "owner:claim": call(
    object({
      file: text,
      address: text,
      name: text,
      passphrase: orNull(text),
      listKey: oneOf("pair", "secret"),
    }),
  ).gives<null>(),
  /** Forgets a list whose claim was refused, or given up. */
  "owner:forget": call(ofList).gives<null>(),
  /** `days`: until its join-by. */
  "owner:invite": call(object({ list: text, address: text, name: orNull(text), days: count })).gives<{
    readonly introduction: string;
  }>(),
  /** The codes that are still to be told. */
  "owner:codes": call(ofList).gives<{ readonly codes: readonly InvitationCode[] }>(),
  /** Forgets a code that was told. */
  "owner:code-told": call(object({ introduction: text })).gives<null>(),
  /** What every invitation's mail says. */
  "owner:invitation-text": call(ofList).gives<{ readonly subject: string; readonly text: string }>(),
  "owner:save-invitation": call(object({ introduction: text })).gives<null>(),
  "owner:mail-invitation": call(ofInvitation).gives<null>(),
  "owner:send-invitation": call(ofInvitation).gives<null>(),
  "owner:withdraw": call(ofAddress).gives<null>(),
  "owner:remove": call(object(ofMember)).gives<null>(),
  "owner:set-role": call(object({ ...ofMember, role: oneOf(...memberRoles) })).gives<null>(),
  "owner:refresh": call(ofList).gives<null>(),
  /** Enrols somebody by their public key, in base64. `address`: null to take the one that the key names. */
  "owner:enrol": call(object({ list: text, file: text, address: orNull(text), name: text })).gives<null>(),
  /** Confirms members whom the operator added alone, each as the page shows them. */
  "owner:confirm": call(
    object({ list: text, members: listOf(object({ ...ofKey, role: oneOf(...memberRoles) })) }),
  ).gives<null>(),
  /** Lets a server go on that was restored from a backup. */
  "owner:resume-server": call(ofList).gives<null>(),
  /** Saves the list key for a member without the add-on, sealed to their own key. */
  "owner:save-list-key": call(ofAddress).gives<null>(),
  /** The owner has compared another server key's characters with the operator. */
  "owner:confirm-server": call(object({ list: text, fingerprint: text })).gives<null>(),
  /** They were others, or the operator knows of none. */
  "owner:decline-server": call(ofList).gives<null>(),
  "owner:new-key": call(object({ list: text, graceDays: count })).gives<null>(),
  /** Who decides on new list keys from now on, and after how many days one is replaced for its age (0: never). */
  "owner:epochs": call(object({ list: text, itself: oneOf("yes", "no"), days: count })).gives<null>(),
  /** Gives up a new list key that is being made by itself, if the server was not asked to change over yet. */
  "owner:stop-key": call(ofList).gives<null>(),
  /** Tells the members what they were not told yet: a new list key that the server has taken, or other owners. */
  "owner:tell": call(ofList).gives<null>(),
  /** Whether members see each other, by the server's last word; null while it has said nothing. */
  "owner:members-shown": call(ofList).gives<{ readonly shown: "shown" | "hidden" | null }>(),
  /** Lets members see each other from now on, or not any more. */
  "owner:show-members": call(object({ list: text, members: oneOf("shown", "hidden") })).gives<null>(),
  /** Asks who has confirmed a notice. */
  "owner:receipts": call(object({ list: text, news: oneOf(...newsKinds), serial: count })).gives<null>(),
  /** Puts refusals or alarms away that were read. */
  "owner:dismiss": call(object({ list: text, what: oneOf("refusals", "alarms") })).gives<null>(),
};
