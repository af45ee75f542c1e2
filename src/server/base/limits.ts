/**
 * The server's limits. Each names the attack or the accident that it stops; smtp-server itself checks little
 * (it takes thousands of recipients, NUL octets and endless headers as they come).
 */

import { PAST_WINDOW_MS } from "../../openpgp/policy.js";

/** Largest mail accepted, in bytes as received. Stops a sender from filling memory and disk. Announced by SIZE (RFC 1870). */
export const MAX_MAIL_BYTES = 50 * 1024 * 1024;

/**
 * Room on the disk below which mail is answered with 451, in bytes beside the mail itself: what waits needs it to go out
 * (a mark is a commit). Stops a burst of posts from filling the disk to the last block.
 */
export const LITTLE_ROOM_BYTES = 8 * 1024 * 1024;

/** A file that is given away when somebody else has filled the disk. */
export const RESERVE_BYTES = 4 * 1024 * 1024;

/** A mail of so many bytes takes as many times its room: the log of commits, the database, the next commit. */
export const ROOM_FOR_A_MAIL = 3;

/** How often the room on the disk is looked at, in milliseconds. */
export const DISK_LOOK_MS = 2_000;

/** Bytes of mail being received at one time, over all connections. Stops many senders from filling memory together. */
export const MAX_BYTES_IN_FLIGHT = 4 * MAX_MAIL_BYTES;

/** Connections at one time. Stops a connection flood from using up file descriptors. */
export const MAX_CONNECTIONS = 200;

/** Of these, one client's, unless it is on this machine. Stops one that opens connections and says nothing from shutting everybody out. */
export const MAX_CONNECTIONS_A_CLIENT = 20;

/**
 * Recipients in one transaction. A sealed mail is for one list; the client sends a second list's in a transaction of
 * its own (RFC 5321, 4.5.3.1.10: 452). Stops lists of thousands of recipients.
 */
export const MAX_SMTP_RECIPIENTS = 1;

/** Length of one command line. Stops a client that never ends its line from filling memory (RFC 5321 wants 512). */
export const MAX_COMMAND_BYTES = 4096;

/** Silence on a connection, in milliseconds, before it is closed. Stops connections that are opened and left. */
export const SOCKET_TIMEOUT_MS = 60_000;

/**
 * Life of one connection, in milliseconds. Stops a client that says a word now and then from keeping its place for ever.
 * An honest client that is cut connects again.
 */
export const SESSION_TIMEOUT_MS = 30 * 60_000;

/** Time for one whole mail, in milliseconds. Stops a client that sends one byte a minute (slow loris). */
export const DATA_TIMEOUT_MS = 10 * 60_000;

/** Time that open connections get to finish when the server stops, in milliseconds. */
export const CLOSE_TIMEOUT_MS = 5_000;

/** Bytes of a mail's header section. Stops headers made to keep a parser busy. */
export const MAX_HEADER_BYTES = 64 * 1024;

/** Lines of a mail's header section: the same attack with many short lines. */
export const MAX_HEADER_LINES = 1_000;

/** `Received` fields. More means that the mail goes in a circle (RFC 5321, 6.3). */
export const MAX_RECEIVED = 50;

/** Kept after a post's last acceptable date, in milliseconds, so that a clock set back doesn't let a replay pass. */
export const REPLAY_MARGIN_MS = 24 * 60 * 60_000;

/** Largest file that a command reads (a certificate). Stops `--key /dev/zero`. */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;

/** Posts that wait for a list's moderators at one time. Stops strangers from filling the disk of a list that is open to them. */
export const MAX_HELD_POSTS = 100;

/**
 * Those of people who are no members, counted apart: whoever can make a key can fill these places, and keeps no member's post
 * out by it.
 */
export const MAX_HELD_OF_STRANGERS = 50;

/**
 * A member's certificate is renewed at most so often, in milliseconds. Stops a member from filling the record, which is
 * kept for ever and read by every owner. A revocation is never put off.
 */
export const RENEWAL_INTERVAL_MS = 24 * 60 * 60_000;

/** A member asks for the list key at most so often, in milliseconds. Stops a member from flooding the owners with mail. */
export const KEY_WANTED_INTERVAL_MS = 60 * 60_000;

/** Requests of a member in an hour, and of an owner, who may have many people to enrol or remove. Stops a program gone wild. */
export const MEMBER_REQUESTS = 60;
export const OWNER_REQUESTS = 2_000;

/** How long a held post waits for a moderator, in milliseconds, before it is deleted. */
export const MAX_HELD_MS = 30 * 24 * 60 * 60_000;

/** Longest name of a person or list, in characters. It is in a header line of every copy. */
export const MAX_NAME_CHARACTERS = 64;

/** Posts kept opened in memory while their copies go out; another is opened again from the store when its turn comes. */
export const MAX_PREPARED_POSTS = 4;

/** Copies claimed from the store at once. Small, so that a worker that dies leaves few to be claimed again. */
export const CLAIM_BATCH = 64;

/** How long a claim holds, in milliseconds. After a crash another worker takes the copy when it has run out. */
export const CLAIM_LEASE_MS = 5 * 60_000;

/** How often a worker renews a claim within its lease. A renewal may fail now and then without the claim being lost. */
export const LEASE_RENEWALS = 5;

/**
 * Pauses between attempts for one copy, in milliseconds: together about five days, the usual life of a mail in a
 * queue (RFC 5321, 4.5.4.1). After the last the copy is set aside for the operator.
 */
