/** Names and types of files that are saved. */

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

/** Media types that a download may keep. */
const ordinary = /^(?:image|audio|video|text\/plain|application\/(?:pdf|zip|json))/;

/** A file to be saved. Of another than an ordinary type it is plain bytes, so that no program is chosen by what a mail says. */
export function fileToSave(bytes: Uint8Array, type: string): Blob {
  return new Blob([new Uint8Array(bytes)], { type: ordinary.test(type) ? type : "application/octet-stream" });
}
