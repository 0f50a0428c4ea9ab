"""What a call and a company give away, as numbers and flags.

What texts say is read by lists of phrases (`phrases/`): other forms of words count, and a phrase that is denied ("not
interested in Voice AI") is not mentioned. Scores that add things up (strategic, engagement, sentiment) are written down here
so that they can be argued about; models learn for themselves what each thing is worth.
"""

import polars as pl

from leadloop.features.functions import feature
from leadloop.features.readings import first_mention, mentions, mentions_together, says_no_to, written

HIGH_VALUE_INDUSTRIES = [
    "saas", "software", "technology", "healthcare", "health care", "insurance", "financial services", "fintech", "banking",
    "contact center", "call center", "bpo", "telecommunications",
]  # fmt: skip
PHONE_INDUSTRIES = [
    "healthcare", "health care", "insurance", "financial services", "banking", "contact center", "call center", "bpo", "travel",
    "hospitality", "utilities",
]  # fmt: skip
FUNDING_ROUNDS = {
    "bootstrapped": 0, "self-funded": 0, "pre-seed": 0.5, "seed": 1, "series a": 2, "series b": 3, "series c": 4, "series d": 5,
    "series e": 6, "private equity": 5, "ipo": 7, "public": 7,
}  # fmt: skip
SITE_SIGNALS = ("authentication", "transactions", "communication", "platform", "scale")
PRODUCTS = ("Voice AI", "Voice", "Messaging", "Verify", "Wireless")
POSITIVE = ("asks the price", "money is there", "can decide", "wants to leave a vendor", "urgent")
NEGATIVE = (
    "too expensive", "no meeting", "information only", "no money", "cannot decide", "bound to a vendor", "no hurry",
)  # fmt: skip


def _sum_of(fields: list[str], parts: list[pl.Expr]) -> pl.Expr:
    """A count of things in texts, unknown where there is none of these texts."""
    missing = pl.col(fields[0]).is_null()
    for field in fields[1:]:
        missing = missing & pl.col(field).is_null()
    return pl.when(missing).then(None).otherwise(pl.sum_horizontal([part.cast(pl.Float64) for part in parts]))


def _notes(phrases: str) -> pl.Expr:
    """Whether the notes mention a list of phrases."""
    return mentions("call_notes", phrases) > 0


def _site(phrases: str) -> pl.Expr:
    return mentions("website_text", phrases) > 0


def _lower(field: str) -> pl.Expr:
    return pl.col(field).str.to_lowercase().str.strip_chars()


# --- the company ---


@feature(reads=["industry"])
def high_value_industry() -> pl.Expr:
    """The industry is one that buys much."""
    return _lower("industry").is_in(HIGH_VALUE_INDUSTRIES)


@feature(reads=["industry"])
def phone_industry() -> pl.Expr:
    """The industry lives by the telephone."""
    return _lower("industry").is_in(PHONE_INDUSTRIES)


@feature(reads=["employees"])
def enterprise() -> pl.Expr:
    """An enterprise: 1,000 people or more."""
    return pl.col("employees") >= 1_000


@feature(reads=["employees"])
def small_business() -> pl.Expr:
    """A small business: fewer than 50 people."""
    return pl.col("employees") < 50


@feature(reads=["revenue"])
def revenue_known() -> pl.Expr:
    """The revenue is known."""
    return pl.col("revenue").is_not_null()


@feature(reads=["funding_stage"])
def funding_rounds() -> pl.Expr:
    """How far the funding has come, from 0 (bootstrapped) to 7 (public)."""
    return _lower("funding_stage").replace_strict(
        list(FUNDING_ROUNDS), [float(one) for one in FUNDING_ROUNDS.values()], default=None
    )


@feature(reads=["tech_stack"])
def uses_a_crm() -> pl.Expr:
    """Works with a CRM or a help desk."""
    return mentions("tech_stack", "CRM") > 0


@feature(reads=["tech_stack"])
def runs_in_the_cloud() -> pl.Expr:
    """Runs in the cloud."""
    return mentions("tech_stack", "cloud") > 0


@feature(reads=["tech_stack"])
def has_another_provider() -> pl.Expr:
    """Has another provider of communications already."""
    return mentions("tech_stack", "another provider") > 0


