#!/bin/bash
# Fragments of a host with an explicit address mapping, from both sides, with one worker and with two.
. "${G64_SOURCE:-$PWD}/tests/lab/lab.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/points.sh"
. "${G64_SOURCE:-$PWD}/tests/lab/fragment_points.sh"
trap lab_down EXIT
LAB_SHOP=192.31.196.18 # pi2's, all ports
mkdir -p "$LAB_DIR" && chmod 755 "$LAB_DIR"
config() { # WORKERS
    cat >"$LAB_DIR/gate64.conf" <<END
state-dir = "$LAB_DIR/state";
pools = ( { name = "main"; address = "$LAB_POOL"; } );
eam = ( { ipv4 = "$LAB_SHOP"; ipv6 = "2001:db8:2::2"; } );
nat64: { workers = $1; };
END
}
restart() { # WORKERS
    [ -n "${NAT64D_PID:-}" ] && lab_end "$NAT64D_PID"
    config "$1"
    lab_nat64d || { cat "$LAB_DIR/nat64d.log"; return 1; }
}
stateless() { # no session was made of all that
    echo "sessions $(counter sessions_created)"
    [ "$(counter sessions_created)" = 0 ]
}
lab_network && lab_services || { echo "Bail out! the lab could not be raised"; exit 1; }
fragment_echo
t_plan $((2 * (big_points + 2)))
for workers in 1 2; do
    t "nat64d with workers = $workers" restart $workers
    big_tests "mapped, workers $workers" EAM-02
    t "mapped, workers $workers: EAM-00 without a session" stateless
done
exit $t_failed
