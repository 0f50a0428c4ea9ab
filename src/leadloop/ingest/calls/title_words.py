"""Words of meeting titles, by what they are: what kind of meeting, what about, among whom; and first names.

Small letters, in the languages that titles came in. A word that is missing is taken for a part of a name; one line here mends it.
"""

from __future__ import annotations

_KIND = """
    15min 30min agenda alignment appointment brief briefing bi-weekly biweekly call calls catch catchup catch-up chat
    check checkin check-in coffee conference connect consultation conversation conversations daily debrief demo
    demonstration demos discovery discuss discussion evaluation event evaluierung exploration exploratory final first
    followup follow follow-up follow-ups hold info inbound initial intro introduction introductions introductory
    intros invitation inquiry join kick kickoff kick-off lead live lunch meet meeting meetings meetup min minute
    minutes mins monthly negotiation negotiations next next-steps onboarding online onsite on-site outbound overview
    partner phone placeholder poc pilot prep presentation product progress proposal prospect qualification qualifying
    quarterly quick recap reconnect regroup remote renewal reschedule rescheduled return review sales scoping screen
    second session sessions short status step steps strategy sync sync-up tbd technical telco telefon tentative third
    touch base touchbase touchpoint training trial tour update updates video virtual visit walkthrough walk-through
    walk through webex webinar weekly welcome workshop working zoom teams meet.google hangout google ae se sdr bdr csm
    am qbr qbrs ebr pov rfp rfi bant rev huddle talk speak interim ongoing negotiate exploring abstimmung
    abstimmungstermin anruf austausch beratung beratungsgespräch besprechung erstgespräch erstkontakt folgetermin
    gespräch gesprächstermin interessent kennenlernen kennenlerngespräch kennenlerntermin kundentermin nachfassen
    präsentation produktdemo produktpräsentation produktvorstellung rückfragen rückruf schulung telefonat
    telefontermin termin treffen vertriebsgespräch videocall videokonferenz vorgespräch vorstellung
    vorstellungsgespräch vorstellungstermin webtermin angebotsbesprechung angebot verhandlung appel découverte demo
    démo démonstration échange échanges entretien premier première présentation point prise contact rdv rendez-vous
    rendezvous réunion suivi visio visioconférence hebdo produit lancement bilan charla conversación demostración
    inicial llamada llamadas presentación presentacion primera primer reunión reunion seguimiento videollamada visita
    kickoff arranque apresentação chamada conversa demonstração ligação reunião acompanhamento primeira alinhamento
    videochamada chiamata conoscitiva conoscitivo dimostrazione incontro presentazione riunione videochiamata prima
    primo appuntamento afspraak belafspraak bespreking gesprek introductie intake kennismaking kennismakingsgesprek
    overleg presentatie vervolg vervolggesprek eerste avstämning genomgång inledande introduktion möte samtal
    uppföljning första demonstration møde opfølgning samtale første oppfølging introduksjon møte esittely palaveri
    tapaaminen puhelu ensitapaaminen spotkanie rozmowa prezentacja wprowadzenie pierwsze schůzka hovor úvodní
    prezentace tanışma toplantı toplantısı görüşme sunum arama встреча звонок созвон демо знакомство презентация
    обсуждение 打ち合わせ 打合せ 会議 初回打ち合わせ 初回 商談 面談 デモ キックオフ 定例 ミーティング ご紹介 紹介
    会议 會議 电话会议 演示 介绍 沟通 讨论 首次会议 会面 미팅 회의 소개 데모 통화 상담
"""
KIND = frozenset(
    (
        *_KIND.split(),
        "catchup",
        "checkin",
        "deepdive",
        "followup",
        "kickoff",
        "nextsteps",
        "touchbase",
        "wrapup",
        "toknow",
        "getting",
    )
)
"""What kind of meeting it is."""

_TOPIC = """
    2fa 10dlc a2p agreement ai api apis architecture automation billing bot budget build business buying calling cases
    center chatbot closing commercials compliance communication communications contract contracting contracts
    conversational cost costs cpaas crm data demo-env details developer docs engagement esim evaluate evaluation
    expansion features feedback go-live golive goals implementation inbound infosec integration integrations iot
    issues ivr legal launch licence license messaging migration mms msa nda needs numbers offer onboard options
    opportunity order outbound otp pbx phone pitch plan planning plans porting price prices pricing procurement
    production project proof concept questions q&a qna quote quotes rates rcs redlines requirements results rfp
    roadmap roi rollout sandbox scope sdk security setup signature sip sla sms solution solutions sow sso steps
    strategy support tech technical terms testing text timeline timelines trial troubleshooting trunk trunking usecase
    usecases vendor verification verify voice voicebot volume whatsapp wireless issue customer client customers upsell
    upgrade migration q1 q2 q3 q4 h1 h2 fy bafo eoq eoy review management prospecting integrate alternative
    alternatives angebote preise preis vertrag fragen anforderungen projekt produkt prix devis contrat tarifs projet
    besoin besoins precios oferta propuesta contrato proyecto preços proposta projeto prezzi offerta contratto
    progetto prijzen offerte cena oferta umowa
"""
TOPIC = frozenset((*_TOPIC.split(), "golive", "openpoints", "usecases", "newbusiness"))
"""What a meeting is about; by themselves these name no company."""

