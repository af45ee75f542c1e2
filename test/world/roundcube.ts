import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, LOOPBACK } from "./ports.js";
import { runToEnd, startProcess, untilListening } from "./processes.js";

/** A private Roundcube, Debian's own, on PHP's web server. */
export interface Roundcube {
  /** Address of its login page. */
  readonly url: string;
  /** Everything that it keeps: database (sessions, identities), uploaded files, logs. */
  readonly folder: string;
  readonly logFile: string;
  stop(): Promise<void>;
}

/** Where Roundcube takes mail from and gives it to, all on loopback without TLS. */
export interface RoundcubePorts {
  readonly imap: number;
  readonly smtp: number;
}

/** The files as Debian installs them. */
const PUBLIC = "/var/lib/roundcube/public_html";
const SCHEMA = "/usr/share/roundcube/SQL/sqlite.initial.sql";
const DEFAULTS = "/etc/roundcube/defaults.inc.php";
const MIME_TYPES = ["/usr/share/roundcube/config/mimetypes.php", "/etc/roundcube/mimetypes.php"] as const;

/** Largest mail and upload: those of the Postfix of the world. */
const LARGEST = "100M";

function configuration(folder: string, domain: string, ports: RoundcubePorts): string {
  return `<?php
$config = [];
$config['db_dsnw'] = 'sqlite:///${folder}/roundcube.db?mode=0600';
$config['imap_host'] = '${LOOPBACK}:${ports.imap}';
$config['smtp_host'] = '${LOOPBACK}:${ports.smtp}';
$config['smtp_user'] = '';
$config['smtp_pass'] = '';
$config['username_domain'] = '${domain}';
$config['mail_domain'] = '${domain}';
$config['des_key'] = 'a private mail world 24b';
$config['product_name'] = 'Webmail';
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['enable_installer'] = false;
$config['log_dir'] = '${folder}/logs';
$config['temp_dir'] = '${folder}/temp';
$config['language'] = null;
$config['max_message_size'] = '${LARGEST}';
$config['message_show_email'] = true;
`;
}

/** Copies the first of some files that Debian's versions put in one place or the other. */
function copyOneOf(sources: readonly string[], target: string): void {
  for (const source of sources) {
    try {
      copyFileSync(source, target);
      return;
    } catch {
      // the other place
    }
  }
  throw new Error(`none of ${sources.join(", ")} is there`);
}

/**
 * Starts a Roundcube that lives in `folder` alone: own configuration, own SQLite database. People log in with their
 * IMAP user name and any password. The caller stops it.
 *
 * QUIRK: Debian's package configures itself for a database server where nobody answers its questions, so nothing of
 * /etc/roundcube but the defaults is used (roundcube-core 1.6.5).
 */
export async function startRoundcube(
  folder: string,
  domain: string,
  ports: RoundcubePorts,
): Promise<Roundcube> {
  const config = join(folder, "config");
  for (const part of ["config", "temp", "logs"]) mkdirSync(join(folder, part), { recursive: true });
  await runToEnd("sqlite3", [join(folder, "roundcube.db"), `.read ${SCHEMA}`]);
  writeFileSync(join(config, "config.inc.php"), configuration(folder, domain, ports));
  copyFileSync(DEFAULTS, join(config, "defaults.inc.php"));
  copyOneOf(MIME_TYPES, join(config, "mimetypes.php"));
  const port = await freePort();
  const logFile = join(folder, "php.log");
  const server = await startProcess({
    name: "Roundcube",
    command: "php",
    args: [
      ...[
        "-d",
        `upload_max_filesize=${LARGEST}`,
        "-d",
        `post_max_size=${LARGEST}`,
        "-d",
        "memory_limit=512M",
      ],
      ...["-S", `${LOOPBACK}:${port}`, "-t", PUBLIC],
    ],
    logFile,
    env: { ...process.env, ROUNDCUBE_CONFIG_DIR: config, RCUBE_CONFIG_PATH: config },
  });
  try {
    await untilListening(server, port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url: `http://${LOOPBACK}:${port}/`,
    folder,
    logFile,
    stop: async () => {
      await server.stop();
    },
  };
}
