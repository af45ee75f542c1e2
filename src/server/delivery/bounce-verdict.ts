/**
 * Hard or soft: whether a mail system's words mean that an address is dead, or that this mail was not wanted today.
 *
 * The first digit does not tell. Of 543 real bounces that people had judged temporary, 446 carried 5.x.x: a full mailbox, a
 * policy, a content filter. Nor does the rest of the code: "553 5.1.8 Domain of sender address does not exist" is about
 * us, and Sendmail writes 5.1.1 into its report for any 550. So the questions are, in this order: is it about us or
 * about the mail (soft, whatever the code says)? Do the words say that the address is dead? Does the code that the
 * other side itself gave (RFC 3463: class.subject.detail)? Whatever is not known is soft: a member who is suspended by
 * mistake misses mail that nobody sends again.
 */

/** `hard`: there is no such mailbox. `soft`: anything else. `reason`: a word for the owner and the log. */
export interface BounceVerdict {
  readonly severity: "hard" | "soft";
  readonly reason: string;
}

/** What a report said: enhanced status code, if any, and the diagnostic text. */
export interface BounceDiagnostic {
  readonly status?: string;
  readonly text: string;
}

type Rule = readonly [pattern: RegExp, severity: BounceVerdict["severity"], reason: string];

/**
 * Asked in this order: soft before hard, since "550 5.1.1 user's mailbox is full", "user unknown (blocked by policy)" and
 * "sender address rejected: user unknown" must not be taken for the end of an address. `@` stands for any address.
 */
