#!/bin/sh
# make-acl.sh DIR SENSOR[,SENSOR...] PARTY...: users for Redis' aclfile, each with a password of its own in DIR/NAME.password.
#
# The default user is off. A sensor may write its own keys, incidents and parties' streams; a party may read its own stream and nothing
# else; `fusion` reads sensors' streams as a consumer group and writes incidents; `dashboard` reads all but parties' streams.
# Then: redis-server --aclfile DIR/users.acl; redis.user and redis.password-file of casus.yaml(5) name sensor and file.
set -eu
[ $# -ge 3 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 64; }
dir=$1 sensors=$2
shift 2
umask 077
mkdir -p "$dir"
acl=$dir/users.acl
echo 'user default off' > "$acl"

# user NAME RULES...: a line with the digest of a new password
user() {
	name=$1
	shift
	word=$(od -An -tx1 -N24 /dev/urandom | tr -d ' \n')
	printf '%s\n' "$word" > "$dir/$name.password"
	echo "user $name on #$(printf '%s' "$word" | sha256sum | cut -d' ' -f1) resetchannels -@all $*" >> "$acl"
}

for s in $(echo "$sensors" | tr ',' ' '); do
	user "sensor-$s" "~casus:1:{$s}:* ~casus:1:{I-*}:* ~casus:1:incidents ~casus:1:{party-*}:release ~casus:1:{party-*}:released &casus:1:notify" \
		"+auth +ping +set +watch +multi +exec +xadd +xrange +xrevrange +xinfo|stream +hset +hget +pfadd +zadd +del +publish +eval"
done
for p in "$@"; do
	user "party-$p" "%R~casus:1:{party-$p}:release +auth +ping +xrange +xrevrange +xread +xlen +xinfo|stream"
done
user fusion "~casus:1:*" "&casus:1:notify +auth +ping +asking +multi +exec +watch +unwatch +xadd +xrange +xlen +xinfo +xgroup +xreadgroup +xack +xautoclaim" \
	"+xpending +hset +hget +hgetall +hmget +hincrby +hdel +pfadd +pfcount +pfmerge +zadd +zrem +zrange +zrangebyscore +zscore +sadd +srem +smembers" \
	"+get +mget +set +del +expire +eval +publish +cluster|slots +cluster|shards"
user dashboard "%R~casus:1:{*}:alerts %R~casus:1:{*}:stats %R~casus:1:{*}:state %R~casus:1:{I-*}:* %R~casus:1:{A-*}:* %R~casus:1:incidents %R~casus:1:alliance" \
	"&casus:1:notify +auth +ping +xrange +xrevrange +xread +xlen +xinfo|stream +hgetall +hget +pfcount +zrange +zrevrange +subscribe"