@feature(reads=["tech_stack"])
def uses_old_tools() -> pl.Expr:
    """Uses old tools."""
    return mentions("tech_stack", "old tools") > 0


@feature(reads=["tech_stack"])
def tools_named() -> pl.Expr:
    """How many tools that we know are named."""
    kinds = ("CRM", "cloud", "another provider", "old tools")
    return _sum_of(["tech_stack"], [mentions("tech_stack", kind) for kind in kinds])


@feature(reads=["description"])
def competition_words() -> pl.Expr:
    """Speaks of competition."""
    return mentions("description", "competition words")


@feature(reads=["description"])
def growth_words() -> pl.Expr:
    """Speaks of growth."""
    return mentions("description", "growth words")


@feature(reads=["description"])
def settled_words() -> pl.Expr:
    """Is settled: a family business, a charity."""
    return mentions("description", "settled words")


@feature(reads=["website_text"])
def site_authentication() -> pl.Expr:
    """The site lets customers log in."""
    return _site("authentication")


@feature(reads=["website_text"])
def site_transactions() -> pl.Expr:
    """The site takes payments."""
    return _site("transactions")


@feature(reads=["website_text"])
def site_communication() -> pl.Expr:
    """The site offers chat, calls or messages."""
    return _site("communication")


@feature(reads=["website_text"])
def site_platform() -> pl.Expr:
    """The site is a platform."""
    return _site("platform")


@feature(reads=["website_text"])
def site_scale() -> pl.Expr:
    """The site speaks of many customers."""
    return _site("scale")


@feature(reads=["website_text"])
def site_signals() -> pl.Expr:
    """How many of five things the site does: log-ins, payments, communication, a platform, many customers."""
    return _sum_of(["website_text"], [_site(signal) for signal in SITE_SIGNALS])


@feature(reads=["description", "website_text"])
def voice_ai_words() -> pl.Expr:
    """How often description and site speak of Voice AI and its like."""
    texts = ["description", "website_text"]
    return _sum_of(texts, [mentions(text, "Voice AI words") for text in texts])


@feature(reads=["description", "industry"])
def ai_industry() -> pl.Expr:
    """A company of artificial intelligence."""
    said = (mentions("description", "AI words") > 0).fill_null(False)
    return said | _lower("industry").is_in(["ai", "artificial intelligence", "machine learning"]).fill_null(False)


@feature(reads=["description"])
def phone_business_words() -> pl.Expr:
    """Describes work that is done by telephone."""
    return mentions("description", "phone business words")


@feature(reads=["website_text"])
def developer_resources() -> pl.Expr:
    """The site has an API or resources for developers."""
    return _site("developers")


@feature(reads=["industry", "employees", "funding_stage", "description", "website_text"])
def strategic_score() -> pl.Expr:
    """How much such a company is worth to us, from 0 to 10: industry, size, funding, growth, artificial intelligence, site.

    What is not known adds nothing.
    """
    funded = _lower("funding_stage").is_in(["series a", "series b", "series c", "series d", "public", "ipo"])
    return (
        pl.sum_horizontal(
            [
                2.0 * _lower("industry").is_in(HIGH_VALUE_INDUSTRIES),
                2.0 * pl.col("employees").is_between(50, 5_000),
                1.5 * funded,
                1.5 * (mentions("description", "growth words") > 0),
                1.5 * (mentions("description", "AI words") > 0),
                *[0.25 * _site(signal) for signal in SITE_SIGNALS],
            ]
        )
    ).clip(0, 10)


# --- products ---


SAID_IN = ["call_notes", "products_discussed"]


def _mentions_of(product: str) -> pl.Expr:
    return _sum_of(SAID_IN, [mentions(text, product) for text in SAID_IN])


def _interest_in(product: str) -> pl.Expr:
    """Sentences that want it, less those that say no to it; the seller's own words do not count."""
    return (
        mentions_together("call_notes", product, "interest")
        - mentions_together("call_notes", product, "setbacks")
        - says_no_to("call_notes", product)
    )


def _is_first(product: str) -> pl.Expr:
    mine = first_mention("call_notes", product)
    others = pl.min_horizontal([first_mention("call_notes", other) for other in PRODUCTS if other != product])
    return (mine < others.fill_null(1e9)).fill_null(False)


