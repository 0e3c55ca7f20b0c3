"""The page's style sheet: light, dark and print. Nothing moves, so there is nothing to reduce for those who ask for that."""

from __future__ import annotations

from collections.abc import Mapping

from outgrow.figures.palette import DARK, LIGHT


def _set(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())


COLOURS = f"""
:root {{ color-scheme: light dark; {_set(LIGHT)} }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {_set(DARK)} }} }}
"""
RULES = """
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; line-height: 1.25; margin: 2.6rem 0 .6rem; padding-top: 1.1rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p, .findings, .prose { max-width: 46rem; }
p { margin: .6rem 0; }
.under { color: var(--grey); }
.findings { padding-left: 1.1rem; }
.findings li { margin: .5rem 0; }
.big { font-size: 1.2em; }
.caution { display: block; margin-top: .25rem; padding: .3rem .7rem; border-left: 3px solid var(--s1); background: var(--soft); }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--soft); padding: .8rem 1rem; border-radius: 4px; white-space: pre-wrap; margin: .5rem 0; }
.figures { display: grid; gap: 2.4rem; margin: 2rem 0 2.4rem; }
figure { margin: 0; min-width: 0; }
.half { columns: 3 20rem; column-gap: 2.2rem; margin-top: 2rem; }
.half figure { break-inside: avoid; padding-bottom: 2.2rem; }
figcaption { font-size: .86rem; line-height: 1.45; color: var(--grey); max-width: 50rem; margin-top: .4rem; }
figcaption ul { margin: .4rem 0 0; padding-left: 1.1rem; }
figcaption strong { color: var(--ink); }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 1rem 1.4rem; }
.panel svg, .panels svg { display: block; width: 100%; min-width: 299px; max-width: 375px; height: auto; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
svg text[font-weight] { font-weight: 600; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.2rem; padding: 0; margin: 0 0 .6rem; font-size: .84rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
.legend .swatch { flex: none; width: 28px; height: 12px; }
.ink { color: var(--ink); } .grey { color: var(--grey); } .rule { color: var(--rule); }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); }
.s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); }
.table { overflow-x: auto; margin: .8rem 0; border: solid var(--rule); border-width: 1px 0; overflow-wrap: normal; }
table { border-collapse: collapse; font-size: .77rem; line-height: 1.35; font-variant-numeric: tabular-nums; width: 100%; }
th, td { text-align: right; padding: .3rem .42rem; vertical-align: top; white-space: nowrap; }
thead th { border-bottom: 1px solid var(--ink); vertical-align: bottom; font-weight: 600; }
tbody th { font-weight: 400; background: var(--paper); position: sticky; left: 0; }
th.pair { text-align: left; padding-top: .6rem; color: var(--grey); position: static; }
th.pair strong { color: var(--ink); margin-right: .6rem; } th.pair span { position: sticky; left: .42rem; }
tbody + tbody { border-top: 1px solid var(--rule); }
th.words, td.words { text-align: left; }
td small { display: block; color: var(--grey); }
.claims td.words { white-space: normal; } .claims td.words small { max-width: none; }
td.words small { white-space: normal; min-width: 8.5rem; max-width: 12rem; }
dt { font-weight: 600; margin-top: .55rem; }
dd { margin: 0; }
summary { cursor: pointer; margin: .6rem 0; }
.keys { font-size: .82rem; }
.long { max-height: min(36rem, 80vh); overflow-y: auto; }
.long thead th { position: sticky; top: 0; background: var(--paper); z-index: 1; }
caption { text-align: left; color: var(--grey); padding: .3rem .42rem; caption-side: bottom; }
.facts { width: auto; } .facts td { white-space: normal; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; margin: .8rem 0 0; }
a { color: var(--s0); }
:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; }
@media screen and (max-width: 30rem) { body { padding: 1rem .65rem 3rem; } }
@media print {
  @page { size: A4; margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h2 { margin-top: 1.4rem; }
  p, .findings, .prose, figcaption { max-width: none; }
  .figures { gap: 1.2rem; margin: 1rem 0; }
  .half { columns: 2; column-gap: 8mm; margin-top: 1rem; }
  .panels { grid-template-columns: repeat(3, 1fr); } .half .panels { grid-template-columns: 1fr; }
  .panel svg, .panels svg { min-width: 0; max-width: 80mm; }
  .panels > div, .panel > div, li, tr, dt { break-inside: avoid; }
  .half figure { padding-bottom: 1rem; }
  h2, h3, dt, summary, caption, .legend { break-after: avoid; }
  figcaption { break-before: avoid; }
  dd { break-before: avoid; }
  caption { caption-side: top; }
  .table, .long { overflow: visible; max-height: none; }
  .long thead th { position: static; }
  table { font-size: 6.2pt; } th, td { padding: 1.2pt 2.4pt; } tbody th, th.pair span { position: static; }
  details:not([open]) { display: none; }
}
"""
CSS = COLOURS + RULES
