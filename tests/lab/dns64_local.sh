#!/bin/bash
# What dns64 answers from its own knowledge, with upstreams that write down what they are asked.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
chmod 755 "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
file=$LAB_DIR/gate64.conf hosts=$LAB_DIR/hosts
log=$LAB_DIR/upstream.questions other=$LAB_DIR/other.questions
write() { # DNS64-KEYS [LINES]
    printf 'state-dir = "%s";\n%s\ndns64: {\n workers = 1; upstream = ["192.52.193.53#5300"]; %s\n};\n' "$LAB_DIR/state" "${2:-}" "$1" >"$file"
}
cat >"$hosts" <<END
# names of the lab
192.52.193.10   db.corp.example db # the database
192.52.193.11   db.corp.example
2001:db8:2::10  both.corp.example
192.52.193.12   both.corp.example
2001:db8:2::11  six.corp.example
10.1.2.3        inside.corp.example
192.31.196.9    printer.local
END
write "local = [\"$hosts\", \"192.52.193.20 inline.corp.example\"];"
lab_spawn legacy upstream python3 "$G64_SOURCE/tests/lab/dns64_upstream.py" 192.52.193.53 5300 "$log" 1
lab_spawn legacy other python3 "$G64_SOURCE/tests/lab/dns64_upstream.py" 192.52.193.53 5301 "$other" 1
lab_wait 5 test -e "$log" -a -e "$other"
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

ask() { lab_in pi2 dig +time=4 +tries=1 @2001:db8:2::1 "$@" | tee "$LAB_DIR/answer"; }
has() { grep -qE -- "$1" "$LAB_DIR/answer"; }
answers() { # FRAGMENT QUESTION...: from here, with authority
    local fragment=$1
    shift
    ask "$@"
    has "$fragment" && has 'flags:[a-z ]* aa'
}
denies() { # STATUS ZONE QUESTION...: no answer, and the SOA of the zone
    local status=$1 zone=$2
    shift 2
    ask "$@"
    has "status: $status" && has 'ANSWER: 0,' && has "^$zone\..*IN.SOA.$zone\. nobody\.invalid\. 1 " && has 'flags:[a-z ]* aa'
}
asked() { grep -ciE "^$1" "$log"; } # NAME [TYPE]: how often the upstream was
control() { # PATH: the body; the status in $LAB_DIR/status
    lab_in gw curl -s -m 10 -o "$LAB_DIR/body" -w '%{http_code}' --unix-socket "$LAB_DIR/state/dns64/control" -X POST \
        "http://gate64$1" >"$LAB_DIR/status"
    cat "$LAB_DIR/body"
}
reload() { control /v1/reload && [ "$(cat "$LAB_DIR/status")" = 200 ]; }
refuses() { # FRAGMENT: the reload, and says so
    control /v1/reload
    [ "$(cat "$LAB_DIR/status")" = 409 ] && grep -qF -- "$1" "$LAB_DIR/body"
}

