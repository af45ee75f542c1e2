import { browser } from "../../platform/browser.js";
import { fileToSave, safeFileName } from "../../platform/file-name.js";

/** Saving a file by Thunderbird's own download: with its dialog or without, as the person has set it. */

/** Saves a file as {@link download} does. */
export async function saveFile(name: string, bytes: Uint8Array, type: string): Promise<void> {
  await download(name, bytes, type);
}

/**
 * Saves `bytes` and waits until they are on disk or the person has declined.
 * @returns the id of the download
 * @throws Error if it could not be written
 */
export async function download(name: string, bytes: Uint8Array, type: string): Promise<number> {
  const url = URL.createObjectURL(fileToSave(bytes, type));
  try {
    const id = await browser.downloads.download({
      url,
      filename: safeFileName(name),
      conflictAction: "uniquify",
    });
    await finished(id);
    return id;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Shows a file that was saved here in its folder, for opening it with the person's own program. Opening it ourselves would
 * take one more right, and Thunderbird does it from our own pages alone, not from a mail.
 * @throws Error if it is not one of ours, or is not there any more
 */
export async function showDownload(id: number): Promise<void> {
  const [item] = await browser.downloads.search({ id });
  // attack: a mail's script, taken over, that asks for other files to be shown
  if (item?.byExtensionId !== browser.runtime.id) throw new Error("not one of our downloads");
  if (!(await browser.downloads.show(id))) throw new Error("the file could not be shown");
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
