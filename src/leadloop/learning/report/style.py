"""How the page of a training report looks: calm, in light and dark, on a laptop, a phone and paper."""

from __future__ import annotations

from collections.abc import Callable

PALETTE = {
    "paper": ("#ffffff", "#191d24"),
    "ink": ("#1c2430", "#e9ecf1"),
    "soft": ("#566070", "#a9b2bf"),
    "rule": ("#e2e6eb", "#303743"),
    "muted": ("#78828f", "#8d97a5"),
    "model": ("#1d5fa8", "#7cb5f5"),
    "mark": ("#b0460c", "#f2a56b"),
}
"""Each colour in light and in dark. Blue and orange stay apart for every kind of colour blindness."""

_FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
_TONES = {
    "page": ("#f6f7f9", "#111419"),
    "good": ("#1c6b45", "#7fd0a4"),
    "good-paper": ("#e6f3ec", "#16302a"),
    "care": ("#85500a", "#f0bf6c"),
    "care-paper": ("#fdf2dd", "#352a17"),
    "stop": ("#a02c2c", "#f49a94"),
    "stop-paper": ("#fbe9e8", "#3a1f20"),
}

_RULES = """
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.6 FONT;overflow-wrap:break-word}
main,header,footer,nav{max-width:1060px;margin-inline:auto;padding-inline:24px}
a{color:var(--model);text-underline-offset:.18em}
a:focus-visible,summary:focus-visible{outline:2px solid var(--model);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:24px;top:8px;background:var(--paper);padding:6px 12px}
.banner{background:var(--mark);color:var(--paper);text-align:center;font-weight:600;padding:9px 24px}
.banner span{font-weight:400}
header{padding-top:44px}
.eyebrow{margin:0;color:var(--soft);font-size:14px}
h1{margin:4px 0 6px;font-size:34px;line-height:1.18;font-weight:680;letter-spacing:-.015em;text-wrap:balance}
.meta{margin:0;color:var(--soft);font-size:14px}
.card,section{background:var(--paper);border:1px solid var(--rule);border-radius:14px}
.card{display:grid;grid-template-columns:minmax(0,1.12fr) minmax(0,1fr);gap:20px 48px;align-items:center;margin-top:26px;
padding:30px 34px}
.card.alone{grid-template-columns:minmax(0,1fr)}
.verdict{display:inline-flex;align-items:center;gap:9px;margin:0 0 14px;padding:5px 15px 5px 11px;border-radius:18px;
font-size:17px;font-weight:650;line-height:1.4}
.verdict svg{flex:none;width:18px;height:18px}
.good{color:var(--good);background:var(--good-paper)}
.care{color:var(--care);background:var(--care-paper)}
.stop{color:var(--stop);background:var(--stop-paper)}
.answer{margin:0;font-size:18px;line-height:1.62}
nav{margin-top:22px;font-size:14px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;margin:0;padding:0;list-style:none}
section{margin-top:22px;padding:28px 34px 32px}
h2{margin:0 0 12px;font-size:22px;line-height:1.3;font-weight:660;letter-spacing:-.008em;text-wrap:balance;
scroll-margin-top:16px}
h3{margin:0 0 10px;font-size:16px;line-height:1.4;font-weight:640}
p{margin:0 0 12px;max-width:74ch}
.warning{padding:11px 16px;border-radius:8px;border-left:4px solid var(--care);background:var(--care-paper);color:var(--ink)}
.warning b{color:var(--care)}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:30px 48px;margin-top:18px;align-items:start}
figure{margin:0;min-width:0;break-inside:avoid}
figure svg{display:block;width:100%;height:auto;overflow:visible}
.card figure{max-width:420px;width:100%;justify-self:end}
figcaption{margin-top:10px;color:var(--soft);font-size:14px;line-height:1.5}
.answer b{font-weight:650}
.pair>.next-to{align-self:center;margin:0}
.next-to p:not(:last-child){color:var(--ink);font-size:16px;line-height:1.6}
table{width:100%;border-collapse:collapse;margin-top:16px;font-size:15px;line-height:1.45}
caption{caption-side:bottom;padding-top:10px;color:var(--soft);font-size:14px;text-align:left}
th,td{padding:9px 20px 9px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--soft);font-size:13.5px;font-weight:500;vertical-align:bottom;border-bottom-color:var(--muted)}
tbody th{font-weight:600;min-width:7em}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .n{white-space:normal}
.long{min-width:14em}
.first-figure{font-weight:650}
.measured{display:block;position:relative;height:7px;margin-top:6px;border-radius:3px;background:var(--rule)}
.measured i{display:block;height:100%;border-radius:3px;background:var(--model)}
.measured b{position:absolute;top:-4px;width:2.5px;height:15px;margin-left:-1px;background:var(--mark)}
.measured u{position:absolute;top:2px;height:3px;border-radius:2px;background:var(--mark)}
.barred tbody th{width:44%}.spanned tbody th{width:28%}.spanned .measured{margin-top:9px}
.pair+p,details+p{margin-top:24px}.pair h3+svg{margin-top:0}
details{margin-top:18px}summary{cursor:pointer;color:var(--model);font-size:15px}
footer{padding-block:26px 54px;color:var(--soft);font-size:14px}
PICTURES
@media screen and (max-width:760px){
main,header,footer,nav{padding-inline:16px}
header{padding-top:26px}h1{font-size:27px}
.card,section{padding:22px 18px 24px;border-radius:12px}
.card,.pair{grid-template-columns:minmax(0,1fr);gap:28px}
.card figure{justify-self:start}.next-to p:last-child{margin:0}
figure{max-width:480px}
.answer{font-size:17px}h2{font-size:20px}
nav ul{gap:6px 18px}nav a{display:inline-block;padding-block:3px}
table,tbody,tr,th,td,caption{display:block;width:auto}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{padding:12px 0;border-bottom:1px solid var(--rule)}
tbody tr:first-child{border-top:1px solid var(--rule)}
th,td{padding:2px 0;border:0;min-width:0}
tbody th,.barred tbody th,.spanned tbody th{font-size:16px;padding-bottom:4px;width:auto}
td{display:flex;justify-content:space-between;gap:20px;text-align:right}
td::before{content:attr(data-label);color:var(--soft);flex:none;max-width:55%;text-align:left}
td.long{display:block;text-align:left;white-space:normal}
td.long::before{display:block;max-width:none;font-size:13.5px;margin-top:4px}
td.empty{display:none}
caption{padding:0 0 8px}
}
@media screen and (max-width:440px){.pic text{font-size:14px}}
@media print{
:root{LIGHT}
@page{margin:16mm 15mm}
body{background:none;font-size:10pt;line-height:1.45}h1{font-size:22pt}h2{font-size:14pt}.answer{font-size:11.5pt}
.next-to p:not(:last-child){font-size:10pt}.card,.pair{gap:16px 28px}
main,header,footer{max-width:none;padding-inline:0}
nav,.skip{display:none}
.card,section{border:0;border-radius:0;padding:12px 0;margin-top:8px}
section{border-top:1px solid var(--rule)}table{font-size:8.8pt}th,td{padding:4px 10px 4px 0}
figcaption,caption,thead th{font-size:8.5pt}.long{min-width:9em}
h2,h3,thead{break-after:avoid}tr,.warning,.card{break-inside:avoid}
details::details-content{content-visibility:visible;block-size:auto}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""


def page_style() -> str:
    """The style sheet of the page, with the colours of its pictures."""
    colours = PALETTE | _TONES
    light, dark = (";".join(f"--{name}:{pair[side]}" for name, pair in colours.items()) for side in (0, 1))
    rules = (
        _RULES.replace("FONT", _FONT)
        .replace("PICTURES", picture_style(lambda name: f"var(--{name})"))
        .replace("LIGHT", f"color-scheme:light;{light}")
    )
    scheme = f":root{{color-scheme:light dark;{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return scheme + rules


def picture_style(colour: Callable[[str], str]) -> str:
    """The style rules that all pictures share; `colour` turns a name of the palette into a CSS colour."""
    ink, soft, rule, muted, model, mark, paper = map(colour, ("ink", "soft", "rule", "muted", "model", "mark", "paper"))
    return (
        f".pic text{{font-family:{_FONT};font-size:12.5px;fill:{soft};font-variant-numeric:tabular-nums;"
        f"paint-order:stroke;stroke:{paper};stroke-width:3px;stroke-linejoin:round}}"
        f".pic .strong{{fill:{ink};font-weight:600}}.pic .ink{{fill:{ink}}}.pic .large{{font-size:27px}}"
        f".pic .of-model{{fill:{model};font-weight:600}}.pic .of-mark{{fill:{mark};font-weight:600}}"
        f".pic .grid{{stroke:{rule};stroke-width:1}}.pic .axis{{stroke:{muted};stroke-width:1}}"
        f".pic .curve{{stroke:{model};stroke-width:2.2;fill:none;stroke-linejoin:round}}"
        f".pic .second{{stroke-dasharray:7 3}}.pic .third{{stroke:{mark};stroke-dasharray:2 3}}"
        f".pic .fourth{{stroke:{mark};stroke-dasharray:9 3 2 3}}.pic .fifth{{stroke:{soft};stroke-dasharray:12 4}}"
        f".pic .sixth{{stroke:{soft};stroke-dasharray:1 4}}"
        f".pic .under{{fill:{model};opacity:.09}}.pic .spread{{fill:{model};opacity:.2}}.pic .share{{fill:{muted};opacity:.6}}"
        f".pic .reach{{stroke:{mark};stroke-width:2}}"
        f".pic .chance{{stroke:{muted};stroke-width:1.4;stroke-dasharray:5 4;fill:none}}"
        f".pic .team{{stroke:{mark};stroke-width:1.6;stroke-dasharray:2 3}}"
        f".pic .dot{{fill:{model};stroke:{paper};stroke-width:1.5}}"
        f".pic .whisker{{stroke:{model};stroke-width:1.6}}"
        f".pic .hollow{{fill:{paper};stroke:{soft};stroke-width:1.8}}"
        f".pic .bar{{fill:{model}}}.pic .track{{fill:{rule}}}.pic .tick{{stroke:{mark};stroke-width:2.4}}"
        f".pic .miss{{fill:none;stroke:{muted};stroke-width:1;opacity:.75}}"
    )