synthesised() {
    answers 'db.corp.example.*300.*AAAA.64:ff9b::c034:c10a' db.corp.example AAAA && has 'AAAA.64:ff9b::c034:c10b' &&
        answers 'AAAA.64:ff9b::c034:c114' inline.corp.example AAAA && answers 'A.192.52.193.11' DB.Corp.Example A && answers 'A.192.52.193.10' db A
}
real() { answers 'AAAA.2001:db8:2::10' both.corp.example AAAA && ! has 64:ff9b && denies NOERROR six.corp.example six.corp.example A; }
no_data() {
    local type
    for type in TXT MX HTTPS SVCB NS DS; do denies NOERROR db.corp.example db.corp.example "$type" || return 1; done
}
never_asked() { [ "$(asked '[a-z]*\.corp\.example')" = 0 ] && ask www.corp.example AAAA && has 64:ff9b && [ "$(asked 'www\.corp\.example')" = 2 ]; }
back() {
    answers 'PTR.db.corp.example' -x 192.52.193.10 && answers 'PTR.six.corp.example' -x 2001:db8:2::11 &&
        answers 'CNAME.10.193.52.192.in-addr.arpa' -x 64:ff9b::192.52.193.10 && has '10.193.52.192.in-addr.arpa.*PTR.db.corp.example'
}
below_nothing() { # the upstream says that no.example does not exist; a cache behind us must not believe it
    echo "192.52.193.30 db.no.example" >>"$hosts" && reload || return 1
    ask no.example A && has 'status: NOERROR' && ask other.no.example A && has 'status: NXDOMAIN' && [ "$(asked 'other.no.example')" = 0 ] &&
        answers 'AAAA.64:ff9b::c034:c11e' db.no.example AAAA
}
changed() {
    sed -i 's/^192.52.193.11 .*/192.52.193.99 new.corp.example/' "$hosts" && reload || return 1
    answers 'AAAA.64:ff9b::c034:c163' new.corp.example AAAA && ask db.corp.example A && ! has 192.52.193.11 && has 192.52.193.10
}
faulty() { # the line is told, and the names stay
    local lines
    lines=$(wc -l <"$hosts")
    cp "$hosts" "$LAB_DIR/good"
    echo "192.52.193.300 wrong.corp.example" >>"$hosts"
    refuses "$hosts:$((lines + 1)): no address at the beginning; allowed: ADDRESS NAME" || return 1
    answers 'AAAA.64:ff9b::c034:c163' new.corp.example AAAA || return 1
    kill -HUP "$DNS64_PID"
    twice() { [ "$(grep -cF "$hosts:$((lines + 1)): no address" "$LAB_DIR/dns64.log")" = 2 ]; } # by request, and by signal
    lab_wait 5 twice || return 1
    { cat "$LAB_DIR/good"; echo '192.52.193.40 *.corp.example'; } >"$hosts"
    refuses "$hosts:$((lines + 1)): not a name" || return 1
    cp "$LAB_DIR/good" "$hosts"
    write "local = [\"$LAB_DIR/not-there\"];" && refuses "$LAB_DIR/not-there:0: cannot read it: No such file" || return 1
    write "local = [\"$LAB_DIR\"];" && refuses "$LAB_DIR:0: cannot read it: Is a directory" || return 1
    write 'local = ["db.example 192.0.2.1"];' && refuses 'gate64.conf:0: wrong value \"db.example 192.0.2.1\" of dns64.local' || return 1
    answers 'AAAA.64:ff9b::c034:c163' new.corp.example AAAA && kill -0 "$DNS64_PID"
}
thousands() {
    local i
    for i in $(seq 1 20000); do echo "10.$((i / 65536)).$((i / 256 % 256)).$((i % 256)) host$i.rack$((i % 50)).example"; done >"$LAB_DIR/many"
    write "local = [\"$hosts\", \"$LAB_DIR/many\"]; local-ttl = 77;" && reload || return 1
    answers 'host19999.rack49.example.*77.*A.10.0.78.31' host19999.rack49.example A && answers 'PTR.host1.rack1.example' -x 10.0.0.1 &&
        answers 'A.10.0.39.16' host10000.rack0.example A
}

zones() {
    answers '10.in-addr.arpa.*10800.*IN.SOA.10.in-addr.arpa. nobody.invalid. 1 3600 1200 604800 10800' 10.in-addr.arpa SOA &&
        answers '31.172.in-addr.arpa.*10800.*NS.31.172.in-addr.arpa.' 31.172.in-addr.arpa NS && denies NXDOMAIN 168.192.in-addr.arpa -x 192.168.7.7 &&
        denies NXDOMAIN 64.100.in-addr.arpa -x 100.64.0.1 && denies NXDOMAIN 8.b.d.0.1.0.0.2.ip6.arpa -x 2001:db8::7777 &&
        denies NXDOMAIN d.f.ip6.arpa -x fd00::1 && denies NOERROR 10.in-addr.arpa 10.in-addr.arpa PTR && answers 'SOA.10.in-addr.arpa' +norecurse 10.in-addr.arpa SOA
}
special() {
    answers 'localhost.*AAAA.::1' localhost AAAA && answers 'A.127.0.0.1' a.localhost A && denies NOERROR localhost localhost MX &&
        denies NXDOMAIN invalid www.invalid AAAA && denies NXDOMAIN test www.test AAAA && denies NXDOMAIN onion abc.onion A && denies NXDOMAIN alt x.alt A &&
        denies NXDOMAIN local other.local A && denies NXDOMAIN home.arpa tv.home.arpa A && denies NOERROR resolver.arpa _dns.resolver.arpa SVCB &&
        denies NXDOMAIN service.arpa default.service.arpa A && answers 'AAAA.64:ff9b::c01f:c409' printer.local AAAA
}
zones_asked() { [ "$(asked '.*(168.192|10|100|d.f.ip6|localhost|invalid|test|onion|alt|local|home.arpa|resolver.arpa|service.arpa)')" = 0 ]; }
switched() {
    write "local = [\"$hosts\"]; local-zones-off = [\"10.in-addr.arpa\", \"172.in-addr.arpa\"]; forward = ( { domain = \"lab.test\"; upstream = [\"192.52.193.53#5301\"]; } );"
    reload || return 1
    ask -x 10.200.0.1 && [ "$(asked 1.0.200.10.in-addr.arpa)" = 1 ] && ask -x 172.20.0.1 && [ "$(asked 1.0.20.172.in-addr.arpa)" = 1 ] || return 1
    denies NXDOMAIN 168.192.in-addr.arpa -x 192.168.7.8 && ask www.lab.test AAAA && has 64:ff9b::c034:c10a && grep -q '^www.lab.test 28' "$other" || return 1
    denies NXDOMAIN test www.other.test AAAA || return 1
    write 'local-zones-off = ["example.com"];' && refuses 'gate64.conf:0: wrong value \"example.com\" of dns64.local-zones-off' || return 1
    write 'local-zones = false;' && reload && ask -x 192.168.7.9 && [ "$(asked 9.7.168.192.in-addr.arpa)" = 1 ]
}

