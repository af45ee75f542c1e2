import { type MemberRole, memberRoles } from "../../../membership/request/command-names.js";
import type { NewsKind } from "../../../membership/request/commands.js";
import type { CardView } from "../../owner/claim-list.js";
import type { OwnedView } from "../../owner/view.js";
import { type Check, count, nothing, object, oneOf, orNull, text } from "../../platform/check.js";

/**
 * What the page for owners asks of the background page. No private key crosses, and no code comes out: the page makes an
 * invitation's code, shows it, and passes it in.
 */
export interface OwnerCalls {
  "owner:lists": { readonly input: null; readonly output: { readonly lists: readonly OwnedView[] } };
  /** `file`: a server card in base64. */
  "owner:open-card": { readonly input: { readonly file: string }; readonly output: CardView };
  "owner:claim": {
    readonly input: {
      readonly file: string;
      readonly address: string;
      readonly name: string;
      /** For the owner's key, if one has to be made. */
      readonly passphrase: string | null;
    };
    readonly output: null;
  };
  /** Forgets a list whose claim was refused, or given up. */
  "owner:forget": { readonly input: { readonly list: string }; readonly output: null };
  "owner:invite": {
    readonly input: {
      readonly list: string;
      readonly address: string;
      readonly code: string;
      /** Days until its join-by. */
      readonly days: number;
    };
    readonly output: { readonly introduction: string; readonly fileName: string };
  };
  "owner:save-invitation": { readonly input: { readonly introduction: string }; readonly output: null };
  "owner:mail-invitation": {
    readonly input: { readonly list: string; readonly introduction: string };
    readonly output: null;
  };
  "owner:withdraw": {
    readonly input: { readonly list: string; readonly address: string };
    readonly output: null;
  };
  "owner:remove": { readonly input: NamedMember; readonly output: null };
  "owner:set-role": {
    readonly input: NamedMember & { readonly role: MemberRole };
    readonly output: null;
  };
  "owner:refresh": { readonly input: { readonly list: string }; readonly output: null };
  /** Enrols somebody by their public key, in base64. `address`: null to take the one that the key names. */
  "owner:enrol": {
    readonly input: {
      readonly list: string;
      readonly file: string;
      readonly address: string | null;
      readonly name: string;
    };
    readonly output: null;
  };
  /** Confirms somebody whom the operator added alone. */
  "owner:confirm": {
    readonly input: { readonly list: string; readonly address: string };
    readonly output: null;
  };
  /** Lets a server go on that was restored from a backup. */
  "owner:resume-server": { readonly input: { readonly list: string }; readonly output: null };
  /** Saves the list key for a member without the add-on, sealed to their own key. */
  "owner:save-list-key": {
    readonly input: { readonly list: string; readonly address: string };
    readonly output: null;
  };
  /** The owner has compared another server key's characters with the operator. */
  "owner:confirm-server": {
    readonly input: { readonly list: string; readonly fingerprint: string };
    readonly output: null;
  };
  /** They were others, or the operator knows of none. */
  "owner:decline-server": { readonly input: { readonly list: string }; readonly output: null };
  "owner:new-key": {
    readonly input: { readonly list: string; readonly graceDays: number };
    readonly output: null;
  };
  /** Tells the members what they were not told yet: a new list key that the server has taken, or other owners. */
  "owner:tell": { readonly input: { readonly list: string }; readonly output: null };
  /** Asks who has confirmed a notice. */
  "owner:receipts": {
    readonly input: {
      readonly list: string;
      readonly news: NewsKind;
      readonly serial: number;
    };
    readonly output: null;
  };
  /** Puts refusals or alarms away that were read. */
  "owner:dismiss": {
    readonly input: { readonly list: string; readonly what: "refusals" | "alarms" };
    readonly output: null;
  };
}

type NamedMember = {
  readonly list: string;
  readonly address: string;
  readonly fingerprint: string;
};

const named = { list: text, address: text, fingerprint: text };

/** Checks of what comes in. */
export const ownerChecks: { readonly [K in keyof OwnerCalls]: Check<OwnerCalls[K]["input"]> } = {
  "owner:lists": nothing,
  "owner:open-card": object<OwnerCalls["owner:open-card"]["input"]>({ file: text }),
  "owner:claim": object<OwnerCalls["owner:claim"]["input"]>({
    file: text,
    address: text,
    name: text,
    passphrase: orNull(text),
  }),
  "owner:forget": object<OwnerCalls["owner:forget"]["input"]>({ list: text }),
  "owner:invite": object<OwnerCalls["owner:invite"]["input"]>({
    list: text,
    address: text,
    code: text,
    days: count,
  }),
  "owner:save-invitation": object<OwnerCalls["owner:save-invitation"]["input"]>({ introduction: text }),
  "owner:mail-invitation": object<OwnerCalls["owner:mail-invitation"]["input"]>({
    list: text,
    introduction: text,
  }),
  "owner:withdraw": object<OwnerCalls["owner:withdraw"]["input"]>({ list: text, address: text }),
  "owner:remove": object<OwnerCalls["owner:remove"]["input"]>(named),
  "owner:set-role": object<OwnerCalls["owner:set-role"]["input"]>({ ...named, role: oneOf(...memberRoles) }),
  "owner:refresh": object<OwnerCalls["owner:refresh"]["input"]>({ list: text }),
  "owner:enrol": object<OwnerCalls["owner:enrol"]["input"]>({
    list: text,
    file: text,
    address: orNull(text),
    name: text,
  }),
  "owner:confirm": object<OwnerCalls["owner:confirm"]["input"]>({ list: text, address: text }),
  "owner:resume-server": object<OwnerCalls["owner:resume-server"]["input"]>({ list: text }),
  "owner:save-list-key": object<OwnerCalls["owner:save-list-key"]["input"]>({ list: text, address: text }),
  "owner:confirm-server": object<OwnerCalls["owner:confirm-server"]["input"]>({
    list: text,
    fingerprint: text,
  }),
  "owner:decline-server": object<OwnerCalls["owner:decline-server"]["input"]>({ list: text }),
  "owner:new-key": object<OwnerCalls["owner:new-key"]["input"]>({ list: text, graceDays: count }),
  "owner:tell": object<OwnerCalls["owner:tell"]["input"]>({ list: text }),
  "owner:receipts": object<OwnerCalls["owner:receipts"]["input"]>({
    list: text,
    news: oneOf("owners", "new-list-key", "new-server-key"),
    serial: count,
  }),
  "owner:dismiss": object<OwnerCalls["owner:dismiss"]["input"]>({
    list: text,
    what: oneOf("refusals", "alarms"),
  }),
};
