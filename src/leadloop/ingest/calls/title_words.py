"""Words of meeting titles, by what they are: what kind of meeting, what about, among whom; and first names.

Small letters, in the languages that titles came in. A word that is missing is taken for a part of a name; one line here mends it.
"""

from __future__ import annotations

_KIND = """
    15min 30min agenda alignment appointment brief briefing bi-weekly biweekly call calls catch catchup catch-up chat check
    checkin check-in coffee conference connect consultation conversation conversations daily debrief demo demonstration demos
    discovery discuss discussion evaluation event evaluierung exploration exploratory final first followup follow follow-up
    follow-ups hold info inbound initial intro introduction introductions introductory intros invitation inquiry join
    kick kickoff kick-off lead live lunch meet meeting meetings meetup min minute minutes mins monthly negotiation negotiations next next-steps
    onboarding online onsite on-site outbound overview partner phone placeholder poc pilot prep presentation product
    progress proposal prospect qualification qualifying quarterly quick recap reconnect regroup remote renewal reschedule
    rescheduled return review sales scoping screen second session sessions short status step steps strategy sync sync-up tbd
    technical telco telefon tentative third touch base touchbase touchpoint training trial tour update updates video virtual visit
    walkthrough walk-through walk through webex webinar weekly welcome workshop working zoom teams meet.google hangout google ae
    se sdr bdr csm am qbr qbrs ebr pov rfp rfi bant rev huddle talk speak interim ongoing negotiate exploring
    abstimmung abstimmungstermin anruf austausch beratung beratungsgespräch besprechung erstgespräch erstkontakt folgetermin gespräch
    gesprächstermin interessent kennenlernen kennenlerngespräch kennenlerntermin kundentermin nachfassen präsentation
    produktdemo produktpräsentation produktvorstellung rückfragen rückruf schulung telefonat telefontermin termin treffen vertriebsgespräch videocall videokonferenz
    vorgespräch vorstellung vorstellungsgespräch vorstellungstermin webtermin angebotsbesprechung angebot verhandlung
    appel découverte demo démo démonstration échange échanges entretien premier première présentation point prise contact
    rdv rendez-vous rendezvous réunion suivi visio visioconférence hebdo produit lancement bilan
    charla conversación demostración inicial llamada llamadas presentación presentacion primera primer reunión reunion seguimiento
    videollamada visita kickoff arranque
    apresentação chamada conversa demonstração ligação reunião acompanhamento primeira alinhamento videochamada
    chiamata conoscitiva conoscitivo dimostrazione incontro presentazione riunione videochiamata prima primo appuntamento
    afspraak belafspraak bespreking gesprek introductie intake kennismaking kennismakingsgesprek overleg presentatie vervolg vervolggesprek eerste
    avstämning genomgång inledande introduktion möte samtal uppföljning första demonstration
    møde opfølgning samtale første
    oppfølging introduksjon møte
    esittely palaveri tapaaminen puhelu ensitapaaminen
    spotkanie rozmowa prezentacja wprowadzenie pierwsze
    schůzka hovor úvodní prezentace
    tanışma toplantı toplantısı görüşme sunum arama
    встреча звонок созвон демо знакомство презентация обсуждение
    打ち合わせ 打合せ 会議 初回打ち合わせ 初回 商談 面談 デモ キックオフ 定例 ミーティング ご紹介 紹介
    会议 會議 电话会议 演示 介绍 沟通 讨论 首次会议 会面 미팅 회의 소개 데모 통화 상담
"""
KIND = frozenset(
    (*_KIND.split(), "catchup", "checkin", "deepdive", "followup", "kickoff", "nextsteps", "touchbase", "wrapup", "toknow", "getting")
)
"""What kind of meeting it is."""

