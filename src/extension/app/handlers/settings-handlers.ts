import { fromBase64 } from "../../../mail/base64.js";
import { typedPassphrase } from "../../../membership/file/backup-passphrase.js";
import { certifyWaiting, keyOf } from "../../keys/certify-key.js";
import { chooseLockAfter, lockAfter } from "../../keys/lock-after.js";
import { withNewKey } from "../../keys/new-member-key.js";
import { needStrong } from "../../keys/new-passphrase.js";
import { keepUnlocked, lockAll, lockIfDue, summaryOfKey } from "../../keys/unlocked.js";
import { AddonError, inSituation } from "../../platform/errors.js";
import { host } from "../../platform/host.js";
import type { HandlersOf } from "../../platform/rpc/call.js";
import { forgetEverything, load, loadRaw, update } from "../../records/storage.js";
import { chooseServiceMail, movesServiceMail } from "../../requests/service-choice.js";
import { runJob } from "../../worker/client.js";
import type { settingsCalls } from "../calls/settings-calls.js";

/** What the background page answers to the pages of keys and settings. */
export const settingsHandlers: HandlersOf<typeof settingsCalls> = {
  async "settings:read"() {
    return { lockAfter: await lockAfter(), movesServiceMail: await movesServiceMail() };
  },

  async "settings:service-mail"({ moves }) {
    await chooseServiceMail(moves);
    return null;
  },

  async "settings:lock-after"({ after }) {
    await chooseLockAfter(after);
    await lockIfDue();
    return null;
  },

  async "key:import"({ file, passphrase, address }) {
    const now = new Date().toISOString();
    const { key, secret } = await inSituation({ "key-damaged": "key-file-damaged" }, () =>
      runJob("import-key", { file: bytesOf(file), passphrase, address, now }),
    );
    await update((stored) => {
      // a key that is here has certifications that the file lacks
      if (stored.memberKeys[key.fingerprint] !== undefined) return { stored, result: undefined };
      return { stored: withNewKey(stored, key), result: undefined };
    });
    const kept = keyOf(await load(), key.fingerprint);
    if (kept.locked) await keepUnlocked(kept.fingerprint, secret);
    await certifyWaiting();
    return summaryOfKey(kept);
  },

  async "key:save-secret"({ fingerprint, current, passphrase }) {
    const typed = typedPassphrase(passphrase);
    if (typed.kind !== "own" && typed.kind !== "made")
      throw new AddonError("passphrase-too-short", "the passphrase is too short");
    needStrong(passphrase);
    const key = keyOf(await load(), fingerprint);
    const { armored } = await runJob("export-key", { key, current, passphrase });
    await host().saveFile(`${key.address} SECRET key.asc`, new TextEncoder().encode(armored), "text/plain");
    return null;
  },

  async "storage:save"() {
    const text = JSON.stringify(await loadRaw(), null, 1);
    await host().saveFile("what ListSeal kept.json", new TextEncoder().encode(text), "application/json");
    return null;
  },

  async "storage:start-over"() {
    await lockAll();
    await forgetEverything();
    await host().listsChanged();
    return null;
  },

  practise: ({ text }) => runJob("practise", { text }),
};

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    throw new AddonError("key-file-damaged", "not base64", { cause });
  }
}
