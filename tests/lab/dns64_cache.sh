#!/bin/bash
# The cache of dns64, with an upstream that counts what it is asked.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
file=$LAB_DIR/gate64.conf
log=$LAB_DIR/upstream.questions
write() { # LINES: one thread, so that counts are exact
    printf 'state-dir = "%s";\n%s\ndns64: { workers = 1; upstream = ["192.52.193.53#5300"]; cache-size = "1M"; stale-wait-ms = 900; };\n' \
        "$LAB_DIR/state" "${1:-}" >"$file"
}
write
lab_spawn legacy upstream python3 "$G64_SOURCE/tests/lab/dns64_upstream.py" 192.52.193.53 5300 "$log" 200
UPSTREAM_PID=$LAB_PID
lab_wait 5 test -e "$log"
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

ask() { lab_in pi2 dig +time=4 +tries=1 @2001:db8:2::1 "$@" | tee "$LAB_DIR/answer"; }
asked() { grep -c "^$1 " "$log"; } # NAME: how often the upstream was
ttl_of() { awk '$4 == "AAAA" {print $2}' "$LAB_DIR/answer"; }
has() { grep -qE -- "$1" "$LAB_DIR/answer"; }

counts_down() {
    local first
    ask one.cache.example AAAA && first=$(ttl_of) && sleep 1.2 && ask one.cache.example AAAA
    [ "$first" = 3 ] && [ "$(ttl_of)" -lt 3 ] && [ "$(ttl_of)" -gt 0 ] && [ "$(asked one.cache.example)" = 2 ] # AAAA, A
}
keeps_case() {
    ask longtwo.cache.example AAAA && ask lOngtWo.CAche.eXample AAAA
    has '^lOngtWo\.CAche\.eXample\..*AAAA.*64:ff9b::c034:c10a' && has '^;lOngtWo\.CAche\.eXample' && [ "$(asked longtwo.cache.example)" = 2 ]
}
edns_by_client() {
    ask +noedns longtwo.cache.example AAAA && ! has 'EDNS: version' && ask longtwo.cache.example AAAA && has 'EDE: 29'
}
joined() { # COUNT
    lab_in pi2 python3 "$G64_SOURCE/tests/lab/dns64_equal.py" 2001:db8:2::1 "equal$1.cache.example" "$1" &&
        echo "upstream: $(asked "equal$1.cache.example")" && [ "$(asked "equal$1.cache.example")" = 2 ]
}
cut() {
    ask nothing.example AAAA && ask a.b.nothing.example A
    has 'status: NXDOMAIN' && [ "$(asked nothing.example)" = 1 ] && [ "$(asked a.b.nothing.example)" = 0 ]
}
failures() { # a hundred in a second: one round of tries
    local i
    for i in $(seq 100); do echo "bad.example TXT"; done >"$LAB_DIR/batch"
    lab_in pi2 dig +tcp +keepopen +tries=1 @2001:db8:2::1 -f "$LAB_DIR/batch" | tee "$LAB_DIR/answer" | grep -c 'status: SERVFAIL'
    [ "$(grep -c 'status: SERVFAIL' "$LAB_DIR/answer")" = 100 ] && has 'EDE: 13' && echo "upstream: $(asked bad.example)" && [ "$(asked bad.example)" -le 3 ]
}
stale() { # silent, not gone: the answer comes after 0.9 s, and the real one when the upstream is back
    ask old.cache.example AAAA && sleep 3.2 && kill -STOP "$UPSTREAM_PID" && ask old.cache.example AAAA
    has 'EDE: 3( |$)' && has '64:ff9b::c034:c10a' && [ "$(ttl_of)" = 30 ] && [ "$(awk '/Query time/ {print $4}' "$LAB_DIR/answer")" -lt 2000 ]
}
not_without_rd() { # what is over is for those who would have had it asked for
    ask +norecurse old.cache.example AAAA && has 'status: REFUSED' && ! has 64:ff9b
}
once() { # the timer of the stale answer, the late reply and more of the same question meet
    local names='' i
    for i in $(seq 20); do names="$names once$i.cache.example"; done
    for i in $names; do ask "$i" AAAA >/dev/null; done
    sleep 3.5
    kill -STOP "$UPSTREAM_PID"
    # shellcheck disable=SC2086
    lab_in pi2 python3 "$G64_SOURCE/tests/lab/dns64_once.py" 2001:db8:2::1 10 $names &
    local asker=$!
    sleep 0.8
    kill -CONT "$UPSTREAM_PID"
    wait $asker
}
fresh_again() { # RFC 8767 5: they are asked again after 30 s
    kill -CONT "$UPSTREAM_PID"
    lab_wait 45 refreshed && [ "$(ttl_of)" -le 3 ]
}
refreshed() { ask old.cache.example AAAA && ! has 'EDE: 3( |$)' && has c034:c10a; }
refreshed_early() { # in the last tenth of its life
    local i
    for i in 1 2 3 4; do ask long.cache.example AAAA; done
    sleep 11 && ask long.cache.example AAAA && [ "$(ttl_of)" -le 1 ] && sleep 1.5 && ask long.cache.example AAAA
    echo "upstream: $(asked long.cache.example), $(asked "long.cache.example 1")"
    [ "$(ttl_of)" -ge 10 ] && [ "$(grep -c '^long.cache.example 28$' "$log")" = 2 ] && [ "$(grep -c '^long.cache.example 1$' "$log")" = 2 ]
}
flushed() {
    ask longsub.longflush.example AAAA && ask longflush.example AAAA && gate64 dns flush longflush.example && ask longflush.example AAAA && ask longsub.longflush.example AAAA
    [ "$(asked longflush.example)" = 4 ] && [ "$(asked longsub.longflush.example)" = 2 ] || return 1
    gate64 dns flush --below longflush.example && ask longsub.longflush.example AAAA && [ "$(asked longsub.longflush.example)" = 4 ]
}
looked_up() {
    ask longlook.cache.example AAAA
    gate64 dns lookup longlook.cache.example | tee "$LAB_DIR/table"
    grep -qE 'reply +A +0 .*A 192\.52\.193\.10' "$LAB_DIR/table" && grep -qE 'answer +AAAA +0 .*AAAA 64:ff9b::c034:c10a' "$LAB_DIR/table"
}
numbers() {
    gate64 dns cache | tee "$LAB_DIR/table"
    grep -qE '^answers +[1-9]' "$LAB_DIR/table" && grep -qE '^joined +[1-9]' "$LAB_DIR/table" && grep -qE '^stale +[1-9]' "$LAB_DIR/table"
}
wrong_words() {
    ! gate64 dns flush && ! gate64 dns lookup --below x.example && ! gate64 dns lookup 'a..example' && ! gate64 dns nothing
}
other_rules() { # what was learned stays, what was made of it does not
    ask longrules.cache.example AAAA && has 64:ff9b::c034:c10a || return 1
    write 'pref64 = ( { prefix = "2001:db8:64::/96"; } );'
    gate64 reload dns64 && ask longrules.cache.example AAAA
    has 2001:db8:64::c034:c10a && ! has 64:ff9b::c034 && [ "$(asked longrules.cache.example)" = 2 ]
}

t_plan 17
t "D64-SYN-08 a synthetic answer comes from the cache and its TTL counts down" counts_down
t "VIEW-02 the letters of the question are the client's" keeps_case
t "VIEW-02 EDNS is the client's" edns_by_client
t "CCH-OURS-01 1000 equal questions at once are one to the upstream" joined 1000
t "TRAP-03 100 equal questions from 100 clients are one to the upstream" joined 100
t "NEG-8020-01 nothing is below a name that does not exist" cut
t "NEG-9520-01 a hundred questions for what fails are one round of tries" failures
t "STL-8767-02 a silent upstream: the stale answer in time, good for 30 s" stale
t "STL-8767-03 nothing stale without RD" not_without_rd
t "LES-D-05 and the real one when it is back" fresh_again
t "LES-D-38 one answer whatever ends the wait" once
t "LES-D-14 what is asked often is asked again early, A and AAAA both" refreshed_early
t "what the cache holds of a name is shown" looked_up
t "a name is flushed, alone or with all below" flushed
t "the cache's numbers are shown" numbers
t "wrong words are refused" wrong_words
t "VIEW-02 other rules make another answer of what was learned" other_rules
exit $t_failed
