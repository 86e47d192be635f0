#!/bin/bash
# Cookies, questions without RD, ANY and extended errors as dig sees them, by UDP and TCP.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
file=$LAB_DIR/gate64.conf
log=$LAB_DIR/upstream.questions
write() { # DNS64-KEYS: one thread, whose cache answers
    printf 'state-dir = "%s";\ndns64: { workers = 1; upstream = ["192.52.193.53#5300"]; %s };\n' "$LAB_DIR/state" "$1" >"$file"
}
write ""
lab_spawn legacy upstream python3 "$G64_SOURCE/tests/lab/dns64_upstream.py" 192.52.193.53 5300 "$log" 10
lab_wait 5 test -e "$log"
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

ask() { lab_in pi2 dig +time=4 +tries=1 @2001:db8:2::1 "$@" | tee "$LAB_DIR/answer"; }
asked() { grep -c "^$1 " "$log"; } # NAME: how often the upstream was
has() { grep -qE -- "$1" "$LAB_DIR/answer"; }
reload() { # DNS64-KEYS
    write "$1" && lab_in gw curl -s -m 10 -o "$LAB_DIR/body" -X POST --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/reload &&
        grep -q '"changed":true' "$LAB_DIR/body"
}
cookie_of() { sed -n 's/^; COOKIE: \([0-9a-f]*\).*/\1/p' "$LAB_DIR/answer"; }

given() { # by upstreams' answers and by kept ones, and dig finds its own part in it
    ask longone.edns.example AAAA && has 'COOKIE: [0-9a-f]{48} \(good\)' && ask longone.edns.example AAAA && has 'COOKIE: [0-9a-f]{48} \(good\)'
    has 'EDE: 29' && [ "$(asked longone.edns.example)" = 2 ] && ask +nocookie longone.edns.example AAAA && ! has COOKIE && has 'EDE: 29'
}
bad_and_good() { # told that its cookie is none, dig comes again with the one that it got
    reload 'cookies = "badcookie";' || return 1
    ask +nobadcookie +cookie=0102030405060708 longone.edns.example AAAA && has 'status: BADCOOKIE' && ! has 64:ff9b:: || return 1
    local cookie
    cookie=$(cookie_of)
    ask +nobadcookie "+cookie=$cookie" longone.edns.example AAAA && has 'status: NOERROR' && has 64:ff9b:: || return 1
    ask longone.edns.example AAAA && has 'status: NOERROR' && has 64:ff9b:: || return 1
    ask +tcp +nobadcookie +cookie=0102030405060708 longone.edns.example AAAA && has 'status: NOERROR' && has 64:ff9b::
}
of_its_address() { # another address of the same host has no use for it
    ask +nobadcookie +cookie=0102030405060708 longone.edns.example AAAA && has 'status: BADCOOKIE' || return 1
    local cookie
    cookie=$(cookie_of)
    lab_in pi2 ip addr add 2001:db8:2::77/64 dev eth0 nodad || return 1
    ask -b 2001:db8:2::77 +nobadcookie "+cookie=$cookie" longone.edns.example AAAA && has 'status: BADCOOKIE'
}
same_secret() { # and by another secret it is none
    local cookie
    reload 'cookies = "badcookie"; cookie-secret = "e5e973e5a6b2a43f48e7dc849e37bfcf";' || return 1
    ask +nobadcookie +cookie=0102030405060708 longone.edns.example AAAA
    cookie=$(cookie_of)
    reload 'cookies = "badcookie"; cookie-secret = "dd3bdf9344b678b185a6f5cb60fca715";' || return 1
    ask +nobadcookie "+cookie=$cookie" longone.edns.example AAAA && has 'status: BADCOOKIE' || return 1
    reload 'cookies = "badcookie"; cookie-secret = "e5e973e5a6b2a43f48e7dc849e37bfcf";' || return 1
    ask +nobadcookie "+cookie=$cookie" longone.edns.example AAAA && has 'status: NOERROR'
}
off() {
    reload 'cookies = "off";' && ask longone.edns.example AAAA && has 64:ff9b:: && ! has 'COOKIE: [0-9a-f]{48}'
}
without_rd() { # first nothing is known, then the parts are, then the answer is
    ask +norec longtwo.edns.example AAAA && has 'status: REFUSED' && has 'EDE: 20' && [ "$(asked longtwo.edns.example)" = 0 ] || return 1
    ask longtwo.edns.example A && ask +norec longtwo.edns.example A && has 192.52.193.10 && has 'flags: qr ra' || return 1
    ask +norec longtwo.edns.example AAAA && has 'status: REFUSED' && [ "$(asked longtwo.edns.example)" = 1 ] || return 1
    ask longtwo.edns.example AAAA && ask +norec longtwo.edns.example AAAA && has 64:ff9b::c034:c10a && [ "$(asked longtwo.edns.example)" = 2 ]
}
any() {
    ask +notcp longone.edns.example ANY && has 'HINFO.*"RFC8482" ""' && ! has 64:ff9b:: && ! has 'flags:.* tc' || return 1
    ask +notcp noname.edns.example ANY && has 'status: NXDOMAIN'
}
other_classes() {
    ask version.bind TXT CH && has 'status: REFUSED' && has 'EDE: 21'
}

t_plan 8
t "CKI-02 who sends a cookie gets one, with answers that were kept too" given
t "CKI-03 BADCOOKIE, and the answer for who comes again with the right one" bad_and_good
t "LES-D-33 a cookie is good for its own address alone" of_its_address
t "CKI-05 servers with the same secret know each other's cookies" same_secret
t "CKI-02 cookies are none when they are off" off
t "FWD-03 without RD the cache answers, or nobody" without_rd
t "ANY-8482-01 ANY by UDP is one small record" any
t "LES-D-46 another class is refused" other_classes
exit $t_failed