_TOPIC = """
    2fa 10dlc a2p agreement ai api apis architecture automation billing bot budget build business buying calling cases center chatbot
    closing commercials compliance communication communications contract contracting contracts conversational cost costs cpaas crm data
    demo-env details developer docs engagement esim evaluate evaluation expansion features feedback go-live golive goals
    implementation inbound infosec integration integrations iot issues ivr legal launch licence license messaging migration
    mms msa nda needs numbers offer onboard options opportunity order outbound otp pbx phone pitch plan planning plans porting price prices
    pricing procurement production project proof concept questions q&a qna quote quotes rates rcs redlines requirements results
    rfp roadmap roi rollout sandbox scope sdk security setup signature sip sla sms solution solutions sow sso steps strategy support tech technical
    terms testing text timeline timelines trial troubleshooting trunk trunking usecase usecases vendor verification verify voice voicebot
    volume whatsapp wireless issue customer client customers upsell upgrade migration q1 q2 q3 q4
    h1 h2 fy bafo eoq eoy review management prospecting integrate alternative alternatives
    angebote preise preis vertrag fragen anforderungen projekt produkt
    prix devis contrat tarifs projet besoin besoins precios oferta propuesta contrato proyecto preços proposta projeto prezzi offerta contratto progetto
    prijzen offerte cena oferta umowa
"""
TOPIC = frozenset((*_TOPIC.split(), "golive", "openpoints", "usecases", "newbusiness"))
"""What a meeting is about; by themselves these name no company."""

_INSIDE = """
    1:1 1-1 1on1 1-on-1 121 absence admin all-hands allhands anniversary birthday blocked block blocker board brainstorm break
    breakfast busy career clean committee company compensation daycare deal dentist deploy design desk dinner doctor
    doctor's drinks engineering enablement exec executive finance fire flight forecast forecasting friday game
    goal grooming gym hackathon handoff heads-down hire hires hiring holiday hr internal kids
    kudos leads leadership leave lunch&learn maintenance management marketing mentoring monday offsite off-site okr okrs
    one-on-one one-pager onboarding ooo operations ops outage party patch payroll performance personal pipeline
    planning poker post-mortem postmortem pto qa quarter recruiting refinement release retro retrospective roadmap
    sales school scrum shift showcase sick sprint squad staff stand-up standup stand sync team team-building teamrunde
    thursday title touchbase town townhall training travel tuesday untitled vacation wednesday weekend wfh work wrap yoga
    vertrieb vertriebsteam mitarbeiter urlaub geburtstag teammeeting equipe équipe d'équipe equipo equipa comercial
    interne intern internt interna interno internas internos intérieur nowy zespół zespołu personal elterngespräch arzttermin arzt zahnarzt mittagessen feierabend
    revisión revisão
"""
INSIDE = frozenset(
    (
        *(*_INSIDE.split(), "all-hands", "focustime", "happyhour", "jourfixe", "officehours", "showcase", "standup", "untitled"),
        *("newhires", "teambuilding", "pointhebdo", "day", "days"),
    )
)
"""What teams do among themselves, and what people keep their own time for."""

INTERNAL = frozenset(
    "internal internally intern interne internen interner internes interna interno internt intern: wewnętrzne intérieur interní "
    "внутренняя 社内 内部".split()
)
"""What says outright that nobody of another company is there."""
HIRING = frozenset(
    "interview interviews candidate candidates bewerbung bewerbungsgespräch kandidat kandidatin entrevista colloquio "
    "sollicitatie sollicitatiegesprek intervju rekrutacja recruiter panel onsite-interview debrief-interview".split()
)
"""What says that somebody is to be hired."""

PAIRS = {
    ("all", "hands"): "all-hands", ("catch", "up"): "catchup", ("check", "in"): "checkin", ("deep", "dive"): "deepdive",
    ("focus", "time"): "focustime", ("follow", "up"): "followup", ("follow", "ups"): "followup", ("get", "together"): "meeting",
    ("go", "live"): "golive", ("happy", "hour"): "happyhour", ("jour", "fixe"): "jourfixe", ("kick", "off"): "kickoff",
    ("next", "step"): "nextsteps", ("next", "steps"): "nextsteps", ("no", "title"): "untitled", ("office", "hours"): "officehours",
    ("open", "points"): "openpoints", ("show", "case"): "showcase", ("stand", "up"): "standup", ("sync", "up"): "sync",
    ("touch", "base"): "touchbase", ("use", "case"): "usecases", ("use", "cases"): "usecases", ("wrap", "up"): "wrapup",
    ("to", "know"): "toknow", ("new", "business"): "newbusiness", ("new", "hire"): "newhires", ("new", "hires"): "newhires",
    ("team", "building"): "teambuilding", ("prise", "contact"): "contact", ("point", "hebdo"): "pointhebdo",
}  # fmt: skip
"""Two words that are one here, and mean nothing of the kind alone."""

