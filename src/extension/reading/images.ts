import { toBase64 } from "../../mail/base64.js";

/** Image types that are shown. SVG is not: it can carry scripts and load things. */
const shownTypes = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"];

/** Whether a part of this media type may be shown as a picture. */
export function isShownImage(type: string): boolean {
  return shownTypes.includes(type.toLowerCase());
}

/** Largest picture that is shown beside its name, in bytes. Attack: a hundred large ones fill the memory of the mail pane. */
export const PREVIEW_LIMIT = 12_000_000;

/** A picture as a `data:` address, for a document that may load nothing else. The type must be one that is shown. */
export function imageAddress({ type, bytes }: { readonly type: string; readonly bytes: Uint8Array }): string {
  return `data:${type.toLowerCase()};base64,${toBase64(bytes)}`;
}
