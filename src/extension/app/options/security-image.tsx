import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../ui/i18n.js";
import { changeMark, loadMark, type SecurityImage } from "../../ui/security-image.js";
import { markView } from "../../ui/security-image-view.js";
import type { RunAction } from "./form-actions.js";

/** What is at the top of everything that ListSeal shows among what others have written. */
export function OwnMark({ act }: { readonly act: RunAction }) {
  const [mark, setMark] = useState<SecurityImage | null>(null);
  const place = useRef<HTMLParagraphElement>(null);
  useEffect(() => void act(async () => setMark(await loadMark()), null), []);
  useEffect(() => {
    if (mark !== null) place.current?.replaceChildren(markView(mark));
  }, [mark]);
  return (
    <section aria-labelledby="mark">
      <h2 id="mark">{t("webmails_mark")}</h2>
      <p>{t("mark_text")}</p>
      <p ref={place} />
      <button type="button" onClick={() => void act(async () => setMark(await changeMark()), null)}>
        {t("webmails_mark_change")}
      </button>
    </section>
  );
}