_INSIDE = """
    1:1 1-1 1on1 1-on-1 121 absence admin all-hands allhands anniversary birthday blocked block blocker board
    brainstorm break breakfast busy career clean committee company compensation daycare deal dentist deploy design
    desk dinner doctor doctor's drinks engineering enablement exec executive finance fire flight forecast forecasting
    friday game goal grooming gym hackathon handoff heads-down hire hires hiring holiday hr internal kids kudos leads
    leadership leave lunch&learn maintenance management marketing mentoring monday offsite off-site okr okrs
    one-on-one one-pager onboarding ooo operations ops outage party patch payroll performance personal pipeline
    planning poker post-mortem postmortem pto qa quarter recruiting refinement release retro retrospective roadmap
    sales school scrum shift showcase sick sprint squad staff stand-up standup stand sync team team-building teamrunde
    thursday title touchbase town townhall training travel tuesday untitled vacation wednesday weekend wfh work wrap
    yoga vertrieb vertriebsteam mitarbeiter urlaub geburtstag teammeeting equipe équipe d'équipe equipo equipa
    comercial interne intern internt interna interno internas internos intérieur nowy zespół zespołu personal
    elterngespräch arzttermin arzt zahnarzt mittagessen feierabend revisión revisão
"""
INSIDE = frozenset(
    (
        *(
            *_INSIDE.split(),
            "all-hands",
            "focustime",
            "happyhour",
            "jourfixe",
            "officehours",
            "showcase",
            "standup",
            "untitled",
        ),
        *("newhires", "teambuilding", "pointhebdo", "day", "days"),
    )
)
"""What teams do among themselves, and what people keep their own time for."""

_INTERNAL_WORDS = """
    internal internally intern interne internen interner internes interna interno internt intern: wewnętrzne
    intérieur interní внутренняя 社内 内部
"""
INTERNAL = frozenset(_INTERNAL_WORDS.split())
"""What says outright that nobody of another company is there."""
_HIRING_WORDS = """
    interview interviews candidate candidates bewerbung bewerbungsgespräch kandidat kandidatin entrevista
    colloquio sollicitatie sollicitatiegesprek intervju rekrutacja recruiter panel onsite-interview
    debrief-interview
"""
HIRING = frozenset(_HIRING_WORDS.split())
"""What says that somebody is to be hired."""

PAIRS = {
    ("all", "hands"): "all-hands", ("catch", "up"): "catchup", ("check", "in"): "checkin", ("deep", "dive"): "deepdive",
    ("focus", "time"): "focustime", ("follow", "up"): "followup", ("follow", "ups"): "followup", ("get", "together"): "meeting",
    ("go", "live"): "golive", ("happy", "hour"): "happyhour", ("jour", "fixe"): "jourfixe", ("kick", "off"): "kickoff",
    ("next", "step"): "nextsteps", ("next", "steps"): "nextsteps", ("no", "title"): "untitled",
    ("office", "hours"): "officehours",
    ("open", "points"): "openpoints", ("show", "case"): "showcase", ("stand", "up"): "standup", ("sync", "up"): "sync",
    ("touch", "base"): "touchbase", ("use", "case"): "usecases", ("use", "cases"): "usecases", ("wrap", "up"): "wrapup",
    ("to", "know"): "toknow", ("new", "business"): "newbusiness", ("new", "hire"): "newhires", ("new", "hires"): "newhires",
    ("team", "building"): "teambuilding", ("prise", "contact"): "contact", ("point", "hebdo"): "pointhebdo",
}  # fmt: skip
"""Two words that are one here, and mean nothing of the kind alone."""

_CONNECT = """
    with w/ w for re about and & + from at the a an of our your between via in on to by re: und mit für bei zu zum zur
    von vom dem den der die das ein eine avec et pour chez de du des la le les l' un une con para y e o el los las una
    unos por com a o os as um uma para da do das dos per il lo gli i di del della dei met voor en van het een med för
    og och till för z i dla s se a pro и с со для из ile ve için 様 さん 御中 との 的 与 和 同 跟 님 과 와
"""
CONNECT = frozenset(_CONNECT.split())
"""Small words that stand between the others."""
_BEFORE_NAMES_WORDS = """
    with w/ w for from at about re re: mit für bei zu avec pour chez con para com per met voor med för till z
    dla s se pro с со для ile between und and et
"""
BEFORE_NAMES = frozenset(_BEFORE_NAMES_WORDS.split())
"""Small words after which a name may stand."""
AND = frozenset({"and", "&", "+", "und", "et", "y", "e", "en", "och", "og", "i", "и", "ve", "ja", "meets"})
"""Small words that put us beside somebody."""
_ARTICLES_WORDS = """
    the der die das dem den la le les el los a o as os il lo gli de het en ett
"""
ARTICLES = frozenset(_ARTICLES_WORDS.split())
"""Articles, which stand before some names and are no part of them in small letters."""
US = frozenset({"us", "we", "uns", "wir", "nous", "nosotros", "nós", "noi", "ons", "oss", "nas"})
"""Ourselves."""
_HONORIFICS_WORDS = """
    mr mrs ms miss dr prof mr. mrs. ms. dr. prof. herr frau hr. fr. m. mme mlle sr sra sr. sra. dhr mevr
"""
HONORIFICS = frozenset(_HONORIFICS_WORDS.split())
"""What stands before a person's name."""
