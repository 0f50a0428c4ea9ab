"""Words that give a mood away on a sales call, by how strongly; other forms of a word count too.

Our own list and our own weights, after the manner of rule-based readers of mood (Hutto and Gilbert 2014). A phrase that holds a
no is meant as it stands; what else is denied is turned round by the rules in `features/negation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

MOODS: Mapping[float, str] = {
    3.0: """
        amazing; amazed; awesome; brilliant; delighted; excellent; exceptional; fantastic; incredible; love; loved;
        outstanding; perfect; perfectly; phenomenal; superb; terrific; thrilled; wonderful; blown away; game changer;
        could not be happier; couldn't be happier; no brainer; can't wait; cannot wait; best; exactly what we need;
        exactly what we want; exactly what we were hoping for; world class; stunning; ecstatic
    """,
    2.0: """
        appreciate; beautiful; better; comfortable; compelling; confident; cool; easy; elegant; enjoy; enjoyed;
        enthusiastic; excited; exciting; fascinating; flawless; glad; good; great; happy; helpful; impressed;
        impressive; interested; interesting; keen; like it; like that; like the; like this; liked; nice; pleased;
        pleasant; powerful; reliable; recommend; recommended; satisfied; seamless; smooth; sold on it; i'm sold;
        on board; strong fit; good fit; great fit; right fit; super; trust; valuable; win; won over; works well;
        worth; went well; going well; sounds good; sounds great; makes sense; make sense; makes a lot of sense;
        makes total sense; solves; solved; saves us; save us; saves time; move forward; moving forward; look forward;
        looking forward; works great; works for us; works for me; fan of; eager; convinced; feel good; high quality;
        stable; improve; improved; success; successful; successfully; fair price; reasonable; affordable; huge help;
        help us; helps us; helped us; lifesaver; relief; relieved; same page; not bad; can't complain;
        cannot complain; easier; faster; cleaner; intuitive; natural; natural sounding; exactly the thing;
        never failed; spot on; love it
    """,
    1.0: """
        absolutely; agree; agreed; no complaint; no complaints; no concern; no concerns; no objection; no objections;
        no problems; no trouble; clear; definitely; fair; fair enough; fine; fun; hope; hopeful; hoping; of course;
        okay with; ok with; promising; ready; simple; straightforward; sure thing; thank you; thanks; useful; welcome;
        works; no problem; no worries; no issue; no issues; well done; not a problem; isn't a problem; not an issue;
        isn't an issue; handy; safe; secure; secured; flexible; responsive; quick; sold; approved; approve
    """,
    -1.0: """
        busy; cautious; cheaper; complex; confusing; costly; depends; difficult; hard; hesitant; high price; issue;
        late; long time; manual; objection; old; out of scope; slow; steep; stuck; sorry; tedious; too late; too long;
        tricky; unclear; unsure; not sure; not certain; vague; challenge; challenging; limited; lacking; lacks;
        missing; legacy; overkill; dropped; noisy; delay; delays; delayed; clunky; doesn't fit; headache;
        out of our price range; not for us; miss; way too; too much; too many; complicated; bottleneck; blocked;
        afraid; leave it; tight
    """,
    -2.0: """
        annoy; annoyed; annoying; bad; blocker; bother; broken; bug; bugs; buggy; burned; cancel; cancelled; canceled;
        complain; complaint; concern; concerned; confused; crash; crashes; crashing; criticize; difficult to justify;
        can't justify; cannot justify; disappoint; disappointed; disappointing; dislike; doubt; doubtful; downside;
        error; expensive; expensive for; fail; failed; failure; fails; fear; frustrate; frustrated; frustrating;
        frustration; hate; hates; insecure; lose; losing; lost; mess; messy; mistake; mistrust; nervous; objections;
        outage; outages; pain; pain point; painful; poor; pricey; problem; problems; reject; rejected; reluctant;
        risk; risky; sceptical; scepticism; skeptical; skepticism; struggle; struggled; struggling; stressed;
        suspicious; too expensive; trouble; uncomfortable; unfortunately; unhappy; unreliable; unstable; upset; waste;
        weak; worried; worries; worry; worse; wrong; not convinced; not interested; no interest; not a fit;
        not a good fit; not what we need; not what we want; doesn't work; don't work; does not work; do not need;
        don't need; didn't work; did not work; won't work; will not work; won't scale; no way; unacceptable;
        dropped calls; out of budget; over budget; overpriced; not worth; too slow; too complicated; too complex;
        too risky; locked in; angry; never got; never heard back; no answer; no response; missed; let down;
        overwhelmed; threat
    """,
    -3.0: """
        abysmal; appalling; awful; deal breaker; dealbreaker; disaster; disgusted; dreadful; furious; garbage;
        horrible; horrific; nightmare; pathetic; ridiculous; scam; terrible; terribly; unusable; useless; worst;
        waste of money; waste of time; rubbish
    """,
}  # fmt: skip
"""Phrases with a semicolon between, by their weight."""

PASSED_OVER = (
    *(
        "good morning",
        "good afternoon",
        "good evening",
        "good day",
        "good question",
        "great question",
        "good bye",
        "well good",
    ),
    *(
        "like to know",
        "for good",
        "best regards",
        "best practice",
        "best practices",
        "to the best of",
        "as well",
        "works with",
        "work with",
    ),
    *(
        "how it works",
        "how that works",
        "how this works",
        "hard drive",
        "hard copy",
        "lost and found",
        "risk management",
        "trust center",
    ),
    *(
        "would like",
        "i'd like",
        "we'd like",
        "looks like",
        "look like",
        "something like",
        "things like",
        "feels like",
        "sounds like",
    ),
    *(
        "does it work",
        "problem solving",
        "issue tracker",
        "error code",
        "error codes",
        "old number",
        "worth of",
        "sorry what",
        "sorry could",
    ),
    *(
        "sorry can you",
        "sorry i missed",
        "help us understand",
        "secured by",
        "security",
        "fail over",
        "failover",
        "win rate",
        "miss calls",
    ),
    *(
        "fine print",
        "quick question",
        "quick one",
        "complaint line",
        "easy to say",
        "love to know",
        "love to see",
        "hate to say",
    ),
)
"""What only looks like a mood."""

_STRONGER_WORDS = """
    absolutely amazingly awfully big completely definitely enormous especially extremely highly huge hugely
    incredibly insanely major massive much pretty quite really seriously serious so super terribly totally truly
    unbelievably very way
"""
STRONGER = frozenset(_STRONGER_WORDS.split())
WEAKER = frozenset(
    ["bit", "fairly", "kinda", "little", "maybe", "mildly", "partly", "perhaps", "possibly", "slightly", "somewhat"]
)
"""What stands before a word and makes it stronger or weaker."""
