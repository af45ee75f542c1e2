/**
 * The `listseal.toml` that `init` writes: every setting, commented out with its default, and the reason for the default.
 * `config.test.ts` removes the comment signs and compares the result with the schema.
 */
export const configTemplate = `# ListSeal list server. Every setting is listed here with its default, behind a "#".
# Relative paths start at this file's folder. After a change, run
# listseal-server config check, then systemctl reload listseal-server (SIGHUP).
# A reload applies the settings marked [reload]; the others need a restart, which loses nothing.

# The folder of the database, the keys and the locks. Default: this file's folder.
#data = "."

[store]
# Default: one SQLite file in the data folder. If several machines share one queue, use
# PostgreSQL, for example "postgres://listseal@db.example/listseal".
#postgres = ""

[smtp]
# Accepts mail directly, without a mail server in front. Off by default: behind Postfix,
# use [lmtp].
#listen = "127.0.0.1:2525"
# PEM files for STARTTLS. Without them it is not offered. A reload reads them again.
#certificate = "tls/smtp.crt"
#key = "tls/smtp.key"

[lmtp]
# Accepts mail from the Postfix on this machine. LMTP answers for each recipient, so Postfix
# never has to guess. Keep it on loopback: LMTP does not authenticate anybody.
#listen = "127.0.0.1:2424"
#certificate = "tls/lmtp.crt"
#key = "tls/lmtp.key"

[relay]
# Where copies are sent. No default: a wrong guess would send mail to a stranger. [reload]
#url = "smtp://127.0.0.1:25"
# "auto" requires STARTTLS with a valid certificate, unless the relay is on this machine,
# where nobody is in between. With "none", anyone on the way can see who gets mail from
# the list. [reload]
#tls = "auto"
# PEM file with the authority that signed the relay's certificate, if it is your own. [reload]
#ca = "tls/ca.crt"
# Connections to the relay at one time. After a crash, at most one mail a connection goes out
# twice. Fewer, if your relay allows fewer from one client.
#connections = 16

[web]
# One-click unsubscribing (RFC 8058): behind your web server, or with its own certificate
# and key, which a reload reads again. Off unless set.
#listen = "127.0.0.1:8480"
# The address in the mails, at which members' mail providers reach this. Without it,
# List-Unsubscribe works by mail only. [reload]
#public-url = "https://lists.example/"
#certificate = "tls/web.crt"
#key = "tls/web.key"
# /healthz, /readyz and /metrics (Prometheus). They show your lists' sizes: keep them on
# loopback.
#metrics = "127.0.0.1:9480"

[limits]
# The largest mail, in bytes as received; announced by SIZE. 50 MiB hold about 25 MB of
# attachments, sealed twice in base64.
#mail-bytes = 52428800
# Posts an hour. Beyond that, mail is deferred (450) and the sender's mail server tries again
# later. Nobody types more than 60: this stops a runaway program or a stolen key. [reload]
#author-posts-per-hour = 60
#list-posts-per-hour = 600

[keys]
# A file with the passphrase of the server's secret keys. Without one, only their file mode
# (0600) protects the keys. With systemd, use LoadCredential=passphrase: the server finds a
# credential of that name by itself.
#passphrase-file = "passphrase"
# Replaces each list's encryption subkey after this many days, and deletes the old one
# delete-after-days later, so that a key stolen after that opens no older mail. Members are
# sent the new certificate, sealed. The add-on imports it by itself; people who use GnuPG
# alone must import it within delete-after-days, or they can't post until they do.
# "never" keeps the keys unchanged.
#renew-after-days = 90
#delete-after-days = 30

[log]
# "info": one line for every post and copy. "warn": problems that others caused.
# "error": problems that need you. No level logs a subject, an address or a key. [reload]
#level = "info"

[dns]
# The resolver that "doctor" asks. Default: the system's.
#resolver = "127.0.0.1:53"
`;

/** Settings of a server behind the Postfix of its machine: docs/postfix is written for these. */
export const behindPostfix = {
  "lmtp.listen": "127.0.0.1:2424",
  "relay.url": "smtp://127.0.0.1:25",
  "web.metrics": "127.0.0.1:9480",
} as const;

/**
 * Settings of a server in a container (packaging/Containerfile), which takes mail itself and hands copies to another machine. The port
 * is one that nobody needs a right for; which of the host's leads there, the host says.
 */
export const inContainer = (relay: string) =>
  ({ "smtp.listen": "0.0.0.0:2525", "relay.url": relay, "web.metrics": "127.0.0.1:9480" }) as const;

/** The template with these settings made, by table and name (`relay.url`); all others keep their defaults. */
export function writeConfig(settings: Readonly<Record<string, string>>): string {
  let table = "";
  const lines = configTemplate.split("\n").map((line) => {
    table = /^\[(.+)\]$/.exec(line)?.[1] ?? table;
    const name = /^#([a-z-]+) = /.exec(line)?.[1];
    const value = name === undefined ? undefined : settings[table === "" ? name : `${table}.${name}`];
    // a string of JSON is a basic string of TOML
    return value === undefined ? line : `${name} = ${JSON.stringify(value)}`;
  });
  return lines.join("\n");
}