reverse() {
    write "local = [\"$hosts\"];" && reload || return 1
    denies NOERROR 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa PTR &&
        denies NXDOMAIN 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa zz.a.1.c.4.3.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa PTR &&
        answers 'SOA' 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa SOA && ask -x 64:ff9b::10.9.9.9 && has 'status: NXDOMAIN' && has 'CNAME.9.9.9.10.in-addr.arpa' &&
        has '10.in-addr.arpa.*SOA' && ask -x 2001:db8:64::c034:c10a && has 'status: NXDOMAIN' || return 1
    write "local = [\"$hosts\"]; reverse = \"local\";" && reload && answers 'PTR.db.corp.example' -x 64:ff9b::192.52.193.10 && ! has CNAME &&
        ask -x 64:ff9b::192.52.193.222 && has 'status: NXDOMAIN' || return 1
    write "local = [\"$hosts\"];" 'pref64 = ( { prefix = "fd00:64::/96"; } );' && reload && answers 'CNAME.10.193.52.192' -x fd00:64::192.52.193.10 && has PTR.db.corp.example &&
        denies NXDOMAIN d.f.ip6.arpa -x fd00:65::1
}

discovery_flags() {
    local flags
    write '' && reload || return 1
    for flags in "+nodnssec +nocd" "+dnssec +nocd" "+nodnssec +cd" "+dnssec +cd"; do
        # shellcheck disable=SC2086
        answers 'ipv4only.arpa.*3600.*AAAA.64:ff9b::c000:aa' $flags ipv4only.arpa AAAA && has 'AAAA.64:ff9b::c000:ab' && ! has RRSIG || return 1
    done
}
discovery_types() {
    local type
    for type in TXT MX ANY HTTPS DNSKEY; do denies NOERROR ipv4only.arpa ipv4only.arpa "$type" || return 1; done
    answers 'NS.ipv4only.arpa' ipv4only.arpa NS && answers SOA ipv4only.arpa SOA && denies NXDOMAIN ipv4only.arpa x.ipv4only.arpa DS && ask ipv4only.arpa DS &&
        [ "$(asked 'ipv4only.arpa 43$')" = 1 ] && [ "$(asked '(x.)?ipv4only.arpa')" = 1 ] && ask -x 192.0.0.170 && [ "$(asked 170.0.0.192.in-addr.arpa)" = 1 ]
}
lengths() { # a client of its own, for each length and for two prefixes
    local prefix
    for prefix in 2001:db8::/32 2001:db8:100::/40 2001:db8:122::/48 2001:db8:122:300::/56 2001:db8:122:344::/64 2001:db8:122:344::/96 64:ff9b::/96; do
        write '' "pref64 = ( { prefix = \"$prefix\"; } );" && reload || return 1
        [ "$(lab_in pi2 python3 "$G64_SOURCE/tests/lab/rfc7050_client.py" 2001:db8:2::1 | tee -a "$LAB_DIR/found")" = "$prefix" ] || return 1
    done
    write '' 'pref64 = ( { prefix = "2001:db8:122::/48"; }, { prefix = "64:ff9b::/96"; } );' && reload || return 1
    [ "$(lab_in pi2 python3 "$G64_SOURCE/tests/lab/rfc7050_client.py" 2001:db8:2::1 | tr '\n' ' ')" = "2001:db8:122::/48 64:ff9b::/96 " ]
}
own_name() {
    write 'local = ["2001:db8:64::192.0.0.170 nat64.example.net", "2001:db8:64::192.0.0.171 nat64.example.net", "192.52.193.10 check.example.net"];' \
        'pref64 = ( { prefix = "2001:db8:64::/96"; } );'
    reload && answers 'PTR.nat64.example.net' -x 2001:db8:64::192.0.0.170 && answers 'PTR.nat64.example.net' -x 2001:db8:64::192.0.0.171 &&
        answers 'AAAA.2001:db8:64::c000:aa' nat64.example.net AAAA && has 'AAAA.2001:db8:64::c000:ab' && answers 'AAAA.2001:db8:64::c034:c10a' check.example.net AAAA
}
ttl() { write 'ipv4only-ttl = 120;' && reload && answers 'ipv4only.arpa.*120.*AAAA.64:ff9b::c000:aa' ipv4only.arpa AAAA; }
viewed() { # a view without DNS64
    write 'views = ( { name = "plain"; clients = ["2001:db8:2::/64"]; dns64 = false; } );' && reload && ask ipv4only.arpa A && has 192.52.193.10 &&
        [ "$(asked 'ipv4only.arpa 1$')" = 1 ] && ask -x 64:ff9b::192.0.0.170 && ! has ipv4only && denies NXDOMAIN test www.test A
}
split() { # another view, other addresses
    write 'local = ["192.52.193.10 www.corp.example"]; views = ( { name = "inside"; clients = ["2001:db8:2::/64"]; local = ["2001:db8:2::80 www.corp.example"]; } );' \
        'backends = ["2001:db8:2::/64", "2001:db8:66::/64"];'
    reload && answers 'AAAA.2001:db8:2::80' www.corp.example AAAA && ! has 64:ff9b &&
        lab_in out dig +time=4 +tries=1 @2001:db8:2::1 www.corp.example AAAA | tee /dev/stderr | grep -q 64:ff9b::c034:c10a
}
plain() { # no prefix, so no DNS64
    write '' 'pref64 = (); pools = (); eam = ( { ipv4 = "192.31.196.19"; ipv6 = "2001:db8:2::2"; } );' && reload && ask ipv4only.arpa A && has 192.52.193.10
}
shown() {
    write "local = [\"$hosts\"];" && reload && gate64 dns lookup db.corp.example | tee "$LAB_DIR/table" && grep -qE 'local +A +0 .*A 192\.52\.193\.10' "$LAB_DIR/table" &&
        grep -qE 'local +AAAA +0 .*AAAA 64:ff9b::c034:c10a' "$LAB_DIR/table" && gate64 dns lookup 7.7.168.192.in-addr.arpa | tee "$LAB_DIR/table" && grep -qE 'local +- +3' "$LAB_DIR/table" &&
        gate64 dns lookup other.example.com | tee "$LAB_DIR/table" && ! grep -q local "$LAB_DIR/table"
}