_CONNECT = """
    with w/ w for re about and & + from at the a an of our your between via in on to by re: und mit für bei zu zum zur von vom dem
    den der die das ein eine avec et pour chez de du des la le les l' un une con para y e o el los las una unos por com a o os as um uma
    para da do das dos per il lo gli i di del della dei met voor en van het een med för og och till för z i dla s se a pro и с со для из ile ve için
    様 さん 御中 との 的 与 和 同 跟 님 과 와
"""
CONNECT = frozenset(_CONNECT.split())
"""Small words that stand between the others."""
BEFORE_NAMES = frozenset(
    "with w/ w for from at about re re: mit für bei zu avec pour chez con para com per met voor med för till z dla s se pro с со для ile "
    "between und and et".split()
)
"""Small words after which a name may stand."""
AND = frozenset({"and", "&", "+", "und", "et", "y", "e", "en", "och", "og", "i", "и", "ve", "ja", "meets"})
"""Small words that put us beside somebody."""
ARTICLES = frozenset("the der die das dem den la le les el los a o as os il lo gli de het en ett".split())
"""Articles, which stand before some names and are no part of them in small letters."""
US = frozenset({"us", "we", "uns", "wir", "nous", "nosotros", "nós", "noi", "ons", "oss", "nas"})
"""Ourselves."""
HONORIFICS = frozenset("mr mrs ms miss dr prof mr. mrs. ms. dr. prof. herr frau hr. fr. m. mme mlle sr sra sr. sra. dhr mevr".split())
"""What stands before a person's name."""

_COMPANY_WORDS = """
    academy agency airlines analytics apparel associates association autos bakery bank bikes brewery brothers builders capital care
    charity church city clinic clinics college communications company concepts construction consulting cooperative council county credit
    dental design devices digital distribution dynamics education electric electronics energy engineering enterprises entertainment
    equipment estates express fabrics farm farms finance financial fitness foods foundation freight fund funding furniture games
    global goods group hardware health healthcare holding holdings hospital hotel hotels house industries institute insurance
    international interactive investments kitchen lab laboratories laboratory labs law legal lending limited logistics machines manufacturing marine market markets
    materials media medical metals mills mining mobility motors museum mutual network networks nutrition office optics outfitters parts
    partners pharma pharmacy pharmaceuticals photography plastics plumbing power press print printing products properties publishing
    realty recruitment rentals research resources restaurant restaurants retail robotics roofing school schools science sciences services
    shipping shop software solar solutions sons steel store stores studio studios supplies supply systems tech technologies technology
    telecom textiles therapy tools toys trading transport travel trust union university utilities ventures veterinary watches water wealth
    wireless wood works yachts
    bäckerei bau gruppe klinik maschinenbau sparkasse stadtwerke verlag versicherung werke elektrotechnik
    atelier banque boulangerie clinique conseil groupe maison société
    banco clínica grupo hermanos seguros textiles transportes
    banca cantina ferramenta gruppo
    bakkerij bouw groep verzekeringen
    banken energi
"""
COMPANY_WORDS = frozenset(_COMPANY_WORDS.split())
"""Words of company names that no person is called by."""

