import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { freePort, LOOPBACK } from "./ports.js";
import { type RunningProcess, runToEnd, startProcess, untilListening } from "./processes.js";

/** A private Dovecot: IMAP for the people's Thunderbirds, LMTP for Postfix, one Maildir a person. */
export interface Dovecot {
  readonly imapPort: number;
  readonly lmtpPort: number;
  /** Everything that the IMAP server keeps: Maildirs, indexes, caches. */
  readonly store: string;
  readonly logFile: string;
  readonly pid: number;
  /** The raw mails in one folder of a person ("INBOX", "Sent", "Drafts"), oldest first. */
  mails(user: string, folder: string): readonly { readonly file: string; readonly raw: Buffer }[];
  /** Puts a raw mail into a person's inbox, as a delivery would. */
  drop(user: string, raw: Uint8Array): void;
  stop(): Promise<void>;
}

/** Ids of Debian's `mail` user and group, which own the Maildirs. */
async function mailIds(): Promise<{ readonly uid: number; readonly gid: number }> {
  const uid = Number((await runToEnd("id", ["-u", "mail"])).stdout);
  const gid = Number((await runToEnd("id", ["-g", "mail"])).stdout);
  return { uid, gid };
}

/**
 * QUIRK: `imap_idle_notify_interval`: Dovecot says "* OK Still here" every 2 minutes by itself; a test that counts the
 * bytes that somebody was sent must not see those.
 */
function configuration(folder: string, imapPort: number, lmtpPort: number): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/dovecot.log
protocols = imap lmtp
listen = ${LOOPBACK}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Ln
first_valid_uid = 1
mail_location = maildir:${folder}/mail/%n
imap_idle_notify_interval = 29 mins
passdb {
  driver = static
  args = nopassword=yes
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/mail/%n allow_all_users=yes
}
service imap-login {
  inet_listener imap {
    port = ${imapPort}
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    address = ${LOOPBACK}
    port = ${lmtpPort}
  }
}
service stats {
  client_limit = 200
}
protocol lmtp {
  postmaster_address = postmaster@example.test
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    special_use = \\Drafts
    auto = subscribe
  }
  mailbox Sent {
    special_use = \\Sent
    auto = subscribe
  }
  mailbox Trash {
    special_use = \\Trash
    auto = subscribe
  }
}
`;
}

/** Raw mails of one Maildir, oldest first (the file names begin with the time of delivery). */
function mailsOf(maildir: string): readonly { readonly file: string; readonly raw: Buffer }[] {
  return ["cur", "new"]
    .flatMap((part) => {
      try {
        return readdirSync(join(maildir, part)).map((name) => ({ name, file: join(maildir, part, name) }));
      } catch {
        return [];
      }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ file }) => {
      const raw = readIfThere(file);
      return raw === undefined ? [] : [{ file, raw }];
    });
}

/** A mail may be deleted, or renamed with other flags, between the look into the folder and the reading. */
function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT")
      return undefined;
    throw error;
  }
}

let dropped = 0;

/** Writes a mail into a Maildir: first under "tmp", then moved, so that nobody sees half of it. */
function dropInto(
  maildir: string,
  raw: Uint8Array,
  owner: { readonly uid: number; readonly gid: number },
): void {
  dropped += 1;
  // nobody has logged in yet, or no mail has come: then there is no Maildir
  for (const part of ["", "cur", "new", "tmp"].map((each) => join(maildir, each))) {
    if (existsSync(part)) continue;
    mkdirSync(part);
    chownSync(part, owner.uid, owner.gid);
  }
  const name = `${Math.floor(Date.now() / 1000)}.dropped${dropped}.vm`;
  const [temporary, final] = [join(maildir, "tmp", name), join(maildir, "new", name)];
  writeFileSync(temporary, raw);
  chownSync(temporary, owner.uid, owner.gid);
  renameSync(temporary, final);
}

/** Starts a Dovecot that lives in `folder` alone. Needs root, since it serves several users. The caller stops it. */
export async function startDovecot(folder: string): Promise<Dovecot> {
  const imapPort = await freePort();
  const lmtpPort = await freePort();
  const store = join(folder, "mail");
  mkdirSync(join(folder, "run"), { recursive: true });
  mkdirSync(store, { recursive: true });
  const { uid, gid } = await mailIds();
  chownSync(store, uid, gid);
  const config = join(folder, "dovecot.conf");
  writeFileSync(config, configuration(folder, imapPort, lmtpPort));
  const server: RunningProcess = await startProcess({
    name: "Dovecot",
    command: "dovecot",
    args: ["-F", "-c", config],
    logFile: join(folder, "dovecot.out"),
  });
  await untilListening(server, imapPort);
  await untilListening(server, lmtpPort);
  return {
    imapPort,
    lmtpPort,
    store,
    logFile: join(folder, "dovecot.log"),
    pid: server.pid,
    drop: (user, raw) => dropInto(join(store, user), raw, { uid, gid }),
    mails: (user, name) => mailsOf(name === "INBOX" ? join(store, user) : join(store, user, `.${name}`)),
    stop: async () => {
      await server.stop();
    },
  };
}
