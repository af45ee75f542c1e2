import { useEffect, useState } from "preact/hooks";
import { codeOf, type ErrorCode } from "../../platform/errors.js";
import { askOver } from "../../platform/rpc/frame-port.js";
import { partsToSend } from "../../requests/by-hand.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";
import type { ReadyLetter } from "../../writing/composer/seal-letter.js";
import { type Outgoing, writingCalls } from "../calls/webmail-calls.js";

/** Gives a sealed mail to the webmail's page, which attaches it; the person presses the webmail's own Send. */
interface Props {
  /** Makes it, sealed. */
  readonly mail: () => Promise<Outgoing>;
  readonly port: MessagePort;
  /** The webmail has it: closing the frame loses nothing. */
  readonly attached: () => void;
  /** Back to where it was written. */
  readonly back: () => void;
}

type State = "handing" | "attached" | "not-attached" | { readonly failed: ErrorCode };

export function Handing({ mail, port, attached, back }: Props) {
  const [state, setState] = useState<State>("handing");
  const hand = async () => {
    setState("handing");
    try {
      const made = await mail();
      const buffers = made.files.map(({ bytes }) => bytes);
      const told = await askOver(port, writingCalls)("webmail:attach", made, buffers);
      if (told === "attached") attached();
      setState(told);
    } catch (error) {
      setState({ failed: codeOf(error, "worker-failed") });
    }
  };
  useEffect(() => void hand(), []);

  if (state === "handing") return <p role="status">{t("webmail_handing")}</p>;
  if (state === "attached") {
    return (
      <p role="status" class="done attached-note">
        {t("webmail_attached")}
      </p>
    );
  }
  return (
    <div role="alert" class="next">
      <p class="problem">
        {typeof state === "object" ? t(sentenceKey(state.failed)) : t("webmail_not_attached")}
      </p>
      <div class="actions">
        <button type="button" onClick={() => void hand()}>
          {t("webmail_hand_again")}
        </button>
        <button type="button" onClick={back}>
          {t("composer_edit")}
        </button>
      </div>
    </div>
  );
}

/** Octets in a buffer of their own, to be moved. */
const moved = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** A letter for the webmail. Everything in it is sealed, or the same for every mail of its kind. */
export async function letterToHand({ from, to, subject, parts: seal }: ReadyLetter): Promise<Outgoing> {
  const { parts, notice } = await seal();
  const files = parts.map(({ name, type, bytes }) => ({ name, type, bytes: moved(bytes) }));
  return { to, from, subject, notice, files };
}

/** A request to a list's server that the person is to send: it was signed and sealed when it was made. */
export async function requestToHand(id: string): Promise<Outgoing> {
  const { from, to, subject, text, attachment } = await partsToSend(id);
  const { name, type, bytes } = attachment;
  return { to, from, subject, notice: text, files: [{ name, type, bytes: moved(bytes) }] };
}
