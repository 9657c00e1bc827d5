/**
 * How the page for the projector looks.
 *
 * @module
 */

/** The style sheet. All sizes follow the window, so that it fills a projector as it fills a screen. */
export const BOARD_CSS: string = String.raw`
:root {
  --ground: #fbfaf6; --text: #15181e; --soft: #565c66; --line: #d9d6cc;
  --good: #08613a; --new: #e2f3e8; --bad: #9c2a10;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1116; --text: #f3f5f8; --soft: #a3abb8; --line: #2b313b;
    --good: #84e3ac; --new: #123524; --bad: #ffab91;
  }
}
* { box-sizing: border-box; margin: 0; padding: 0; }
html { font: 2.6vmin/1.25 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
body {
  display: flex; flex-direction: column; height: 100vh; overflow: hidden;
  background: var(--ground); color: var(--text); padding: 2vmin 2.4vmin 1.2vmin;
}
header {
  display: grid; grid-template-columns: 1fr auto; gap: 0 2vw;
  border-bottom: 2px solid var(--line); padding-bottom: 1.4vmin;
}
dt { color: var(--soft); }
dd { font-weight: 700; line-height: 1.05; font-variant-numeric: tabular-nums; white-space: nowrap; }
.where { display: flex; gap: 2.2vw; }
.where dd { font-size: min(4.7vw, 11vh); letter-spacing: -.015em; }
.where.long dd { font-size: min(2.2vw, 11vh); }
.command { grid-column: 1 / -1; margin-top: .35em; overflow: hidden; white-space: nowrap; font-size: min(1.5em, 2.5vw); }
.long + .counts + .command { font-size: min(1.3em, 1.75vw); }
.command code { font: 1em ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; }
#also { color: var(--soft); margin-left: 1em; }
.counts { display: flex; gap: 1.6vw; }
.counts dt { font-size: min(1em, 1.9vw); }
.counts dd { font-size: min(3.5vw, 9vh); width: 3.4ch; }
.counts .passed dd { color: var(--good); }
main { position: relative; flex: 1; overflow: hidden; margin: 1.2vmin 0; contain: strict; }
#wall { list-style: none; }
#wall li {
  position: absolute; left: 0; top: 0; width: var(--wide); height: 1.3em;
  font-size: 16px; line-height: 1.3em; padding: 0 .3em; transform-origin: 0 0;
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis; border-radius: .25em;
}
#wall .mark {
  display: inline-block; width: 1.5em; margin-right: .35em; text-align: right;
  font-size: .75em; color: var(--soft); font-variant-numeric: tabular-nums; overflow: hidden;
  vertical-align: bottom;
}
#wall .new { background: var(--new); box-shadow: inset 0 0 0 .1em var(--good); }
#empty { position: absolute; inset: 0; display: grid; place-items: center; color: var(--soft); font-size: 1.3em; text-align: center; }
footer {
  position: relative; display: flex; gap: 1em; overflow: hidden; flex: none;
  border-top: 2px solid var(--line); padding-top: .7vmin; height: 2.8em; font-size: 1.25em; line-height: 1.25;
}
footer h2 { font-size: 1em; font-weight: 400; color: var(--soft); width: min-content; }
#reasons { display: flex; flex-wrap: wrap; height: 2.5em; gap: 0 1.2em; list-style: none; overflow: hidden; flex: 1; }
#reasons li { white-space: nowrap; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
#reasons b { color: var(--bad); font-variant-numeric: tabular-nums; }
#none { color: var(--soft); }
#legend { color: var(--soft); font-size: .8em; line-height: 1.56; list-style: none; white-space: nowrap; }
#legend i { font-style: normal; color: var(--text); background: var(--new); box-shadow: inset 0 0 0 .1em var(--good); border-radius: .25em; padding: 0 .25em; }
#status { font-weight: 700; color: var(--bad); }
#status:not(:empty) {
  position: absolute; inset: 0; display: grid; place-items: center; text-align: center;
  background: var(--bad); color: var(--ground); font-size: min(1.5em, 3vw);
}
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) {
  #wall .new { animation: come .4s ease-out; }
  @keyframes come { from { opacity: 0; } }
}
`;
