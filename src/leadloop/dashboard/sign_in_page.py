"""The page that asks for a key: one form, no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

_STYLE = """
:root { color-scheme: light dark; --ink: #172033; --soft: #51607a; --ground: #eef2f9; --card: #fff; --edge: #6b7a99;
  --blue: #1f4fd1; --wrong: #9b2c00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9eef8; --soft: #a9b6cf; --ground: #0d1320; --card: #161f31;
  --edge: #7f8fb0; --blue: #3f6fe8; --wrong: #ffb08a; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 "Source Sans", system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--card); border-radius: 14px; padding: 2rem;
  box-shadow: 0 12px 40px rgb(15 25 50 / .16); }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; } p { margin: 0 0 1.25rem; color: var(--soft); }
label { display: block; font-weight: 600; margin-bottom: .35rem; }
input { width: 100%; font: inherit; padding: .65rem .75rem; color: inherit; background: transparent;
  border: 1px solid var(--edge); border-radius: 8px; }
button { width: 100%; margin-top: 1rem; font: inherit; font-weight: 600; padding: .7rem; border: 0; border-radius: 8px;
  background: var(--blue); color: #fff; cursor: pointer; }
input:focus-visible, button:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
.wrong { color: var(--wrong); font-weight: 600; } small { color: var(--soft); } code { font-size: .9em; }
"""


def render_sign_in(back: str, wrong: str = "") -> str:
    """The page; `back` is where to go afterwards, `wrong` what was wrong with the last try."""
    told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · LeadLoop</title><style>{_STYLE}</style></head>
<body><main><h1>LeadLoop</h1><p>Sign in to see leads, their scores and why.</p>{told}
<form method="post" action="/sign-in"><input type="hidden" name="back" value="{escape(back, quote=True)}">
<label for="key">Your key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus maxlength="200"
 aria-describedby="help"><button type="submit">Sign in</button></form>
<p style="margin: 1.25rem 0 0"><small id="help">The key that you use for the service. Whoever runs LeadLoop makes one with
<code>leadloop keys new feedback --name "Your name"</code>.</small></p></main></body></html>"""
