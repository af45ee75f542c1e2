/** `doctor`: checks everything that a list needs and that can fail silently. Changes nothing. */
import { Resolver } from "node:dns/promises";
import { existsSync } from "node:fs";
import { domainOf, parseAddress } from "../../mail/mailbox.js";
import { FUTURE_ALLOWED_MS } from "../../openpgp/policy.js";
import { type DataFolder, isInitialised } from "../base/data-folder.js";
import { writeHostAndPort } from "../delivery/endpoints.js";
import type { RelayOptions } from "../delivery/relay.js";
import { ownersOf } from "../delivery/suspension.js";
import { openCheckedStore } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import { loadServerKey } from "../store/server-keys.js";
import type { List, Store } from "../store/store.js";
import { type Diagnosis, look, ok, wrong } from "./diagnosis.js";
import { examineDns, examinePostfix, examineRelay } from "./doctor-mail.js";
import { examineQueue } from "./doctor-queue.js";
import {
  examineBackup,
  examineCertificates,
  examineClock,
  examineDisk,
  examinePermissions,
  examineRunning,
} from "./doctor-site.js";
import { sentenceFor } from "./failure-sentence.js";
import type { ServerSite } from "./site.js";

const DNS_TIMEOUT_MS = 3_000;

/** Examines a site. @param relay as `serve` would use it; `undefined` if none is configured */
export async function examine(
  site: ServerSite,
  relay: RelayOptions | undefined,
): Promise<readonly Diagnosis[]> {
  const { folder, config, place } = site;
  if (!isInitialised(folder)) {
    return [
      wrong(
        "no-server",
        `${folder.path} holds no list server yet`,
        "listseal-server init, or listseal-server quickstart",
      ),
    ];
  }
  const findings = await examineMachine(site);
  let store: Store;
  try {
    store = await openCheckedStore(place);
  } catch (error) {
    return [...findings, unusable(error, folder)];
  }
  try {
    const lists = await store.lists();
    findings.push(ok(`the database is intact, ${lists.length} ${lists.length === 1 ? "list" : "lists"}`));
    findings.push(...(await examineStore(site, store, relay)));
    const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 });
    const { resolver: at } = config.dns;
    if (at !== undefined) resolver.setServers([writeHostAndPort(at)]);
    const domains = new Set(lists.map((list) => domainOf(parseAddress(list.address))));
    for (const domain of domains) findings.push(...(await examineDns(resolver, domain)));
    findings.push(...(await examinePostfix()));
    return findings;
  } finally {
    await store.close();
  }
}

/** The same without what takes long, or asks others than the relay: for a screen that is looked at all day. */
export async function examineQuickly(
  site: ServerSite,
  store: Store,
  relay: RelayOptions | undefined,
): Promise<readonly Diagnosis[]> {
  return [...(await examineMachine(site)), ...(await examineStore(site, store, relay))];
}

const examineMachine = async ({ folder, config }: ServerSite): Promise<Diagnosis[]> => [
  ...(await examineRunning(folder)),
  ...(await examinePermissions(folder)),
  await examineDisk(folder),
  ...(await examineCertificates(config)),
];

async function examineStore(
  { folder, config, place }: ServerSite,
  store: Store,
  relay: RelayOptions | undefined,
): Promise<readonly Diagnosis[]> {
  const lists = await store.lists();
  const findings: Diagnosis[] = [];
  if (place.kind === "sqlite") findings.push(await examineBackup(folder));
  for (const list of lists) {
    // a retired list's key is deleted
    if ((await store.listSettings(list.id)).retired === undefined)
      findings.push(await serverKey(folder, list));
  }
  findings.push(...(await records(store, lists, folder)));
  findings.push(...(await examineClock((await store.newestMember()) ?? 0, FUTURE_ALLOWED_MS)));
  findings.push(...(await standing(store, lists)));
  const { relayAnswers, diagnoses } = await examineRelay(config, relay, lists);
  return [...findings, ...(await examineQueue(store, relayAnswers)), ...diagnoses];
}

/** Why the database can't be opened. */
function unusable(error: unknown, { database }: DataFolder): Diagnosis {
  const text = sentenceFor(error);
  if (/is damaged/.test(text)) {
    return wrong(
      "database-damaged",
      text,
      `cp ${database} somewhere; systemctl stop listseal-server; listseal-server restore BACKUP`,
    );
  }
  if (/^another (program|process)/.test(text)) return wrong("database-in-use", text, `fuser -v ${database}`);
  if (/^the PostgreSQL database/.test(text))
    return wrong("database-down", text, "systemctl start postgresql");
  return wrong("database-unusable", text, "do what the sentence says; what waits in the queue is not lost");
}

async function serverKey(folder: DataFolder, list: List): Promise<Diagnosis> {
  try {
    await loadServerKey(folder, list);
    return ok(`${list.address}: the server key can be used`);
  } catch (error) {
    const path = `${folder.keys}/${list.serverKeyFile}`;
    const mend = existsSync(path)
      ? `chmod 600 ${path}, or give its passphrase (OPERATING, Keys)`
      : `put ${path} back from your copy of the keys`;
    return wrong("server-key-unusable", `${list.address}: ${sentenceFor(error)}`, mend);
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
        "list-missing",
        `${address}: this list is not in the database, so its mail is deferred`,
        "restore a newer backup, or create the list again: listseal-server restore BACKUP",
      ),
    );
  }
  for (const { id, address, listKey } of lists) {
    const isRetired = (await store.listSettings(id)).retired !== undefined;
    if (listKey === undefined && !isRetired) {
      findings.push(
        look(
          "no-list-key",
          `${address}: no list key yet, so it accepts no posts until its owner claims it`,
          `listseal-server list card ${address}, for the owner; or listseal-server list set-key ${address} --list-key FILE`,
        ),
      );
    }
    if (paused.has(address)) {
      findings.push(
        wrong(
          "list-paused",
          `${address}: paused after a restore until its owner resumes it`,
          `listseal-server list show ${address}, and send the owner its record entry (OPERATING, Backup and restore)`,
        ),
      );
    }
  }
  return findings;
}

/** Lists that nobody owns, and members who get nothing. */
async function standing(store: Store, lists: readonly List[]): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  for (const list of lists) {
    if ((await store.listSettings(list.id)).retired !== undefined) continue;
    if ((await ownersOf(store, list.id)).length === 0) {
      findings.push(
        look(
          "no-owner",
          `${list.address}: no owner, so nobody could resume it after a restore`,
          `listseal-server member role ${list.address} ADDRESS owner, unless it waits to be claimed with its card`,
        ),
      );
    }
    const suspended = (await store.suspendedMembers(list.id, "bounces")).length;
    if (suspended > 0) {
      findings.push(
        look(
          "members-suspended",
          `${list.address}: ${people(suspended)} suspended because of bounces`,
          `listseal-server member list ${list.address}; then listseal-server member resume ${list.address} ADDRESS, or --all`,
        ),
      );
    }
    const keyless = await store.keylessMembers(list.id);
    if (keyless > 0) {
      findings.push(
        look(
          "members-without-key",
          `${list.address}: ${people(keyless)} without a usable key, and notified`,
          `listseal-server member list ${list.address}, and wait for their new keys`,
        ),
      );
    }
  }
  return findings;
}

const people = (count: number) => `${count} ${count === 1 ? "member" : "members"}`;
