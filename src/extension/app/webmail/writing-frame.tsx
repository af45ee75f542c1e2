import { useEffect, useState } from "preact/hooks";
import { noteSent } from "../../requests/by-hand.js";
import { loadRequests, type PendingRequest } from "../../requests/pending.js";
import { t } from "../../ui/i18n.js";
import { Composer } from "../../writing/composer/composer.js";
import type { ReplyDraft } from "../../writing/composer/reply-draft.js";
import { Handing, letterToHand, requestToHand } from "./attach-to-webmail.js";

/** What the writing frame holds: requests that wait to be sent, and the composer. */
interface Props {
  readonly begun: ReplyDraft;
  readonly port: MessagePort;
  /** What is in the frame is safe with the webmail. */
  readonly handed: () => void;
}

export function WritingFrame({ begun, port, handed }: Props) {
  const [waiting, setWaiting] = useState<readonly PendingRequest[]>([]);
  const [request, setRequest] = useState<PendingRequest | null>(null);
  useEffect(() => {
    const byHand = async () => (await loadRequests()).pending.filter(({ sending }) => sending === "by-hand");
    void byHand().then(setWaiting, () => undefined);
  }, []);

  if (request !== null) {
    const attached = () => {
      handed();
      // sent again from the options page, should the person not press Send: it is the same request
      void noteSent(request.id).catch(() => undefined);
    };
    const mail = () => requestToHand(request.id);
    return <Handing mail={mail} port={port} attached={attached} back={() => setRequest(null)} />;
  }
  return (
    <>
      {waiting.length === 0 ? null : (
        <section class="next requests" aria-labelledby="requests">
          <h2 id="requests">{t("webmail_requests")}</h2>
          {waiting.map((each) => (
            <button key={each.id} type="button" onClick={() => setRequest(each)}>
              {t("webmail_request", each.requestAddress)}
            </button>
          ))}
        </section>
      )}
      <Composer
        begun={begun}
        leave={(ready, { back, left }) => {
          const attached = () => {
            left();
            handed();
          };
          return <Handing mail={() => letterToHand(ready)} port={port} attached={attached} back={back} />;
        }}
      />
    </>
  );
}
