import { browser } from "../platform.js";
import { fileToSave, safeFileName } from "./file-name.js";

/** Saving a file by Thunderbird's own download: with its dialog or without, as the person has set it. */

/**
 * Saves `bytes` and waits until they are on disk or the person has declined.
 * @throws Error if it could not be written
 */
export async function saveFile(name: string, bytes: Uint8Array, type: string): Promise<void> {
  const url = URL.createObjectURL(fileToSave(bytes, type));
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
