#!/bin/bash
# dns64 and its upstreams: over UDP, TCP and TLS, honest and otherwise.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
lab_certificates
tls=$LAB_DIR/tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=nobody" \
    -keyout "$tls/own.key" -out "$tls/own.pem" 2>/dev/null
pin() { openssl x509 -in "$1" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64; }
for last in 99 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119; do
    lab_in legacy ip addr add 192.52.193.$last/24 dev wide
done
lab_spawn legacy resolvers python3 "$G64_SOURCE/tests/lab/dns64_resolvers.py" "$LAB_DIR/asked" \
    192.52.193.101#53 192.52.193.102#53,silent 192.52.193.103#53,cut 192.52.193.104#53,cut,refuse-tcp \
    192.52.193.105#53,small 192.52.193.106#53,no-edns 192.52.193.107#53,wrong 192.52.193.108#53,cookie \
    192.52.193.109#853,tls="$tls/api.pem:$tls/api.key" 192.52.193.110#853,tls="$tls/own.pem:$tls/own.key" \
    192.52.193.111#53,cut,backwards 192.52.193.112#53,cut,close=5 192.52.193.113#53 192.52.193.114#53,ad \
    192.52.193.115#853,tls="$tls/api.pem:$tls/api.key",ad,close=3 192.52.193.116#53,badcookie 192.52.193.117#53,delay=250 \
    192.52.193.118#53,delay=600 192.52.193.119#53,cut,delay=400
lab_wait 10 grep -q ready "$LAB_DIR/asked" || { cat "$LAB_DIR/resolvers.log"; echo "Bail out! no resolvers"; exit 1; }
export SSL_CERT_FILE=$tls/ca.pem # the authorities of this lab's system

configure() { # DNS64-KEYS
    printf 'state-dir = "%s";\ndns64: { workers = 1; prefetch = false; %s };\n' "$LAB_DIR/state" "$1" >"$LAB_DIR/gate64.conf"
}
start() { # DNS64-KEYS: another dns64, which knows nothing yet
    [ -z "${DNS64_PID:-}" ] || lab_end "$DNS64_PID"
    rm -f "$LAB_DIR/state/dns64/control"
    configure "$1"
    lab_dns64 || cat "$LAB_DIR/dns64.log"
    : >"$LAB_DIR/seen"
    before=$(wc -l <"$LAB_DIR/asked")
}
asked() { tail -n +$((before + 1)) "$LAB_DIR/asked"; } # since the start
ask() { lab_in pi2 dig +time=4 +tries=1 @2001:db8:2::1 "$@" | tee "$LAB_DIR/answer"; }
address() { ask +short "$1" A; } # the last octet says who answered
many() { # COUNT PREFIX: as many names, several at once
    for i in $(seq 1 "$1"); do echo "$2$i.example A"; done >"$LAB_DIR/names"
    lab_in pi2 dnsperf -s 2001:db8:2::1 -d "$LAB_DIR/names" -n 1 -c 1 -q 50 -t 5 2>&1 | tee "$LAB_DIR/dnsperf"
    grep -q "Queries completed: *$1 " "$LAB_DIR/dnsperf" && grep -q "NOERROR $1 " "$LAB_DIR/dnsperf"
}
counter() { lab_in gw curl -s -m 5 --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/metrics | tee /dev/stderr | awk -v k="kind=\"$1\"" 'index($0, k) {print $2}'; }

