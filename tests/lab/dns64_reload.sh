#!/bin/bash
# dns64 takes other configurations while it answers: nothing is lost, and a wrong file changes nothing.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
trap lab_down EXIT
mkdir -p "$LAB_DIR"
lab_network && lab_services || { echo "Bail out! no lab"; exit 1; }
file=$LAB_DIR/gate64.conf
write() { # DNS64-KEYS [LINES]
    printf 'state-dir = "%s";\n%s\ndns64: {\n workers = 2;\n %s\n};\n' "$LAB_DIR/state" "${2:-}" "$1" >"$file"
}
write 'upstream = ["192.52.193.53"];'
lab_dns64 || { cat "$LAB_DIR/dns64.log"; echo "Bail out! no dns64"; exit 1; }

control() { # PATH [CURL OPTIONS]: the body; the status in $LAB_DIR/status
    local path=$1
    shift
    lab_in gw curl -s -m 10 -o "$LAB_DIR/body" -w '%{http_code}' --unix-socket "$LAB_DIR/state/dns64/control" "$@" \
        "http://gate64$path" >"$LAB_DIR/status"
    cat "$LAB_DIR/body"
    echo " ($(cat "$LAB_DIR/status"))"
}
status_is() { [ "$(cat "$LAB_DIR/status")" = "$1" ]; }
in_force() {
    lab_in gw curl -s -m 10 --unix-socket "$LAB_DIR/state/dns64/control" http://gate64/v1/settings |
        python3 -c 'import json, sys; sys.stdout.write(json.load(sys.stdin)["text"])'
}
wanted() { "$G64_BUILD/dns64/dns64" -T -c "$file"; }
is_wanted() { in_force >"$LAB_DIR/is" && cmp "$LAB_DIR/is" "$LAB_DIR/wanted"; }