_FIRST_NAMES = """
    aaron abby abdul abigail adam adele adrian agnes ahmed aisha aiko alan albert alberto alejandro alena alessandra alessandro alex
    alexander alexandra alexis alice alicia alina alison allison amanda amara amber amelia amir amit amy ana anders andre andrea
    andreas andrei andrew andy angela anil anita anja ann anna anne annette anthony antoine antonio anya april arjun arthur astrid
    ashley audrey aurora ava axel barbara beatrice ben benjamin bernard beth betty bianca bill birgit bjorn bob bogdan brad brandon
    brenda brian bridget bruce bruno bryan caleb cameron camila camille carl carla carlos carmen carol carolina caroline cathy catherine cecilia
    celine chad charles charlotte chen chloe chris christian christina christine christopher cindy claire clara claudia colin connor
    craig cristina cynthia daisy dan dana daniel daniela danielle darren dave david dawn dean deborah debbie denis denise dennis derek devon
    diana diane diego dieter dimitri dina dirk dmitri dolores dominik don donald donna doris dorothy doug douglas dylan eddie edith edgar eduardo edward
    elaine eleanor elena eli elias elisa elizabeth ella ellen emil emilia emily emma enrique eric erica erik erin ernest esther ethan eugene
    eva evelyn fabian fatima felipe felix fernando fiona florian frances francesca francesco francis francisco frank franz fred frederic
    frida gabriel gabriela gareth gary gavin george georgia gerald gerhard gina giovanni giulia giuseppe glen gloria gordon grace graham greg gregory
    greta guido guillaume gustavo guy hanna hannah hans harold harry hassan heather heidi helen helena helga henri henrik henry hiroshi holger
    howard hugo ian ibrahim ida igor ines ingrid irene iris isaac isabel isabella ivan ivana jack jackie jacob jacqueline jake jakob jamal james jamie
    jan jana jane janet janice jasmine jason javier jay jean jeff jeffrey jen jenna jennifer jenny jens jeremy jerome jerry jesse jessica jill jim jimmy jin
    joan joanna joao joe joel johan johanna johannes john jon jonas jonathan jordan jorge jose josef joseph josh joshua joyce juan judith judy julia
    julian juliana julie june jurgen justin kai karen karim karin karl kate katharina katherine kathleen kathryn katie katrin kay keith kelly ken
    kenji kenneth kevin kim kimberly klaus kristen kristin kumar kyle lars laura lauren laurent lea leah lee lena leo leon leonard leonardo
    leslie liam lila lily lin linda lisa liz logan lorenzo lori lou louis louise luca lucas lucia lucy luis luisa lukas luke lydia maggie magnus malik
    manuel marc marcel marcia marco marcus margaret maria marie marina mario marion mark markus marta martha martin martina mary mateo mathias matt matteo
    matthew matthias maurice max maya megan mehmet mei melanie melissa mia michael michel michelle miguel mike mila milan mina miranda miriam mohamed mohammed
    molly mona monica monika morgan morten nadia nancy naomi natalia natalie natasha nathan neha neil niamh nicholas nick nicola nicolas nicole nigel
    nikhil niklas nikolai nils nina noah noel nora norman oleg olga oliver olivia olivier omar oscar otto owen pablo pamela paola paolo pat patricia
    patrick paul paula paulo pavel pedro peggy penny per peter petra philip philipp philippe phil pia pierre pilar piotr priya rachel rafael rahul raj ralf ralph
    ramon randy raquel raul ray raymond rebecca renata rene ricardo richard rick rita rob robert roberta roberto robin rodrigo roger roland roman ron ronald rosa rose
    rosemary ross roxanne roy ruben ruth ryan sabine sabrina sally sam samantha samir samuel sandra sandeep sanjay sara sarah scott sean sebastian selena serge sergei
    sergio shane shannon sharon shaun sheila sherry shirley sigrid silvia simon simone sofia sonia sonja sophia sophie stacy stan stefan stefanie stella
    stephan stephanie stephen steve steven stuart sue sunil susan susanne suzanne sven svenja sylvia tamara tanja tanya tara taylor ted teresa terry thabo theo theresa
    thomas tiffany tim timo timothy tina tobias todd tom tomas tommy toni tony tracy trevor tyler ulrich ursula uwe valentina valerie vanessa vera veronica victor
    victoria vijay vincent viola virginia vivian vladimir walter wanda wayne wei wendy werner will william wolfgang xavier yan yara yasmin yi yolanda yuki
    yusuf yvonne zach zoe zhang zara
"""
FIRST_NAMES = frozenset(_FIRST_NAMES.split())
"""First names that many people have."""
