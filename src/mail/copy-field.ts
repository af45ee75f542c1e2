/** The field of a readable copy that says which list's mail it is: an answer to it quotes what came sealed. */
export const COPY_FIELD = "X-ListSeal-Copy";
