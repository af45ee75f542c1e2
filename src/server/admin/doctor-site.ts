/** What `doctor` asks of the machine: the process, files and their modes, the disk, certificates, backups and the clock. */
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { type DataFolder, isOpenToOthers } from "../base/data-folder.js";
import { freeSpace } from "../base/disk-space.js";
import { tryLock } from "../base/file-lock.js";
import { DAY_MS } from "../base/limits.js";
import { lastBackup } from "./backup.js";
import type { Config } from "./config.js";
import { type Diagnosis, look, ok, wrong } from "./diagnosis.js";
import { runProgram } from "./shell.js";

/** Free space below which the server will soon say 451, in bytes: a few posts of the largest size. */
const LITTLE_SPACE = 1024 ** 3;
/** A backup older than this, in milliseconds, lacks a week of removals. */
const OLD_BACKUP_MS = 7 * DAY_MS;
/** Whoever renews certificates does it three to four weeks before they end: at this point, in days, it has failed. */
const CERTIFICATE_DAYS = 14;

/** Whether `serve` runs: the lock of the data folder is held while it does. */
export async function examineRunning(folder: DataFolder): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  const release = existsSync(folder.lock) ? tryLock(folder.lock) : () => undefined;
  release?.();
  if (release === undefined) findings.push(ok("serve is running"));
  else {
    const { stdout } = await runProgram("systemctl", [
      "show",
      "-p",
      "Result,ExecMainStatus",
      "listseal-server",
    ]);
    // 31: SIGSYS
    findings.push(
      /^ExecMainStatus=31$/m.test(stdout)
        ? wrong(
            "killed-by-filter",
            "systemd killed the server for a system call that its filter does not allow; a new Node may make it",
            "systemctl edit listseal-server, and add the call to SystemCallFilter= (journalctl -k names it); report it",
          )
        : look(
            "not-running",
            "serve is not running: no mail is accepted or sent",
            "systemctl start listseal-server",
          ),
    );
  }
  if (existsSync(folder.notAgain)) {
    findings.push(
      look(
        "mail-not-read",
        `some mail could not be read within its limits, and is refused for five days (${folder.notAgain})`,
        "nothing for a single mail; if it was genuine, report it, and delete the file while the server is stopped",
      ),
    );
  }
  return findings;
}

export async function examinePermissions(folder: DataFolder): Promise<readonly Diagnosis[]> {
  const keys = (await readdir(folder.keys)).map((name) => `${folder.keys}/${name}`);
  // the database is behind the folder's own mode
  const secret = [folder.path, folder.keys, folder.tokenSecret, folder.heads, ...keys];
  const findings: Diagnosis[] = [];
  for (const path of secret.filter((each) => existsSync(each))) {
    if (await isOpenToOthers(path)) {
      findings.push(
        wrong(
          "open-to-others",
          `others can read ${path}`,
          `chmod go= ${path}, and find out who could read it`,
        ),
      );
    }
  }
  return findings.length > 0 ? findings : [ok("only this user can read keys and data")];
}

export async function examineDisk(folder: DataFolder): Promise<Diagnosis> {
  const free = await freeSpace(folder);
  const text = `${Math.floor(free / 1024 ** 2)} MiB free on the disk of ${folder.path}`;
  return free < LITTLE_SPACE
    ? wrong(
        "disk-low",
        `only ${text}`,
        `du -xh ${folder.path} / | sort -h | tail; free some space, and nothing else is needed`,
      )
    : ok(text);
}

/** The certificates for https and STARTTLS that the server presents itself. */
export async function examineCertificates(config: Config): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [];
  for (const part of ["web", "smtp", "lmtp"] as const) {
    const { certificate: file } = config[part];
    if (file === undefined) continue;
    const renew = `renew ${file}, then systemctl reload listseal-server`;
    const days = await daysLeft(file);
    if (days === undefined) {
      findings.push(wrong("certificate-ends", `[${part}] the certificate ${file} can't be read`, renew));
    } else if (days < CERTIFICATE_DAYS) {
      findings.push(
        wrong("certificate-ends", `[${part}] the certificate ${file} is valid for ${days} more days`, renew),
      );
    } else findings.push(ok(`[${part}] the certificate is valid for ${days} more days`));
  }
  return findings;
}

/** How many days the certificate in a PEM file is still valid, 0 once it has ended; `undefined` if there is none. */
export async function daysLeft(file: string): Promise<number | undefined> {
  try {
    const { validTo } = new X509Certificate(await readFile(file));
    return Math.max(0, Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS));
  } catch {
    return undefined;
  }
}

export async function examineBackup(folder: DataFolder): Promise<Diagnosis> {
  const last = await lastBackup(folder);
  const mend = `listseal-server backup /backups/listseal-$(date +%F).db, every day; keep ${folder.keys} in another place`;
  if (last === undefined)
    return look("no-backup", "the database was never backed up with listseal-server backup", mend);
  const age = Date.now() - last.at.getTime();
  const text = `the last backup is from ${last.at.toISOString().slice(0, 16)}Z`;
  return age > OLD_BACKUP_MS ? look("no-backup", text, mend) : ok(text);
}

/** @param newest when the last member was added, @param tolerance how far apart clocks may be, in milliseconds */
export async function examineClock(newest: number, tolerance: number): Promise<readonly Diagnosis[]> {
  // signatures are checked against this clock: too far back, every post is "from the future"
  const now = new Date();
  if (newest > now.getTime() + tolerance) {
    return [
      wrong(
        "clock-behind",
        `the clock shows ${now.toISOString()}, but the roster has a later date`,
        "timedatectl set-ntp true",
      ),
    ];
  }
  const { code, stdout } = await runProgram("timedatectl", ["show", "-p", "NTPSynchronized", "--value"]);
  if (code === 0 && stdout.trim() === "no") {
    return [
      look(
        "clock-not-set",
        `the clock shows ${now.toISOString()}, and nothing keeps it right`,
        "timedatectl set-ntp true",
      ),
    ];
  }
  return [ok(`the clock shows ${now.toISOString()}`)];
}
