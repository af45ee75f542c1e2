import { useEffect, useState } from "preact/hooks";
import { browser } from "../../platform/browser.js";
import { type Allowed, allowedSites, allowSite, forbidSite } from "../../platform/webmail-permission.js";
import { t } from "../../ui/i18n.js";
import type { RunAction } from "./form-actions.js";
import { OwnMark } from "./security-image.js";

/** The webmails that ListSeal works in, in a browser: each is allowed by itself. */
export function Webmails({ act }: { readonly act: RunAction }) {
  return (
    <>
      <Sites />
      <OwnMark act={act} />
    </>
  );
}

const sentences = {
  allowed: "webmails_allowed",
  refused: "webmails_refused",
  "no-address": "webmails_no_address",
} as const;

function Sites() {
  const [sites, setSites] = useState<readonly string[]>([]);
  const [address, setAddress] = useState("");
  const [said, setSaid] = useState<Allowed | null>(null);
  const read = () => void allowedSites().then(setSites);
  useEffect(() => {
    read();
    // also by the browser's own list of add-ons
    browser.permissions.onAdded.addListener(read);
    browser.permissions.onRemoved.addListener(read);
    return () => {
      browser.permissions.onAdded.removeListener(read);
      browser.permissions.onRemoved.removeListener(read);
    };
  }, []);
  const ask = async () => {
    const answer = await allowSite(address).catch(() => "refused" as const);
    setSaid(answer);
    if (answer === "allowed") setAddress("");
    read();
  };
  return (
    <section aria-labelledby="webmails">
      <h2 id="webmails">{t("webmails_title")}</h2>
      <p>{t("webmails_text")}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <label>
          {t("webmails_address")}
          <input
            type="text"
            inputMode="url"
            placeholder="https://mail.example.org"
            value={address}
            onInput={(event) => setAddress(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          {t("webmails_use")}
        </button>
      </form>
      <p role="status" class={said === "allowed" ? "done" : "problem"}>
        {said === null ? "" : t(sentences[said])}
      </p>
      <ul class="sites">
        {sites.map((pattern) => (
          <li key={pattern}>
            <code>{pattern.replace(/\/\*$/, "")}</code>{" "}
            <button type="button" onClick={() => void forbidSite(pattern).then(read)}>
              {t("webmails_stop")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