@feature(reads=["call_notes", "products_discussed"])
def voice_ai_mentions() -> pl.Expr:
    """How often Voice AI comes up."""
    return _mentions_of("Voice AI")


@feature(reads=["call_notes", "products_discussed"])
def voice_mentions() -> pl.Expr:
    """How often Voice comes up."""
    return _mentions_of("Voice")


@feature(reads=["call_notes", "products_discussed"])
def messaging_mentions() -> pl.Expr:
    """How often Messaging comes up."""
    return _mentions_of("Messaging")


@feature(reads=["call_notes", "products_discussed"])
def verify_mentions() -> pl.Expr:
    """How often Verify comes up."""
    return _mentions_of("Verify")


@feature(reads=["call_notes", "products_discussed"])
def wireless_mentions() -> pl.Expr:
    """How often Wireless comes up."""
    return _mentions_of("Wireless")


@feature(reads=["call_notes"])
def voice_ai_interest() -> pl.Expr:
    """Interest in Voice AI: wanted above 0, refused below."""
    return _interest_in("Voice AI")


@feature(reads=["call_notes"])
def voice_interest() -> pl.Expr:
    """Interest in Voice: wanted above 0, refused below."""
    return _interest_in("Voice")


@feature(reads=["call_notes"])
def messaging_interest() -> pl.Expr:
    """Interest in Messaging: wanted above 0, refused below."""
    return _interest_in("Messaging")


@feature(reads=["call_notes"])
def verify_interest() -> pl.Expr:
    """Interest in Verify: wanted above 0, refused below."""
    return _interest_in("Verify")


@feature(reads=["call_notes"])
def wireless_interest() -> pl.Expr:
    """Interest in Wireless: wanted above 0, refused below."""
    return _interest_in("Wireless")


@feature(reads=["call_notes", "products_discussed"])
def products_named() -> pl.Expr:
    """How many of the five products come up."""
    return _sum_of(SAID_IN, [_mentions_of(product) > 0 for product in PRODUCTS])


@feature(reads=["call_notes"])
def voice_ai_first() -> pl.Expr:
    """Voice AI comes up before every other product."""
    return _is_first("Voice AI")


@feature(reads=["call_notes"])
def voice_first() -> pl.Expr:
    """Voice comes up before every other product."""
    return _is_first("Voice")


@feature(reads=["call_notes"])
def messaging_first() -> pl.Expr:
    """Messaging comes up before every other product."""
    return _is_first("Messaging")


@feature(reads=["call_notes"])
def verify_first() -> pl.Expr:
    """Verify comes up before every other product."""
    return _is_first("Verify")


@feature(reads=["call_notes"])
def wireless_first() -> pl.Expr:
    """Wireless comes up before every other product."""
    return _is_first("Wireless")


# --- the call ---


@feature(reads=["call_notes"])
def urgency_words() -> pl.Expr:
    """How often the notes speak of haste."""
    return mentions("call_notes", "urgent")


@feature(reads=["call_notes"])
def timeline() -> pl.Expr:
    """When it is to happen: 3 within weeks, 2 within a quarter, 1 some day."""
    soon, quarter, later = (_notes(when) for when in ("urgent", "within a quarter", "no hurry"))
    return pl.when(later).then(1.0).when(quarter).then(2.0).when(soon).then(3.0).otherwise(None)


def _meeting_is_agreed() -> pl.Expr:
    return (mentions_together("call_notes", "a meeting", "is arranged") > 0) & ~_notes("no meeting")


def _technical_questions() -> pl.Expr:
    return mentions_together("call_notes", "technical depth", "technical questions")


@feature(reads=["call_notes"])
def pricing_asked() -> pl.Expr:
    """Asks for the price."""
    return _notes("asks the price")


@feature(reads=["call_notes"])
def follow_up_scheduled() -> pl.Expr:
    """A next meeting is set: 1; refused or put off: below 0; nothing said: 0."""
    agreed = mentions_together("call_notes", "a meeting", "is arranged") > 0
    return (
        pl.when(_notes("no meeting")).then(-2.0).when(agreed).then(1.0).when(_notes("information only")).then(-1.0)
    ).otherwise(pl.when(mentions("call_notes", "a meeting").is_null()).then(None).otherwise(0.0))


