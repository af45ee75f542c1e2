import { browser } from "../platform.js";

/** Saving a file by Thunderbird's own download: with its dialog or without, as the person has set it. */

const NAME_LIMIT = 120;

/**
 * A name that is safe on every system. Attack: an attachment named `../../.bashrc`, `CON`, or with characters that turn
 * the text around, so that `photo‮gpj.exe` reads as a picture.
 */
export function safeFileName(name: string): string {
  const bare = name
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^[.\s~]+|[.\s]+$/g, "");
  const safe = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(bare) ? `_${bare}` : bare;
  if (safe === "") return "attachment";
  if (safe.length <= NAME_LIMIT) return safe;
  const dot = safe.lastIndexOf(".");
  const extension = dot > 0 && safe.length - dot <= 12 ? safe.slice(dot) : "";
  return safe.slice(0, NAME_LIMIT - extension.length) + extension;
}

/** Media types that a download may keep; anything else is saved as plain bytes, so that no handler is chosen by it. */
const ordinary = /^(?:image|audio|video|text\/plain|application\/(?:pdf|zip|json))/;

/**
 * Saves `bytes` and waits until they are on disk or the person has declined.
 * @throws Error if it could not be written
 */
export async function saveFile(name: string, bytes: Uint8Array, type: string): Promise<void> {
  const blob = new Blob([new Uint8Array(bytes)], {
    type: ordinary.test(type) ? type : "application/octet-stream",
  });
  const url = URL.createObjectURL(blob);
  try {
    const id = await browser.downloads.download({
      url,
      filename: safeFileName(name),
      conflictAction: "uniquify",
    });
    await finished(id);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function finished(id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (state: string | undefined) => {
      if (state !== "complete" && state !== "interrupted") return;
      browser.downloads.onChanged.removeListener(changed);
      if (state === "complete") resolve();
      else reject(new Error("the file could not be saved"));
    };
    const changed = (delta: { readonly id: number; readonly state?: { readonly current?: string } }) => {
      if (delta.id === id) settle(delta.state?.current);
    };
    browser.downloads.onChanged.addListener(changed);
    // it may have finished before the listener was there
    void browser.downloads.search({ id }).then(([item]) => settle(item?.state));
  });
}