forward() {
    start 'upstream = ["192.52.193.101"]; forward = ( { domain = "corp.example"; upstream = ["192.52.193.113"]; } );'
    [ "$(address www.example)" = 192.175.48.101 ] && [ "$(address www.corp.example)" = 192.175.48.113 ] &&
        [ "$(address corp.example)" = 192.175.48.113 ] && [ "$(address mycorp.example)" = 192.175.48.101 ] &&
        ! asked | grep -q '193.101 .* www.corp.example' && ! asked | grep -q '193.113 .* www.example'
}
not_kept() { # what one said is not given for the other after a reload
    start 'upstream = ["192.52.193.101"];'
    [ "$(address host.lab.example)" = 192.175.48.101 ] || return 1
    configure 'upstream = ["192.52.193.101"]; forward = ( { domain = "lab.example"; upstream = ["192.52.193.113"]; } );'
    lab_in gw curl -sf -X POST --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/reload || return 1
    [ "$(address host.lab.example)" = 192.175.48.113 ]
}
dropped() { # ADDRESS WAY: a reload drops the one that was just asked; its reply comes late, and it was its last
    start "upstream = [\"$1\"];"
    ask +short "$2-late.example" A >"$LAB_DIR/late" &
    local dig=$!
    lab_wait 5 grep -q "$1 $2 .*$2-late.example" "$LAB_DIR/asked" || return 1
    configure 'upstream = ["192.52.193.101"];'
    lab_in gw curl -sf -X POST --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/reload || return 1
    wait "$dig"
    cat "$LAB_DIR/late"
    [ "$(cat "$LAB_DIR/late")" = "192.175.48.${1##*.}" ] && sleep 0.3 && [ "$(address "$2-after.example")" = 192.175.48.101 ] &&
        kill -0 "$DNS64_PID"
}
failover() {
    start 'upstream = ["192.52.193.102", "192.52.193.101"];'
    : >"$LAB_DIR/times"
    for i in $(seq 1 20); do
        ask "over$i.example" A
        grep -q 'A.192.175.48.101$' "$LAB_DIR/answer" || return 1
        awk '/Query time/ {print $4}' "$LAB_DIR/answer" >>"$LAB_DIR/times"
    done
    # At most the first waits for it.
    [ "$(awk '$1 >= 290' "$LAB_DIR/times" | wc -l)" -le 1 ] && [ "$(awk '$1 >= 2000' "$LAB_DIR/times" | wc -l)" = 0 ] &&
        [ "$(asked | grep -c '193.102 udp')" -le 3 ]
}
three_packets() {
    start 'upstream = ["192.52.193.102"];'
    ask dead.example A
    grep -q 'status: SERVFAIL' "$LAB_DIR/answer" || lab_wait 8 [ "$(asked | grep -c dead.example)" -ge 3 ]
    sleep 3
    [ "$(asked | grep -c dead.example)" = 3 ]
}
gone() { # nobody listens there: no wait
    start 'upstream = ["192.52.193.10", "192.52.193.101"];'
    local begin
    begin=$(date +%s%N)
    [ "$(address gone.example)" = 192.175.48.101 ] && [ $((($(date +%s%N) - begin) / 1000000)) -lt 700 ]
}
over_tcp() {
    start 'upstream = ["192.52.193.103"];'
    [ "$(address large.example)" = 192.175.48.103 ] && [ "$(asked | grep -c large.example)" = 2 ]
}
stays_cut() {
    start 'upstream = ["192.52.193.104"];'
    ask +ignore cut.example A
    grep -q 'flags:.* tc' "$LAB_DIR/answer" && grep -q 'ANSWER: 0' "$LAB_DIR/answer" || return 1
    ask +ignore cut.example AAAA
    grep -q 'flags:.* tc' "$LAB_DIR/answer"
}
swallow() {
    start 'upstream = ["192.52.193.101"];'
    local begin
    begin=$(date +%s%N)
    [ "$(ask +short swallow.example AAAA)" = 64:ff9b::c0af:3065 ] && [ $((($(date +%s%N) - begin) / 1000000)) -lt 2000 ]
}
both_at_once() { # with 0 the A question does not wait for the reply to AAAA, which takes 250 ms
    start 'upstream = ["192.52.193.117"]; aaaa-wait-ms = 0;'
    ask both.example AAAA
    asked | awk '/both.example 28 /{aaaa = $1} /both.example 1 /{a = $1} END {exit !(a && aaaa && a - aaaa < 100)}'
}
one_after_the_other() {
    start 'upstream = ["192.52.193.117"]; aaaa-wait-ms = 5000;'
    ask later.example AAAA
    asked | awk '/later.example 28 /{aaaa = $1} /later.example 1 /{a = $1} END {exit !(a && aaaa && a - aaaa >= 240)}'
}
any_type() { # what looks like a pointer in unknown RDATA is none
    start 'upstream = ["192.52.193.101"];'
    ask strange.example TYPE65333
    grep -qi 'TYPE65333.*# 3 01C003' "$LAB_DIR/answer" || return 1
    ask +noedns strange.example TYPE65333
    grep -qi 'TYPE65333.*# 3 01C003' "$LAB_DIR/answer" && ! asked | grep -v edns | grep strange
}
mixed_case() {
    start 'upstream = ["192.52.193.101"]; case-randomisation = true;'
    [ "$(ask +noall +answer wWw.a-long-name-of-many-letters.example A | awk '{print $1, $5}')" = \
        "wWw.a-long-name-of-many-letters.example. 192.175.48.101" ] || return 1
    local name
    name=$(asked | awk '/193.101/ {print $7; exit}')
    echo "$name"
    [ "$name" != wWw.a-long-name-of-many-letters.example ] && [ "$name" != "${name,,}" ] && [ "$name" != "${name^^}" ]
}
small_case() { # one that gives small letters back is asked by TCP, where they do not matter so much
    start 'upstream = ["192.52.193.105"]; case-randomisation = true;'
    ask +short small.a-long-name-of-many-letters.example A
    asked | grep -q '193.105 tcp'
}
wrong() {
    start 'upstream = ["192.52.193.107"];'
    [ "$(address wrong.example)" = 192.175.48.107 ] && [ "$(asked | grep -c wrong.example)" = 1 ] &&
        [ "$(counter upstream_wrong)" = 4 ]
}
ports() { # 2000 questions: where they come from, and their IDs
    start 'upstream = ["192.52.193.101"];'
    many 2000 port || return 1
    asked | awk '/ udp / {
            ports[$5]++; ids[$6]++; count++
            high += $5 >= 32768; id_high += $6 >= 32768; id_odd += $6 % 2
            bin[int(($5 - 1024) / 8064)] = 1
        }
        END {
            for (p in ports) { if (ports[p] > 64 || p + 0 < 1024) bad = 1; n++ }
            for (b in bin) bins++
            for (i in ids) m++
            print count, n, bins, m, high, id_high, id_odd
            exit !(!bad && count == 2000 && n >= 32 && bins >= 6 && m > 1900 &&
                id_high > 900 && id_high < 1100 && id_odd > 900 && id_odd < 1100)
        }'
}
at_once() { # several ports serve at the same time, whatever thread asks
    start 'workers = 2; upstream = ["192.52.193.101"];' 2>/dev/null
    sed -i 's/workers = 1; //' "$LAB_DIR/gate64.conf"
    lab_end "$DNS64_PID"
    rm -f "$LAB_DIR/state/dns64/control"
    lab_dns64
    before=$(wc -l <"$LAB_DIR/asked")
    many 600 thread || return 1
    asked | awk '/ udp / {if (NR > 1 && $5 < last) down++; last = $5; ports[$5] = 1; low += $5 < 33280; n++}
        END {for (p in ports) count++; print count, down, low, n; exit !(count >= 10 && down > n / 5 && low > 0 && low < n)}'
}
no_edns() {
    start 'upstream = ["192.52.193.106"];'
    [ "$(address one.example)" = 192.175.48.106 ] && [ "$(address two.example)" = 192.175.48.106 ] &&
        [ "$(asked | awk '{print $7, $9}' | tr '\n' ' ')" = "one.example edns one.example plain two.example plain " ]
}
cookies() {
    start 'upstream = ["192.52.193.108"]; forward = ( { domain = "other.example"; upstream = ["192.52.193.101"]; } );'
    address a.example && sleep 0.2 && address b.other.example && address c.example && address d.example || return 1
    asked | awk '$2 ~ /108$/ {n++; if (n == 1) first = $10; else if ($10 != first || $11 != "736572766572636b") bad = 1}
        $2 ~ /101$/ {if ($10 == first) bad = 1; others++}
        END {exit !(n >= 2 && others >= 1 && !bad && length(first) == 16)}'
}
bad_cookie() {
    start 'upstream = ["192.52.193.116"];'
    [ "$(address fresh.example)" = 192.175.48.116 ] && [ "$(asked | grep -c 'udp.*fresh.example')" = 2 ]
}
over_tls() {
    start 'upstream = ["tls://192.52.193.109/api.legacy.example"];'
    [ "$(address tls.example)" = 192.175.48.109 ] && asked | grep -Eq 'handshake [0-9]+ TLSv1.[23] dot' &&
        ! asked | grep -Eq ' (udp|tcp) '
}
one_connection() {
    many 100 kept || return 1
    [ "$(asked | grep -c handshake)" = 1 ] && [ "$(asked | grep -c ' tls ')" = 101 ]
}
silent_name() { # what is not answered for one name alone is no reason to leave the connection
    start 'upstream = ["tls://192.52.193.109/api.legacy.example"];'
    address first.example && sleep 0.1 || return 1
    ask +short swallow-over-tls.example AAAA &
    local dig=$!
    for i in $(seq 1 12); do
        [ "$(lab_in pi2 dig +short +time=4 +tries=1 @2001:db8:2::1 "meanwhile$i.example" A)" = 192.175.48.109 ] || return 1
        sleep 0.3
    done
    wait "$dig"
    [ "$(asked | grep -c swallow-over-tls.example)" -ge 2 ] && [ "$(asked | grep -c handshake)" = 1 ]
}
dot_at_the_end() {
    start 'upstream = ["tls://192.52.193.109/api.legacy.example."];'
    [ "$(address dot.example)" = 192.175.48.109 ]
}
closed_cleanly() {
    lab_end "$DNS64_PID"
    lab_wait 5 sh -c "tail -n +$((before + 1)) '$LAB_DIR/asked' | grep -q 'closed .* cleanly'"
}
no_route() { # three that no connection can be made to, and a good one behind them
    lab_in gw ip route add unreachable 198.51.100.0/24
    start 'upstream = ["tls://198.51.100.1/a.example", "tls://198.51.100.2/b.example", "tls://198.51.100.3/c.example", "192.52.193.101"];'
    for i in 1 2 3; do address "blamed$i.example"; done
    [ "$(address good.example)" = 192.175.48.101 ]
    local r=$?
    lab_in gw ip route del unreachable 198.51.100.0/24
    return $r
}
refused() { # UPSTREAM: the certificate is not the one: nothing is asked, in no way
    start "upstream = [\"$1\"];"
    ask never.example A
    grep -q 'status: SERVFAIL' "$LAB_DIR/answer" && ! asked | grep -q never.example
}
pinned() {
    start "upstream = [\"tls://192.52.193.110#853/pin-sha256=$(pin "$tls/own.pem")\"];"
    [ "$(address pin.example)" = 192.175.48.110 ]
}
resumed() { # the peer closes after three answers: what it left is asked again, by a session that is taken up
    start 'upstream = ["tls://192.52.193.115/api.legacy.example"];'
    for i in $(seq 1 12); do [ "$(address "again$i.example")" = 192.175.48.115 ] || return 1; done
    [ "$(asked | grep -c 'handshake.*resumed')" -ge 2 ] && [ "$(asked | grep -c handshake)" -le 6 ]
}
says_ad() { # yes|no DNS64-KEYS
    local said=none
    start "$2"
    ask +adflag ad.example A
    grep -q 'status: NOERROR' "$LAB_DIR/answer" && said=no
    grep -q 'flags:.* ad' "$LAB_DIR/answer" && said=yes
    [ $said = "$1" ]
}
trusted() { # AD passes over TLS if the file says so, not in clear text whatever it says
    local tls='upstream = ["tls://192.52.193.115/api.legacy.example"];' clear='upstream = ["192.52.193.114"];'
    says_ad yes "$tls trusted-upstream = true;" && says_ad no "$tls" &&
        says_ad no "$clear trusted-upstream = true;" && says_ad no "$clear"
}
backwards() {
    start 'upstream = ["192.52.193.111"];'
    many 40 back || return 1
    asked | awk '/ tcp / {if (seen[$4, $6]++) twice = 1; connection[$4] = 1; n++} END {for (c in connection) k++; exit !(n == 40 && k <= 4)}'
}
closing() {
    start 'upstream = ["192.52.193.112"];'
    for i in $(seq 1 4); do many 6 "close$i-" || return 1; done
}
loop() { # our upstream is ourselves
    start 'listen = ["::#53", "192.31.196.1#53"]; allow = ["192.31.196.0/24"]; upstream = ["192.31.196.1"];'
    ask round.example A
    grep -q 'status: SERVFAIL' "$LAB_DIR/answer" && [ "$(counter upstream_sent)" -le 3 ] && [ "$(counter looped)" -ge 1 ]
}
ring() { # two of us, each the other's upstream
    start 'listen = ["::#53", "192.31.196.1#53"]; allow = ["192.31.196.0/24"]; upstream = ["192.31.196.1#5301"];'
    mkdir -p "$LAB_DIR/other"
    printf 'state-dir = "%s";\ndns64: { workers = 1; listen = ["192.31.196.1#5301"]; allow = ["192.31.196.0/24"]; upstream = ["192.31.196.1"]; };\n' \
        "$LAB_DIR/other" >"$LAB_DIR/other.conf"
    lab_spawn gw other "$G64_BUILD/dns64/dns64" -c "$LAB_DIR/other.conf" -f
    local other=$LAB_PID
    lab_wait 10 test -S "$LAB_DIR/other/dns64/control" || return 1
    local begin
    begin=$(date +%s%N)
    ask ring.example A
    lab_end "$other"
    grep -q 'status: SERVFAIL' "$LAB_DIR/answer" && [ "$(counter upstream_sent)" -le 3 ] &&
        [ "$(counter looped)" -ge 1 ] && [ $((($(date +%s%N) - begin) / 1000000)) -lt 2500 ]
}

