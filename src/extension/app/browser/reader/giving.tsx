import { useEffect, useRef, useState } from "preact/hooks";
import { type ChosenFiles, chosenFrom, namedFile, pastedMail } from "../../../reading/page/source.js";
import { t } from "../../../ui/i18n.js";

/** The ways in which a mail is given to the page: dropped anywhere on it, chosen, or pasted as text. */
export function Giving({ take }: { readonly take: (chosen: ChosenFiles) => Promise<void> }) {
  const [over, setOver] = useState(false);
  const pasted = useRef(0);
  const text = useRef<HTMLTextAreaElement>(null);

  const takeFiles = (files: FileList | null | undefined) => {
    const named = Array.from(files ?? [], namedFile);
    if (named.length > 0) void take(chosenFrom(named));
  };

  useEffect(() => {
    // without this, a file that is dropped beside the field takes the place of the page
    const onOver = (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    };
    const onLeave = () => setOver(false);
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      takeFiles(event.dataTransfer?.files);
    };
    document.addEventListener("dragover", onOver);
    document.addEventListener("dragleave", onLeave);
    document.addEventListener("drop", onDrop);
    return () => {
      document.removeEventListener("dragover", onOver);
      document.removeEventListener("dragleave", onLeave);
      document.removeEventListener("drop", onDrop);
    };
  });

  const openPasted = () => {
    const source = text.current?.value ?? "";
    if (source.trim() === "") return;
    pasted.current += 1;
    if (text.current !== null) text.current.value = "";
    const mail = pastedMail(source, t("reader_pasted", String(pasted.current)));
    void take({ sources: [mail], invitations: [] });
  };

  return (
    <section class={over ? "giving over" : "giving"}>
      <label class="drop">
        <span class="ask">{t("reader_drop")}</span>
        <input
          type="file"
          multiple
          aria-describedby="how"
          onChange={({ currentTarget }) => {
            takeFiles(currentTarget.files);
            // the same file may be chosen again
            currentTarget.value = "";
          }}
        />
      </label>
      <p id="how" class="quiet">
        {t("reader_drop_how")}
      </p>
      <details>
        <summary>{t("reader_paste")}</summary>
        <label class="paste">
          {t("reader_paste_how")}
          <textarea ref={text} rows={6} spellcheck={false} autocomplete="off" />
        </label>
        <div class="actions">
          <button type="button" class="paste-open" onClick={openPasted}>
            {t("reader_paste_open")}
          </button>
        </div>
      </details>
    </section>
  );
}
