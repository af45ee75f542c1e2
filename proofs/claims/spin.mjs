/** Claims that need time or memory: small machines for spin, which goes through every run of them. */

/**
 * @typedef {object} SpinClaim  what it claims and leaves out stands at the head of the model
 * @property {string} name
 * @property {string} model  file in proofs/spin
 * @property {{ what: string, define: string }} works  with this name defined, the assertion says that the good thing never happens
 * @property {{ without: string, define: string }[]} twins  with this name defined, one defence is gone
 */

/** @type {SpinClaim[]} */
export default [
  {
    name: "replay: a captured post sent again reaches nobody who joined later, or came back",
    model: "replay.pml",
    works: { what: "a member gets a post", define: "WORKS" },
    twins: [
      { without: "the memory of taken posts", define: "NO_CACHE" },
      {
        without:
          "counting from the signature's date: kept a window long from arrival, a post dated ahead outlives the memory",
        define: "BY_ARRIVAL",
      },
      { without: "the window: an old post is taken once the memory of it is gone", define: "NO_WINDOW" },
    ],
  },
  {
    name: "replay: what an attacker sends first can't take the place of the real post",
    model: "accept.pml",
    works: { what: "Alice's post is taken and answered", define: "WORKS" },
    twins: [
      { without: "remembering last: junk sent first makes the real post the replay", define: "CACHE_FIRST" },
      {
        without:
          "the comparison of From with the signer: the attacker's headers go out, and the real post is the replay",
        define: "ANY_FROM",
      },
      {
        without: "one transaction for remembering and queueing: an interruption in between loses the post",
        define: "TWO_WRITES",
      },
    ],
  },
  {
    name: "replay: a reader shows a post as new once",
    model: "reader.pml",
    works: { what: "both posts are shown", define: "WORKS" },
    twins: [{ without: "the memory of (author, message id)", define: "NO_MEMORY" }],
  },
  {
    name: "replay: an add-on never goes back to an older list key",
    model: "notices.pml",
    works: { what: "the newest notice is taken", define: "WORKS" },
    twins: [
      { without: "a serial that only grows: an old notice brings the old key back", define: "ANY_SERIAL" },
    ],
  },
  {
    name: "replay: a removed member doesn't walk back in",
    model: "joins.pml",
    works: { what: "an invited person joins", define: "WORKS" },
    twins: [
      {
        without: "burning the earlier introductions at a removal: a spare one lets her in",
        define: "NOT_BURNT",
      },
      { without: "single use: a second key joins on the same introduction", define: "USED_AGAIN" },
    ],
  },
  {
    name: "epochs: there is always one list key, and nobody misses a post of their time",
    model: "epochs.pml",
    works: { what: "Carol, who was late, posts in the third epoch and reads it", define: "WORKS" },
    twins: [
      {
        without:
          "the server's comparison of the key that is replaced: two owners at once leave two keys of one serial",
        define: "ANY_OWNER",
      },
      {
        without: "its comparison of the record's head: whoever joins meanwhile gets no packet",
        define: "NO_HEAD",
      },
      {
        without:
          "changing over only when all of the notice is there: an interruption leaves somebody without",
        define: "HALF",
      },
      { without: "the answer to a late author: the letter is gone without a word", define: "NO_ANSWER" },
    ],
  },
];
