/** Debian packages: what is missing, and installing it without starting any service. */
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { installLine, PACKAGES } from "./packages.mjs";
import { runAndListen, runQuietly } from "./run.mjs";

/** Debian's own switch: a package asks this program before it starts its service; 101 means no. */
const POLICY = "/usr/sbin/policy-rc.d";

/** Which of these packages are not installed. On a machine without dpkg, all of them. */
async function missingOf(packages) {
  // dpkg-query fails as a whole when it does not know one of the names, but still tells about the others.
  const { output } = await runAndListen("dpkg-query", [
    "-W",
    "-f",
    `\${Package} \${db:Status-Status}\\n`,
    ...packages,
  ]);
  const installed = new Set(
    output
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, status]) => status === "installed")
      .map(([name]) => name),
  );
  return packages.filter((name) => !installed.has(name));
}

/** Why packages can't be installed from here, or undefined if they can. */
async function whyNot() {
  if (process.platform !== "linux") return "this is not Debian";
  if ((await runAndListen("apt-get", ["--version"])).code !== 0) return "apt-get is not there";
  if (process.getuid?.() !== 0) return "installing needs root";
  return undefined;
}

/**
 * Keeps the packages' own Postfix and Dovecot from starting while `work` runs: the private mail world starts its own.
 * A policy that the machine has already stays as it is.
 */
async function withoutServices(work) {
  if (existsSync(POLICY)) return work();
  const remove = () => rmSync(POLICY, { force: true });
  process.once("exit", remove);
  writeFileSync(POLICY, "#!/bin/sh\nexit 101\n");
  chmodSync(POLICY, 0o755);
  try {
    return await work();
  } finally {
    remove();
    process.removeListener("exit", remove);
  }
}

const APT_ENV = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };

const aptInstall = (packages) =>
  runQuietly(
    `Debian packages (${packages.join(" ")})`,
    "apt-install",
    "apt-get",
    ["install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", ...packages],
    APT_ENV,
  );

/** Installs groups of packages: all at once, and where that fails each group by itself, as far as it goes. */
async function install(groups) {
  const update = await runQuietly(
    "Package lists (apt-get update)",
    "apt-update",
    "apt-get",
    ["update"],
    APT_ENV,
  );
  // A machine whose mirror can't be reached now may still have the packages in its cache.
  if (update !== 0) console.log("  Continuing with the existing package lists.");
  if ((await aptInstall([...new Set(groups.flat())])) === 0 || groups.length < 2) return;
  for (const group of groups) await aptInstall(group);
}

/**
 * Installs what the features need, as far as that is possible here.
 * @param {readonly (keyof typeof PACKAGES)[]} features
 * @returns a Map from each feature that is not available to its missing packages
 */
export async function ensureDebianPackages(features) {
  const wanted = [...new Set(features.flatMap((feature) => PACKAGES[feature]))];
  let missing = await missingOf(wanted);
  if (missing.length > 0) {
    const obstacle = await whyNot();
    if (obstacle === undefined) {
      const lacking = new Set(missing);
      const groups = features.map((feature) => PACKAGES[feature].filter((name) => lacking.has(name)));
      await withoutServices(() => install(groups.filter((group) => group.length > 0)));
      missing = await missingOf(missing);
    } else {
      console.log(
        `Debian packages are missing, and ${obstacle}. To install them:\n  ${installLine(missing)}`,
      );
    }
  }
  const lacking = new Set(missing);
  return new Map(
    features
      .map((feature) => [feature, PACKAGES[feature].filter((name) => lacking.has(name))])
      .filter(([, names]) => names.length > 0),
  );
}
