/**
 * Naive displays of opened mail, as source that runs in a message document with the rights of an add-on's script. They do what
 * ListSeal's did before it took the sender's document away: a host element with a shadow root, put into that document.
 */

/**
 * Shows a verdict with its button, and opened text, above what the sender wrote; presses are counted in its `data-pressed`.
 */
export const SHOW_IN_SENDERS_DOCUMENT = `(window, text) => {
  const { document } = window;
  const host = document.createElement("listseal-view");
  host.id = "listseal-view";
  const root = host.attachShadow({ mode: "open" });
  const words = document.createElement("div");
  words.id = "words";
  words.textContent = text;
  const button = document.createElement("button");
  button.textContent = "I have compared these digits";
  button.addEventListener("click", () => { host.dataset.pressed = "yes"; });
  root.append(words, button);
  document.body.prepend(host);
}`;

/** What a press in the middle of its button reaches, whether it is seen there, and what its text looks like. */
export const LOOK_AT_IT = `(window) => {
  const host = window.document.querySelector("listseal-view");
  const { left, top, width, height } = host.shadowRoot.querySelector("button").getBoundingClientRect();
  const at = [left + width / 2, top + height / 2];
  const hit = window.document.elementFromPoint(...at);
  return {
    at,
    hit: hit?.id || hit?.localName || "",
    opacity: window.getComputedStyle(host).opacity,
    font: window.getComputedStyle(host.shadowRoot.getElementById("words")).fontFamily,
    pressed: host.dataset.pressed ?? "no",
  };
}`;

/** Selects its text, as a reader does who wants to quote a part of it. */
export const SELECT_ITS_TEXT = `(window) => {
  const { document } = window;
  window.getSelection().selectAllChildren(document.querySelector("listseal-view").shadowRoot.getElementById("words"));
}`;
