import { toBase64 } from "../../../../mail/base64.js";
import { t } from "../../../ui/i18n.js";
import { field, onSubmit, optionalField } from "../form-actions.js";
import type { OwnerProps } from "./owner-actions.js";

/** Somebody with GnuPG alone: their public key in, the list key for them out. */

/** A public key has some kB; with many signatures on it, some hundred. */
const FILE_LIMIT = 500_000;

export function Enrol({ list, call, run }: OwnerProps) {
  const submit = async (form: HTMLFormElement) => {
    const chosen = new FormData(form).get("file");
    if (!(chosen instanceof File) || chosen.size === 0) return;
    // asked for within the click, so the file is read inside
    const done = await run(async () => {
      const file = chosen.size > FILE_LIMIT ? "" : toBase64(new Uint8Array(await chosen.arrayBuffer()));
      const address = optionalField(form, "address");
      await call("owner:enrol", { list: list.address, file, address, name: field(form, "name") });
    }, null);
    if (done) form.reset();
  };
  const { count, members: reached } = list.reached;
  const hint = (
    <span class="quiet">{t(list.listKey === "pair" ? "enrol_list_key_text" : "enrol_list_secret_text")}</span>
  );
  return (
    <details class="more">
      <summary>{t("enrol_title")}</summary>
      <p class="quiet">{t(list.profile === "compatible" ? "enrol_text" : "enrol_modern_only")}</p>
      <form onSubmit={onSubmit(submit)}>
        <label>
          {t("enrol_file")}
          <input name="file" type="file" accept=".asc,.gpg,.pgp,.key" required />
        </label>
        <label>
          {t("enrol_name")}
          <input name="name" type="text" autocomplete="off" />
        </label>
        <label>
          {t("enrol_address")}
          <input name="address" type="email" autocomplete="off" />
        </label>
        <button type="submit" class="primary">
          {t("enrol_button")}
        </button>
      </form>
      {count === 0 ? null : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const address = field(event.currentTarget, "whom");
            void run(() => call("owner:save-list-key", { list: list.address, address }), "enrol_key_saved");
          }}
        >
          {reached.length < count ? (
            <label>
              {t("enrol_list_key")}
              <input name="whom" type="email" required autocomplete="off" />
              {hint}
            </label>
          ) : (
            <label>
              {t("enrol_list_key")}
              <select name="whom">
                {reached.map(({ address, name }) => (
                  <option key={address} value={address}>
                    {name} · {address}
                  </option>
                ))}
              </select>
              {hint}
            </label>
          )}
          <button type="submit">{t("enrol_list_key_save")}</button>
        </form>
      )}
    </details>
  );
}
