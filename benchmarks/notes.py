"""Notes of sales calls, made up from a seed, and sixty lists of phrases such as a team would look for in them."""

from __future__ import annotations

import numpy as np

PRODUCTS = ("voice AI", "voice", "SMS", "messaging", "verify", "wireless", "e-mail", "video", "chat", "a chatbot")
PEOPLE = ("Dana", "Marcus", "Priya", "Tom", "Elena", "Yusuf", "Ingrid", "Wei", "Carlos", "Aisha")
TIMES = ("next month", "by the end of Q3", "in 6 weeks", "next quarter", "before the summer", "as soon as possible")
SENTENCES = (
    "Spoke with {person}, who runs operations for a team of {number}.",
    "They are interested in {product} for inbound support calls.",
    "{person} said they do not need {product} right now, but {other} may come up {time}.",
    "How much would {product} cost for {number} agents?",
    "We have used {product} for {number} years and nobody is happy with it.",
    "The budget is about ${number}k a year, to be confirmed by finance.",
    "They want to go live {time}.",
    "Next step: {person} sends the requirements and we follow up on Thursday.",
    "Is there an API for {product}, and does it come with a webhook?",
    "Their CRM is old, the integration with {product} was painful, and the data is spread over several systems.",
    "Not interested in {product} at this point.",
    "{person} will check with legal whether the security review can start {time}.",
    "Action item: send pricing for {product} and {other}.",
    "Today all calls go to one queue, customers wait ten minutes on average and a third of them hang up.",
    "Compliance matters to them, since they work in healthcare and must keep recordings for seven years.",
    "{person} asked for a demo of {product} with their own data.",
    "No decision on {product}, no rush, they are comparing three vendors.",
    "We talked about the weather, the conference in {number}, and mutual acquaintances for a while.",
    "They process {number} thousand transactions a month and expect that to double.",
    "The decision maker is {person}; procurement gets involved over $50,000.",
)
FILLERS = [
    "the",
    "of",
    "to",
    "and",
    "a",
    "in",
    "is",
    "it",
    "you",
    "that",
    "he",
    "was",
    "for",
    "on",
    "are",
    "with",
    "as",
    "his",
    "they",
    "be",
    "at",
    "one",
    "have",
    "this",
    "from",
    "or",
    "had",
    "by",
    "hot",
    "word",
    "some",
    "what",
    "there",
    "we",
    "can",
    "out",
    "other",
    "were",
    "all",
    "your",
    "when",
    "up",
    "use",
    "how",
    "said",
    "an",
    "each",
    "she",
    "which",
    "do",
    "their",
    "time",
    "if",
    "will",
    "way",
    "about",
    "many",
    "then",
    "them",
    "write",
    "would",
    "like",
    "so",
    "these",
    "her",
    "long",
    "make",
    "thing",
    "see",
    "him",
    "two",
    "has",
    "look",
    "more",
    "day",
    "could",
    "go",
    "come",
]

