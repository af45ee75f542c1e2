import { actionButton, drawing, element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import { isShownImage, PREVIEW_LIMIT } from "../images.js";
import type { AttachmentView, MailActions } from "../view.js";

/** The attachments of an opened mail: what kind, how large, looked at or saved. */

/** What is drawn beside a name. The type is a claim of the sender: it chooses a drawing and nothing else. */
const drawings = {
  picture: "M2 2h12v12H2zm1.5 1.5v6L6 7l3 3 1.5-1.5 2 2v-7zM10 5h1.5v1.5H10z",
  text: "M3 1h7l3 3v11H3zm1.5 1.5v11h7V5H9V2.5zM6 7h4v1H6zm0 2h4v1H6zm0 2h3v1H6z",
  archive: "M3 1h10v14H3zm1.5 1.5v11h7v-11zM7 3h2v1H7zm0 2h2v1H7zm0 2h2v3H7z",
  sound: "M6 2h7v9a2 2 0 1 1-1.5-2V5h-4v7A2 2 0 1 1 6 10z",
  film: "M2 3h12v10H2zm1.5 1.5v7h9v-7zM6 6l4 2-4 2z",
  calendar: "M2 3h2V1h1.5v2h5V1H12v2h2v12H2zm1.5 4v6.5h9V7z",
  mail: "M1 3h14v10H1zm1.5 1.5v.6L8 9l5.500-3.900v-.6zm0 2.400v4.600h11V6.900L8 10.800z",
  other: "M3 1h7l3 3v11H3zm1.5 1.5v11h7V5H9V2.5z",
} as const;
type Kind = keyof typeof drawings;

function kindOf(type: string): Kind {
  if (type === "text/calendar" || type === "application/ics") return "calendar";
  if (type === "message/rfc822") return "mail";
  if (/zip|compressed|tar|7z|gzip/.test(type)) return "archive";
  const [top] = type.split("/", 1);
  switch (top) {
    case "image":
      return "picture";
    case "audio":
      return "sound";
    case "video":
      return "film";
    case "text":
      return "text";
    default:
      return /pdf|word|document|sheet|presentation/.test(type) ? "text" : "other";
  }
}

const units = ["kilobyte", "megabyte", "gigabyte"] as const;

/** A size as people read it: 1,3 MB. */
export function sizeOf(bytes: number): string {
  let value = bytes;
  let unit: "byte" | (typeof units)[number] = "byte";
  for (const larger of units) {
    if (value < 1_000) break;
    value /= 1_000;
    unit = larger;
  }
  const format = { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 } as const;
  return new Intl.NumberFormat(t("lang"), format).format(value);
}

/** The section with one line a file. @param of the mail, or one inside it: its files are saved one by one */
export function filesOf(
  attachments: readonly AttachmentView[],
  acts: MailActions,
  of: "mail" | "inside" = "mail",
): HTMLElement {
  const list = element("ul", {}, ...attachments.map((each) => lineOf(each, acts)));
  const section = element("section", { class: "files" }, element("h2", {}, t("attachments")), list);
  if (of === "mail" && attachments.length > 1) {
    const all = actionButton(t("save_all"), acts.saveAll, t("save_failed"), { class: "all" });
    section.append(all);
  }
  return section;
}

function lineOf({ number, name, type, size }: AttachmentView, acts: MailActions): HTMLLIElement {
  const item = element(
    "li",
    {},
    drawing(drawings[kindOf(type)]),
    element("span", { class: "name", dir: "auto" }, name === "" ? t("file_without_name") : name),
    element("span", { class: "size" }, sizeOf(size)),
  );
  if (isShownImage(type) && size <= PREVIEW_LIMIT) item.append(previewButton(item, number, name, acts));
  const save = actionButton(t("save"), () => saveAndOffer(item, number, name, acts), t("save_failed"), {
    "aria-label": t("save_named", name),
    "data-attachment": String(number),
  });
  item.append(save);
  return item;
}

/** Saves a file; once it is saved, there is a button that shows where. */
async function saveAndOffer(
  item: HTMLLIElement,
  number: number,
  name: string,
  acts: MailActions,
): Promise<void> {
  await acts.save(number);
  const { showSaved } = acts;
  if (showSaved === null || item.querySelector("[data-saved]") !== null) return;
  const show = actionButton(t("show_saved"), () => showSaved(number), t("action_failed"), {
    "aria-label": t("show_saved_named", name),
    "data-saved": "",
  });
  item.querySelector("[data-attachment]")?.after(show);
}

/** Shows a picture under its line, and takes it away again. */
function previewButton(
  item: HTMLLIElement,
  number: number,
  name: string,
  acts: MailActions,
): HTMLButtonElement {
  const button = actionButton(
    t("preview_show"),
    async () => {
      const shown = item.querySelector(".preview");
      if (shown !== null) {
        shown.remove();
      } else {
        const { address } = await acts.preview(number);
        item.append(element("div", { class: "preview" }, element("img", { src: address, alt: name })));
      }
      const open = shown === null;
      button.textContent = t(open ? "preview_hide" : "preview_show");
      button.setAttribute("aria-expanded", String(open));
      button.setAttribute("aria-label", t(open ? "preview_hide_named" : "preview_named", name));
    },
    t("preview_failed"),
    { "aria-label": t("preview_named", name), "aria-expanded": "false" },
  );
  return button;
}
