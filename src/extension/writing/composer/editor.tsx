import type { Ref } from "preact";
import { useEffect, useImperativeHandle, useRef, useState } from "preact/hooks";
import { cleanHtml } from "../../reading/display/clean-html.js";
import { isShownImage } from "../../reading/images.js";
import { t } from "../../ui/i18n.js";
import type { WrittenBody } from "../letter.js";
import { Tools } from "./editor-tools.js";

/**
 * The place for the text: rich, with few commands, or plain.
 *
 * It is never a text field: Firefox writes what is in those into its session file on disk. And no spelling checker looks at
 * it: Chromium's "enhanced" one sends every word to a server.
 *
 * Attack: a page that has words copied from it brings HTML along. What is pasted is cleaned like a mail.
 */
interface Props {
  /** What is in it at first, as HTML that was cleaned. */
  readonly begun: string;
  readonly plain: boolean;
  /** Something was written. */
  readonly changed: () => void;
  /** Files that were pasted or dropped, and are no pictures for the text. */
  readonly attach: (files: readonly File[]) => void;
  readonly editor: Ref<EditorAccess>;
}

/** What the composer asks of the editor. */
export interface EditorAccess {
  readonly body: () => WrittenBody;
  readonly focus: () => void;
}

/** A larger picture is attached: it would be in the text as base64, and again in memory with each change. */
const INLINE_LIMIT = 3_000_000;

export function Editor({ begun, plain, changed, attach, editor }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [wasPlain, setWasPlain] = useState(plain);

  useEffect(() => {
    if (place.current !== null && begun !== "") putBegun(place.current, begun);
  }, []);

  useEffect(() => {
    if (plain === wasPlain || place.current === null) return;
    setWasPlain(plain);
    if (plain) place.current.textContent = plainText(place.current);
  }, [plain]);

  useImperativeHandle(
    editor,
    () => ({
      body: () => bodyIn(place.current, plain),
      focus: () => place.current?.focus(),
    }),
    [plain],
  );

  const take = async (data: DataTransfer | null, event: Event) => {
    if (data === null) return;
    event.preventDefault();
    const files = Array.from(data.files);
    const html = data.getData("text/html");
    // a picture that was copied comes as a file and as a line of HTML that names its address
    if (files.length > 0) await takeFiles(files);
    else if (html !== "" && !plain) insertHtml(html);
    else document.execCommand("insertText", false, data.getData("text/plain"));
    changed();
  };

  const takeFiles = async (files: readonly File[]) => {
    const inText = plain ? [] : files.filter(({ type, size }) => isShownImage(type) && size <= INLINE_LIMIT);
    const others = files.filter((file) => !inText.includes(file));
    if (others.length > 0) attach(others);
    for (const file of inText) {
      const image = document.createElement("img");
      image.src = await dataAddress(file);
      image.alt = file.name;
      insert(image);
    }
  };

  return (
    <div class="editor">
      {plain ? null : <Tools place={place} changed={changed} />}
      {/* biome-ignore lint/a11y/useSemanticElements: a text field is kept on disk by Firefox, and holds no rich text */}
      <div
        ref={place}
        class={plain ? "text plain" : "text"}
        contentEditable={plain ? "plaintext-only" : true}
        role="textbox"
        tabIndex={0}
        aria-multiline="true"
        aria-label={t("composer_body")}
        spellcheck={false}
        translate={false}
        dir="auto"
        onInput={changed}
        onPaste={(event) => void take(event.clipboardData, event)}
        onDrop={(event) => {
          // else the page around it takes the files, too
          event.stopPropagation();
          void take(event.dataTransfer, event);
        }}
      />
    </div>
  );
}

function putBegun(place: HTMLElement, html: string): void {
  const first = document.createElement("p");
  first.append(document.createElement("br"));
  place.replaceChildren(first, cleanQuote(html));
  const selection = getSelection();
  selection?.setPosition(first, 0);
}

/** Cleaned once more, whoever has put it into memory; the two marks of a quote are put back. */
function cleanQuote(html: string): DocumentFragment {
  const { fragment } = cleanHtml(html, {});
  const quote = fragment.querySelector("blockquote");
  quote?.setAttribute("type", "cite");
  const line = quote?.previousElementSibling;
  if (line != null) line.className = "moz-cite-prefix";
  return fragment;
}

function insertHtml(html: string): void {
  const { fragment } = cleanHtml(html, {});
  for (const node of Array.from(fragment.childNodes)) insert(node);
}

/** Puts a node where the cursor is, and the cursor behind it. */
function insert(node: Node): void {
  const selection = getSelection();
  if (selection === null || selection.rangeCount === 0) return;
  const range = selection.getRangeAt(0);
  range.deleteContents();
  range.insertNode(node);
  range.setStartAfter(node);
  range.collapse(true);
  selection.removeAllRanges();
  selection.addRange(range);
}

function dataAddress(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

/** The text as it is read: lines where lines are shown, and a quote with its marks. */
function plainText(place: HTMLElement): string {
  const lines = Array.from(place.childNodes, (node) => {
    if (!(node instanceof HTMLElement)) return node.textContent ?? "";
    // biome-ignore lint/performance/useDomNodeTextContent: the lines are those that are shown
    const shown = node.innerText;
    return node.localName === "blockquote" ? shown.replace(/^/gm, "> ").replace(/^> >/gm, ">>") : shown;
  });
  return lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function bodyIn(place: HTMLElement | null, plain: boolean): WrittenBody {
  const text = place === null ? "" : plainText(place);
  return plain
    ? { kind: "text", content: text, plain: text }
    : { kind: "html", content: `<html><body>${place?.innerHTML ?? ""}</body></html>`, plain: text };
}
