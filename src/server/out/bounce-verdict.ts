/**
 * Hard or soft: whether a mail system's words mean that an address is dead, or that this mail was not wanted today.
 *
 * The first digit does not tell. Of 543 real bounces that people had judged temporary, 446 carried 5.x.x: a full mailbox, a
 * policy, a content filter. So the text decides where it says something known, then the detail of the enhanced status
 * code (RFC 3463: class.subject.detail), and whatever is not known is soft: a member who is suspended by mistake misses
 * mail that nobody sends again.
 */

/** `hard`: there is no such mailbox. `soft`: anything else. `reason`: a word for the owner and the log. */
export interface Verdict {
  readonly severity: "hard" | "soft";
  readonly reason: string;
}

/** What a report said: enhanced status code, if any, and the diagnostic text. */
export interface Diagnosis {
  readonly status?: string;
  readonly text: string;
}

type Rule = readonly [pattern: RegExp, severity: Verdict["severity"], reason: string];

/**
 * Asked in this order: soft before hard, since "550 5.1.1 user's mailbox is full" and "user unknown (blocked by
 * policy)" must not be taken for the end of an address.
 */
const texts: readonly Rule[] = [
  [
    /(mailbox|mail ?box|inbox|account|user|recipient|storage)('s)?( \S+){0,4} (is )?(full|over ?quota|exceeded)|quota|out of (storage|disk) space|insufficient (system )?(storage|disk)|not enough (storage|space)|(storage|size) limit exceeded/i,
    "soft",
    "mailbox-full",
  ],
  [
    /too (large|big)|size (limit )?exceed|exceeds? (the )?(maximum|size|limit)|message size/i,
    "soft",
    "too-large",
  ],
  [
    /spam|spamhaus|blacklist|blocklist|block ?listed|\brbl\b|dnsbl|reputation|junk|virus|malware|unsolicited|bulk mail/i,
    "soft",
    "filtered",
  ],
  [
    /\bdmarc\b|\bspf\b|\bdkim\b|unauthenticated|sender (verify|rejected|denied)|authentication (failed|required)/i,
    "soft",
    "sender-check",
  ],
  [
    /gr[ae]y ?list|try (again|later)|temporar|rate ?limit|too many (connections|messages|recipients|mails)|throttl|deferred/i,
    "soft",
    "temporary",
  ],
  [
    /content (rejected|filter|not)|attachment|prohibited|against (our )?policy|policy (reasons|violation|restriction)|message (content )?(rejected|refused)/i,
    "soft",
    "policy",
  ],
  [
    /timed? ?out|connection (refused|reset|lost|dropped)|unable to connect|could not (be )?connect|no route to host|host unreachable|retry time(out)? (not )?(reached|exceeded)/i,
    "soft",
    "unreachable",
  ],
  [/on vacation|out of (the )?office/i, "soft", "away"],
  [
    /(user|recipient|mailbox|address|account|addressee|alias)( name)?('s)?( \S+){0,3} (is )?(unknown|not found|not exist|doesn'?t exist|does not exist|invalid|not valid|disabled|inactive|deactivated|closed|suspended|deleted|no longer)/i,
    "hard",
    "no-mailbox",
  ],
  [
    /(unknown|no such|invalid|bad|non-?existent|inactive|disabled) (local )?(user|recipient|mailbox|address|account|e-?mail)|user ?unknown|unknown in (local|virtual|relay) (recipient|mailbox|alias)|recipientnotfound|no mailbox( here)?( by that name)?|nobody by that name|mailbox not available|not a (valid|known) (user|mailbox|recipient)|does ?n[o']t have an? \S+ account|account( that)? you tried to reach (does not exist|is disabled)|no longer (with|here|employed|valid|in use|available|active)|has left|(recipient )?address rejected: (access denied|undeliverable)/i,
    "hard",
    "no-mailbox",
  ],
  [
    /(host|domain)( name)?( \S+){0,3} (not found|unknown|does not exist)|unrouteable|unroutable|no mx|null ?mx|nxdomain|does not accept (mail|email)|domain has expired/i,
    "hard",
    "no-domain",
  ],
];

/** RFC 3463, 3.2 and 3.3 (and RFC 7505 for 1.10): the details that are about the address itself. All others are soft. */
const details: Readonly<Record<string, string>> = {
  "1.1": "no-mailbox",
  "1.2": "no-domain",
  "1.3": "bad-address",
  "1.6": "moved",
  "1.10": "no-domain",
  "2.1": "disabled",
};

const softDetails: Readonly<Record<string, string>> = {
  "2.2": "mailbox-full",
  "2.3": "too-large",
  "3.4": "too-large",
};

/** Subjects of RFC 3463, for a reason where neither text nor detail says more. */
const subjects: Readonly<Record<string, string>> = {
  "1": "address",
  "2": "mailbox",
  "3": "mail-system",
  "4": "unreachable",
  "5": "protocol",
  "6": "content",
  "7": "policy",
};

/** Longest diagnostic text that is looked at. Stops a report made to keep the patterns busy. */
const MAX_TEXT = 2_000;

/** Judges one failed delivery. Never throws; what it doesn't know is soft. */
export function judge({ status = "", text }: Diagnosis): Verdict {
  const said = text.slice(0, MAX_TEXT).replace(/\s+/g, " ");
  const [, temporary, subject = "", detail = ""] = /^([245])\.(\d{1,3})\.(\d{1,3})$/.exec(status) ?? [];
  // class 4 is a promise to have tried long enough; an address that is dead says so with 5
  if (temporary !== "4") {
    for (const [pattern, severity, reason] of texts) {
      if (pattern.test(said)) return { severity, reason };
    }
    const dead = details[`${subject}.${detail}`];
    if (dead !== undefined) return { severity: "hard", reason: dead };
  }
  const known = softDetails[`${subject}.${detail}`] ?? subjects[subject];
  return { severity: "soft", reason: known ?? "unknown" };
}
