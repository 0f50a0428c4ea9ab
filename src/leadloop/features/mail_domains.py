"""Mail providers that anyone can have an address at, and those whose addresses are made to be thrown away.

"yahoo.*" stands for the name under every country. Our own list; a provider that is missing counts as a business, and one
line here mends that for versions trained from then on.
"""

from __future__ import annotations

_FREE_MAIL = """
    012.net.il 126.com 139.com 163.com 188.com 189.cn 1und1.de 21cn.com 263.net 9online.fr a1.net absamail.co.za
    abv.bg accountant.com adinet.com.uy aim.com alice-dsl.net alice.de alice.it aliceadsl.fr aliyun.com
    ameritech.net aol.* aon.at apollo.lv arcor.de arnet.com.ar asia.com atlas.cz att.net au.com autograf.pl
    autorambler.ru azet.sk bahnhof.se bbox.fr belgacom.net bell.net bellsouth.net bezeqint.net biglobe.ne.jp
    bigmir.net bigpond.com bigpond.net.au bk.ru blu.it bluemail.ch bluewin.ch blueyonder.co.uk bol.com.br
    bredband.net broadpark.no btinternet.com btopenworld.com cableone.net cantv.net caramail.com casema.nl
    cegetel.net centrum.cz centrum.sk centurylink.net centurytel.net charter.net chello.at chello.nl citromail.hu
    ciudad.com.ar clix.pt club-internet.fr cogeco.ca comcast.net comhem.se compuserve.com consultant.com
    countermail.com cox.net ctemplar.com daum.net delfi.lv dir.bg disroot.org docomo.ne.jp dodo.com.au dr.com
    dreamwiz.com drei.at duck.com earthlink.net eastlink.ca eim.ae eir.ie eircom.net elisanet.fi email.com email.cz
    email.de email.it email.t-com.hr email.ua embarqmail.com emirates.net.ae engineer.com entel.cl eunet.rs
    europe.com euskaltel.net ewetel.net excite.co.jp excite.com ezweb.ne.jp fastmail.com fastmail.fm fastmail.net
    fastwebnet.it fibertel.com.ar firemail.de forthnet.gr foxmail.com fpt.vn free.fr freemail.hu freenet.de
    freeserve.co.uk freesurf.ch frisurf.no frontier.com frontiernet.net fsmail.net gazeta.pl getmail.no globo.com
    globomail.com gmail.com gmx-topmail.de gmx.* go2.pl goo.jp googlemail.com hanmail.net hanmir.com hetnet.nl
    hey.com hinet.net hispeed.ch hol.gr home.nl home.ro hot.ee hotmail.* hughes.net hush.com hushmail.com
    hushmail.me i.softbank.jp i.ua iafrica.com icloud.com ig.com.br iinet.net.au in.com in.gr iname.com inbox.com
    inbox.lt inbox.lv inbox.ru indamail.hu indiatimes.com indosat.net.id inet.hr infinitum.com.mx infoseek.jp
    infovia.com.ar inode.at interia.eu interia.pl internet.ru internode.on.net inwind.it iol.it iol.pt jaring.my
    jubii.dk juno.com k.ro kabelmail.de kabsi.at kakao.com kazmail.kz keemail.me kolumbus.fi korea.com kpnmail.nl
    kpnplanet.nl lantic.net laposte.net lenta.ru libero.it lineone.net list.ru live.* loxinfo.co.th luukku.com
    lycos.com lycos.de mac.com magenta.de mail.bg mail.com mail.de mail.dk mail.ee mail.kz mail.ru mail.telepac.pt
    mail2world.com mailbox.org mailfence.com maktoob.com me.com mediacombb.net menara.ma meo.pt meta.ua
    mindspring.com movistar.es msn.com mts.net mweb.co.za mynet.com myrambler.ru myself.com myyahoo.com narod.ru
    nate.com naver.com nb.sympatico.ca net.hr netcabo.pt netcologne.de netscape.net netvigator.com netvision.net.il
    netzero.com netzero.net neuf.fr nifty.com noos.fr ntlworld.co.uk ntlworld.com numericable.fr o2.co.uk o2.pl
    o2mail.de o2online.de ocn.ne.jp ofir.dk oi.com.br one.lt onet.eu onet.pl online.de online.ee online.nl online.no
    online.ua ono.com op.pl optimum.net optonline.net optusnet.com.au orange.es orange.fr orange.net orcon.net.nz
    otenet.gr outlook.* ozemail.com.au pacbell.net pacific.net.sg pandora.be passagen.se passport.com pchome.com.tw
    peoplepc.com personal.ro plala.or.jp planet.nl planet.tn plasa.com pldtdsl.net plus.net plusnet.com pm.me
    pobox.sk pochta.ru poczta.fm poczta.onet.pl polka.co.za pop.com.br portugalmail.pt post.com post.cz post.sk
    poste.it posteo.de posteo.net posteo.org pp.inet.fi prodigy.net prodigy.net.mx proton.me protonmail.ch
    protonmail.com proximus.be ptt.rs q.com qq.com quicknet.nl qwest.net r7.com rambler.ru rediff.com rediffmail.com
    riseup.net ro.ru roadrunner.com rocketmail.com rogers.com rr.com runbox.com sapo.pt sasktel.net saunalahti.fi
    sbcglobal.net scarlet.be seed.net.tw sent.com sezampro.rs seznam.cz sfr.fr shaw.ca sify.com simnet.is sina.cn
    sina.com singnet.com.sg siol.net skiff.com sky.com skynet.be slingshot.co.nz so-net.ne.jp softbank.ne.jp
    sohu.com sol.dk spectrum.net speedy.com.ar speedy.com.pe spoluzaci.cz spray.se starhub.net.sg startmail.com
    stofanet.dk streamyx.com suddenlink.net sunrise.ch suomi24.fi supereva.it superig.com.br superonline.com
    swbell.net swissonline.ch sympatico.ca t-online.de t-online.hu talk21.com talktalk.net tdcadsl.dk tds.net
    techie.com tele2.nl tele2.se telefonica.net telenet.be telfort.nl telia.com telkom.net telkomsa.net telmex.com
    telus.net terra.cl terra.com.br terra.com.co terra.com.mx terra.es tim.it tin.it tinyworld.co.uk tiscali.co.uk
    tiscali.cz tiscali.it tlen.pl tm.net.my tom.com topnet.tn tpg.com.au ttmail.com ttnet.net.tr turk.net tut.by
    tuta.com tuta.io tutamail.com tutanota.com tutanota.de twc.com ukr.net une.net.co unitybox.de uol.com.br
    uolsinectis.com.ar upcmail.nl usa.com utanet.at verizon.net versanet.de versatel.nl videotron.ca vip.163.com
    vip.qq.com vip.sina.com vipmail.hu virgilio.it virgin.net virginmedia.com vnn.vn vodafone.de vodafone.it
    vodamail.co.za voila.fr volja.net volny.cz voo.be vp.pl vtr.net walla.co.il walla.com wanadoo.co.uk wanadoo.es
    wanadoo.fr web.de webmail.co.za welho.com westnet.com.au wildblue.net windowslive.com windowslive.gr
    windstream.net wo.cn wowway.com wp.pl writeme.com xfinity.com xs4all.nl xtra.co.nz ya.com ya.ru yahoo.* yandex.*
    ybb.ne.jp yeah.net ymail.com youmail.dk zahav.net.il ziggo.nl zipmail.com.br zohomail.com zohomail.eu
    zohomail.in zonnet.nl zoznam.sk
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
"""Free mail, and mailboxes that come with an internet connection at home."""

_DISPOSABLE = """
    0-mail.com 10minutemail.co.uk 10minutemail.com 10minutemail.net 1secmail.com 1secmail.net 1secmail.org
    20minutemail.com 33mail.com anonbox.net anonymbox.com armyspy.com binkmail.com bobmail.info burnermail.io
    byom.de cock.li crazymailing.com cuvox.de dayrep.com deadaddress.com despam.it discard.email discardmail.com
    discardmail.de dispostable.com dodgit.com dropmail.me e4ward.com einrot.com emailfake.com emailondeck.com
    emailtemporanea.com emltmp.com fakeinbox.com fakemail.net fakemailgenerator.com filzmail.com fleckens.hu
    generator.email getairmail.com getnada.com grr.la guerrillamail.* guerrillamailblock.com gustr.com
    harakirimail.com hidemail.de hmamail.com inboxbear.com inboxkitten.com incognitomail.org jetable.org
    jourrapide.com kasmail.com linshiyouxiang.net mail-temporaire.fr mailcatch.com maildrop.cc mailexpire.com
    mailforspam.com mailinator.* mailinator2.com mailmoat.com mailnesia.com mailnull.com mailpoof.com mailsac.com
    mailtemp.info mailtothis.com meltmail.com mintemail.com minuteinbox.com moakt.cc moakt.com mohmal.com mt2015.com
    mytemp.email mytrashmail.com nada.email nospamfor.us notmailinator.com nwytg.net objectmail.com oneoffemail.com
    owlymail.com pokemail.net proxymail.eu rcpt.at rhyta.com rppkn.com sharklasers.com shieldedmail.com smailpro.com
    sneakemail.com sogetthis.com spam4.me spambog.com spambox.us spamcorptastic.com spamex.com spamfree24.org
    spamgourmet.com spamherelots.com spamhole.com spaml.com superrito.com suremail.info teleworm.us temp-mail.io
    temp-mail.org tempail.com tempemail.net tempinbox.com tempmail.com tempmail.dev tempmail.net tempmail.plus
    tempmailaddress.com tempmailo.com tempomail.fr tempr.email thankyou2010.com throwam.com throwawaymail.com
    tmail.ws tmailinator.com tmpmail.net tmpmail.org trash-mail.com trash-mail.de trashmail.* trashmail.ws trbvm.com
    wegwerfemail.de wegwerfmail.de wegwerfmail.net wegwerfmail.org yopmail.* zetmail.com zippymail.info
"""
DISPOSABLE = frozenset(_DISPOSABLE.split())
"""Throw-away addresses."""
