import { Html } from "./html.js";

/** The report's looks: a column of cards that become two where there is room. */
export const reportStyle: Html = new Html(`
:root {
  --page: #f4f5f7; --card: #ffffff; --ink: #171b22; --muted: #5d6675; --line: #e2e5ea;
  --accent: #2b7a8c; --area: #2b7a8c26; --band: #5d66750d; --globe: #0d1220;
  --good: #17704a; --good-back: #dcf3e7; --warn: #87560a; --warn-back: #fcefd2;
  --bad: #a3262a; --bad-back: #fbe1e0; --calm: #33528c; --calm-back: #e2eafa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1217; --card: #171b22; --ink: #e7eaf0; --muted: #99a3b3; --line: #2b323d;
    --accent: #58b9c6; --area: #58b9c629; --band: #99a3b312; --globe: #0b0f19;
    --good: #78dcab; --good-back: #123525; --warn: #f2c46d; --warn-back: #3a2b0c;
    --bad: #ff9c97; --bad-back: #421a1b; --calm: #a3bffa; --calm-back: #1b2945;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 1200px; padding: 32px 24px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; -webkit-text-size-adjust: 100%;
}
header { margin-bottom: 24px; }
.kicker { margin: 0; color: var(--muted); font-size: 13px; letter-spacing: .04em; }
h1 { display: inline; margin: 0 12px 0 0; font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -.015em; }
h2 { margin: 0 0 14px; font-size: 15px; font-weight: 650; }
.badge {
  display: inline-block; margin: 0; padding: 3px 12px; border-radius: 999px; vertical-align: 5px;
  font-size: 13px; font-weight: 600;
}
.good { color: var(--good); background: var(--good-back); }
.warn { color: var(--warn); background: var(--warn-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.calm { color: var(--calm); background: var(--calm-back); }
.meaning { margin: 8px 0 0; max-width: 46em; color: var(--muted); }
.error { margin: 12px 0 0; padding: 10px 14px; border-radius: 8px; color: var(--bad); background: var(--bad-back); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); margin: 22px 0 0;
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.tiles div { padding: 13px 16px; box-shadow: 1px 1px 0 0 var(--line); }
.tiles dt { color: var(--muted); font-size: 13px; }
.tiles dd { margin: 1px 0 0; font-size: 20px; white-space: nowrap; font-weight: 620; line-height: 1.25; letter-spacing: -.01em; }
.tiles dd.note { margin-top: 2px; white-space: normal; color: var(--muted); font-size: 12px; font-weight: 400; letter-spacing: 0; }
main { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; align-items: start; }
.column { display: grid; gap: 16px; min-width: 0; }
.card { min-width: 0; padding: 18px 20px 20px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.wide, .maps { grid-column: 1 / -1; }
.empty, .unit { margin: 0; color: var(--muted); font-size: 13px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 6px 14px 6px 0; text-align: left; vertical-align: top; font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { padding-top: 0; color: var(--muted); font-size: 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.number { text-align: right; white-space: nowrap; }
.path { min-width: 9em; }
code { font: 12.5px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: normal; }
.bars { font-size: 13px; }
.bars th, .bars td { padding: 2px 12px 2px 0; vertical-align: middle; border: 0; }
.bars thead th { padding-bottom: 5px; }
.bars tbody th { max-width: 150px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bars td:last-child { color: var(--muted); padding-right: 0; }
.bars .track, .bars .axis { width: 60%; }
.bars tbody tr:hover > * { background: var(--band); }
.track span { display: block; height: 14px; }
.track .grid { background-image: linear-gradient(to right, var(--line) 1px, transparent 1px); }
.track i { display: block; height: 14px; min-width: 3px; border-radius: 0 3px 3px 0; box-shadow: inset 0 0 0 1px #80808040; }
.ticks { display: block; position: relative; height: 1.5em; }
.tick { position: absolute; transform: translateX(-50%); }
.tick:first-child { transform: none; }
.tick.end { transform: translateX(-100%); }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.plot { display: grid; grid-template-columns: 44px 1fr; grid-template-rows: 240px 22px; margin-top: 6px; font-size: 12px; color: var(--muted); }
.canvas { position: relative; overflow: hidden; border-left: 1px solid var(--line); }
.canvas svg { display: block; width: 100%; height: 100%; }
.y-axis, .x-axis { position: relative; }
.y-axis span { position: absolute; right: 8px; transform: translateY(50%); }
.x-axis { grid-column: 2; }
.x-axis span { position: absolute; top: 5px; transform: translateX(-50%); white-space: nowrap; }
.x-axis span:first-child { transform: none; }
.rule { stroke: var(--line); vector-effect: non-scaling-stroke; }
.band.even { fill: transparent; }
.band.odd { fill: var(--band); }
.area { fill: var(--area); }
.line { fill: none; stroke: var(--accent); stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.hover { fill: transparent; }
.hover:hover { fill: #8080802e; }
/* A name that does not fit beside the blank goes to the second line, which is not shown. */
.phase { position: absolute; top: 4px; height: 1.5em; padding: 0 6px; overflow: hidden; overflow-wrap: normal; pointer-events: none; }
.phase b { display: inline-block; font-weight: 400; }
.maps { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 20px; }
.maps h2, .maps .empty { grid-column: 1 / -1; }
.map { margin: 0; }
.globe { position: relative; overflow: hidden; border-radius: 8px; background: var(--globe); aspect-ratio: 2 / 1; }
.globe svg { display: block; width: 100%; height: 100%; }
.globe span { position: absolute; color: #ffffffb8; font-size: 10px; line-height: 1; pointer-events: none; text-shadow: 0 0 3px #000, 0 0 3px #000; }
.globe .lon { bottom: 4px; transform: translateX(-50%); }
.globe .lat { left: 5px; transform: translateY(-50%); }
.graticule { stroke: #ffffff; stroke-opacity: .16; stroke-width: 1; vector-effect: non-scaling-stroke; }
.equator { stroke-opacity: .32; }
.coast { fill: none; stroke: #ffffff; stroke-opacity: .5; stroke-width: .7; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.predicates { margin: 10px 0 0; padding-left: 18px; color: var(--muted); font-size: 13px; }
figcaption { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin-top: 9px; color: var(--muted); font-size: 12px; }
.legend { display: flex; flex: 1 1 220px; max-width: 520px; }
.legend span { flex: 1 1 0; text-align: center; font-size: 11px; line-height: 1.3; }
.legend i { display: block; height: 9px; }
.legend span:first-child i { border-radius: 3px 0 0 3px; }
.legend span:last-child i { border-radius: 0 3px 3px 0; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 5px 18px; margin: 0; font-size: 14px; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; }
footer { margin-top: 20px; color: var(--muted); font-size: 12px; }
@media (max-width: 760px) {
  body { padding: 20px 12px; }
  main, .maps { grid-template-columns: minmax(0, 1fr); }
  .card { padding: 15px 14px 16px; }
  .map + .map { margin-top: 18px; }
  h1 { font-size: 24px; }
  .plot { grid-template-rows: 190px 22px; }
  table { font-size: 13px; }
  th, td { padding-right: 10px; }
  .advice td:nth-child(n + 3) { display: block; }
  .advice td:nth-child(n + 4) { padding-top: 0; border: 0; color: var(--muted); }
  .advice th:nth-child(n + 4) { display: none; }
  .bars th, .bars td { padding-right: 8px; }
  .bars tbody th { max-width: 92px; }
  .bars .track, .bars .axis { width: 45%; }
}
@media print {
  :root {
    --page: #ffffff; --card: #ffffff; --ink: #000000; --muted: #444444; --line: #cccccc;
    --accent: #2b7a8c; --area: #2b7a8c26; --band: #0000000a;
    --good: #17704a; --good-back: #dcf3e7; --warn: #87560a; --warn-back: #fcefd2;
    --bad: #a3262a; --bad-back: #fbe1e0; --calm: #33528c; --calm-back: #e2eafa;
  }
  body { padding: 0; max-width: none; font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .card, .tiles, tr { break-inside: avoid; }
}
`);
