# The scoreboard against the peers.
EXTRA_DIST += \
	tests/peers/run tests/peers/score.py tests/peers/message.py tests/peers/upstream.py \
	tests/peers/questions tests/peers/zone \
	tests/peers/gate64.conf tests/peers/unbound.conf tests/peers/named.conf tests/peers/kresd.conf tests/peers/recursor.conf
