"""What is said on discovery calls: few meanings, many wordings. Add a line to a list and the world speaks more richly.

The same words turn up in different meanings on purpose ("not interested in Voice AI", "our AE explained the pricing"), so
that whoever reads the notes has to learn phrases and who says them. Slots: {p} a product, {c} the company, {n} the contact,
{v} another vendor, {k} a number of thousands, {d} a day.
"""

from __future__ import annotations

PRODUCTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Voice AI", ("Voice AI", "Voice AI agents", "an AI voice agent", "Voice AI for inbound calls", "the voice bot")),
    ("Voice", ("SIP trunking", "the Voice API", "Voice", "elastic SIP trunks", "programmable voice")),
    ("Messaging", ("SMS", "the Messaging API", "SMS and MMS", "10DLC messaging", "two-way messaging")),
    ("Verify", ("Verify", "the Verify API", "2FA codes", "one-time passcodes", "phone verification")),
    ("Wireless", ("Wireless", "IoT SIM cards", "eSIM data plans", "Wireless SIMs", "the IoT data plan")),
)

WANTS = (
    "{n} wants to roll out {p} for {c}.",
    "They are looking for {p} to replace what they have.",
    "The main interest is {p}.",
    "{c} needs {p} for their customers.",
    "They already built a prototype with {p} and liked it.",
    "Strong interest in {p}, asked several times about it.",
    "{n} said {p} would solve their biggest problem.",
    "They would like to start with {p}.",
    "Key need: {p}.",
    "We walked through how {c} would use {p}, very engaged.",
)
REFUSES = (
    "Not interested in {p}.",
    "They do not need {p}.",
    "{n} said {p} is not on their roadmap.",
    "No need for {p} at the moment.",
    "They tried {p} last year and dropped it.",
    "{p} is out of scope for {c}.",
    "{n} is not looking for {p}.",
    "They ruled out {p} for compliance reasons.",
)
PITCHED = (
    "I gave a short overview of {p}.",
    "Mentioned that we also offer {p}.",
    "Shared a slide about {p}, no reaction.",
    "We told them other customers use {p}.",
    "Our standard intro covered {p}.",
    "I will include {p} in the deck.",
)
TIMELINES = (
    (
        "They need this live within two weeks.",
        "It is urgent, the current setup goes dark at the end of the month.",
        "{n} wants to go live as soon as possible.",
        "Hard deadline in three weeks.",
        "They want to start right away.",
        "Very urgent, they are losing calls every day.",
        "Target is to be in production before the end of this month.",
    ),
    (
        "They plan to decide this quarter.",
        "Timeline is the next two to three months.",
        "Rollout is planned for next quarter.",
        "{n} hopes to have something in place in about ten weeks.",
        "Decision expected by the end of the quarter.",
        "The project starts the quarter after the audit.",
    ),
    (
        "No rush, maybe next year.",
        "Nothing is urgent, they are just exploring.",
        "The timeline is open, perhaps in twelve months.",
        "They are only gathering information for next year's planning.",
        "{n} does not see this happening before next year.",
        "Early days, no timeline yet.",
    ),
)
PRICING = (
    (
        "{n} asked about pricing for {k}k minutes.",
        "They asked for a quote.",
        "Asked what volume discounts look like.",
        "Wanted to know the price per minute.",
        "Pricing question: what would {k}k messages a month cost them?",
        "They want a proposal with pricing.",
        "{n} requested a pricing sheet for their team.",
    ),
    (
        "They found it too expensive.",
        "Our price is above what they pay today.",
        "{n} pushed back hard on the price.",
        "Pricing is a blocker for them.",
        "They expected it to cost half as much.",
        "Too pricey compared with {v}.",
    ),
)
NEXT_STEPS = (
    (
        "Next meeting booked for {d}.",
        "Scheduled a technical deep dive on {d}.",
        "Follow-up call is on the calendar for {d}.",
        "We agreed to meet again {d} with their engineers.",
        "{n} accepted an invite for {d}.",
        "Demo with the wider team set for {d}.",
        "Next step: workshop {d}, invite sent and accepted.",
    ),
    (
        "{n} asked to send some information by email.",
        "They will look at the docs and get back to us.",
        "Will send the deck, they come back if there is interest.",
        "No meeting set, sending a summary instead.",
        "They prefer to read the material first.",
        "Asked us to check in again some time.",
    ),
    (
        "They do not want another meeting.",
        "{n} had to leave early and would not commit to a next step.",
        "Declined a follow-up.",
        "Not a fit right now, no next step.",
        "They said they would call us, I doubt it.",
        "No next meeting, they have other priorities.",
    ),
)
TECHNICAL = (
    "Asked how our webhooks retry and how they are signed.",
    "Questions about the REST API and rate limits.",
    "{n} wanted to see the SDK for Python.",
    "They asked about latency between regions.",
    "Talked through SIP authentication and codecs.",
    "They want to integrate it with their CRM through the API.",
    "Asked whether number porting can be automated.",
    "Their engineers asked about failover and redundancy.",
    "Wanted details on call recording storage and encryption.",
    "Asked for sandbox credentials to test the integration.",
    "Discussed streaming audio over websockets.",
)
DECISIONS = (
    (
        "{n} signs off on this.",
        "{n} is the decision maker.",
        "The decision is {n}'s to make.",
        "{n} owns the budget and the decision.",
        "Both founders were on the call and decide themselves.",
    ),
    (
        "{n} has to run it by the boss.",
        "They need approval from the CFO, who was not on the call.",
        "{n} is only collecting options for somebody else.",
        "The decision is made by a committee at headquarters.",
        "{n} has no say in the final choice.",
    ),
)
BUDGETS = (
    (
        "Budget is approved.",
        "They have set money aside for this.",
        "The budget for this project was signed off last month.",
        "Funding is in place.",
        "There is a budget line for it this year.",
    ),
    (
        "There is no budget for it.",
        "Budgets are frozen until further notice.",
        "They have no money for new tools this year.",
        "Budget was cut last month.",
        "No budget has been approved yet.",
    ),
)
COMPETITORS = (
    (
        "They are unhappy with {v} and want to leave.",
        "{v} keeps dropping their calls.",
        "Their contract with {v} ends soon and they will not renew.",
        "Support at {v} has been terrible for them.",
        "They want to switch away from {v}.",
    ),
    (
        "They are locked in with {v} for two more years.",
        "Quite happy with {v} today.",
        "They just renewed with {v}.",
        "{v} does what they need, no reason to move.",
        "Contract with {v} runs until the year after next.",
    ),
)
VOLUMES = (
    ("A few hundred calls a month.", "Low volume, under a thousand minutes a month.", "Only a handful of calls a day."),
    (
        "Around {k}k minutes a month.",
        "They handle about {k}k calls a month.",
        "Volume is roughly {k}k messages monthly.",
        "Some {k}k minutes across three teams.",
    ),
    (
        "Over two million minutes a month.",
        "They run several call centres with millions of minutes.",
        "Volume is in the millions each month.",
        "More than a million messages every month.",
    ),
)
VENDORS = ("Fauxtel", "Mockvoice", "Samplecom", "Dummyphone", "Testline", "Pretendio")
DAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "next Tuesday", "next Thursday", "the 14th"),
    *("the 3rd at 10am", "Wednesday at 2pm"),
)
USE_CASES = (
    "They book appointments by phone all day.",
    "Their drivers confirm deliveries by text.",
    "They run a support line with long queues in the morning.",
    "New users sign up with a phone number.",
    "They send reminders to customers before visits.",
    "Claims come in by phone around the clock.",
    "They track devices in the field.",
    "Sales reps call leads from inside the CRM.",
    "Tenants report problems by phone at night.",
    "They call back web leads within minutes.",
    "They survey customers after each order.",
    "Two-sided marketplace, both sides talk over masked numbers.",
)
SMALL_TALK = (
    "Short chat about the weather.",
    "{n} just came back from holiday.",
    "Talked about the conference last month.",
    "We had some audio trouble at the start.",
    "{n} joined a few minutes late.",
    "Good rapport, we both like cycling.",
    "Their dog made an appearance.",
    "Quick round of introductions.",
    "{n} asked how long I have been with the company.",
    "Camera was off during the call.",
    "They moved into a new office in spring.",
    "Somebody else had the meeting room, so we started late.",
)
BACKGROUND = (
    "{c} was founded a few years ago and has grown a lot.",
    "{n} has been at {c} for about two years.",
    "{c} serves customers in three countries.",
    "The team sits in two offices and works from home on Fridays.",
    "They found us through a search.",
    "They run most things in the cloud.",
    "{c} is going through a reorganisation.",
    "They use spreadsheets for most of this today.",
    "The product team is small.",
    "They acquired a smaller firm last year.",
    "Their support team works in shifts.",
    "{n} explained how the teams are set up.",
    "They described their current process at length.",
    "They had questions about our company history.",
    "We compared notes on how the market is changing.",
)
SELLER = (
    "I explained our pricing model in general.",
    "I told them about our network and the private backbone.",
    "Covered our security certifications.",
    "I offered a demo, standard agenda.",
    "Shared the case study about a similar customer.",
    "I mentioned that budgets usually get approved quickly elsewhere.",
    "I explained how urgent projects are handled on our side.",
    "Talked about our support plans.",
    "I described how onboarding works and who does what.",
    "I asked about the decision process, the answer was vague.",
    "I asked about budget and did not get a clear answer.",
    "I went through our roadmap.",
)
ANSWERS = (
    "Right.",
    "Okay, got it.",
    "Sure.",
    "Makes sense.",
    "Mm-hm, go on.",
    "Understood.",
    "Thanks for explaining that.",
)
CLOSINGS = (
    "Thanks everyone for the time.",
    "Overall a pleasant conversation.",
    "Action item: send the recap.",
    "Will log everything in the CRM.",
    "Action items: share the recording, update the opportunity.",
    "Ended a few minutes early.",
    "Ran over by ten minutes.",
)
