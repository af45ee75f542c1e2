import { groupsOf } from "../../reading/display/state-line.js";
import { t } from "../../ui/i18n.js";

/** The owners of a list with the fingerprints of their keys, as rows of a list of details. */
export function Owners({
  owners,
}: {
  readonly owners: readonly { readonly userId: string; readonly fingerprint: string }[];
}) {
  return owners.map(({ userId, fingerprint }) => (
    <>
      <dt>{t("details_owner")}</dt>
      <dd>
        {userId}
        <br />
        <code>{groupsOf(fingerprint)}</code>
      </dd>
    </>
  ));
}
