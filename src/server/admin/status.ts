/** `status`: a server on one screen. What is wrong is said in doctor's words, without what doctor asks outside. */
import { createdAt, parseSealingKey, subkeyDates } from "../../openpgp/keys.js";
import { freeSpace } from "../base/disk-space.js";
import { DAY_MS } from "../base/limits.js";
import { writeHostAndPort } from "../delivery/endpoints.js";
import type { RelayOptions } from "../delivery/relay.js";
import { openStore } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import type { List, Store } from "../store/store.js";
import { lastBackup } from "./backup.js";
import { type Diagnosis, diagnosisLines } from "./diagnosis.js";
import { examineQuickly } from "./doctor.js";
import { daysLeft } from "./doctor-site.js";
import type { ServerSite } from "./site.js";

/** A list, as one line. */
export interface ListLine {
  readonly address: string;
  readonly members: number;
  readonly owners: number;
  readonly suspended: number;
  readonly keyless: number;
  /** Days since the server key got its newest encryption subkey. */
  readonly keyDays: number;
  readonly state: "accepts posts" | "not claimed yet" | "paused" | "retired";
}

/** Everything on the screen. */
export interface ServerStatus {
  readonly at: Date;
  readonly lists: readonly ListLine[];
  readonly queue: { readonly waiting: number; readonly aside: number; readonly oldest?: Date };
  readonly relay: string;
  readonly freeBytes: number;
  /** `web 62 days`, for each certificate that the server presents. */
  readonly certificates: readonly string[];
  readonly backup: string;
  /** What doctor finds here and now, but for what is as it should be. */
  readonly alarms: readonly Diagnosis[];
}

/** Looks at a server, running or not. Changes nothing. @param relay as `serve` would use it */
export async function readStatus(site: ServerSite, relay: RelayOptions | undefined): Promise<ServerStatus> {
  const { folder, config, place } = site;
  const store = await openStore(place);
  try {
    const { waiting, aside } = await store.queueCounts();
    const oldest = waiting > 0 ? await store.oldestPost() : undefined;
    const findings = await examineQuickly(site, store, relay);
    const certificates: string[] = [];
    for (const part of ["web", "smtp", "lmtp"] as const) {
      const file = config[part].certificate;
      if (file !== undefined) certificates.push(`${part} ${(await daysLeft(file)) ?? 0} days`);
    }
    const backup = place.kind === "sqlite" ? await lastBackup(folder) : undefined;
    const relayName = relay === undefined ? "not set" : `${relay.protocol}://${writeHostAndPort(relay)}`;
    const isDown = findings.some(({ fault }) => fault === "relay-down");
    return {
      at: new Date(),
      lists: await listStatuses(store, new Heads(folder.heads)),
      queue: { waiting, aside, ...(oldest === undefined ? {} : { oldest: new Date(oldest) }) },
      relay: relay === undefined ? relayName : `${relayName} ${isDown ? "does not answer" : "answers"}`,
      freeBytes: await freeSpace(folder),
      certificates,
      backup:
        place.kind === "postgres"
          ? "by pg_dump, not known here"
          : backup === undefined
            ? "none"
            : `${minute(backup.at)}, ${backup.file}`,
      alarms: findings.filter(({ verdict }) => verdict !== "ok"),
    };
  } finally {
    await store.close();
  }
}

async function listStatuses(store: Store, heads: Heads): Promise<readonly ListLine[]> {
  const [sizes, suspended, paused] = await Promise.all([
    store.rosterSizes(),
    store.suspendedCounts("bounces"),
    heads.paused(),
  ]);
  const statuses: ListLine[] = [];
  for (const list of await store.lists()) {
    const { id, address } = list;
    statuses.push({
      address,
      members: sizes.get(address) ?? 0,
      owners: (await store.owners(id)).length,
      suspended: suspended.get(address) ?? 0,
      keyless: await store.keylessMembers(id),
      keyDays: await keyDays(list),
      state:
        (await store.listSettings(id)).retired !== undefined
          ? "retired"
          : paused.has(address)
            ? "paused"
            : list.listKey === undefined
              ? "not claimed yet"
              : "accepts posts",
    });
  }
  return statuses;
}

async function keyDays(list: List): Promise<number> {
  const { certificate } = await parseSealingKey("server", list.serverCertificate);
  const dates = [createdAt(certificate), ...subkeyDates(certificate)].map((date) => date.getTime());
  return Math.floor((Date.now() - Math.max(...dates)) / DAY_MS);
}

/** Numbers stand under each other; the address takes what it needs. */
export function statusLines(status: ServerStatus): readonly string[] {
  const { lists, queue, alarms } = status;
  const heads = ["list", "members", "owners", "suspended", "no key", "key age", "state"];
  const rows = lists.map((list) => [
    list.address,
    `${list.members}`,
    `${list.owners}`,
    `${list.suspended}`,
    `${list.keyless}`,
    `${list.keyDays} d`,
    list.state,
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const isText = (column: number) => column === 0 || column === heads.length - 1;
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const oldest = queue.oldest === undefined ? "" : `, the oldest post since ${minute(queue.oldest)}`;
  return [
    line(heads),
    ...rows.map(line),
    "",
    `queue         ${queue.waiting} waiting${oldest}; ${queue.aside} set aside`,
    `relay         ${status.relay}`,
    `disk          ${(status.freeBytes / 1024 ** 3).toFixed(1)} GiB free`,
    `certificates  ${status.certificates.join(", ") || "none: https and STARTTLS are not offered"}`,
    `last backup   ${status.backup}`,
    `as of         ${minute(status.at)}`,
    "",
    ...(alarms.length === 0 ? ["nothing needs you"] : alarms.flatMap(diagnosisLines)),
  ];
}

const minute = (date: Date) => `${date.toISOString().slice(0, 16)}Z`;