const texts: readonly Rule[] = [
  // a fault of our own DNS, name or address is told to every member at once
  [
    /\bsenders?\b|\bsender's|\b(helo|ehlo|mail from|badmailfrom|return (address|path)|from address|envelope)\b|\bmessages? from\b|\bmail from (this|your) (domain|server|host)|\b(reverse|forward) (dns|hostname|lookup)|\brdns\b|\bptr\b|client( host)?\b|\byour (ip|host|hostname|server|domain|network|mail ?server|isp|provider|access|email has been)\b|sending (ip|host|server|domain|mta|your mail)|server sending|source ip|from (this|your) ip|mail server domain/i,
    "soft",
    "sender-check",
  ],
  [
    /\b(un)?auth(ori[sz]|enticat)|\bdmarc\b|\bspf\b|\bdkim\b|spoof|relay(ing)? (access )?(denied|not permitted|prohibited)|(unable|not permitted) to relay|\brcpthosts\b|not a gateway|not (permitted|authori[sz]ed)|have permissions?\b|restrictdomains/i,
    "soft",
    "sender-check",
  ],
  [
    /(mailbox|mail ?box|inbox|account|user|recipient|storage)('s)?( \S{1,80}){0,4} (is )?(full|over ?quota|exceeded)|quota|out of (storage|disk) space|insufficient (system )?(storage|disk)|not enough (storage|space)|(storage|size) limit exceeded|storage (space|allocation)|speichervolumen|too many (messages|mails) on/i,
    "soft",
    "mailbox-full",
  ],
  [
    /too (large|big)|size (limit )?exceed|exceeds? (the )?(maximum|size|limit)|message size/i,
    "soft",
    "too-large",
  ],
  [
    /spam|spamhaus|black ?list|block ?list|\bblocked\b|\bblocked\.|_blocked|\bbanned\b|\brbl\b|dnsbl|reputation|junk|virus|malware|unsolicited|bulk mail|abuse/i,
    "soft",
    "filtered",
  ],
  [
    /gr[ae]y ?list|try (again|later)|temporar|rate ?limit|too many|throttl|deferred|frequency|\b(at a|unusual|high) rate|rate (too|that|exceeded)|too quickly|slow down|(daily|sending|hourly) (\S{1,80} )?(limit|quota)|soft error/i,
    "soft",
    "temporary",
  ],
  [
    /content (rejected|filter|not|contains|presents)|attachment|prohibit|against (our )?policy|(local|because of|due to) (\S{1,80} )?policy|policy (reasons|restrictions?|violations?)|message (content )?(rejected|refused|filtered|not (allowed|accepted))|encrypted|transport rule|do(es)? not accept mail from|posting not/i,
    "soft",
    "policy",
  ],
  [
    /timed? ?out|connection (refused|reset|lost|dropped)|unable to (connect|reach)|could not (be )?connect|no route to host|host unreachable|retry time(out)? (not )?(reached|exceeded)|hop count|\bloops?\b|\bhops\b|expired \(|message expired|dns (query|check) failed/i,
    "soft",
    "unreachable",
  ],
  [/on vacation|out of (the )?office/i, "soft", "away"],
  [
    /(user|recipient|mailbox|address|account|addressee|alias|person|subscriber|customer|teilnehmer|benutzer|destinataire|destinatario|utilisateur)( name)?('s)?( \S{1,80}){0,3} (is |are |has been |was |administratively )*(unknown|not found|not exist|doesn'?t exist|does not exist|invalide?|not valid|disabled|inactive|deactivated|closed|suspended|deleted|terminated|discontinued|unavailable|no longer|could not be found|not listed|archivee|archived|moved|left|existiert nicht|nicht bekannt|inconnue?|sconosciuto|inexistente?)\b/i,
    "hard",
    "no-mailbox",
  ],
  [
    /\b(unknown|no such|invalid|bad|non-?existent|inactive|disabled|archived|undeliverable) (or illegal )?(local )?(user|recipients?|mailbox|address|account|alias|part|person|e-?mail( recipients?)?)\b|user ?unknown|unknown in (local|virtual|relay) (recipient|mailbox|alias)|recip(ient)?notfound|no mailbox( here)?( by that name)?|nobody by that name|mailbox not available|not (a|our) (valid|known|customer)( (user|mailbox|recipient))?|does ?n[o']t have an? \S{1,80} account|account( that)? you tried to reach (does not exist|is (disabled|inactive))|no longer (with|here|employed|valid|in use|available|active|accepts? mail|on server)|\bhas (left|moved)\b|nicht mehr im unternehmen|recipient address rejected: (access denied|undeliverable)|recipients? (cannot|can't|could not) be verified|not listed in (public|domino)|cannot deliver mail for @/i,
    "hard",
    "no-mailbox",
  ],
  [
    /(host|domain)( name)?( \S{1,80}){0,3} (not found|unknown|does not exist|do not exist)|couldn't find any host|couldn't find a mail exchanger|unrouteable address|unroutable address|no mx|null ?mx|nxdomain|non-existent hosts|no smtp service$|indicated no smtp service|does not accept (mail|email)|domain has expired|invalid host name|records? for \S{1,80} do not exist/i,
    "hard",
    "no-domain",
  ],
];

/**
 * RFC 3463, 3.2 (and RFC 7505 for 1.10): the details that are about the address itself. All others are soft.
 *
 * QUIRK: not 5.2.1, "mailbox disabled": Gmail says it of a mailbox that gets too much mail, AOL of a host that it blocks.
 */
const details: Readonly<Record<string, string>> = {
  "1.1": "no-mailbox",
  "1.2": "no-domain",
  "1.3": "bad-address",
  "1.6": "moved",
  "1.10": "no-domain",
};

/** RFC 3463, 3.2: the details that are about our address. Nothing that is said beside them is about the member. */
const aboutSender: ReadonlySet<string> = new Set(["1.7", "1.8"]);

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

/** Longest diagnostic text that is looked at, a whole report's prose. Stops a report made to keep the patterns busy. */
const MAX_TEXT = 8_000;

const enhanced = /(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])/;

/** Judges one failed delivery. Never throws; what it doesn't know is soft. */
export function judgeBounce({ status = "", text }: BounceDiagnostic): BounceVerdict {
  const said = withoutNames(text.slice(0, MAX_TEXT));
  const own = enhanced.exec(said);
  // what the other side said goes before what the reporting system made of it; a reply without words leaves that alone
  const [, kind, subject = "", detail = ""] = own ?? enhanced.exec(status) ?? [];
  const isOwn = own !== null || !/[a-z]{2}/i.test(said);
  // class 4 is a promise to have tried long enough; an address that is dead says so with 5
  const isFinal = kind !== "4" && !/^(smtp; ?)?4\d\d[ -]/.test(said);
  if (isFinal && !aboutSender.has(`${subject}.${detail}`)) {
    for (const [pattern, severity, reason] of texts) {
      if (pattern.test(said)) return { severity, reason };
    }
    const dead = details[`${subject}.${detail}`];
    if (dead !== undefined && isOwn) return { severity: "hard", reason: dead };
  }
  const known = softDetails[`${subject}.${detail}`] ?? subjects[subject];
  return { severity: "soft", reason: known ?? "unknown" };
}

/**
 * On one line, without what others named: an address or a host called `spam`, `sender` or `unknown-user` says nothing. And
 * without the reply codes inside of a long reply ("550-Mailbox unavailable 550 Reject due to policy").
 */
function withoutNames(text: string): string {
  return text
    .split(/\s+/)
    .map((word) => (word.includes("@") ? "@" : word))
    .join(" ")
    .replace(/\bhost \S{1,300}\[\S{1,80}\] said:|\bhost \S{1,300} ?\[\S{1,80}\]|https?:\S{1,1000}/gi, "")
    .replace(/(return(ed|ing)?|back)( \S{1,20})? to (the )?sender/gi, "")
    .replace(/(?<=\S )(\d{3})-(?=\S)/g, "")
    .trim();
}
