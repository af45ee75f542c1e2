/** `doctor`: checks everything that a list needs and that can fail silently. Changes nothing. */
import { execFile } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { existsSync } from "node:fs";
import { readdir, statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { domainOf, parseAddress } from "../../mail/mailbox.js";
import { FUTURE_ALLOWED_MS } from "../../openpgp/policy.js";
import { type DataFolder, isInitialised, isOpenToOthers } from "../base/data-folder.js";
import { tryLock } from "../base/file-lock.js";
import { writeHostAndPort } from "../delivery/endpoints.js";
import { connectToRelay, type RelayOptions } from "../delivery/relay.js";
import { relayFault, relayFaultSentence } from "../delivery/relay-fault.js";
import { ownersOf } from "../delivery/suspension.js";
import { openLedger } from "../store/open-ledger.js";
import { openCheckedStore } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import { loadServerKey } from "../store/server-keys.js";
import type { List, Store } from "../store/store.js";
import { sentenceFor } from "./failure-sentence.js";
import type { ServerPlace } from "./site.js";

/** `look`: may be as you want it. `WRONG`: mail is lost, refused or readable. */
export interface Diagnosis {
  readonly verdict: "ok" | "look" | "WRONG";
  readonly text: string;
}

const finding =
  (verdict: Diagnosis["verdict"]) =>
  (text: string): Diagnosis => ({ verdict, text });
const ok = finding("ok");
const look = finding("look");
const wrong = finding("WRONG");

/** Free space below which the server will soon say 451, in bytes: a few posts of the largest size. */
const LITTLE_SPACE = 1024 ** 3;
const DNS_TIMEOUT_MS = 3_000;

/** Examines a site. @param relay as `serve` would use it; `undefined` if none is configured */
export async function examine(
  site: ServerPlace,
  relay: RelayOptions | undefined,
): Promise<readonly Diagnosis[]> {
  const { folder, config, place } = site;
  if (!isInitialised(folder)) return [wrong(`${folder.path} holds no list server yet: run init`)];
  const findings = [running(folder), ...(await permissions(folder)), ...(await disk(folder))];
  let store: Store;
  try {
    store = await openCheckedStore(place);
  } catch (error) {
    return [...findings, wrong(sentenceFor(error))];
  }
  try {
    const lists = await store.lists();
    findings.push(ok(`the database is intact, ${lists.length} ${lists.length === 1 ? "list" : "lists"}`));
    for (const list of lists) findings.push(await serverKey(folder, list));
    findings.push(...(await records(store, lists, folder)));
    findings.push(...(await standing(place, store, lists)));
    findings.push(...(await queue(store)));
    findings.push(await reachable(relay));
    const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
    const { resolver: at } = config.dns;
    if (at !== undefined) resolver.setServers([writeHostAndPort(at)]);
    const domains = new Set(lists.map((list) => domainOf(parseAddress(list.address))));
    for (const domain of domains) findings.push(...(await dns(resolver, domain)));
    findings.push(...(await postfix()));
    return findings;
  } finally {
    await store.close();
  }
}

async function permissions(folder: DataFolder): Promise<readonly Diagnosis[]> {
  const keys = (await readdir(folder.keys)).map((name) => `${folder.keys}/${name}`);
  const secret = [folder.path, folder.keys, folder.database, folder.tokenSecret, folder.heads, ...keys];
  const findings: Diagnosis[] = [];
  for (const path of secret.filter((each) => existsSync(each))) {
    // the database is behind the folder's own mode
    if (path !== folder.database && (await isOpenToOthers(path))) {
      findings.push(wrong(`others can read ${path}: run chmod go= ${path}`));
    }
  }
  return findings.length > 0 ? findings : [ok("only this user can read keys and data")];
}

async function disk(folder: DataFolder): Promise<readonly Diagnosis[]> {
  const { bavail, bsize } = await statfs(folder.path);
  const free = bavail * bsize;
  const text = `${Math.floor(free / 1024 ** 2)} MiB free on the disk of ${folder.path}`;
  return [free < LITTLE_SPACE ? wrong(`only ${text}`) : ok(text)];
}

async function serverKey(folder: DataFolder, list: List): Promise<Diagnosis> {
  try {
    await loadServerKey(folder, list);
    return ok(`${list.address}: the server key can be used`);
  } catch (error) {
    return wrong(`${list.address}: ${sentenceFor(error)}`);
  }
}

async function records(
  store: Store,
  lists: readonly List[],
  folder: DataFolder,
): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  const heads = new Heads(folder.heads);
  const paused = await heads.paused();
  for (const address of await heads.known()) {
    if (lists.some((list) => list.address === address)) continue;
    findings.push(
      wrong(
        `${address}: this list is not in the database, so its mail is deferred: restore a newer backup, or create the list again`,
      ),
    );
  }
  for (const list of lists) {
    if (list.listKey === undefined)
      findings.push(look(`${list.address}: no list key yet, so it accepts no posts (list set-key)`));
    if (paused.has(list.address)) {
      findings.push(
        wrong(`${list.address}: paused after a restore until its owner resumes it (list resume)`),
      );
    }
  }
  // signatures are checked against this clock: too far back, every post is "from the future"
  const now = Date.now();
  if (((await store.newestMember()) ?? 0) > now + FUTURE_ALLOWED_MS) {
    findings.push(
      wrong(`the clock shows ${new Date(now).toISOString()}, but the roster has a later date: set the clock`),
    );
  } else {
    findings.push(ok(`the clock shows ${new Date(now).toISOString()}; compare it with another clock`));
  }
  return findings;
}

