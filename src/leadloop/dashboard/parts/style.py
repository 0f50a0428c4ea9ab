"""The style of our own parts; colours are `light-dark(...)`, so that they follow the theme that was chosen."""

STYLE = """
.stApp { --ll-up: light-dark(#1f5fd0, #7fb0ff); --ll-down: light-dark(#b04f00, #ffa04d); --ll-soft: light-dark(#51607a, #a9b6cf);
  --ll-line: light-dark(#d6deec, #2c3a56); --ll-wash: light-dark(#eff3fa, #192338); --ll-ink: light-dark(#172033, #e9eef8);
  --ll-bar: light-dark(#2f6fde, #5d93f2); --ll-warn: light-dark(#8a4b00, #ffc27a); --ll-bad: light-dark(#a8201a, #ff9c94); }
.stApp .stMainBlockContainer { padding-top: 3.2rem; padding-bottom: 4rem; max-width: 1240px; }
.ll-brand { font-weight: 750; font-size: 1.25rem; letter-spacing: -.01em; margin: 0; }
.ll-out { font-size: .875rem; color: var(--ll-up); }
.ll-soft { color: var(--ll-soft); } .ll-small { font-size: .875rem; } .ll-nowrap { white-space: nowrap; }
.ll-ring { position: relative; width: 60px; height: 60px; flex: none; border-radius: 50%; display: grid; place-items: center;
  background: conic-gradient(var(--ll-bar) var(--filled), var(--ll-line) 0); }
.ll-ring::before { content: ""; position: absolute; inset: 6px; border-radius: 50%; background: light-dark(#fff, #0f1522); }
.ll-ring b { position: relative; font-size: 1.2rem; font-variant-numeric: tabular-nums; }
.ll-ring.large { width: 100px; height: 100px; } .ll-ring.large::before { inset: 9px; } .ll-ring.large b { font-size: 1.9rem; }
.ll-chips { display: flex; flex-wrap: wrap; gap: .35rem; align-items: center; }
.ll-chip { display: inline-block; padding: .05rem .55rem; border-radius: 999px; font-size: .8125rem; line-height: 1.5; font-weight: 600;
  background: var(--ll-wash); color: var(--ll-ink); border: 1px solid var(--ll-line); overflow-wrap: anywhere; }
.ll-chip.r0 { background: #173f94; color: #fff; border-color: #173f94; } .ll-chip.r1 { background: #2a60c8; color: #fff; border-color: #2a60c8; }
.ll-chip.r2 { background: #b9cdf5; color: #10224a; border-color: #b9cdf5; } .ll-chip.r3 { background: transparent; }
.ll-chip.warn { color: var(--ll-warn); border-color: var(--ll-warn); background: transparent; }
.ll-chip.mine { color: var(--ll-down); border-color: var(--ll-down); background: transparent; }
.ll-facts { margin: .1rem 0 0; overflow-wrap: anywhere; }
.ll-brief { list-style: none; margin: .35rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .15rem .9rem; font-size: .875rem; }
.ll-brief li { overflow-wrap: anywhere; margin: 0; } .up { color: var(--ll-up); } .down { color: var(--ll-down); }
.ll-points { font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
.ll-reasons { list-style: none; margin: 0; padding: 0; }
.ll-reasons li { display: grid; grid-template-columns: minmax(0, 1fr) minmax(120px, 36%) 3.6rem; gap: .75rem; align-items: center;
  padding: .34rem 0; border-bottom: 1px solid var(--ll-line); margin: 0; }
.ll-reasons li > span { overflow-wrap: anywhere; } .ll-reasons .ll-points { text-align: right; }
.ll-track { position: relative; height: 14px; background: linear-gradient(var(--ll-soft), var(--ll-soft)) center / 1px 100% no-repeat; }
.ll-track i { position: absolute; top: 1px; bottom: 1px; border-radius: 3px; } .ll-track i.up { left: 50%; background: var(--ll-up); }
.ll-track i.down { right: 50%; background: repeating-linear-gradient(135deg, var(--ll-down) 0 5px, color-mix(in srgb, var(--ll-down) 55%, transparent) 5px 8px); }
.ll-span { position: relative; height: 10px; border-radius: 5px; background: var(--ll-wash); border: 1px solid var(--ll-line); margin: .3rem 0; }
.ll-span i { position: absolute; top: 0; bottom: 0; background: color-mix(in srgb, var(--ll-bar) 45%, transparent); border-radius: 4px; }
.ll-span u { position: absolute; top: -3px; bottom: -3px; width: 3px; margin-left: -1.5px; background: var(--ll-ink); border-radius: 2px; }
.ll-head { display: flex; gap: 1.1rem; align-items: center; flex-wrap: wrap; } .ll-head h1 { margin: 0; padding: 0; font-size: 1.7rem; overflow-wrap: anywhere; }
.ll-head > div { min-width: 0; flex: 1 1 15rem; }
.ll-quote { margin: .35rem 0; padding: .3rem .8rem; border-left: 4px solid var(--ll-line); overflow-wrap: anywhere; }
.ll-quote.up { border-color: var(--ll-up); color: inherit; } .ll-quote.down { border-color: var(--ll-down); color: inherit; }
.ll-quote footer { font-size: .8125rem; color: var(--ll-soft); }
.ll-scroll { overflow-x: auto; } .ll-table { width: 100%; border-collapse: collapse; font-size: .9rem; }
.ll-table th { text-align: left; font-weight: 600; color: var(--ll-soft); border-bottom: 2px solid var(--ll-line); padding: .35rem .6rem .35rem 0; vertical-align: bottom; }
.ll-table td { border-bottom: 1px solid var(--ll-line); padding: .4rem .6rem .4rem 0; vertical-align: top; overflow-wrap: anywhere; }
.ll-table .num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .ll-table caption { text-align: left; }
.ll-fields { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .3rem 1rem; margin: 0; font-size: .92rem; }
.ll-fields dt { color: var(--ll-soft); overflow-wrap: anywhere; } .ll-fields dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; max-height: 16rem; overflow-y: auto; }
.ll-tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .8rem; }
.ll-tile { border: 1px solid var(--ll-line); border-radius: 12px; padding: .8rem 1rem; min-width: 0; }
.ll-tile .label { color: var(--ll-soft); font-size: .875rem; } .ll-tile .value { font-size: 1.75rem; font-weight: 700; line-height: 1.25; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.ll-tile .note { font-size: .8125rem; color: var(--ll-soft); }
.ll-alert { border: 1px solid var(--ll-line); border-left: 5px solid var(--ll-bar); border-radius: 8px; padding: .6rem .9rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
.ll-alert.warning { border-left-color: var(--ll-warn); } .ll-alert.critical { border-left-color: var(--ll-bad); }
.ll-alert p { margin: .1rem 0 0; } .ll-alert .kind { font-size: .75rem; font-weight: 700; text-transform: uppercase; letter-spacing: .04em; }
.ll-alert.warning .kind { color: var(--ll-warn); } .ll-alert.critical .kind { color: var(--ll-bad); }
.ll-time { list-style: none; margin: 0; padding: 0 0 0 1rem; border-left: 2px solid var(--ll-line); }
.ll-time li { position: relative; padding: 0 0 .8rem .3rem; margin: 0; overflow-wrap: anywhere; }
.ll-time li::before { content: ""; position: absolute; left: -1.42rem; top: .45rem; width: 10px; height: 10px; border-radius: 50%; background: var(--ll-bar); }
.ll-made { border: 1px dashed var(--ll-warn); color: var(--ll-warn); border-radius: 8px; padding: .25rem .7rem; font-size: .875rem; margin: 0; }
@media (max-width: 640px) {
  .stApp .stMainBlockContainer { padding: 3.2rem .9rem 4rem; }
  .ll-reasons li { grid-template-columns: minmax(0, 1fr) 3.6rem; } .ll-reasons .ll-track { grid-column: 1 / -1; grid-row: 2; }
  .ll-fields { grid-template-columns: 1fr; gap: 0 0; } .ll-fields dd { margin-bottom: .5rem; }
  .ll-tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); } .ll-tile .value { font-size: 1.4rem; }
}
@media (prefers-reduced-motion: reduce) { .stApp * { animation: none !important; transition: none !important; } }
"""
