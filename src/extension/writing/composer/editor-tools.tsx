import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../ui/i18n.js";

/** The commands of the editor. `execCommand` is old and without a successor; both browsers have it, and undo knows it. */
interface Props {
  readonly place: RefObject<HTMLDivElement | null>;
  readonly changed: () => void;
}

const commands = [
  { name: "bold", label: "composer_bold", shown: "B" },
  { name: "italic", label: "composer_italic", shown: "I" },
  { name: "insertUnorderedList", label: "composer_bullets", shown: "•" },
  { name: "quote", label: "composer_quote", shown: "❝" },
] as const;
type Command = (typeof commands)[number]["name"];

const linkScheme = /^(?:https?:\/\/|mailto:)\S+$/i;

export function Tools({ place, changed }: Props) {
  const [active, setActive] = useState<ReadonlySet<Command>>(new Set());
  const [linking, setLinking] = useState<Range | null>(null);
  const [wrong, setWrong] = useState(false);
  const address = useRef<HTMLInputElement>(null);

  const look = () => setActive(new Set(commands.map(({ name }) => name).filter(isActive)));
  useEffect(() => {
    const inPlace = () => {
      if (place.current?.contains(getSelection()?.anchorNode ?? null) === true) look();
    };
    document.addEventListener("selectionchange", inPlace);
    return () => document.removeEventListener("selectionchange", inPlace);
  }, []);

  const run = (name: Command) => {
    place.current?.focus();
    if (name === "quote") document.execCommand("formatBlock", false, isActive(name) ? "p" : "blockquote");
    else document.execCommand(name);
    look();
    changed();
  };

  const beginLink = () => {
    const selection = getSelection();
    if (selection === null || place.current?.contains(selection.anchorNode) !== true) return;
    setLinking(selection.getRangeAt(0).cloneRange());
    setWrong(false);
  };
  useEffect(() => address.current?.focus(), [linking]);

  const makeLink = () => {
    const url = address.current?.value.trim() ?? "";
    if (linking === null) return;
    if (!linkScheme.test(url)) {
      setWrong(true);
      return;
    }
    place.current?.focus();
    const selection = getSelection();
    selection?.removeAllRanges();
    selection?.addRange(linking);
    if (linking.collapsed) document.execCommand("insertText", false, url);
    else document.execCommand("createLink", false, url);
    setLinking(null);
    changed();
  };

  return (
    <>
      <div class="tools" role="toolbar" aria-label={t("composer_tools")}>
        {commands.map(({ name, label, shown }) => (
          <button
            key={name}
            type="button"
            class={name}
            aria-label={t(label)}
            aria-pressed={active.has(name)}
            title={t(label)}
            // the selection stays where it is
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => run(name)}
          >
            <span aria-hidden="true">{shown}</span>
          </button>
        ))}
        <button
          type="button"
          class="make-link"
          aria-expanded={linking !== null}
          onMouseDown={(event) => event.preventDefault()}
          onClick={beginLink}
        >
          {t("composer_link")}
        </button>
      </div>
      {linking === null ? null : (
        <div class="linking">
          <label>
            {t("composer_link_address")}
            <input
              ref={address}
              type="text"
              inputMode="url"
              autocomplete="off"
              spellcheck={false}
              aria-invalid={wrong}
              onKeyDown={(event) => {
                if (event.key === "Enter") makeLink();
                if (event.key === "Escape") setLinking(null);
              }}
            />
          </label>
          <button type="button" onClick={makeLink}>
            {t("composer_link_add")}
          </button>
          {wrong ? <p role="alert">{t("composer_link_wrong")}</p> : null}
        </div>
      )}
    </>
  );
}

function isActive(name: Command): boolean {
  if (name === "quote") return document.queryCommandValue("formatBlock").toLowerCase() === "blockquote";
  return document.queryCommandState(name);
}
