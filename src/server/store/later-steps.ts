/** The newer steps of the schema (schema.ts), in their order; the next one comes to the end. */
import type { SqlDialect } from "./database.js";

/** The steps, in the words of `dialect`. */
export function laterSteps(dialect: SqlDialect): readonly string[] {
  const { rowNumber, integer, bytes, tableEnd } = dialect;
  return [
    `
  -- copies of a post that are not queued yet: of those behind an address whose number is at most last_member (fan-outs.ts)
  CREATE TABLE fan_outs (
    post_id ${integer} PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    list_id ${integer} NOT NULL REFERENCES lists (id),
    due ${integer} NOT NULL, behind TEXT NOT NULL, last_member ${integer} NOT NULL
  ) ${tableEnd};
  -- who gets copies, in the order in which these are queued; and how many there are
  CREATE INDEX members_readers ON members (list_id, address) WHERE role <> 'post-only';
  `,
    `
  -- notices of a new list key, sealed once for all members; list_key: the key that it brought, once the list has changed over
  CREATE TABLE shared_notices (
    id ${rowNumber},
    list_id ${integer} NOT NULL REFERENCES lists (id),
    serial ${integer} NOT NULL, digest TEXT NOT NULL, body ${bytes} NOT NULL,
    list_key TEXT,
    UNIQUE (list_id, digest)
  ) ${tableEnd};
  -- each member's session key packet
  CREATE TABLE notice_packets (
    notice_id ${integer} NOT NULL REFERENCES shared_notices (id) ON DELETE CASCADE,
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    packet ${bytes} NOT NULL,
    PRIMARY KEY (notice_id, member_id)
  ) ${tableEnd};
  CREATE INDEX notice_packets_of_member ON notice_packets (member_id);
  `,
    `
  -- whether a member's program takes notices in copies (1), by its last request
  ALTER TABLE members ADD COLUMN takes_riding ${integer} NOT NULL DEFAULT 0;
  -- since when a notice is passed on; for each member, when a copy carried it last, and when its own mail was queued
  ALTER TABLE shared_notices ADD COLUMN released ${integer};
  ALTER TABLE notice_packets ADD COLUMN rode ${integer};
  ALTER TABLE notice_packets ADD COLUMN mailed ${integer};
  -- of notices that were passed on before, all mails are queued
  UPDATE shared_notices SET released = 0 WHERE list_key IS NOT NULL;
  UPDATE notice_packets SET mailed = 0 WHERE notice_id IN (SELECT id FROM shared_notices WHERE list_key IS NOT NULL);
  `,
    `
  -- how posts were delivered, for their authors. author: fingerprint; readers: how many were to get a copy, not set while it is
  -- held; next_check: when it is looked at whether there is something to tell; told_...: what was told last
  CREATE TABLE deliveries (
    post_id ${integer} PRIMARY KEY,
    list_id ${integer} NOT NULL REFERENCES lists (id),
    author TEXT NOT NULL, message_id TEXT NOT NULL,
    readers ${integer}, began ${integer} NOT NULL,
    next_check ${integer},
    told_waiting ${integer} NOT NULL DEFAULT 0, told_failed ${integer} NOT NULL DEFAULT 0
  ) ${tableEnd};
  CREATE INDEX deliveries_author ON deliveries (list_id, author, message_id);
  CREATE INDEX deliveries_due ON deliveries (next_check) WHERE next_check IS NOT NULL;
  -- copies that came back, or that the operator gave up
  CREATE TABLE lost_copies (
    post_id ${integer} NOT NULL REFERENCES deliveries (post_id) ON DELETE CASCADE,
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    PRIMARY KEY (post_id, member_id)
  ) ${tableEnd};
  CREATE INDEX lost_copies_of_member ON lost_copies (member_id);
  `,
    `
  -- 1: nobody gets this notice any more, and it is taken away in steps; its digest gives way to one that is none (shared-notices.ts)
  ALTER TABLE shared_notices ADD COLUMN gone ${integer} NOT NULL DEFAULT 0;
  -- who goes takes these along; without it, that reads everybody's
  CREATE INDEX passed_notices_of_member ON passed_notices (member_id);
  -- a report to everybody whose copies are not all written down yet: of those behind an address whose number is at most last_member,
  -- but for one who knows (fingerprint)
  ALTER TABLE tellings ADD COLUMN behind TEXT;
  ALTER TABLE tellings ADD COLUMN last_member ${integer};
  ALTER TABLE tellings ADD COLUMN spares TEXT;
  `,
  ];
}
