/**
 * The look of an opened mail: our own few colours, light and dark, after Thunderbird's. It lives in a shadow root,
 * so that Thunderbird's styles don't reach it, and a letter's own reach no further. It paints its own background, since the message
 * document may be white while the theme is dark.
 */
export const displayStyle = `
:host { all: initial; display: block; color-scheme: light dark;
  --back: light-dark(#ffffff, #1c1b22); --fore: light-dark(#15141a, #fbfbfe); --quiet: light-dark(#52525e, #bfbfc9);
  --line: light-dark(#d7d7e0, #42414d); --link: light-dark(#0050c0, #6cc7ff);
  --good: light-dark(#0b6b3a, #7fdca4); --note: light-dark(#5b4a00, #f0d479); --warning: light-dark(#a3001e, #ff9aa8);
  font: 14px/1.5 system-ui, sans-serif; color: var(--fore); background: var(--back);
  margin: -8px; padding: 12px 16px 24px; min-height: 100vh; box-sizing: border-box; overflow-wrap: anywhere; }
/* nothing that is for our own elements reaches what somebody has sent */
:where(:not(.body *)) { box-sizing: border-box; }
/* QUIRK: an empty frame is in quirks mode (Thunderbird 153), where a table takes its colour and font from the page and not from the letter */
table { color: inherit; font: inherit; white-space: inherit; text-align: inherit; }
.own { color: var(--quiet); font-size: 13px; margin: 0 0 8px; font-variant-numeric: tabular-nums; }
.state { border-inline-start: 4px solid currentColor; padding-block: 2px; padding-inline: 10px 0; margin: 0 0 12px; font-size: 13px; }
.state.good { color: var(--good); } .state.note { color: var(--note); } .state.warning { color: var(--warning); }
.state .line { display: grid; grid-template-columns: auto 1fr auto; gap: 8px; align-items: baseline; }
svg { width: 1em; height: 1em; flex: none; align-self: center; vertical-align: -0.12em; }
.state .words { font-weight: 600; }
details.more { color: var(--fore); font-weight: 400; } details.more[open] { grid-column: 1 / -1; }
details.more summary { cursor: pointer; color: var(--quiet); text-decoration: underline; display: inline-block; }
details.more dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 6px 0; }
details.more dt { color: var(--quiet); } details.more dd { margin: 0; }
code:where(:not(.body *)) { font-family: ui-monospace, monospace; font-size: 12px; }
h1:where(:not(.body *)) { font-size: 20px; line-height: 1.3; margin: 0 0 4px; font-weight: 600; }
.meta { color: var(--quiet); margin: 0 0 16px; } .meta strong { color: var(--fore); font-weight: 600; }
.meta time { display: inline-block; }
.state.private { border-inline-start-style: double; } .alone { margin-top: 6px; }
.delivery { font-size: 13px; margin: 0 0 12px; display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; }
.delivery p { margin: 0; } .delivery ul { flex-basis: 100%; margin: 0; padding-inline-start: 20px; }
.delivery.good p { color: var(--good); } .delivery.note p { color: var(--quiet); } .delivery.warning p { color: var(--warning); font-weight: 600; }
.delivery.warning p + p { color: var(--quiet); font-weight: 400; }
.pieces { border-top: 1px solid var(--line); padding-top: 14px; }
/* the font and size that the person has chosen for mails in Thunderbird, and tables as wide as their words: no number is broken */
.body { font: initial; overflow-wrap: break-word; }
.body.paper { color-scheme: light; background: #fff; color: #15141a; padding: 14px; border-radius: 4px; }
.body { contain: content; overflow: auto; }
.body img { max-width: 100%; } .body :is(td, th) img { max-width: none; }
@media (prefers-color-scheme: dark) { .body:not(.paper) :is([style*="color"], font[color]):not(a) { color: inherit !important; } }
.body a { color: var(--link); } .body.paper a { color: #0050c0; }
.text { font-family: monospace; white-space: pre-wrap; margin: 0; } .variable .text { font-family: initial; }
.text.file { white-space: pre; overflow-x: auto; } .signature { color: var(--quiet); margin-top: 1em; }
blockquote[type="cite" i] { margin-inline: 0; padding: 0; padding-inline-start: 10px; border-inline-start: 3px solid var(--line); color: var(--quiet); }
blockquote[type="cite" i]:has(> .text) { margin: 0; }
blockquote[type="cite" i]:not([dir]):has(> [dir="rtl" i]:first-child) { padding-inline: 0 10px; border-inline: 0 none; border-inline-end: 3px solid var(--line); }
.picture { margin: 8px 0; } .picture img { max-width: 100%; }
.inside { border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; margin: 12px 0; } .inside > .body { padding-top: 8px; }
.inside > summary { cursor: pointer; font-weight: 600; } .entry h2 { font-size: 15px; margin: 0; }
.inside > dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 6px 0; font-size: 13px; }
.inside dt { color: var(--quiet); } .inside > dl > dd { margin: 0; font: inherit; }
.remote { color: var(--quiet); font-size: 12px; margin: 0 0 10px; }
.files { border-top: 1px solid var(--line); margin-top: 20px; padding-top: 10px; }
.files h2 { font-size: 13px; margin: 0 0 6px; color: var(--quiet); font-weight: 600; }
.files ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px; }
.files li { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; border: 1px solid var(--line); border-radius: 6px; padding-block: 4px; padding-inline: 10px 4px; }
.files .name { flex: 1 1 8em; min-width: 0; } .files .all { margin-top: 8px; }
.files .preview { flex: 0 0 100%; } .files img { display: block; max-width: 100%; max-height: 24em; }
.keep { margin: 20px 0 0; } .keep button { color: var(--quiet); font-size: 12px; } .files .size { color: var(--quiet); white-space: nowrap; }
button { font: inherit; color: inherit; background: light-dark(#f0f0f4, #2b2a33); border: 1px solid var(--line);
  border-radius: 4px; padding: 3px 12px; cursor: pointer; }
button:hover { background: light-dark(#e0e0e6, #42414d); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.banner { border: 1px solid currentColor; border-radius: 6px; padding: 12px 16px; max-width: 44em; }
.banner.good { color: var(--good); } .banner.warning { color: var(--warning); } .banner.note { color: var(--note); }
.banner h1 { font-size: 15px; } .banner p { color: var(--fore); margin: 4px 0 0; } .banner button { color: var(--fore); margin-top: 10px; }
.unlock { margin-top: 10px; } .unlock label { display: grid; gap: 4px; color: var(--fore); max-width: 24em; }
.unlock input { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--quiet); border-radius: 4px; padding: 4px 8px; }
.unlock .problem { color: var(--warning); } .unlock .problem:empty { display: none; }
.banner progress { width: 100%; margin-top: 10px; accent-color: var(--note); }
@media (max-width: 480px) { details.more dl, .inside > dl { grid-template-columns: 1fr; } }
@media print { .state details, .files button, .delivery button, .keep { display: none; } :host { min-height: 0; } }
@media (forced-colors: active) { .state, .banner { border-color: CanvasText; } }
`;