@feature(reads=["call_notes"])
def technical_questions() -> pl.Expr:
    """In how many sentences something technical is asked."""
    return _technical_questions()


@feature(reads=["call_notes"])
def technical_depth() -> pl.Expr:
    """How many technical terms the notes hold."""
    return mentions("call_notes", "technical depth")


@feature(reads=["call_notes"])
def business_need() -> pl.Expr:
    """How often a need or a problem of the business is named."""
    return mentions("call_notes", "business need")


@feature(reads=["call_notes"])
def use_cases() -> pl.Expr:
    """How many uses are described."""
    return mentions("call_notes", "use cases")


@feature(reads=["call_notes"])
def volume() -> pl.Expr:
    """How much traffic is expected: 1 much, -1 little, 0 neither."""
    return mentions("call_notes", "high volume").clip(0, 1) - mentions("call_notes", "low volume").clip(0, 1)


@feature(reads=["call_notes"])
def money() -> pl.Expr:
    """Whether there is money: above 0 yes, below 0 no."""
    return mentions("call_notes", "money is there").clip(0, 1) - mentions("call_notes", "no money").clip(0, 1)


@feature(reads=["call_notes"])
def authority() -> pl.Expr:
    """Whether those on the call can decide: above 0 yes, below 0 no."""
    return mentions("call_notes", "can decide").clip(0, 1) - mentions("call_notes", "cannot decide").clip(0, 1)


@feature(reads=["call_notes"])
def vendor() -> pl.Expr:
    """Whether they want to leave their vendor (above 0) or are bound to it (below 0)."""
    leave = mentions("call_notes", "wants to leave a vendor").clip(0, 1)
    return leave - 2 * mentions("call_notes", "bound to a vendor").clip(0, 1)


@feature(reads=["call_notes"])
def price_objection() -> pl.Expr:
    """Finds it too expensive."""
    return _notes("too expensive")


@feature(reads=["call_notes"])
def positive_signals() -> pl.Expr:
    """How many of seven signs speak for it: a next meeting, price, technical questions, money, a say, leaving a vendor, haste."""
    said = [_meeting_is_agreed(), _technical_questions() > 0, *[_notes(signal) for signal in POSITIVE]]
    return _sum_of(["call_notes"], said)


@feature(reads=["call_notes"])
def negative_signals() -> pl.Expr:
    """How many of seven signs speak against it: price, no meeting, no money, no say, a vendor, no hurry, only information."""
    return _sum_of(["call_notes"], [_notes(signal) for signal in NEGATIVE])


@feature(reads=["call_notes"])
def note_length() -> pl.Expr:
    """How long the notes are: the logarithm of their words."""
    return written("call_notes", "words (log)")


@feature(reads=["call_notes"])
def action_items() -> pl.Expr:
    """How often something to do is noted."""
    return mentions("call_notes", "action items")


@feature(reads=["call_notes"])
def sentiment() -> pl.Expr:
    """The mood of the call, from 0 (bad) to 10 (good); 5 where nothing tells."""
    good = mentions("call_notes", "good words") + says_no_to("call_notes", "bad words")
    bad = mentions("call_notes", "bad words") + says_no_to("call_notes", "good words")
    return 5 + 5 * (good - bad) / (good + bad + 2)


@feature(reads=["call_notes", "urgency_level"])
def engagement_score() -> pl.Expr:
    """How engaged they were, from 0 to 10: a next meeting, the price, technical questions, uses, urgency.

    What is not known adds nothing.
    """
    return pl.sum_horizontal(
        [
            3.0 * _meeting_is_agreed(),
            1.5 * _notes("asks the price"),
            _technical_questions().clip(0, 2),
            0.75 * mentions("call_notes", "use cases").clip(0, 2),
            0.5 * pl.col("urgency_level").clip(0, 5),
        ]
    ).clip(0, 10)


@feature(reads=["call_minutes"])
def cut_short() -> pl.Expr:
    """The call was cut short: under 12 minutes."""
    return pl.col("call_minutes") < 12