t_plan 37
t "FWD-02 a domain has its own upstreams" forward
t "LES-D-44 what one set of upstreams said is not given for another" not_kept
t "FWD-02 an upstream that a reload drops still answers its last question" dropped 192.52.193.118 udp
t "FWD-02 and one that is asked by TCP" dropped 192.52.193.119 tcp
t "FWD-02 a silent upstream is passed over" failover
t "FWD-02 one that is gone costs no wait" gone
t "TRAP-01 silence of all: three packets" three_packets
t "LES-D-26 a cut answer comes by TCP" over_tcp
t "LES-D-26 or stays cut, for A and for AAAA" stays_cut
t "LES-D-28 an upstream that swallows AAAA: synthesised within two seconds" swallow
t "D64-5.1.8-01 A and AAAA at once" both_at_once
t "D64-5.1.8-01 or A after AAAA" one_after_the_other
t "FWD-01 EDN-07 a type that nobody knows, for clients with EDNS and without" any_type
t "SPF-OURS-01 letters by chance, and the client's own in the answer" mixed_case
t "SPF-OURS-01 an upstream that folds letters is asked by TCP" small_case
t "SPF-5452-01 LIM-04 LES-D-42 wrong replies before the right one" wrong
t "SPF-5452-02 ports and IDs of two thousand questions" ports
t "LES-D-37 ports of all threads are of the whole range" at_once
t "EDN-08 an upstream without EDNS" no_edns
t "CKI-08 each upstream has its own cookie, and gets its own back" cookies
t "CKI-08 BADCOOKIE is asked once more" bad_cookie
t "DOT-01 DOT-03 over TLS, by name" over_tls
t "DOT-02 a hundred questions by one connection" one_connection
t "DOT-02 which is closed with close_notify" closed_cleanly
t "FWD-02 connections that cannot be made leave room for one that can" no_route
t "DOT-02 one that is not answered for one name is kept" silent_name
t "DOT-03 a name with the dot at the end" dot_at_the_end
t "DOT-03 another name: refused, nothing is asked" refused tls://192.52.193.109/other.example.net
t "DOT-03 an authority that nobody knows: refused" refused tls://192.52.193.110/nobody.legacy.example
t "DOT-03 a pinned key" pinned
t "DOT-03 another key than the pinned one: refused" refused "tls://192.52.193.109/pin-sha256=$(pin "$tls/own.pem")"
t "DOT-02 sessions are taken up again" resumed
t "D64-SEC-03 AD of a trusted upstream alone" trusted
t "TCP-7766-06 answers in any order, no ID twice" backwards
t "TCP-7766-06 what a closing upstream left is asked again" closing
t "LES-D-48 LIM-06 an upstream that is ourselves" loop
t "LES-D-48 LIM-06 two that ask each other" ring
exit $t_failed
