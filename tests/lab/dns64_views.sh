#!/bin/bash
# Views, lists and explanations of dns64: three clients, a list in a file, and what the operator is told.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network || { echo "Bail out! no lab"; exit 1; }
file=$LAB_DIR/gate64.conf
list=$LAB_DIR/never
log=$LAB_DIR/upstream.questions
write() { # LINES within dns64
    printf 'state-dir = "%s";\ndns64: { workers = 1; upstream = ["192.52.193.53#5300"]; %s };\n' "$LAB_DIR/state" "${1:-}" >"$file"
}
views='views = ( { name = "three"; clients = ["2001:db8:3::/64"]; pref64 = ( { prefix = "2001:db8:64::/96"; } ); },
    { name = "plain"; clients = ["2001:db8:3:0:1::2"]; dns64 = false; },
    { name = "shut"; clients = ["2001:db8:66::/64"]; refuse = true; } ); allow = ["2001:db8:66::/64"];'
write "$views"
printf 'api.example\n' >"$list"
chmod 644 "$list"
lab_spawn legacy upstream python3 "$G64_SOURCE/tests/lab/dns64_upstream.py" 192.52.193.53 5300 "$log" 1
lab_wait 5 test -e "$log"
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

ask() { # CLIENT QUESTION...
    local client=$1
    shift
    lab_in "$client" dig +time=4 +tries=1 @2001:db8:2::1 "$@" | tee "$LAB_DIR/answer"
}
has() { grep -qE -- "$1" "$LAB_DIR/answer"; }
reload() { lab_in gw curl -s -o "$LAB_DIR/body" -w '%{http_code}\n' -X POST --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/reload >"$LAB_DIR/status"; }
status_is() { grep -qx "$1" "$LAB_DIR/status"; }
explain() { gate64 dns explain "$@" | tee "$LAB_DIR/explained"; }
says() { grep -qE -- "$1" "$LAB_DIR/explained"; }

each_its_own() {
    ask pi2 long.views.example AAAA && has 'AAAA.64:ff9b::c034:c10a' || return 1
    ask pi3 long.views.example AAAA && has 'status: NOERROR' && ! has 'AAAA.*::c034:c10a' || return 1
    lab_in pi3 ip -6 addr add 2001:db8:3:0:1::7/80 dev eth0 nodad
    lab_in pi3 dig +time=4 +tries=1 -b 2001:db8:3:0:1::7 @2001:db8:2::1 long.views.example AAAA | tee "$LAB_DIR/answer"
    has 'AAAA.2001:db8:64::c034:c10a' || return 1
    [ "$(grep -c '^long.views.example ' "$log")" = 2 ] # AAAA and A, for all of them
}
shut_out() { ask out long.views.example AAAA && has 'status: REFUSED'; }
in_time() { # real time, real sockets
    local ms
    ask pi2 mute.views.example AAAA && has '64:ff9b::c034:c10a' || return 1
    ms=$(awk '/Query time/ {print $4}' "$LAB_DIR/answer")
    echo "after $ms ms"
    [ "$ms" -lt 2000 ]
}
listed() {
    write "never = [\"file:$list\"];" && reload && status_is 200 || return 1
    ask pi2 www.api.example AAAA && ! has '64:ff9b' && ask pi2 www.other.example AAAA && has '64:ff9b'
}
list_changes() { # by a reload alone
    printf '=other.example\n*.other.example\n' >"$list"
    reload && status_is 200 || return 1
    ask pi2 www.api.example AAAA && has '64:ff9b' && ask pi2 www.other.example AAAA && ! has '64:ff9b'
}
list_is_gone() {
    rm "$list"
    reload
    status_is 409 && grep -q "$list:0: cannot read it" "$LAB_DIR/body" && ask pi2 www.other.example AAAA && ! has '64:ff9b' && has 'status: NOERROR'
}
explained() {
    write "$views never = [\"*.other.example\"];" && reload && status_is 200 || return 1
    explain longer.other.example && says '^list  *never: \*\.other\.example, by longer\.other\.example$' && says '^rule  *aaaa_never ' || return 1
    explain long.new.example && says '^AAAA .*asked now' && says '^A .*NOERROR: A 192.52.193.10 \(asked now of 192.52.193.53#5300' && says '^rule  *aaaa_synthesised ' || return 1
    sleep 1.1
    explain long.new.example && says '^A .*from the cache, [1-9]s old' && says '^answer  *NOERROR: AAAA 64:ff9b::c034:c10a, TTL ' || return 1
    explain long.new.example AAAA --client 2001:db8:3:0:1::2 && says '^view  *plain, without DNS64$' && says '^rule  *aaaa_view_off ' || return 1
    explain long.new.example --client 2001:db8:66::1 && says 'may not ask' && says '^rule  *refused ' || return 1
    explain long.new.example A && says '^rule  *passed ' && explain mute.new.example && says '^AAAA  *no answer' && says '^rule  *aaaa_synthesised ' || return 1
    printf '192.52.193.10 box.example\n' >"$LAB_DIR/hosts" && chmod 644 "$LAB_DIR/hosts"
    write "local = [\"$LAB_DIR/hosts\"];" && reload && status_is 200 || return 1
    explain box.example && says '^local ' && ! says 'no answer' && says '^answer  *NOERROR: AAAA 64:ff9b::c034:c10a' || return 1
    gate64 --json dns explain nothing.new.example | tee "$LAB_DIR/explained" && says '"rule": *"aaaa_nxdomain"'
}
uncounted() { # what is explained is no query
    local before after
    before=$(gate64 --json counters dns64 | grep -E '"(queries_udp|aaaa_synthesised)"')
    explain long.new.example && says aaaa_synthesised
    after=$(gate64 --json counters dns64 | grep -E '"(queries_udp|aaaa_synthesised)"')
    [ -n "$before" ] && [ "$before" = "$after" ]
}

t_plan 9
t "VIEW-01 VIEW-02 each client has its view, and the upstream is asked once" each_its_own
t "VIEW-01 a view that refuses" shut_out
t "FAIL-01 LES-D-28 silence about AAAA: the answer comes within two seconds" in_time
t "LIST-01 a list in a file" listed
t "LIST-01 a list that changed holds after a reload" list_changes
t "LIST-01 a list that cannot be read stops the reload, not the daemon" list_is_gone
t "WHY-02 gate64 dns explain" explained
t "WHY-02 an explanation counts as no query" uncounted
stops() { kill -TERM "$DNS64_PID" && wait "$DNS64_PID"; }
t "it ends" stops
exit $t_failed
