/**
 * What a Postfix needs for a lists' domain, merged with what it has: nothing that is there is taken away, and nothing is set
 * that is set well. docs/postfix/main.cf says the same for people who do it by hand, and why.
 */
import { MAX_MAIL_BYTES } from "../base/limits.js";
import { BadRequest } from "./administration.js";
import { runProgram } from "./shell.js";

/** What a Postfix says of itself. */
export interface PostfixState {
  /** Where main.cf is. */
  readonly folder: string;
  readonly hostName: string;
  /** What main.cf sets, by parameter. */
  readonly explicit: ReadonlyMap<string, string>;
  /** What is in force, defaults and references to other parameters worked out. */
  readonly effective: ReadonlyMap<string, string>;
}

/** A parameter of main.cf, and its new value. */
export type PostfixSetting = readonly [parameter: string, value: string];

/** Where a Postfix looks up who is its own, and the list server is never asked. */
const LOCAL_CLASSES = ["mydestination", "virtual_alias_domains", "virtual_mailbox_domains"] as const;

/** Asks the Postfix of this machine. @throws BadRequest if there is none */
export async function readPostfix(): Promise<PostfixState> {
  const [explicit, effective] = await Promise.all([
    runProgram("postconf", ["-n"]),
    runProgram("postconf", ["-x"]),
  ]);
  if (explicit.code !== 0 || effective.code !== 0) {
    throw new BadRequest("Postfix is not installed, or its settings can't be read: run apt install postfix");
  }
  const values = tableOf(effective.stdout);
  const folder = values.get("config_directory") ?? "/etc/postfix";
  return {
    folder,
    hostName: values.get("myhostname") ?? "localhost",
    explicit: tableOf(explicit.stdout),
    effective: values,
  };
}

/** `name = value` lines, as postconf prints them. */
function tableOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").flatMap((line) => {
    const [, name, value = ""] = /^(\w+) =(?: (.*))?$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value.trim()] as const];
  });
  return new Map(lines);
}

/** Our own transport table: the operator's stays theirs. */
export const transportFile = ({ folder }: Pick<PostfixState, "folder">): string =>
  `${folder}/listseal-transport`;

/** What has to be set for `domain`, whose mail goes to the list server. @throws BadRequest if Postfix delivers it itself */
export function missingSettings(state: PostfixState, domain: string): readonly PostfixSetting[] {
  const { explicit, effective } = state;
  for (const parameter of LOCAL_CLASSES) {
    if (!wordsOf(effective.get(parameter)).includes(domain)) continue;
    throw new BadRequest(
      `Postfix delivers mail for ${domain} itself, because ${parameter} names it: remove it there (postconf -e ${parameter}=...), or use another domain for the lists`,
    );
  }
  const wanted: PostfixSetting[] = [];
  /** Puts `entry` among those of a parameter that main.cf sets, or alone. */
  const merge = (parameter: string, entry: string, at: "first" | "last") => {
    const old = explicit.get(parameter) ?? "";
    if (old.includes(entry)) return;
    wanted.push([
      parameter,
      (at === "first" ? [entry, old] : [old, entry]).filter((each) => each !== "").join(", "),
    ]);
  };
  const set = (parameter: string, value: string, isGood: (now: string) => boolean) => {
    if (!isGood(effective.get(parameter) ?? "")) wanted.push([parameter, value]);
  };

  if (!wordsOf(explicit.get("relay_domains")).includes(domain)) {
    wanted.push(["relay_domains", [explicit.get("relay_domains") ?? "", domain].filter(Boolean).join(", ")]);
  }
  merge("transport_maps", `texthash:${transportFile(state)}`, "first");
  if ((explicit.get("relay_recipient_maps") ?? "") !== "") {
    // the list server knows its addresses; a table that names others would have them refused
    merge("relay_recipient_maps", `inline:{{@${domain} = OK}}`, "last");
  }
  // for this domain alone: other mail of the machine goes its way as before
  merge(
    "smtpd_recipient_restrictions",
    `check_recipient_access inline:{{${domain} = reject_unverified_recipient}}`,
    "first",
  );
  if (!explicit.has("unverified_recipient_reject_code"))
    wanted.push(["unverified_recipient_reject_code", "550"]);
  // QUIRK: Debian 12's Postfix lets mail be smuggled in (CVE-2023-51764), and excludes its own network from the cure
  set("smtpd_forbid_bare_newline", "normalize", (now) => /^(yes|normalize|reject)$/.test(now));
  set("smtpd_forbid_bare_newline_exclusions", "", (now) => now === "");
  const isLarge = (now: string) => now === "0" || Number(now) >= MAX_MAIL_BYTES;
  set("message_size_limit", String(MAX_MAIL_BYTES), isLarge);
  // local delivery refuses to work with a mailbox smaller than a mail
  set("mailbox_size_limit", String(MAX_MAIL_BYTES), isLarge);
  set("virtual_mailbox_limit", String(MAX_MAIL_BYTES), isLarge);
  // a sealed mail is for one list
  set("lmtp_destination_recipient_limit", "1", (now) => now === "1");
  return wanted;
}

const wordsOf = (value: string | undefined): readonly string[] => (value ?? "").split(/[\s,]+/);
