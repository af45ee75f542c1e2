/**
 * The `listseal.toml` that `init` writes: every setting, commented out with its default, and why that is the default.
 * `config.test.ts` takes the comment signs away and compares with the schema.
 */
export const configTemplate = `# ListSeal list server. Every setting has a default that is written here behind a "#".
# Paths start at this file's folder. After a change: listseal-server config check,
# then systemctl reload listseal-server (SIGHUP). What a reload takes over is marked [reload];
# the rest needs a restart, which loses nothing.

# Where everything lies: the database, the keys, the locks. Default: this file's folder.
#data = "."

[store]
# One SQLite file in the data folder, unless several machines work on one queue.
# PostgreSQL then, for example "postgres://listseal@db.example/listseal".
#postgres = ""

[smtp]
# Listening to the world without a mail server in front. Off: behind Postfix use [lmtp].
#listen = "127.0.0.1:2525"
# PEM files for STARTTLS. Without them it is not offered.
#certificate = "tls/smtp.crt"
#key = "tls/smtp.key"

[lmtp]
# From the Postfix on this machine. LMTP answers once per recipient, so Postfix never
# has to guess. Loopback, because LMTP checks nobody.
#listen = "127.0.0.1:2424"
#certificate = "tls/lmtp.crt"
#key = "tls/lmtp.key"

[relay]
# Where copies go. No default: a wrong guess would send mail to a stranger. [reload]
#url = "smtp://127.0.0.1:25"
# "auto" requires STARTTLS with a certificate that fits, unless the relay is on this
# machine, where nobody is in between. "none" lets everybody on the way see who gets
# mail from the list. [reload]
#tls = "auto"
# PEM file with the authority that signed the relay's certificate, if it is your own. [reload]
#ca = "tls/ca.crt"
# More than 8 made Postfix no faster in our measurements.
#connections = 8

[web]
# One-click unsubscribing (RFC 8058), behind your web server or with certificate and key.
# Off unless set.
#listen = "127.0.0.1:8480"
# What stands in the mails: where members' mail providers reach it. Without it,
# List-Unsubscribe works by mail alone. [reload]
#public-url = "https://lists.example/"
#certificate = "tls/web.crt"
#key = "tls/web.key"
# /healthz, /readyz and /metrics (Prometheus). They name your lists' sizes: loopback.
#metrics = "127.0.0.1:9480"

[limits]
# The largest mail, as received. 50 MiB carry about 25 MB of attachments, sealed twice in
# base64. Announced by SIZE.
#mail-bytes = 52428800
# Posts an hour before a sender hears "try later" (450), which their mail server does.
# 60: nobody types faster; a program gone wild, or a stolen key, is stopped. [reload]
#author-posts-per-hour = 60
#list-posts-per-hour = 600

[keys]
# A file with the passphrase of the servers' secret keys. Without one, the keys are
# protected by their file mode (0600) alone. Under systemd use LoadCredential=passphrase:
# a credential of that name is found by itself.
#passphrase-file = "passphrase"
# Replaces each list's encryption subkey when it is so old, and deletes it the given days
# after that: a key that is stolen later opens no older mail. Members are sent the new
# certificate, sealed; the add-on takes it by itself, people with GnuPG alone import it
# within delete-after-days, or can't post until they do. "never" leaves the keys as they are.
#renew-after-days = 90
#delete-after-days = 30

[log]
# "info": a line for every post and copy. "warn": what somebody else did wrong.
# "error": what you have to look at. No level holds a subject, an address or a key. [reload]
#level = "info"

[dns]
# The resolver that "doctor" asks. Default: the system's.
#resolver = "127.0.0.1:53"
`;
