import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { marionetteOf, type Preferences, QUIET_GECKO, quitGecko, writeGeckoProfile } from "./gecko.js";
import type { Marionette } from "./marionette.js";
import { LOOPBACK } from "./ports.js";
import { type RunningProcess, startProcess } from "./processes.js";
import type { Display } from "./xvfb.js";

const PROGRAM = "/usr/lib/thunderbird/thunderbird";

/** Whose Thunderbird it is and where its mail comes from. */
export interface Account {
  /** Short name, which is also the IMAP user: "alice". */
  readonly user: string;
  /** What stands in From: "Alice Example". */
  readonly fullName: string;
  readonly address: string;
  readonly imapPort: number;
  readonly smtpPort: number;
}

/** Everything that a Thunderbird needs to start. */
export interface ThunderbirdOptions {
  readonly account: Account;
  /** A folder of its own: profile, home, downloads, temporary files, log. */
  readonly folder: string;
  readonly display: Display;
  /** More preferences, or other values for ours. */
  readonly preferences?: Preferences;
}

/** A running Thunderbird that a test drives. */
export interface Thunderbird {
  readonly account: Account;
  readonly marionette: Marionette;
  readonly display: Display;
  readonly process: RunningProcess;
  readonly profile: string;
  /** Where attachments are saved without a question. */
  readonly downloads: string;
  /** Installs an unpacked add-on or an .xpi and gives its id; gone after a restart. */
  installAddon(path: string): Promise<string>;
  /** Ends it in order. */
  quit(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** What Thunderbird has beside Firefox that shows first-run pages or asks the network. */
const QUIET: Preferences = {
  "app.donation.eoy.version.viewed": 999,
  "calendar.timezone.local": "UTC",
  "mail.biff.play_sound": false,
  "mail.biff.show_alert": false,
  "mail.chat.enabled": false,
  "mail.cloud_files.enabled": false,
  "mail.compose.attachment_reminder": false,
  "mail.e2ee.auto_enable": false,
  "mail.inappnotifications.enabled": false,
  "mail.instrumentation.postUrl": "",
  "mail.openpgp.remind_encryption_possible": false,
  "mail.provider.suppress_dialog_on_startup": true,
  "mail.rights.version": 1,
  "mail.shell.checkDefaultClient": false,
  "mail.spam.version": 1,
  "mail.startup.enabledMailCheckOnce": true,
  "mail.winsearch.firstRunDone": true,
  "mailnews.auto_config.guess.enabled": false,
  "mailnews.start_page.enabled": false,
  "mailnews.start_page_override.mstone": "ignore",
};

/**
 * One IMAP and one SMTP account on loopback without TLS: the wires have to be readable for the search to mean
 * anything (what is sealed must be safe without TLS).
 *
 * QUIRK: `fetch_by_chunks`: Thunderbird fetches a large mail in pieces, and a marker that lies across two of them
 * would be missed on the wire.
 */
function accountPreferences(account: Account): Preferences {
  return {
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.account.account2.server": "server2",
    "mail.identity.id1.fullName": account.fullName,
    "mail.identity.id1.useremail": account.address,
    "mail.identity.id1.smtpServer": "smtp1",
    "mail.identity.id1.valid": true,
    "mail.identity.id1.compose_html": true,
    "mail.identity.id1.fcc_folder": `imap://${account.user}@${LOOPBACK}/Sent`,
    "mail.identity.id1.draft_folder": `imap://${account.user}@${LOOPBACK}/Drafts`,
    "mail.server.server1.type": "imap",
    "mail.server.server1.hostname": LOOPBACK,
    "mail.server.server1.port": account.imapPort,
    "mail.server.server1.userName": account.user,
    "mail.server.server1.name": account.address,
    "mail.server.server1.socketType": 0,
    "mail.server.server1.authMethod": 3,
    "mail.server.server1.login_at_startup": false,
    "mail.server.server1.check_new_mail": false,
    "mail.server.server1.fetch_by_chunks": false,
    "mail.server.default.fetch_by_chunks": false,
    "mail.server.server1.directory-rel": `[ProfD]ImapMail/${LOOPBACK}`,
    "mail.server.server2.type": "none",
    "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.name": "Local Folders",
    "mail.server.server2.userName": "nobody",
    "mail.server.server2.directory-rel": "[ProfD]Mail/Local Folders",
    "mail.smtpservers": "smtp1",
    "mail.smtp.defaultserver": "smtp1",
    "mail.smtpserver.smtp1.hostname": LOOPBACK,
    "mail.smtpserver.smtp1.port": account.smtpPort,
    "mail.smtpserver.smtp1.try_ssl": 0,
    "mail.smtpserver.smtp1.authMethod": 1,
    "mail.smtpserver.smtp1.type": "smtp",
  };
}

/** Writes a fresh profile, or over the one that is there. */
function writeProfile(profile: string, downloads: string, options: ThunderbirdOptions): void {
  writeGeckoProfile(profile, {
    ...QUIET_GECKO,
    ...QUIET,
    ...accountPreferences(options.account),
    "browser.download.dir": downloads,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": true,
    ...options.preferences,
  });
}

/**
 * Starts Thunderbird on a profile in `options.folder` (a new one, or the one that is there already), logs its IMAP
 * password in, and waits for the main window. The caller quits it.
 */
export async function startThunderbird(options: ThunderbirdOptions): Promise<Thunderbird> {
  const folders = {
    profile: join(options.folder, "profile"),
    home: join(options.folder, "home"),
    downloads: join(options.folder, "downloads"),
    temporary: join(options.folder, "tmp"),
  };
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  writeProfile(folders.profile, folders.downloads, options);
  const program = await startProcess({
    name: `Thunderbird of ${options.account.user}`,
    command: PROGRAM,
    args: [
      "--marionette",
      "--remote-allow-system-access",
      "--no-remote",
      "--new-instance",
      "--profile",
      folders.profile,
    ],
    logFile: join(options.folder, "thunderbird.log"),
    env: {
      ...process.env,
      DISPLAY: options.display.name,
      HOME: folders.home,
      TMPDIR: folders.temporary,
      XDG_CONFIG_HOME: join(folders.home, ".config"),
      XDG_CACHE_HOME: join(folders.home, ".cache"),
      LANG: "C.UTF-8",
      GTK_A11Y: "none",
      NO_AT_BRIDGE: "1",
      LIBGL_ALWAYS_SOFTWARE: "1",
    },
  });
  try {
    const marionette = await marionetteOf(program, folders.profile);
    await marionette.call(z.null(), "mail-window", "waitForMainWindow");
    await marionette.call(z.null(), "mail-window", "storePassword", "any password: Dovecot takes every one");
    await marionette.call(z.null(), "mail-window", "connectToMail");
    return {
      account: options.account,
      marionette,
      display: options.display,
      process: program,
      profile: folders.profile,
      downloads: folders.downloads,
      installAddon: (path) => marionette.installAddon(path),
      quit: () => quitGecko(marionette, program),
      kill: async () => {
        program.killNow();
        await program.ended;
        marionette.close();
      },
    };
  } catch (error) {
    program.killNow();
    await program.ended;
    throw error;
  }
}
