#!/bin/bash
# dns64 between programs that others wrote: dig, drill, kdig, delv, the C library and curl as clients; a validating
# unbound behind it, and one before it. signed.example is signed by ldns-signzone, legacy.example is not.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
server=2001:db8:2::1

sign() { # signed.example with a key of both roles; KEY: its DNSKEY
    local key
    mkdir -p "$LAB_DIR/zone" && cd "$LAB_DIR/zone" || return 1
    cat >signed.example <<END
\$ORIGIN signed.example.
\$TTL 300
@ IN SOA ns host 1 3600 900 86400 60
@ IN NS ns
ns IN A 192.52.193.54
v4 IN A $LAB_SERVICE
six IN AAAA 2001:db8:99::6
dual IN A $LAB_SERVICE
dual IN AAAA 2001:db8:99::10
alias IN CNAME v4
text IN TXT hello
END
    cp signed.example broken.example
    sed -i 's/signed.example/broken.example/' broken.example
    for zone in signed.example broken.example; do
        key=$(ldns-keygen -a ECDSAP256SHA256 -k $zone) && ldns-signzone -n $zone "$key" || return 1
        cp "$key.key" "$zone.key"
    done
    # What is signed for one address and says another.
    sed -i 's/^\(v4\.broken\.example\.\t300\tIN\tA\t\).*/\1192.52.193.99/' broken.example.signed
    cat signed.example.key broken.example.key >anchors
    printf 'trust-anchors { signed.example. static-key 257 3 13 "%s"; };\n' "$(awk '{print $NF}' FS='257 3 13 ' signed.example.key | cut -d' ' -f1)" >anchors.conf
    cd "$OLDPWD" || return 1
}

recursor() { # NAMESPACE ADDRESS MODULES LINES: an unbound; NAME of its files is ADDRESS
    local file=$LAB_DIR/unbound-$2.conf
    {
        printf 'server:\n    interface: %s\n    access-control: 0.0.0.0/0 allow\n    access-control: ::0/0 allow\n' "$2"
        printf '    %s: ""\n' username chroot pidfile
        printf '    directory: "%s"\n    use-syslog: no\n    do-daemonize: no\n    root-hints: "%s/hints"\n' "$LAB_DIR" "$LAB_DIR"
        printf '    do-not-query-localhost: no\n    module-config: "%s"\n    trust-anchor-file: "%s/zone/anchors"\n' "$3" "$LAB_DIR"
        printf '%s\n' "$4"
    } >"$file"
    lab_spawn "$1" "unbound-$2" unbound -c "$file"
}
zones() {
    local zone
    for zone in signed.example broken.example; do
        printf 'auth-zone:\n    name: "%s."\n    zonefile: "%s/zone/%s.signed"\n    for-downstream: no\n    for-upstream: yes\n    fallback-enabled: no\n' \
            $zone "$LAB_DIR" $zone
    done
    printf 'forward-zone:\n    name: "%s"\n    forward-addr: %s\n' legacy.example 192.52.193.53 193.52.192.in-addr.arpa 192.52.193.53 peers.example 192.52.193.57@5353
}

mkdir -p "$LAB_DIR"
lab_network && lab_services && sign || { echo "Bail out! no lab"; exit 1; }
for last in 54 56 57; do
    lab_in legacy ip addr add 192.52.193.$last/32 dev wide
