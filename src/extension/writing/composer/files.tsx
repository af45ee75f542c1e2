import { sizeOf } from "../../reading/display/files.js";
import { t } from "../../ui/i18n.js";

/** The files of a letter: chosen, dropped or pasted, and taken away again. */
interface Props {
  readonly files: readonly File[];
  readonly attach: (files: readonly File[]) => void;
  readonly remove: (at: number) => void;
}

export function Files({ files, attach, remove }: Props) {
  return (
    <div class="attached">
      <label>
        {t("composer_attach")}
        <input
          type="file"
          multiple
          onChange={({ currentTarget }) => {
            attach(Array.from(currentTarget.files ?? []));
            // the same file may be chosen again
            currentTarget.value = "";
          }}
        />
      </label>
      {files.length === 0 ? null : (
        <ul aria-label={t("attachments")}>
          {files.map((file, at) => (
            <li key={`${file.name} ${at}`}>
              <bdi class="name">{file.name}</bdi>
              <span class="quiet">{sizeOf(file.size)}</span>
              <button type="button" onClick={() => remove(at)}>
                {t("composer_remove", file.name)}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