export const RETRY_PAUSES_MS: readonly number[] = [
  30_000,
  60_000,
  5 * 60_000,
  15 * 60_000,
  30 * 60_000,
  ...Array.from({ length: 4 }, () => 60 * 60_000),
  ...Array.from({ length: 28 }, () => 4 * 60 * 60_000),
];

/** Pause before the relay is tried again after it could not be reached, in milliseconds; doubled up to the maximum. */
export const RELAY_PAUSE_MS = 1_000;
export const MAX_RELAY_PAUSE_MS = 60_000;

/** Pause before a mail is tried again that the machine's clock is too far behind for, in milliseconds. */
export const CLOCK_PAUSE_MS = 30_000;

/** How often a waiting worker looks at the store by itself, in milliseconds: a command may have changed the queue. */
export const POLL_MS = 2_000;

/** A member is told at most so often, in milliseconds, why posts under their name were refused. Stops a wiretapper who resends captured posts from flooding them. */
export const NOTICE_INTERVAL_MS = 60 * 60_000;

/**
 * How long it is remembered that a post under a former list key was answered, in milliseconds: as long as it could be sent
 * again. Stops a wiretapper who resends such posts from flooding their authors.
 */
export const FORMER_KEY_ANSWER_MS = PAST_WINDOW_MS + REPLAY_MARGIN_MS;

export const DAY_MS = 24 * 60 * 60_000;

/**
 * How long after a post was taken its delivery is looked at, in milliseconds, to tell its author if copies have not gone out: when a
 * busy mailbox has had its second and third try, the next day, and when all attempts are over. These moments are the author's alone:
 * whatever bounces in between, nobody makes the server send a mail by it, and a post has no more than these.
 */
export const DELIVERY_CHECKS_MS: readonly number[] = [60 * 60_000, DAY_MS, 6 * DAY_MS];

/** How long an author may ask about a post, in milliseconds: longer than any report about a copy is believed. */
export const DELIVERY_KEPT_MS = 30 * DAY_MS;

/** How often the server looks which posts are to be looked at, in milliseconds. */
export const LOOK_AT_DELIVERIES_MS = 60_000;

/** Days that a report about a copy is believed: a mail system tries for five, and reports late. */
export const BOUNCE_TOKEN_DAYS = 14;

/**
 * A member is suspended when on so many different days, within the window, a copy came back for good. Late on purpose:
 * a mail system that is set up wrongly for a weekend says "no such user" to everybody.
 */
export const HARD_BOUNCE_DAYS = 4;
export const BOUNCE_WINDOW_DAYS = 30;

/**
 * How long it is remembered to which owners a mail for them went, in milliseconds: a sender's mail system tries for five
 * days, and would bring it to the others each time.
 */
export const FORWARDED_MS = 6 * DAY_MS;

/**
 * A day on which copies came back for good from more than this share of a list, and from no fewer members than this, counts
 * against nobody: that many people don't leave on one day. Stops a fault of our own DNS, or of one large mail
 * provider, from suspending everybody whom it touches.
 */
export const BRAKE_SHARE = 0.2;
export const BRAKE_MIN_MEMBERS = 3;

/** Owners are told at most so often, in milliseconds, that copies come back from a large part of their list. */
export const BRAKE_NOTICE_INTERVAL_MS = 7 * DAY_MS;

/** Numbers of members that one notice to an owner names; of more it gives the count. Stops a notice without end. */
export const MAX_MEMBERS_NAMED = 20;

/** Token buckets kept in memory, one an author and one a list. Stops memory from growing with the roster. */
export const MAX_BUCKETS = 10_000;

/** Largest request that the web door reads, in bytes, and how long it waits for one, in milliseconds. Stops slow and endless requests. */
export const MAX_WEB_REQUEST_BYTES = 1_024;
export const WEB_TIMEOUT_MS = 10_000;

/** How often the newest entries of the records are noted outside the database, in milliseconds; commands note them at once. */
export const NOTE_HEADS_MS = 60_000;

/** Longest local part of a list's address: with `-bounces+` and a token behind it, 64 octets are the end (RFC 5321, 4.5.3.1.1). */
export const MAX_LIST_LOCAL_PART = 24;

/**
 * Time for one job of the thread that reads what anybody may send, in milliseconds. The longest mail takes about a second on
 * an idle machine. Stops a mail that a parser does not come to an end with.
 */
export const READING_DEADLINE_MS = 30_000;

/** Time for that thread to come to a job, in milliseconds: it may have to be started first. */
export const READING_BEGINS_MS = 120_000;

/** Memory of that thread, in MB, beside the mail itself. Stops a mail that a parser blows up. */
export const MAX_READING_HEAP_MB = 192;

/** How long a mail that ended the thread is not looked at again, in milliseconds: the usual life of a mail in a queue. */
export const NOT_AGAIN_MS = 5 * DAY_MS;

/** How many such mails are remembered. Stops the memory of them from growing. */
export const MAX_NOT_AGAIN = 1_000;

/** Lines of one mail. Base64 of the largest has 740,000. Stops mails of nothing but line ends, 26 million of them. */
export const MAX_LINES = 1_000_000;

/** Lines that begin with two hyphens, as a boundary does. Stops a parser from comparing millions of them with each boundary. */
export const MAX_HYPHEN_LINES = 20_000;

/**
 * Packets of a certificate that a post or a request brings along. One with two subkeys and a few certifications has a dozen.
 * Stops certificates of hundreds of signatures, each of which is verified before anybody's is known to be good.
 */
export const MAX_BROUGHT_PACKETS = 64;
