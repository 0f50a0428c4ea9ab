"""What stands in the postings of the synthetic marketplace: few meanings, many wordings. Add a line and it is used.

Slots: {r} a role, {t} a technology, {y} years, {s} a salary, {l} a place.
"""

from __future__ import annotations

# Category, weight, weight in the other mix, effect in log-odds, whether it is about technology, usual pay in thousands.
CATEGORIES = (
    ("software/qa/dba", 14, 5, 0.55, True, 125),
    ("web/html/info design", 9, 5, 0.4, True, 90),
    ("systems/networking", 5, 3, 0.35, True, 95),
    ("computer gigs", 8, 10, 0.15, True, 20),
    ("accounting/finance", 7, 5, 0.25, False, 75),
    ("engineering", 6, 4, 0.4, False, 100),
    ("marketing/pr/ad", 8, 9, 0.0, False, 65),
    ("sales/biz dev", 9, 13, -0.35, False, 60),
    ("admin/office", 8, 10, -0.2, False, 45),
    ("customer service", 7, 11, -0.4, False, 40),
    ("healthcare", 6, 6, 0.1, False, 70),
    ("skilled trade/craft", 5, 6, 0.1, False, 55),
    ("creative gigs", 5, 8, -0.3, False, 12),
    ("general labor", 3, 5, -0.6, False, 35),
)
SUBCATEGORIES = ("full-time", "part-time", "contract", "gig", "internship")
ROLES = (
    (
        "Software Engineer",
        "Python Developer",
        "QA Engineer",
        "Database Administrator",
        "Backend Developer",
        "DevOps Engineer",
    ),
    ("Web Designer", "Frontend Developer", "WordPress Developer", "UX Designer", "Shop Developer"),
    ("Network Administrator", "Systems Engineer", "IT Support Specialist", "Cloud Administrator"),
    ("Website help", "Fix my online shop", "App prototype", "Data entry script", "Small database"),
    ("Accountant", "Bookkeeper", "Financial Analyst", "Payroll Specialist"),
    ("Mechanical Engineer", "Electrical Engineer", "Civil Engineer", "Project Engineer"),
    ("Marketing Manager", "Social Media Specialist", "Copywriter", "SEO Specialist"),
    ("Sales Representative", "Account Executive", "Business Development Manager", "Inside Sales"),
    ("Office Assistant", "Receptionist", "Executive Assistant", "Data Entry Clerk"),
    ("Call Center Agent", "Customer Support", "Help Desk Agent", "Service Representative"),
    ("Registered Nurse", "Medical Assistant", "Caregiver", "Dental Hygienist"),
    ("Electrician", "Plumber", "Carpenter", "Welder"),
    ("Photographer for an event", "Video editor", "Logo design", "Voice recording"),
    ("Warehouse Worker", "Moving Helper", "Cleaner", "Landscaper"),
)
TECHNOLOGIES = (
    "Python",
    "Java",
    "React",
    "AWS",
    "Docker",
    "PostgreSQL",
    "TypeScript",
    "Kubernetes",
    "PHP",
    "Go",
    "SQL",
    "Linux",
)
PLAIN_SKILLS = (
    "Excel",
    "driving licence",
    "phone manners",
    "English",
    "Spanish",
    "teamwork",
    "a tidy desk",
    "own tools",
)
# Place, weight, effect in log-odds.
LOCATIONS = (
    ("San Francisco", 9, 0.35),
    ("New York", 10, 0.3),
    ("Seattle", 6, 0.3),
    ("Austin", 6, 0.25),
    ("Chicago", 7, 0.1),
    ("Boston", 5, 0.2),
    ("Denver", 5, 0.1),
    ("Los Angeles", 8, 0.0),
    ("Miami", 5, -0.2),
    ("Phoenix", 4, -0.15),
    ("Tulsa", 3, -0.35),
    ("Fresno", 3, -0.4),
    ("Boise", 2, -0.2),
    ("Remote", 9, 0.5),
)
SALARIES = (
    "Salary {s} per year.",
    "Pays {s}.",
    "Compensation: {s} plus benefits.",
    "We offer a salary of {s}.",
    "Pay {s} depending on skills.",
)
VAGUE_PAY = (
    "Competitive salary.",
    "Compensation depends on experience.",
    "Pay to be discussed.",
    "Salary is negotiable.",
    "Great pay for the right person.",
)
EXPERIENCE = (
    "{y} years of experience required.",
    "At least {y} years in a similar role.",
    "You bring {y}+ years of experience.",
    "Minimum {y} years experience.",
)
NO_EXPERIENCE = (
    "No experience needed, we train you.",
    "Entry level, anyone can apply.",
    "No prior experience necessary.",
)
TECH = (
    "You work with {t} every day.",
    "Strong knowledge of {t}.",
    "Our stack includes {t}.",
    "Hands-on skills in {t} are a must.",
)
URGENT = (
    "Start immediately.",
    "Urgent, we need someone this week.",
    "ASAP start.",
    "Position must be filled right away.",
    "Immediate opening.",
)
UNHURRIED = ("Start date is flexible.", "We are building a pool of candidates for later.", "No fixed start date yet.")
REMOTE = ("Fully remote.", "Work from home possible.", "Remote within the country.", "You can work from anywhere.")
ON_SITE = ("On site only.", "No remote work.", "You must be in the office every day.", "Remote is not possible.")
SMALL = (
    "We are a small team.",
    "Family business with six people.",
    "Startup of ten.",
    "I run this alone and need help.",
)
LARGE = ("Large company with offices in many countries.", "Over 5,000 employees.", "Established enterprise.")
DUBIOUS = (
    "Earn $$$ from your couch!",
    "Be your own boss, unlimited income!!!",
    "Just pay a small starter fee.",
    "Get rich in weeks, no skills, no boss.",
    "Send your bank details to get started.",
)
AGENCY = (
    "We are recruiting on behalf of a client.",
    "Staffing agency, many similar openings.",
    "Our client is looking for talent.",
)
DIRECT = ("Direct hire, no agencies please.", "No recruiters.", "Owner will interview you in person.")
FILLER = (
    "We value respect and good communication.",
    "You will join a friendly team.",
    "Our office has plants and coffee.",
    "Please include a short introduction.",
    "We are an equal opportunity employer.",
    "Duties vary from day to day.",
    "You will report to the manager.",
    "Benefits after ninety days.",
    "Apply with your resume.",
    "References are welcome.",
    "The project has been running for a while.",
    "We like people who take ownership.",
    "Good parking in front of the building.",
    "Interviews are held on Tuesdays.",
    "Visit our booth at the job fair.",
    "More details when we talk.",
    "We celebrate birthdays.",
    "Some travel may be needed.",
)
OPENINGS = (
    "We are looking for a {r} in {l}.",
    "{r} wanted.",
    "Our team needs a {r}.",
    "Join us as {r}.",
    "Seeking a {r} for our {l} location.",
    "Hiring: {r}.",
)
TITLES = (
    "{r}",
    "{r} - {l}",
    "{r} ({sub})",
    "{r} needed",
    "Hiring {r}",
    "{r} wanted in {l}",
)
SENIORITY = ("", "Senior ", "Junior ", "Lead ")