/** Lists that nobody owns, and members who get nothing. */
async function standing(
  place: ServerPlace["place"],
  store: Store,
  lists: readonly List[],
): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  const ledger = await openLedger(place);
  try {
    for (const list of lists) {
      if ((await ledger.settings(list.id)).retired !== undefined) continue;
      if ((await ownersOf(store, list.id)).length === 0) {
        findings.push(
          look(
            `${list.address}: no owner, so nobody could resume it after a restore: name one (member role)`,
          ),
        );
      }
      const count = (await ledger.suspended(list.id, "bounces")).length;
      if (count > 0) {
        findings.push(
          look(
            `${list.address}: ${count} ${count === 1 ? "member" : "members"} suspended because of bounces (member list)`,
          ),
        );
      }
    }
  } finally {
    await ledger.close();
  }
  return findings;
}

/** Whether `serve` runs: the lock of the data folder is held while it does. */
function running(folder: DataFolder): Diagnosis {
  const release = existsSync(folder.lock) ? tryLock(folder.lock) : () => undefined;
  release?.();
  return release === undefined
    ? ok("serve is running")
    : look("serve is not running: no mail is accepted or sent");
}

async function queue(store: Store): Promise<readonly Diagnosis[]> {
  const { waiting, aside } = await store.queueCounts();
  const oldest = await store.oldestPost();
  const hours = oldest === undefined ? 0 : Math.floor((Date.now() - oldest) / 3_600_000);
  if (hours > 0)
    return [
      look(`queue: ${waiting} waiting, the oldest post for ${hours} h, ${aside} set aside: see "queue show"`),
    ];
  const text = `queue: ${waiting} waiting, ${aside} set aside`;
  return [aside > 0 ? look(`${text}: see "queue show --aside"`) : ok(text)];
}

async function reachable(relay: RelayOptions | undefined): Promise<Diagnosis> {
  if (relay === undefined) return look("relay.url is not set in listseal.toml, so serve needs --relay");
  const name = `${relay.protocol}://${writeHostAndPort(relay)}`;
  try {
    (await connectToRelay(relay)).close();
    return ok(`the relay ${name} answers${relay.tls === "require" ? ", with TLS" : ""}`);
  } catch (error) {
    return wrong(`the relay ${name} can't be used: ${relayFaultSentence(relayFault(error))}`);
  }
}

/** Records of the lists' domain. Their absence makes other mail systems refuse the copies or distrust them. */
async function dns(resolver: Resolver, domain: string): Promise<readonly Diagnosis[]> {
  const texts = async (name: string, start: RegExp): Promise<string | undefined> => {
    const records = await resolver.resolveTxt(name).catch(() => []);
    return records.map((parts) => parts.join("")).find((text) => start.test(text));
  };
  const [mx = [], spf, dmarc] = await Promise.all([
    resolver.resolveMx(domain).catch(() => []),
    texts(domain, /^v=spf1(\s|$)/i),
    texts(`_dmarc.${domain}`, /^v=DMARC1\s*(;|$)/i),
  ]);
  return [
    mx.length > 0
      ? ok(`${domain}: MX ${mx.map(({ exchange }) => exchange).join(", ")}`)
      : wrong(`${domain}: no MX record: posts and bounces can't be delivered here`),
    spf === undefined
      ? wrong(`${domain}: no SPF record: other mail systems may refuse or distrust the copies`)
      : ok(`${domain}: ${spf}`),
    dmarc === undefined ? look(`${domain}: no DMARC record at _dmarc.${domain}`) : ok(`${domain}: ${dmarc}`),
  ];
}

/** QUIRK: Debian 12's Postfix takes bare line feeds as line ends (`no`): a second mail can be smuggled in behind a first. */
async function postfix(): Promise<readonly Diagnosis[]> {
  let value: string;
  try {
    const { stdout } = await promisify(execFile)("postconf", ["-h", "smtpd_forbid_bare_newline"]);
    value = stdout.trim();
  } catch {
    return [];
  }
  return [
    /^(yes|normalize|reject)$/.test(value)
      ? ok(`Postfix: smtpd_forbid_bare_newline = ${value}`)
      : wrong(
          `Postfix: smtpd_forbid_bare_newline = ${value || "unknown here: update Postfix"}: mail can be smuggled in: run postconf -e smtpd_forbid_bare_newline=normalize`,
        ),
  ];
}
