/** What bringing a backup would do, for a page that shows it first. Nothing secret. */

interface Person {
  readonly userId: string;
  readonly fingerprint: string;
}

/** What is believed of a list, as far as a backup could change it. */
export interface ListFacts {
  readonly name: string;
  readonly requestAddress: string;
  /** Mode, delivery and profile in one line: only compared. */
  readonly sealing: string;
  readonly owners: readonly Person[];
  /** Fingerprints. */
  readonly formerOwners: readonly string[];
  /** Fingerprint of the list key, and of the server key. */
  readonly listKey: string;
  readonly server: string;
  /** How many there are. */
  readonly formerListKeys: number;
  /** How many the person has deleted. */
  readonly deletedListKeys: number;
  readonly formerServers: number;
  /** How many authors' keys, introductions and revocations are remembered. */
  readonly authors: number;
}

/** What would change of a list that is here. */
export interface ListChange {
  /** Stands for exactly this change: one that is other in any fact has another. */
  readonly id: string;
  readonly address: string;
  readonly before: ListFacts;
  readonly after: ListFacts;
}

export interface RestorePlan {
  /** Nothing is here that could change: there is nothing to ask. */
  readonly isEmptyHere: boolean;
  /** Member keys that are not here yet: mail by them counts as one's own from then on. */
  readonly keys: readonly Person[];
  readonly lists: readonly {
    readonly address: string;
    readonly name: string;
    readonly listKey: string;
    readonly owners: readonly Person[];
  }[];
  /** Addresses of lists that are owned by the backup's word. */
  readonly owned: readonly string[];
  readonly moves: readonly ListChange[];
  /** Lists that stay, since the backup has another one of the same address. */
  readonly kept: readonly { readonly address: string; readonly name: string }[];
}
