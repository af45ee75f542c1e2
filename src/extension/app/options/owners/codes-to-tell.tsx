import { useEffect, useRef, useState } from "preact/hooks";
import type { InvitationCode } from "../../../owner/invitation-files.js";
import type { InvitationView } from "../../../owner/view.js";
import { program } from "../../../platform/browser.js";
import { codeOf } from "../../../platform/errors.js";
import { t } from "../../../ui/i18n.js";
import type { OwnerProps } from "./owner-actions.js";

/** The codes of invitations that nobody has used yet, each beside whom it is told to; their mails in one go; and all on one sheet. */

/** Somebody who is to be told a code. */
interface ToTell extends InvitationView {
  readonly code: string;
}

/** The groups of a code, for reading aloud. */
function Groups({ code }: { readonly code: string }) {
  return (
    <span class="code">
      {code.split("-").map((group, place) => (
        // the place is all that tells two groups apart
        <span key={place}>{group}</span>
      ))}
    </span>
  );
}

/** How somebody is spoken of. */
const who = ({ name, address }: InvitationView): string => name ?? address;

export function CodesToTell(props: OwnerProps) {
  const { list, call } = props;
  const [codes, setCodes] = useState<readonly InvitationCode[]>([]);
  const [locked, setLocked] = useState(false);
  const asked = useRef(0);
  const read = async () => {
    asked.current += 1;
    const turn = asked.current;
    // while forty are being invited the page asks forty times: an older answer must not take a newer one's place
    const isNewest = () => turn === asked.current;
    try {
      const { codes: now } = await call("owner:codes", { list: list.address });
      if (!isNewest()) return;
      setCodes(now);
      setLocked(false);
    } catch (error) {
      if (!isNewest()) return;
      setCodes([]);
      setLocked(codeOf(error, "worker-failed") === "key-locked");
    }
  };
  const known = list.invitations.map(({ introduction, state }) => `${introduction} ${state}`).join("\n");
  useEffect(() => void read(), [known]);

  const shown = list.invitations.flatMap((invitation) => {
    const found = codes.find(({ introduction }) => introduction === invitation.introduction);
    return found === undefined || invitation.state !== "open" ? [] : [{ ...invitation, code: found.code }];
  });
  if (locked && list.invitations.some(({ state, fileHere }) => state === "open" && fileHere))
    return <p class="next">{t("invite_codes_locked")}</p>;
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby="codes" class="codes">
      <h4 id="codes">{t("invite_codes_title")}</h4>
      <p class="quiet">{t("invite_code_once")}</p>
      <AllAtOnce {...props} shown={shown} />
      <ul class="cards">
        {shown.map((one) => (
          <CodeCard key={one.introduction} {...props} one={one} read={read} />
        ))}
      </ul>
      <Sheet list={list} shown={shown} />
    </section>
  );
}

/** The mails that were not written yet, in one go, and what they say; all files, for who is sent theirs another way; and the sheet. */
function AllAtOnce({ list, call, run, shown }: OwnerProps & { readonly shown: readonly ToTell[] }) {
  const [sending, setSending] = useState<{ readonly done: number; readonly of: number } | null>(null);
  const [preview, setPreview] = useState<{ readonly subject: string; readonly text: string } | null>(null);
  const unwritten = shown.filter(({ mailedAt }) => mailedAt === null);
  const send = async () => {
    await run(async () => {
      for (const [done, { introduction }] of unwritten.entries()) {
        setSending({ done, of: unwritten.length });
        await call("owner:send-invitation", { list: list.address, introduction });
      }
    }, "invite_sent_all");
    setSending(null);
  };
  const save = () =>
    run(async () => {
      for (const { introduction } of shown) await call("owner:save-invitation", { introduction });
    }, "invite_saved_all");
  return (
    <>
      <div class="actions">
        {program() === "browser" || unwritten.length === 0 ? null : (
          <button type="button" class="primary" disabled={sending !== null} onClick={() => void send()}>
            {sending === null
              ? t("invite_send_all", unwritten.length)
              : t("invite_sending", sending.done + 1, sending.of)}
          </button>
        )}
        <button type="button" onClick={() => void save()}>
          {t("invite_save_all", shown.length)}
        </button>
        <button type="button" onClick={() => window.print()}>
          {t("invite_print")}
        </button>
      </div>
      <details
        onToggle={({ currentTarget }) => {
          if (!currentTarget.open || preview !== null) return;
          void run(async () => setPreview(await call("owner:invitation-text", { list: list.address })), null);
        }}
      >
        <summary>{t("invite_preview")}</summary>
        {preview === null ? null : (
          <blockquote>
            <p>
              <strong>{preview.subject}</strong>
            </p>
            <p class="written">{preview.text}</p>
          </blockquote>
        )}
      </details>
    </>
  );
}

function CodeCard({
  one,
  list,
  call,
  run,
  read,
}: OwnerProps & { readonly one: ToTell; readonly read: () => Promise<void> }) {
  const { introduction, address, code } = one;
  return (
    <li class="card">
      <h4>{address}</h4>
      <p class="quiet">{t("invite_tell_code", who(one))}</p>
      <p>
        <Groups code={code} />
      </p>
      <div class="actions">
        <button
          type="button"
          aria-label={t("invite_told_named", address)}
          onClick={() =>
            void run(async () => {
              await call("owner:code-told", { introduction });
              await read();
            }, null)
          }
        >
          {t("invite_told")}
        </button>
        <button
          type="button"
          aria-label={t("invite_mail_named", address)}
          onClick={() =>
            void run(() => call("owner:mail-invitation", { list: list.address, introduction }), null)
          }
        >
          {t("invite_mail")}
        </button>
        <button
          type="button"
          aria-label={t("invite_save_named", address)}
          onClick={() => void run(() => call("owner:save-invitation", { introduction }), "invite_saved")}
        >
          {t("invite_save")}
        </button>
      </div>
    </li>
  );
}

/**
 * All codes on paper: shown in print alone, and nothing else is printed. A code without its mail opens nothing, so the sheet lets
 * nobody in who has not read the mails as well.
 */
function Sheet({ list, shown }: Pick<OwnerProps, "list"> & { readonly shown: readonly ToTell[] }) {
  return (
    <div class="sheet">
      <p class="title">{t("sheet_title", list.name)}</p>
      <p>{t("sheet_text")}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("sheet_person")}</th>
            <th scope="col">{t("sheet_code")}</th>
            <th scope="col">{t("sheet_told")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ introduction, name, address, code }) => (
            <tr key={introduction}>
              <td>
                {name === null ? null : (
                  <>
                    <strong>{name}</strong>
                    <br />
                  </>
                )}
                {address}
              </td>
              <td class="digits">{code.replaceAll("-", " ")}</td>
              <td>☐</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
