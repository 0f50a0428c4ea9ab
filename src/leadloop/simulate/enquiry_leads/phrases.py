"""What people write in an enquiry, in many wordings of few meanings: the sentences of the synthetic world.

The same words turn up in different meanings on purpose ("no budget", "the budget is approved", "we can save your
budget"): whoever reads these texts has to learn phrases, not pick single words. `{product}` stands for a product.
"""

from __future__ import annotations

PRODUCTS: tuple[tuple[str, ...], ...] = (
    ("a cloud phone system", "VoIP phones", "new business telephony", "phone lines for our offices"),
    ("a chat widget", "live chat on our website", "website messaging", "a chat tool"),
    ("an AI voice agent", "a voice assistant for incoming calls", "automated call answering", "a voice bot"),
    ("call analytics", "reporting on our calls", "dashboards for call volumes", "call recording and analysis"),
    ("a CRM integration", "syncing calls to our CRM", "a connector for our CRM", "click-to-call inside the CRM"),
    ("contact centre software", "a call centre platform", "queues and call routing", "a new contact centre"),
)

VOICE_AGENT = 2
"""The product, by its place above, that some industries need more than others."""

GREETINGS = (
    "",
    "",
    "",
    "Hi,",
    "Hello,",
    "Hello team,",
    "Hi there,",
    "Good morning,",
    "Dear team,",
    "To whom it may concern,",
)
CLOSINGS = (
    "",
    "",
    "",
    "",
    "Thanks!",
    "Thank you.",
    "Many thanks",
    "Best regards",
    "Looking forward to hearing from you.",
    "Kind regards",
)

BUYING = (
    "We are looking for {product}.",
    "We need {product} for our team.",
    "Our company wants to introduce {product}.",
    "We plan to replace what we have with {product}.",
    "I am responsible for choosing {product}.",
    "We would like to buy {product}.",
    "Our management has asked me to find {product}.",
    "We are interested in {product} for our customer service.",
    "We have outgrown our current setup and need {product}.",
    "Could you help us set up {product}?",
    "You were recommended to us for {product}.",
    "We have shortlisted you for {product}.",
)
EXPLORING = (
    "I am comparing a few options for {product}.",
    "Just looking around for {product}.",
    "Doing some early research on {product}.",
    "I would like to understand {product} better.",
    "We may consider {product} at some point.",
    "Curious about {product}, nothing concrete so far.",
    "Can you tell me more about {product}?",
    "I read your article about {product}.",
    "We are not looking to buy, only to learn about {product}.",
    "What is the difference between you and other vendors of {product}?",
)
STUDYING = (
    "I am writing my thesis about {product}.",
    "I am a student and need material on {product}.",
    "For a university project we compare vendors of {product}.",
    "Could I interview someone about {product} for my master's degree?",
    "Our professor asked us to study {product}.",
    "This is for a seminar paper on {product}.",
)
STUDYING_MORE = (
    "My deadline is next week, so it is urgent.",
    "I have no budget, of course.",
    "Is there a free licence for students?",
    "A short call would help me a lot.",
    "I only need it for one semester.",
    "I will quote you as a source.",
)
SEEKING_WORK = (
    "I would love to join your sales team.",
    "Please find my CV attached.",
    "Are there any open positions at the moment?",
    "I am applying for the role of account manager.",
    "Do you offer internships?",
    "I have five years of experience in call centres and am looking for a job.",
)
SEEKING_WORK_MORE = (
    "I am available immediately.",
    "My salary expectations are flexible.",
    "I could start next month.",
    "I know your products very well.",
    "When could we have a call about my application?",
)
SELLING = (
    "We can help you get more leads.",
    "I noticed some errors on your website that hurt your ranking.",
    "We offer outsourced development for {product}.",
    "Our agency has doubled the traffic of companies like yours.",
    "I would like to publish a guest post on your blog.",
    "We sell verified contact lists for your industry.",
)
SELLING_MORE = (
    "Do you have 15 minutes for a demo this week?",
    "We can save up to 40% of your budget.",
    "What is your budget for marketing this quarter?",
    "Our prices are the lowest, ask for a quote today.",
    "This offer is only valid until Friday.",
    "Who is the decision maker at your company?",
)
NEEDING_HELP = (
    "We are already a customer and have a problem with {product}.",
    "Our invoice from last month is wrong.",
    "I cannot log in to my account.",
    "Since the last update we have had trouble with {product}.",
    "Please reset the password of our administrator.",
    "How do I add another user to our existing contract?",
)
NEEDING_HELP_MORE = (
    "This is urgent, please call me today.",
    "I have opened a ticket but got no answer.",
    "We need this fixed as soon as possible.",
    "Our team cannot work at the moment.",
    "Please do not send me to sales.",
)

NO_HURRY = (
    "There is no rush.",
    "This is not urgent.",
    "It is for next year at the earliest.",
    "We have no fixed timeline yet.",
    "We are in no hurry to decide.",
    "Nothing will happen before our next planning round.",
)
SOON = (
    "We want to decide this quarter.",
    "We would like to start within the next two months.",
    "We aim to go live in {month}.",
    "The decision is due in {month}.",
    "We plan to have this running by {month}.",
    "Our current contract ends in {month}.",
)
NOW = (
    "This is urgent.",
    "We need it as soon as possible.",
    "We have to be live within two weeks.",
    "Please call me today.",
    "Can we start immediately?",
    "Our present system breaks down every day, so time is short.",
    "We need an offer by the end of this week.",
)

NO_BUDGET = (
    "We have no budget for this yet.",
    "The budget has not been approved.",
    "Money is very tight at the moment.",
    "Is there a version that costs nothing?",
    "There is no budget before next year.",
)
SMALL_BUDGET = (
    "Our budget is limited.",
    "It must not be too expensive.",
    "We are a small company, so price matters.",
    "We can spend a few hundred a month at most.",
)
BUDGET_APPROVED = (
    "The budget is approved.",
    "We have budget set aside for this.",
    "Funding has been signed off by our CFO.",
    "Budget is not an issue.",
    "We have up to {amount} a year for this.",
    "The project is funded.",
)

ASK_DEMO = (
    "Could we see a demo?",
    "Please arrange a demonstration for our team.",
    "Can someone show us the product?",
    "When could we have a call?",
    "I would like to talk to one of your consultants.",
)
ASK_PRICE = (
    "What would it cost?",
    "Please send us a quote.",
    "Can you share your prices?",
    "How much is it per user and month?",
    "We need an offer for {seats} users.",
)
ASK_PAPERS = (
    "Please send me some brochures.",
    "Is there any documentation I can read?",
    "An overview by e-mail is enough, please do not call.",
    "Could you send the data sheet?",
)
SEATS = (
    "We have {seats} agents.",
    "There would be {seats} users.",
    "It is for {seats} people in two offices.",
    "Our team counts {seats} seats.",
)
SWITCHING = (
    "We are not happy with our present provider.",
    "Our current vendor has raised its prices.",
    "We want to move away from our old system.",
    "The support of our present supplier is poor.",
    "We are leaving our current provider.",
)

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
AMOUNTS = ("$5,000", "$12,000", "$20k", "30,000 EUR", "$50,000", "about $75k", "100,000 dollars")
