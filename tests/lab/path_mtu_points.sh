# What holds in both modes for pi3, whose link of 1280 bytes only r6 knows of; source it after points.sh.
PI3=2001:db8:3:0:1::2

big_megabyte() {
    [ -f "$LAB_DIR/www/megabyte" ] || head -c 1000000 /dev/urandom >"$LAB_DIR/www/megabyte"
}
errors_of_r6() { lab_in r6 nstat -asz Icmp6OutPktTooBigs | awk '/PktTooBigs/ {print $2}'; }
told() { # MOST CMD...: does it, with at most that many Packet Too Big of r6
    local most=$1 before after
    shift
    before=$(errors_of_r6)
    "$@" || return 1
    after=$(errors_of_r6)
    echo "Packet Too Big: $((after - before))"
    [ $((after - before)) -le "$most" ]
}
knows() { gate64 mtu | tee /dev/stderr | grep -Eq "^$PI3 +1280 "; }
forget_at_service() { lab_in legacy ip route flush cache; } # or Linux itself would know it
fresh_download() { # by a connection of its own, of which the service knows nothing
    big_megabyte
    forget_at_service
    lab_in pi3 curl -sS -m 20 -o "$LAB_DIR/got" "http://[$SERVICE6]/megabyte" && cmp "$LAB_DIR/www/megabyte" "$LAB_DIR/got"
}
downloads() { # COUNT: one after the other, then as many at once
    local i pids=()
    for i in $(seq 1 "$1"); do fresh_download || return 1; done
    for i in $(seq 1 "$1"); do
        lab_in pi3 curl -sS -m 20 -o "$LAB_DIR/got.$i" "http://[$SERVICE6]/megabyte" &
        pids+=($!)
    done
    wait "${pids[@]}"
    for i in $(seq 1 "$1"); do cmp "$LAB_DIR/www/megabyte" "$LAB_DIR/got.$i" || return 1; done
}
first_learns() { # many segments may be on their way before the error is back
    ! knows && told 100 fresh_download && knows && [ "$(counter path_mtus_learned)" -ge 1 ]
}
no_clamp() { # nothing in the SYN: the service sends too much once and is told by us; r6 never sees it
    LAB_NAT64="workers = 2; translation: { mss-clamp = false; };"
    lab_config && gate64 reload && told 0 fresh_download
}
with_clamp() {
    LAB_NAT64="workers = 2;"
    lab_config && gate64 reload && told 0 fresh_download
}
whole() { # DF from the service: it is told at once, and the echo comes with the next size that fits
    forget_at_service
    told 0 point_udp_echo pi3 1000 8000
}
status_says() { gate64 --json status nat64d | grep -q '"path_mtus": *1'; }
other_is_not() { # pi2's link is as wide as before
    lab_in pi2 tracepath -n $SERVICE6 | tee /dev/stderr | grep -q 'pmtu 1500'
}
path_mtu_points=7
path_mtu_tests() { # HEADING
    t "$1: SEC-43 the first download teaches the path MTU" first_learns
    t "$1: SEC-43 no later connection of any worker loses a packet to it" told 0 downloads 8
    t "$1: SEC-43 gate64 tells of it" status_says
    t "$1: SEC-43 without clamping the sender is told by us at once" no_clamp
    t "$1: SEC-43 and with clamping again by nobody" with_clamp
    t "$1: LES-N-10 UDP of 8000 bytes leaves in fragments that fit" whole
    t "$1: XL-MTU-07 another backend keeps its own" other_is_not
}
