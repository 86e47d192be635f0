# Fragments from both sides; source it after lab.sh and points.sh. Needs LAB_NAT64 and, for 2 workers, a restart.
LAB_STATIC="{ name = \"echo\"; protocol = \"udp\"; ipv4 = \"$LAB_SHOP#9090\"; ipv6 = \"2001:db8:2::2#9090\"; }"

sends() { # NAME HOW SOURCE PORT DESTINATION PORT
    local name=$1
    shift
    lab_in "$name" python3 "${G64_SOURCE:-$PWD}/tests/lab/fragment_send.py" "$@"
}
outward() { sends pi2 "$1" 2001:db8:2::2 $((20000 + RANDOM % 20000)) $SERVICE6 7777; } # HOW: a backend to the service
inward() { sends legacy "$1" $LAB_SERVICE $((20000 + RANDOM % 20000)) $LAB_SHOP 9090; } # HOW: the service to a backend
big_ping() { lab_in "$1" ping -s 8000 -c 5 -i 0.2 -W 2 $SERVICE6 | tee /dev/stderr | grep -q " 0% packet loss"; }
big_inbound() { lab_in legacy python3 "${G64_SOURCE:-$PWD}/tests/lab/udp_ask.py" $LAB_SHOP 9090 8000; }
both() { # HOW...: each from both sides
    local how
    for how in "$@"; do
        outward "$how" || { echo "from IPv6: $how"; return 1; }
        inward "$how" || { echo "from IPv4: $how"; return 1; }
    done
}
flood() { # N64-FRG-02: another network's fragments do not notice, and the memory has its bound
    local before=$(counter drop_fragment_limit) rss=$(ps -o rss= -p "$(lab_translator)")
    sends pi2 flood 2001:db8:2::2 5000 $SERVICE6 7777 || return 1
    point_udp_echo pi3 100 8000 && point_ping pi2 && [ "$(counter drop_fragment_limit)" -gt "$before" ] || return 1
    echo "resident: $rss KiB, then $(ps -o rss= -p "$(lab_translator)")"
    [ $(($(ps -o rss= -p "$(lab_translator)") - rss)) -lt 40000 ]
}
big_points=4
big_tests() { # HEADING ID: what every arrangement must carry
    t "$1: $2 8000 bytes of UDP from a backend and back" point_udp_echo pi2 8000
    t "$1: $2 CK-07 ping with 8000 bytes" big_ping pi2
    t "$1: $2 8000 bytes of UDP from IPv4 to a backend and back" big_inbound
    t "$1: $2 last first, and interleaved with another datagram" both last-first interleaved
}
fragment_points=9
fragment_echo() { lab_spawn pi2 echo9090 socat -b 9000 UDP6-RECVFROM:9090,fork,reuseaddr PIPE; } # behind the binding
fragment_tests() { # HEADING
    t "$1: N64-FRG-01 8000 bytes of UDP from a backend and back" point_udp_echo pi2 3000 8000
    t "$1: LES-N-10 and behind a link of 1280 bytes" point_udp_echo pi3 8000
    t "$1: CK-07 ping with 8000 bytes" big_ping pi2
    t "$1: N64-FRG-15 and behind a link of 1280 bytes" big_ping pi3
    t "$1: N64-FRG-06 8000 bytes of UDP to a backend and back" big_inbound
    t "$1: N64-FRG-01 last first, interleaved, doubled, late" both last-first interleaved duplicate late
    t "$1: N64-FRG-07 without a checksum" inward zero
    t "$1: N64-FRG-09 overlapping" both overlap
    t "$1: N64-FRG-02 a flood of later fragments" flood
}
