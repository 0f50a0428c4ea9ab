"""Words of company names, and first names of people: what tells the one from the other."""

from __future__ import annotations

_COMPANY_WORDS = """
    academy agency airlines analytics apparel associates association autos bakery bank bikes brewery brothers builders
    capital care charity church city clinic clinics college communications company concepts construction consulting
    cooperative council county credit dental design devices digital distribution dynamics education electric
    electronics energy engineering enterprises entertainment equipment estates express fabrics farm farms finance
    financial fitness foods foundation freight fund funding furniture games global goods group hardware health
    healthcare holding holdings hospital hotel hotels house industries institute insurance international interactive
    investments kitchen lab laboratories laboratory labs law legal lending limited logistics machines manufacturing
    marine market markets materials media medical metals mills mining mobility motors museum mutual network networks
    nutrition office optics outfitters parts partners pharma pharmacy pharmaceuticals photography plastics plumbing
    power press print printing products properties publishing realty recruitment rentals research resources restaurant
    restaurants retail robotics roofing school schools science sciences services shipping shop software solar
    solutions sons steel store stores studio studios supplies supply systems tech technologies technology telecom
    textiles therapy tools toys trading transport travel trust union university utilities ventures veterinary watches
    water wealth wireless wood works yachts bäckerei bau gruppe klinik maschinenbau sparkasse stadtwerke verlag
    versicherung werke elektrotechnik atelier banque boulangerie clinique conseil groupe maison société banco clínica
    grupo hermanos seguros textiles transportes banca cantina ferramenta gruppo bakkerij bouw groep verzekeringen
    banken energi
"""
COMPANY_WORDS = frozenset(_COMPANY_WORDS.split())
"""Words of company names that no person is called by."""

_FIRST_NAMES = """
    aaron abby abdul abigail adam adele adrian agnes ahmed aisha aiko alan albert alberto alejandro alena alessandra
    alessandro alex alexander alexandra alexis alice alicia alina alison allison amanda amara amber amelia amir amit
    amy ana anders andre andrea andreas andrei andrew andy angela anil anita anja ann anna anne annette anthony
    antoine antonio anya april arjun arthur astrid ashley audrey aurora ava axel barbara beatrice ben benjamin bernard
    beth betty bianca bill birgit bjorn bob bogdan brad brandon brenda brian bridget bruce bruno bryan caleb cameron
    camila camille carl carla carlos carmen carol carolina caroline cathy catherine cecilia celine chad charles
    charlotte chen chloe chris christian christina christine christopher cindy claire clara claudia colin connor craig
    cristina cynthia daisy dan dana daniel daniela danielle darren dave david dawn dean deborah debbie denis denise
    dennis derek devon diana diane diego dieter dimitri dina dirk dmitri dolores dominik don donald donna doris
    dorothy doug douglas dylan eddie edith edgar eduardo edward elaine eleanor elena eli elias elisa elizabeth ella
    ellen emil emilia emily emma enrique eric erica erik erin ernest esther ethan eugene eva evelyn fabian fatima
    felipe felix fernando fiona florian frances francesca francesco francis francisco frank franz fred frederic frida
    gabriel gabriela gareth gary gavin george georgia gerald gerhard gina giovanni giulia giuseppe glen gloria gordon
    grace graham greg gregory greta guido guillaume gustavo guy hanna hannah hans harold harry hassan heather heidi
    helen helena helga henri henrik henry hiroshi holger howard hugo ian ibrahim ida igor ines ingrid irene iris isaac
    isabel isabella ivan ivana jack jackie jacob jacqueline jake jakob jamal james jamie jan jana jane janet janice
    jasmine jason javier jay jean jeff jeffrey jen jenna jennifer jenny jens jeremy jerome jerry jesse jessica jill
    jim jimmy jin joan joanna joao joe joel johan johanna johannes john jon jonas jonathan jordan jorge jose josef
    joseph josh joshua joyce juan judith judy julia julian juliana julie june jurgen justin kai karen karim karin karl
    kate katharina katherine kathleen kathryn katie katrin kay keith kelly ken kenji kenneth kevin kim kimberly klaus
    kristen kristin kumar kyle lars laura lauren laurent lea leah lee lena leo leon leonard leonardo leslie liam lila
    lily lin linda lisa liz logan lorenzo lori lou louis louise luca lucas lucia lucy luis luisa lukas luke lydia
    maggie magnus malik manuel marc marcel marcia marco marcus margaret maria marie marina mario marion mark markus
    marta martha martin martina mary mateo mathias matt matteo matthew matthias maurice max maya megan mehmet mei
    melanie melissa mia michael michel michelle miguel mike mila milan mina miranda miriam mohamed mohammed molly mona
    monica monika morgan morten nadia nancy naomi natalia natalie natasha nathan neha neil niamh nicholas nick nicola
    nicolas nicole nigel nikhil niklas nikolai nils nina noah noel nora norman oleg olga oliver olivia olivier omar
    oscar otto owen pablo pamela paola paolo pat patricia patrick paul paula paulo pavel pedro peggy penny per peter
    petra philip philipp philippe phil pia pierre pilar piotr priya rachel rafael rahul raj ralf ralph ramon randy
    raquel raul ray raymond rebecca renata rene ricardo richard rick rita rob robert roberta roberto robin rodrigo
    roger roland roman ron ronald rosa rose rosemary ross roxanne roy ruben ruth ryan sabine sabrina sally sam
    samantha samir samuel sandra sandeep sanjay sara sarah scott sean sebastian selena serge sergei sergio shane
    shannon sharon shaun sheila sherry shirley sigrid silvia simon simone sofia sonia sonja sophia sophie stacy stan
    stefan stefanie stella stephan stephanie stephen steve steven stuart sue sunil susan susanne suzanne sven svenja
    sylvia tamara tanja tanya tara taylor ted teresa terry thabo theo theresa thomas tiffany tim timo timothy tina
    tobias todd tom tomas tommy toni tony tracy trevor tyler ulrich ursula uwe valentina valerie vanessa vera veronica
    victor victoria vijay vincent viola virginia vivian vladimir walter wanda wayne wei wendy werner will william
    wolfgang xavier yan yara yasmin yi yolanda yuki yusuf yvonne zach zoe zhang zara
"""
FIRST_NAMES = frozenset(_FIRST_NAMES.split())
"""First names that many people have."""