t_plan 26
t "LIST-03 LES-D-02 a local A alone is synthesised" synthesised
t "LIST-03 a local AAAA stops synthesis" real
t "LIST-03 other types of local names have no data" no_data
t "LIST-03 local names are never asked for, others of the domain are" never_asked
t "LIST-03 reverse names of local addresses" back
t "LES-D-36 a local name below one that does not exist" below_nothing
t "LIST-03 a reload reads the files anew" changed
t "LIST-03 a faulty or missing file stops the reload with its line, and nothing else" faulty
t "LIST-03 twenty thousand names" thousands
t "LOC-6303-01 empty zones, with authority, SOA and NS" zones
t "LOC-6761-01 LOC-6761-02 LOC-OURS-01 localhost, invalid, test and further names" special
t "LOC-6303-01 nothing of these was asked for" zones_asked
t "LOC-6303-01 LOC-6761-02 zones switched off, and forwarded" switched
t "D64-5.3.1-02 D64-5.3.1-05 D64-5.3.1-07 LES-D-25 LOC-6303-02 reverse names around and under the prefix" reverse
t "D64-8880-03 D64-8880-08 AAAA whatever DO and CD are" discovery_flags
t "D64-8880-00 D64-8880-01 D64-8880-04 D64-8880-05 D64-8880-06 D64-8880-09 nothing leaves but DS" discovery_types
t "D64-7050-01 a client of RFC 7050 finds each length, and two prefixes" lengths
t "D64-7050-02 D64-7050-03 a name of the NAT64 and the way back" own_name
t "D64-8880-07 the TTL of ipv4only.arpa" ttl
t "D64-8880-10 a view without DNS64 asks for it" viewed
t "D64-8880-10 a server without prefixes asks for it" plain
t "VIEW-01 LIST-03 a view has local names of its own" split
t "what is answered here is shown by gate64 dns lookup" shown
write '' 'pools = ( { name = "main"; address = "192.31.196.16/30"; } ); nat64: { icmp-errors: { per-second = 1; per-second-per-network = 1; }; };'
lab_nat64d || { cat "$LAB_DIR/nat64d.log"; echo "Bail out! no nat64d"; exit 1; }
pings() { lab_in pi2 ping -6 -c 300 -i 0.005 -W 3 64:ff9b::192.52.193.10 | tee /dev/stderr | grep -q ' 0% packet loss'; }
t "D64-7050-03 300 connectivity checks in two seconds are all answered" pings
dropped() { ! lab_in pi2 ping -6 -c 2 -i 0.2 -W 1 64:ff9b::192.0.0.170 && ! lab_in pi2 ping -6 -c 1 -W 1 64:ff9b::192.0.0.171; }
t "D64-7050-04 what is sent to the discovery addresses is dropped" dropped
stops() { kill -TERM "$DNS64_PID" && wait "$DNS64_PID"; }
t "it ends" stops
exit $t_failed
