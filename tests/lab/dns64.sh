#!/bin/bash
# dns64 asked by real clients, with unbound as its upstream.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
# The first upstream does not answer at all.
LAB_DNS64='upstream = ["192.31.196.9", "192.52.193.53"];'
lab_config
sed -i 's/upstream = \["192.52.193.53"\]; //' "$LAB_DIR/gate64.conf"
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

ask() { lab_in pi2 dig +time=4 +tries=1 @2001:db8:2::1 "$@" | tee "$LAB_DIR/answer"; }
answers() { # FRAGMENT QUESTION...
    local fragment=$1
    shift
    ask "$@"
    grep -qE -- "$fragment" "$LAB_DIR/answer"
}
not_answers() {
    local fragment=$1
    shift
    ask "$@"
    ! grep -qE -- "$fragment" "$LAB_DIR/answer" && grep -q 'status:' "$LAB_DIR/answer"
}
chain() {
    ask www.legacy.example AAAA
    grep -q 'www.legacy.example.*CNAME.*site' "$LAB_DIR/answer" && grep -q 'site.legacy.example.*CNAME.*api' "$LAB_DIR/answer" &&
        grep -q 'api.legacy.example.*AAAA.*64:ff9b::c034:c10a' "$LAB_DIR/answer"
}
ttl() { # SOA minimum 60, A 300
    ask +noall +answer api.legacy.example AAAA
    awk '$4 == "AAAA" {exit !($2 <= 60)}' "$LAB_DIR/answer"
}
truncation() { ask +notcp +ignore +bufsize=512 large.legacy.example TXT; grep -q 'flags:.* tc' "$LAB_DIR/answer"; }
over_tcp() { [ "$(ask +tcp +short large.legacy.example TXT | wc -l)" = 40 ]; }
refused() { lab_in out dig +time=3 +tries=1 @2001:db8:2::1 api.legacy.example AAAA | tee /dev/stderr | grep -q 'status: REFUSED'; }
pipelined() { # 50 queries in one connection, dig's batch mode keeps it open
    for i in $(seq 1 50); do echo "api.legacy.example AAAA"; done >"$LAB_DIR/batch"
    [ "$(lab_in pi2 dig +tcp +keepopen +short @2001:db8:2::1 -f "$LAB_DIR/batch" | grep -c c034:c10a)" = 50 ]
}
resolver() { lab_in pi2 getent ahosts api.legacy.example | tee /dev/stderr | grep -q 64:ff9b::c034:c10a; }
status() {
    lab_in gw curl -s --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/status | tee /dev/stderr |
        grep -q '"address":"192.31.196.9#53","state":"bad".*"address":"192.52.193.53#53","state":"good"'
}

t_plan 24
t "D64-5.1.6-03 AAAA synthesised from A, the first upstream being dead" answers 'AAAA.64:ff9b::c034:c10a' api.legacy.example AAAA
t "D64-5.1.1-01 real AAAA are answered alone" answers 'AAAA.2001:db8:99::10' dual.legacy.example AAAA
t "D64-5.1.1-01 and nothing synthetic beside" not_answers '64:ff9b' dual.legacy.example AAAA
t "D64-5.1.4-01 excluded AAAA do not count" answers 'AAAA.64:ff9b::c034:c10a' mapped.legacy.example AAAA
t "D64-5.1.4-03 and are never returned" not_answers '::ffff:' mapped.legacy.example AAAA
t "D64-5.1.5-01 a chain of aliases" chain
t "D64-5.1.2-01 NXDOMAIN stays" answers 'status: NXDOMAIN' nothing.legacy.example AAAA
t "D64-5.4-04 an alias into nothing is NXDOMAIN" answers 'status: NXDOMAIN' lost.legacy.example AAAA
t "D64-5.1.7-02 a private A makes no AAAA" not_answers '64:ff9b' private.legacy.example AAAA
t "D64-SYN-03 TTL bounded by the SOA" ttl
t "D64-5.3.3-01 A is unchanged" answers 'A.192.52.193.10' api.legacy.example A
t "D64-5.3.3-01 TXT is unchanged" answers 'TXT."hello"' text.legacy.example TXT
t "EDE-02 code 29 on a synthetic answer" answers 'EDE: 29' api.legacy.example AAAA
t "D64-SEC-01 CD gets no synthesis" not_answers '64:ff9b' +cd api.legacy.example AAAA
t "D64-8880-03 ipv4only.arpa AAAA" answers 'AAAA.64:ff9b::c000:aa' ipv4only.arpa AAAA
t "D64-8880-02 ipv4only.arpa A" answers 'A.192.0.0.171' ipv4only.arpa A
t "D64-8880-05 below ipv4only.arpa" answers 'status: NXDOMAIN' x.ipv4only.arpa AAAA
t "D64-8880-PTR the discovery address" answers 'PTR.ipv4only.arpa.' -x 64:ff9b::c000:aa
t "D64-5.3.1-02 PTR by a CNAME" answers 'PTR.api.legacy.example.' -x 64:ff9b::c034:c10a
t "EDN-04 an answer too large for the client is truncated" truncation
t "TCP-7766-01 and whole over TCP" over_tcp
t "TCP-7766-02 fifty queries in one connection" pipelined
t "SEC-01 an outsider is refused" refused
t "the C library's resolver gets the address" resolver
exit $t_failed
