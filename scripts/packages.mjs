/**
 * Debian packages, by what they are needed for. A machine without them can do the rest; whoever asks for a feature
 * learns which of its packages are missing.
 */
export const PACKAGES = {
  /** better-sqlite3 is compiled where no ready-made binary can be had. */
  build: ["python3", "make", "g++", "openssl"],
  /** `npm run package` packs the add-on, and the server for Debian. */
  package: ["zip", "dpkg-dev", "debhelper"],
  interop: ["gnupg", "sq", "sqop", "rnp", "python3"],
  /** spin's models are compiled. */
  proofs: ["eprover", "spass", "spin", "gcc"],
  world: [
    ...["thunderbird", "xvfb", "dovecot-imapd", "dovecot-lmtpd", "postfix"],
    ...["imagemagick", "gdb", "fonts-noto-cjk", "poppler-utils", "zip", "unzip"],
  ],
  postgres: ["postgresql"],
  /** The builds for browsers run in the real ones. */
  browsers: ["chromium", "firefox-esr", "firefox-esr-l10n-ja", "fonts-noto-cjk", "fonts-dejavu-core"],
  /** A webmail server: Roundcube on PHP's own web server, with SQLite. */
  webmail: [
    ...["roundcube-core", "roundcube-sqlite3", "php-cli", "php-sqlite3", "sqlite3"],
    ...["php-mbstring", "php-xml", "php-intl", "php-curl", "php-zip", "php-gd"],
  ],
  /** What `npm run bench -- server` compares the whole server with. */
  bench: ["postfix", "schleuder", "python3"],
  /** The list server behind Mailman 3, under systemd, behind web servers, and after Schleuder. */
  operating: [
    "mailman3",
    "systemd",
    "systemd-container",
    "caddy",
    "nginx-light",
    "schleuder",
    "dpkg-dev",
    "debhelper",
    "lintian",
    "mmdebstrap",
    // the container image is built and run
    ...["buildah", "podman", "runc"],
  ],
};

/** The line to copy where the packages can't be installed from here. */
export const installLine = (packages) => `apt-get install --no-install-recommends ${packages.join(" ")}`;