done
# Upstreams: one that does not validate, one that does, one that does on the gateway itself; and an authority that drops
# AAAA questions.
recursor legacy 192.52.193.54 iterator "$(zones)"
recursor legacy 192.52.193.56 "validator iterator" "$(zones)"
recursor gw 127.0.0.54 "validator iterator" "$(zones)"
lab_spawn legacy dropper env PYTHONDONTWRITEBYTECODE=1 python3 "$G64_SOURCE/tests/peers/upstream.py" 192.52.193.57 5353 "$G64_SOURCE/tests/peers/zone" "$LAB_DIR/questions"
lab_config
sed -i 's/upstream = \["192.52.193.53"\]/upstream = ["192.52.193.54"]/' "$LAB_DIR/gate64.conf"
lab_nat64d && lab_dns64 || { cat "$LAB_DIR"/*64*.log; echo "Bail out! no daemons"; exit 1; }
# A resolver of a backend that validates what dns64 tells it.
recursor pi2 ::1 "validator iterator" "forward-zone:
    name: \".\"
    forward-addr: $server"
ready() { # NAMESPACE ADDRESS
    lab_in "$1" dig +time=1 +tries=1 "@$2" text.signed.example TXT | grep -q 'status: NOERROR'
}
lab_wait 30 ready legacy 192.52.193.54 && lab_wait 30 ready legacy 192.52.193.56 && lab_wait 30 ready gw 127.0.0.54 && lab_wait 30 ready pi2 ::1 ||
    { cat "$LAB_DIR"/unbound-*.log; echo "Bail out! no resolvers"; exit 1; }

heard() { # FRAGMENT CMD...: what the command prints has it
    local fragment=$1
    shift
    lab_in pi2 "$@" | tee "$LAB_DIR/answer"
    grep -qE -- "$fragment" "$LAB_DIR/answer"
}
heard_and_not() { # FRAGMENT OTHER CMD...: has the first, not the second
    local other=$2
    heard "$1" "${@:3}" && ! grep -qE -- "$other" "$LAB_DIR/answer"
}
# The validating resolver behind dns64.
resolver_says() { heard "$1" dig +time=4 +tries=1 +dnssec @::1 "${@:2}"; }
resolver_says_not() { heard_and_not "$1" "$2" dig +time=4 +tries=1 +dnssec @::1 "${@:3}"; }
dig_says() { heard "$1" dig +time=4 +tries=1 @$server "${@:2}"; }
dig_says_not() { heard_and_not "$1" "$2" dig +time=4 +tries=1 @$server "${@:3}"; }
within() { # MS NAME: the synthetic address comes in time
    local begin=$(date +%s%N)
    dig_says 'AAAA.64:ff9b::c034:c10a' "$2" AAAA && echo "$(($(date +%s%N) - begin)) ns" && [ $(($(date +%s%N) - begin)) -lt $(($1 * 1000000)) ]
}
synthetic='AAAA[[:space:]]64:ff9b::c034:c10a'

t_plan 30
t "D64-5.1.6-03 drill reads a synthetic answer" heard "$synthetic" drill @$server api.legacy.example AAAA
t "TCP-7766-01 drill over TCP" heard "$synthetic" drill -t @$server api.legacy.example AAAA
t "D64-5.3.1-02 drill -x of a synthetic address" heard 'PTR[[:space:]]api.legacy.example' drill -x @$server 64:ff9b::c034:c10a
t "D64-SEC-01 drill -D gets it too" heard "$synthetic" drill -D @$server v4.signed.example AAAA
t "D64-SEC-05 drill follows the signatures of real data" heard 'Chase successful|T\].*six.signed.example' drill -S -k "$LAB_DIR/zone/signed.example.key" @$server six.signed.example AAAA
t "D64-5.1.6-03 kdig reads a synthetic answer" heard "$synthetic" kdig @$server api.legacy.example AAAA
t "EDE-02 kdig shows why" heard 'EDE: 29' kdig +edns @$server api.legacy.example AAAA
t "TCP-7766-02 kdig asks three questions in one connection" heard 'NXDOMAIN' kdig +tcp +keepopen @$server nothing.legacy.example AAAA api.legacy.example AAAA www.legacy.example AAAA
t "EDN-05 kdig with padding, NSID and a subnet" heard "$synthetic" kdig +padding=128 +nsid +subnet=192.52.193.0/24 @$server api.legacy.example AAAA
t "EDN-03 dig with EDNS version 1" dig_says 'BADVERS' +edns=1 +noednsnegotiation api.legacy.example AAAA
t "D64-5.1.1-01 getent hosts of a dual name" heard_and_not 2001:db8:99::10 64:ff9b getent ahostsv6 dual.legacy.example
t "D64-5.1.6-03 getent ahosts of an IPv4-only name" heard '^64:ff9b::c034:c10a .*STREAM' getent ahosts api.legacy.example
t "D64-5.3.1-02 getent hosts of a synthetic address" heard 'api.legacy.example' getent hosts 64:ff9b::c034:c10a
t "curl reaches the IPv4-only service by its name" heard 'hello from the IPv4-only service' curl -sS -m 5 http://api.legacy.example/
t "FAIL-01 an AAAA question that is dropped: from A within 2 s" within 2000 silent.peers.example
t "LES-D-28 and the next time" within 2000 silent.peers.example

t "D64-SEC-05 delv validates real data through dns64" heard 'fully validated' delv @$server -a "$LAB_DIR/zone/anchors.conf" +root=signed.example v4.signed.example A
t "D64-SEC-05 so does a validating resolver behind it, AAAA" resolver_says 'flags:.* ad' six.signed.example AAAA
t "D64-SEC-05 and A" resolver_says 'flags:.* ad' v4.signed.example A
t "D64-SEC-01 its CD=1 questions get no synthesis" resolver_says_not 'flags:.* ad.*ANSWER: 0' 64:ff9b v4.signed.example AAAA
t "D64-SEC-05 and it still finds what is forged" resolver_says 'status: SERVFAIL' v4.broken.example A
t "D64-5.1.6-03 an unsigned IPv4-only name is synthesised through it" resolver_says "$synthetic" api.legacy.example AAAA

# Before resolvers that validate: across the network, and on this host.
other() { # PORT UPSTREAM LINES: another dns64 on the gateway
    printf 'state-dir = "%s/other-%s";\ndns64: { listen = ["::#%s"]; upstream = ["%s"]; %s };\n' "$LAB_DIR" "$1" "$1" "$2" "$3" \
        >"$LAB_DIR/other-$1.conf"
    lab_spawn gw "other-$1" "$G64_BUILD/dns64/dns64" -c "$LAB_DIR/other-$1.conf" -f
    lab_wait 10 test -S "$LAB_DIR/other-$1/dns64/control"
}
trust="trusted-upstream = true;"
other 5301 127.0.0.54 "" && other 5302 192.52.193.56 "$trust" && other 5303 127.0.0.54 "$trust"
t "D64-SEC-03 AD of a resolver that is not said to be trusted is not passed" dig_says_not 'status: NOERROR' 'flags:.* ad' -p 5301 +dnssec six.signed.example AAAA
t "D64-SEC-03 nor that of one across the network in clear text" dig_says_not 'status: NOERROR' 'flags:.* ad' -p 5302 +dnssec six.signed.example AAAA
t "D64-SEC-03 AD of a trusted one on this host is passed" dig_says 'flags:.* ad' -p 5303 +dnssec six.signed.example AAAA
t "D64-SEC-06 to who says that AD is known to it" dig_says 'flags:.* ad' -p 5303 +nodnssec +adflag v4.signed.example A
t "D64-SEC-06 and to nobody else" dig_says_not 'status: NOERROR' 'flags:.* ad' -p 5303 +nodnssec +noadflag v4.signed.example A
t "D64-SEC-03 it is never set on what is synthetic" dig_says_not "$synthetic" 'flags:.* ad' -p 5303 +dnssec v4.signed.example AAAA
t "D64-SEC-01 what the upstream finds forged is SERVFAIL" dig_says 'status: SERVFAIL' -p 5303 v4.broken.example AAAA
t "D64-SEC-05 and with CD=1 it is passed" dig_says '192.52.193.99' -p 5303 +cd v4.broken.example A
exit $t_failed
