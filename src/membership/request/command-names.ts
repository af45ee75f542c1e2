/** The words for what can be asked for. Apart from the commands: whoever knows only the words needs no OpenPGP. */
/** All of them. */
export const commandNames = [
  "claim",
  "join",
  "enrol",
  "confirm",
  "leave",
  "remove",
  "withdraw",
  "roster",
  "list-key",
  "renew",
  "revoke",
  "set-role",
  "held",
  "release",
  "reject",
  "preferences",
  "pause",
  "resume",
  "new-list-key",
  "new-server-key",
  "resume-server",
  "notice",
  "shared-notice",
  "list-key-notice",
  "receipt",
  "receipts",
  "delivery",
  "show-members",
] as const;

/** One of them. */
export type CommandName = (typeof commandNames)[number];

/** What somebody may do in a list. `read-only` posts nothing, `post-only` gets no copies. */
export const memberRoles = ["owner", "moderator", "member", "read-only", "post-only"] as const;
export type MemberRole = (typeof memberRoles)[number];

/** What has become of a copy that its member has not got: it is tried again, or was given up. */
export const missingStates = ["waiting", "failed"] as const;
/** One of {@link missingStates}. */
export type MissingState = (typeof missingStates)[number];