PHRASES: dict[str, tuple[str, ...]] = {
    "voice AI": ("voice ai", "conversational ai", "ai agent", "voice agent", "voice bot"),
    "voice": ("voice", "calling", "phone system", "telephony"),
    "messaging": ("sms", "messaging", "text message", "whatsapp"),
    "verify": ("verify", "two-factor", "2fa", "one-time password", "otp"),
    "wireless": ("wireless", "sim card", "iot", "esim"),
    "e-mail": ("e-mail", "newsletter", "mailing"),
    "video": ("video", "screen share", "webcam"),
    "chat": ("chat", "chatbot", "live chat"),
    "price": ("price", "cost", "how much", "quote", "rate card"),
    "discount": ("discount", "rebate", "volume pricing", "cheaper"),
    "budget": ("budget", "funding", "allocated", "approved spend"),
    "no budget": ("no budget", "budget freeze", "too expensive", "cannot afford"),
    "urgency": ("urgent", "as soon as possible", "asap", "right away", "immediately", "deadline"),
    "timeline": ("timeline", "go live", "launch", "roll-out", "next quarter", "next month"),
    "decision": ("decision maker", "decide", "sign-off", "approve"),
    "procurement": ("procurement", "purchase order", "vendor form", "tender"),
    "legal": ("legal", "contract", "terms", "msa", "redline"),
    "security": ("security review", "soc 2", "penetration test", "encryption"),
    "compliance": ("compliance", "hipaa", "gdpr", "pci", "audit"),
    "healthcare": ("healthcare", "hospital", "clinic", "patient"),
    "finance": ("bank", "insurance", "fintech", "lending"),
    "retail": ("retail", "store", "e-commerce", "checkout"),
    "logistics": ("logistics", "delivery", "warehouse", "fleet"),
    "education": ("school", "university", "student", "campus"),
    "integration": ("integrate", "connector", "plug-in", "middleware"),
    "API": ("api", "webhook", "sdk", "rest", "graphql"),
    "CRM": ("crm", "salesforce", "hubspot", "pipedrive"),
    "data": ("data warehouse", "snowflake", "etl", "data lake"),
    "cloud": ("aws", "azure", "google cloud", "kubernetes"),
    "on premise": ("on-premise", "own servers", "data centre", "self-hosted"),
    "developers": ("developer", "engineer", "engineering team", "cto"),
    "requirements": ("requirement", "use case", "specification", "must-have"),
    "scale": ("scale", "high volume", "millions of", "peak load"),
    "growth": ("growth", "expand", "hiring", "new market", "double"),
    "funding": ("series a", "series b", "raised", "investor", "venture capital"),
    "competitor": ("competitor", "compare", "alternative", "other vendors", "shortlist"),
    "incumbent": ("current provider", "existing contract", "locked in", "renewal"),
    "pain": ("painful", "hang up", "frustrated", "complaint", "wait time"),
    "manual": ("manual", "spreadsheet", "by hand", "copy and paste"),
    "automation": ("automate", "workflow", "self-service", "routing"),
    "support": ("support call", "help desk", "ticket", "contact centre"),
    "sales calls": ("outbound", "cold call", "prospecting", "dialer"),
    "reporting": ("report", "dashboard", "analytics", "kpi"),
    "recording": ("recording", "transcript", "call notes"),
    "quality": ("quality assurance", "coaching", "call scoring"),
    "demo": ("demo", "walk-through", "show us", "product tour"),
    "trial": ("trial", "pilot", "proof of concept", "sandbox"),
    "next step": ("next step", "follow-up", "set up a call", "calendar invite"),
    "meeting": ("meeting", "workshop", "on-site visit"),
    "reference": ("reference", "case study", "testimonial"),
    "return": ("roi", "payback", "business case", "save money"),
    "executive": ("ceo", "cfo", "board", "executive sponsor"),
    "interest": ("interested", "excited", "keen", "looking forward"),
    "stall": ("next year", "circle back", "on hold", "not a priority", "no rush"),
    "lost": ("not interested", "went with", "chose another", "stop contacting"),
    "training": ("training", "onboarding", "documentation", "certification"),
    "languages": ("spanish", "multilingual", "translation", "accent"),
    "regions": ("emea", "latin america", "asia", "global"),
    "payments": ("payment", "billing", "invoice", "subscription"),
    "remote": ("remote", "home office", "hybrid", "distributed team"),
}
"""Sixty lists, some of one word a phrase, some of several."""


def make_notes(count: int, words: int = 300, seed: int = 0) -> list[str]:
    """Notes of about so many words each, the same for the same seed."""
    draw = np.random.default_rng(seed)
    heads, middles = ("pro", "con", "in", "de", "re", "sub"), ("ver", "duc", "sta", "mi", "lo", "gra", "fer")
    ends = ("t", "tion", "ted", "ble", "ly", "ment", "r", "ns", "nce", "al", "ize", "or", "ful", "ist", "ous")
    tail = [head + middle + end for head in heads for middle in middles for end in ends]
    frequent = 1 / (1 + np.arange(len(FILLERS) + len(tail)))
    vocabulary = np.array(FILLERS + tail)
    notes = []
    for _ in range(count):
        lines: list[str] = []
        length = 0
        while length < words:
            if draw.random() < 0.55:
                sentence = str(draw.choice(SENTENCES)).format(
                    person=draw.choice(PEOPLE),
                    product=draw.choice(PRODUCTS),
                    other=draw.choice(PRODUCTS),
                    time=draw.choice(TIMES),
                    number=int(draw.integers(2, 400)),
                )
            else:
                drawn = draw.choice(vocabulary, int(draw.integers(6, 18)), p=frequent / frequent.sum())
                sentence = " ".join(drawn).capitalize() + "."
            length += sentence.count(" ") + 1
            lines.append(sentence + ("\n" if draw.random() < 0.2 else " "))
        notes.append("".join(lines).strip())
    return notes
