import type {
  InvitationView,
  MemberView,
  NoticeView,
  OwnedView,
  PageWish,
} from "../../src/extension/owner/view.js";

/** What the page for owners is given, made of a list that a test writes down with all of its members. */

/** A list with everybody in it. */
export interface WholeList
  extends Omit<
    OwnedView,
    | "members"
    | "memberCount"
    | "found"
    | "gone"
    | "confirmable"
    | "reached"
    | "newKey"
    | "notices"
    | "epoch"
    | "invitations"
  > {
  readonly members: readonly MemberView[];
  readonly newKey: { readonly to: readonly string[]; readonly notTo: readonly string[] };
  readonly invitations: readonly Omit<InvitationView, "isMember">[];
  readonly notices: readonly (Omit<NoticeView, "confirmed" | "of" | "missing"> & {
    readonly to: readonly { readonly address: string; readonly confirmed: boolean }[];
  })[];
  readonly epoch: Omit<OwnedView["epoch"], "unconfirmed"> & { readonly unconfirmed: readonly string[] };
}

const namesOf = (addresses: readonly string[]) => ({
  count: addresses.length,
  first: addresses.slice(0, 10),
});

/** What a page that wishes this is given of it. */
export function viewOfWhole(list: WholeList, { wanted, rows, leaving }: PageWish): OwnedView {
  const { members, newKey, notices, epoch, invitations } = list;
  const found = members.filter(({ name, address }) =>
    `${name} ${address}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  const confirmable = members.filter((member) => member.confirmable);
  const reached = members.filter(({ word, you }) => word === "owner" && !you);
  return {
    ...list,
    memberCount: members.length,
    found: found.length,
    members: found.slice(0, rows),
    gone: leaving.filter((one) => !members.some(({ fingerprint }) => fingerprint === one)),
    confirmable: { count: confirmable.length, members: confirmable.slice(0, 1_000) },
    reached: { count: reached.length, members: reached.length > 1_000 ? [] : reached },
    invitations: invitations.map((one) => ({
      ...one,
      isMember: members.some(({ address }) => address === one.address),
    })),
    newKey: {
      to: namesOf(newKey.to.filter((address) => address !== list.ownerAddress)),
      notTo: namesOf(newKey.notTo),
    },
    notices: notices.map(({ to, ...notice }) => {
      const missing = to.filter(({ confirmed }) => !confirmed).map(({ address }) => address);
      return { ...notice, of: to.length, confirmed: to.length - missing.length, missing: namesOf(missing) };
    }),
    epoch: { ...epoch, unconfirmed: namesOf(epoch.unconfirmed) },
  };
}
