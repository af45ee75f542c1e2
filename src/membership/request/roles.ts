/** What somebody may do in a list. `read-only` posts nothing, `post-only` gets no copies. */
export const memberRoles = ["owner", "moderator", "member", "read-only", "post-only"] as const;
export type MemberRole = (typeof memberRoles)[number];
