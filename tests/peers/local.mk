# The scoreboard against the peers; tests/lab/dns64_peers.sh puts the same table to dns64 alone.
EXTRA_DIST += \
	tests/peers/run tests/peers/score.py tests/peers/message.py tests/peers/upstream.py \
	tests/peers/questions tests/peers/zone \
	tests/peers/gate64.conf tests/peers/unbound.conf tests/peers/named.conf tests/peers/kresd.conf tests/peers/recursor.conf