file_number() { # N: one of several that differ in what may change
    case $(($1 % 6)) in
    0) write 'upstream = ["192.52.193.53"]; exclude-aaaa = ["2001:db8:99::/48"];' ;;
    1) write 'upstream = ["192.31.196.9", "192.52.193.53"]; aaaa-wait-ms = 50;' 'log: { level = "debug"; };' ;;
    3) write 'upstream = ["192.52.193.53"]; tcp: { idle-s = 3; connections-per-network = 7; };' ;;
    4) write 'upstream = ["192.52.193.53"]; edns-size = 512; mark-synthetic = false; allow = ["2001:db8:66::/64"];' \
        'backends = ["2001:db8:2::/64"]; deny-ipv4 = ["192.52.193.11"];' ;;
    *) write "upstream = [\"192.52.193.53\"]; reverse = \"sideways$1\";" ;; # every third
    esac
}
one_reload() { # N: by signal and by request in turn
    local n=$1
    file_number "$n"
    if [ $((n % 3)) = 2 ]; then
        if [ $((n % 2)) = 0 ]; then
            kill -HUP "$DNS64_PID"
            lab_wait 5 grep -q "gate64.conf:5: wrong value \"sideways$n\".*as it was" "$LAB_DIR/dns64.log" || return 1
        else
            control /v1/reload -X POST
            status_is 409 && grep -q 'gate64.conf:5: wrong value.*allowed' "$LAB_DIR/body" || return 1
        fi
        is_wanted
        return
    fi
    wanted >"$LAB_DIR/wanted" || return 1
    if [ $((n % 2)) = 0 ]; then
        kill -HUP "$DNS64_PID"
    else
        control /v1/reload -X POST
        status_is 200 && grep -q '"changed":true' "$LAB_DIR/body" || return 1
    fi
    lab_wait 5 is_wanted
}
fifty() {
    local n
    rm -f "$LAB_DIR/stop"
    lab_spawn pi2 load python3 "$G64_SOURCE/tests/lab/dns64_load.py" 2001:db8:2::1 api.legacy.example 400 "$LAB_DIR/stop"
    sleep 1
    wanted >"$LAB_DIR/wanted"
    for n in $(seq 1 50); do
        one_reload "$n" || { echo "at reload $n"; touch "$LAB_DIR/stop"; return 1; }
        sleep 0.1
    done
    touch "$LAB_DIR/stop"
    wait "$LAB_PID"
    local r=$?
    cat "$LAB_DIR/load.log"
    return $r
}
takes_hold() { # exclude-aaaa, deny-ipv4 and allow, seen by clients
    write 'upstream = ["192.52.193.53"];' && control /v1/reload -X POST && status_is 200 || return 1
    lab_in pi2 dig +short +time=3 @2001:db8:2::1 dual.legacy.example AAAA | grep -q 2001:db8:99::10 || return 1
    lab_in out dig +time=3 +tries=1 @2001:db8:2::1 api.legacy.example AAAA | grep -q REFUSED || return 1
    write 'upstream = ["192.52.193.53"]; exclude-aaaa = ["2001:db8:99::/48"]; allow = ["2001:db8:66::/64"];'
    control /v1/reload -X POST && status_is 200 || return 1
    lab_in pi2 dig +short +time=3 @2001:db8:2::1 dual.legacy.example AAAA | grep -q 64:ff9b:: || return 1
    lab_in out dig +short +time=3 @2001:db8:2::1 api.legacy.example AAAA | grep -q 64:ff9b::c034:c10a || return 1
    write 'upstream = ["192.52.193.53"];' 'deny-ipv4 = ["192.52.193.10"];'
    control /v1/reload -X POST && status_is 200 || return 1
    ! lab_in pi2 dig +short +time=3 @2001:db8:2::1 api.legacy.example AAAA | grep -q 64:ff9b::
}
checked() {
    local hash
    write 'upstream = ["192.52.193.53"]; aaaa-wait-ms = 77;'
    control '/v1/reload?check=1' -X POST
    status_is 200 && ! in_force | grep -q 'aaaa-wait-ms = 77' || return 1
    hash=$(sed -n 's/.*"hash":"\([0-9a-f]\{16\}\)".*/\1/p' "$LAB_DIR/body")
    write 'upstream = ["192.52.193.53"]; aaaa-wait-ms = 78;'
    control "/v1/reload?hash=$hash" -X POST
    status_is 409 && ! in_force | grep -q 'aaaa-wait-ms = 7' || return 1
    write 'upstream = ["192.52.193.53"]; aaaa-wait-ms = 77;'
    control "/v1/reload?hash=$hash" -X POST
    status_is 200 && in_force | grep -q 'aaaa-wait-ms = 77' || return 1
    control /v1/reload -X POST
    status_is 200 && grep -q '"changed":false' "$LAB_DIR/body" || return 1
    control '/v1/reload?hash=nonsense' -X POST
    status_is 400
}
restart_only() {
    write 'upstream = ["192.52.193.53"]; listen = ["::#5353"];'
    control /v1/reload -X POST
    status_is 409 && grep -q 'gate64.conf:5: dns64.listen cannot change without a restart' "$LAB_DIR/body"
}
latency_stays() { # of an upstream that is in both
    write 'upstream = ["192.52.193.53"];' && control /v1/reload -X POST && status_is 200 || return 1
    lab_in pi2 dig +short +time=3 @2001:db8:2::1 api.legacy.example AAAA
    write 'upstream = ["192.31.196.9", "192.52.193.53"];' && control /v1/reload -X POST && status_is 200 || return 1
    control /v1/status
    grep -q '"address":"192.31.196.9#53","state":"untried".*"address":"192.52.193.53#53","state":"good"' "$LAB_DIR/body"
}
follows() { # a backend's network that comes and goes, with the default of backends
    write 'upstream = ["192.52.193.53"];' && control /v1/reload -X POST && status_is 200 || return 1
    lab_in out dig +time=3 +tries=1 @2001:db8:2::1 api.legacy.example AAAA | grep -q REFUSED || return 1
    lab_in gw ip -6 addr add 2001:db8:66::fe/64 dev pi2 nodad
    lab_in gw ip -6 route replace 2001:db8:66::2 via 2001:db8:3::2
    allowed() { lab_in out dig +short +time=1 +tries=1 @2001:db8:2::1 api.legacy.example AAAA | grep -q 64:ff9b::; }
    lab_wait 8 allowed || return 1
    lab_in gw ip -6 addr del 2001:db8:66::fe/64 dev pi2
    refused() { lab_in out dig +time=1 +tries=1 @2001:db8:2::1 api.legacy.example AAAA | grep -q REFUSED; }
    lab_wait 8 refused
}
gone() {
    rm "$file"
    control /v1/reload -X POST
    status_is 409 && grep -q 'gone since the start' "$LAB_DIR/body" && lab_in pi2 dig +time=3 @2001:db8:2::1 . NS | grep -q status:
}

t_plan 8
t "50 reloads under load lose no query and no connection; every third file is wrong" fifty
t "what is new holds for clients" takes_hold
t "checked, then applied by the hash of what was checked" checked
t "a key that needs a restart is refused with its line" restart_only
t "what was learned of an upstream stays with it" latency_stays
t "this host's network is followed" follows
t "a file that is gone changes nothing" gone
stops() { kill -TERM "$DNS64_PID" && wait "$DNS64_PID"; }
t "it ends" stops
exit $t_failed
