import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Marionette } from "./marionette.js";
import { type RunningProcess, until } from "./processes.js";

/** Values of about:config. */
export type Preferences = Readonly<Record<string, string | number | boolean>>;

/** Milliseconds that an orderly end may take. */
const QUIT_PATIENCE = 15_000;

/** Thunderbird's and Firefox's quiet: no first-run pages, no telemetry, no updates, nothing that asks the network. */
export const QUIET_GECKO: Preferences = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.healthreport.uploadEnabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.cosmeticAnimations.enabled": false,
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.server": "",
  "ui.prefersReducedMotion": 1,
  "xpinstall.signatures.required": false,
  "xpinstall.whitelist.required": false,
};

/** Where Marionette writes the port that the kernel chose. */
const portFile = (profile: string): string => join(profile, "MarionetteActivePort");

/** Writes a profile's preferences and forgets the port of the last run; `marionette.port` 0 lets the kernel choose. */
export function writeGeckoProfile(profile: string, preferences: Preferences): void {
  writeFileSync(portFile(profile), "");
  const lines = Object.entries({ ...preferences, "marionette.port": 0 }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), `${lines.join("\n")}\n`);
}

/** The port in the file that Marionette writes into the profile once it listens. */
function activePort(profile: string): number | undefined {
  try {
    const port = Number(readFileSync(portFile(profile), "utf8"));
    return port > 0 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Waits until a program that was just started can be driven. Throws with its last words when it ends first. */
export function marionetteOf(program: RunningProcess, profile: string): Promise<Marionette> {
  return until(`Marionette of ${program.name}`, async () => {
    if (program.ending !== undefined) throw new Error(`${program.name} ended:\n${program.logTail()}`);
    const port = activePort(profile);
    return port === undefined ? undefined : Marionette.connect(port).catch(() => undefined);
  });
}

/** Asks the program to end; kills it when it does not. */
export async function quitGecko(marionette: Marionette, program: RunningProcess): Promise<void> {
  // The answer may get lost as the connection goes; the process's end is what counts.
  marionette.command("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => {});
  const timer = setTimeout(() => program.killNow(), QUIT_PATIENCE);
  await program.ended;
  clearTimeout(timer);
  marionette.close();
}
