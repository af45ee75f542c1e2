import type { CommandName, MemberRole } from "../../../../membership/request/command-names.js";
import type { NamedAddresses, OwnedView } from "../../../owner/view.js";
import { type MessageKey, t } from "../../../ui/i18n.js";
import type { Call } from "../../calls/page-calls.js";

/** What the parts of the page for owners share. */
export interface OwnerProps {
  readonly list: OwnedView;
  readonly call: Call;
  /** Does what was clicked; `work` may ask the server. Shows `done`, or the sentence of the failure. */
  readonly run: (work: () => Promise<unknown>, done: MessageKey | null) => Promise<boolean>;
}

/** How long an invitation waits where nobody has chosen, in days. */
export const USUAL_DAYS = 14;

/** A date as people write it. */
export function day(iso: string): string {
  return new Date(iso).toLocaleDateString(t("lang"), { dateStyle: "medium" });
}

/** Addresses for a sentence. */
export const named = ({ first, count }: NamedAddresses): string =>
  first.join(", ") + (count > first.length ? ", …" : "");

/** What was asked, in a few words. */
export function whatWords(what: CommandName, about: string | null): string {
  const whom = about ?? "";
  switch (what) {
    case "claim":
      return t("what_claim");
    case "remove":
      return t("what_remove", whom);
    case "withdraw":
      return t("what_withdraw", whom);
    case "set-role":
      return t("what_set_role", whom);
    case "roster":
      return t("what_roster");
    case "list-key":
      return t("what_list_key");
    case "new-list-key":
      return t("what_new_list_key");
    case "new-server-key":
      return t("what_new_server_key");
    case "notice":
    case "shared-notice":
      return t("what_notice");
    case "list-key-notice":
      return t("what_list_key_notice");
    case "receipts":
      return t("what_receipts");
    case "enrol":
      return t("what_enrol", whom);
    case "confirm":
      return about === null ? t("what_confirm_many") : t("what_confirm", whom);
    case "delivery":
      return t("delivery_ask");
    case "show-members":
      return t("show_members_title");
    case "held":
      return t("what_held");
    case "release":
      return t("what_release");
    case "reject":
      return t("what_reject");
    default:
      return t("what_other");
  }
}

const roleKeys = {
  owner: "role_owner",
  moderator: "role_moderator",
  member: "role_member",
  "read-only": "role_read_only",
  "post-only": "role_post_only",
} as const satisfies Readonly<Record<MemberRole, MessageKey>>;

export function roleWord(role: MemberRole): string {
  return t(roleKeys[role]);
}
