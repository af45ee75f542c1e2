import { useEffect, useState } from "preact/hooks";
import { codeOf, type ErrorCode } from "../../protocol/errors.js";
import type { Way } from "../composer/composer.js";
import { type ReadyLetter, sealedParts } from "../composer/writing.js";
import { sentenceKey } from "../failure.js";
import { t } from "../i18n.js";
import { handed, type Outgoing } from "./words.js";

/** Seals the letter and gives it to the webmail's page, which attaches it; the person presses the webmail's own Send. */
interface Props {
  readonly ready: ReadyLetter;
  readonly way: Way;
  readonly port: MessagePort;
}

type State = "handing" | "attached" | "not-attached" | { readonly failed: ErrorCode };

export function Handing({ ready, way, port }: Props) {
  const [state, setState] = useState<State>("handing");
  const hand = async () => {
    setState("handing");
    try {
      const mail = await outgoing(ready);
      const answer = new Promise<State>((resolve) => {
        port.onmessage = ({ data }: MessageEvent<unknown>) => resolve(handed(data));
      });
      port.postMessage(
        mail,
        mail.files.map(({ bytes }) => bytes),
      );
      const told = await answer;
      if (told === "attached") way.left();
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
        <button type="button" onClick={way.back}>
          {t("composer_edit")}
        </button>
      </div>
    </div>
  );
}

/** Everything in it is sealed, or the same for every mail of the list. */
async function outgoing(ready: ReadyLetter): Promise<Outgoing> {
  const { author } = ready;
  const { parts, subject, notice } = await sealedParts(ready);
  return {
    kind: "outgoing",
    to: author.list.address,
    from: author.key.address,
    subject,
    notice,
    files: parts.map(({ name, type, bytes }) => ({ name, type, bytes: new Uint8Array(bytes).buffer })),
  };
}
