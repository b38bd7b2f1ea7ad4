#!/bin/bash
# stop.sh [DIR]: ends the servers that start.sh started there, by their pids, and waits for them.
set -euo pipefail
dir=${1:-${WARDFS_TEST_CACHE:-$HOME/.cache/wardfs-tests}/run}
rm -f "$dir/env"
for name in slow cutting flaky ministack seaweedfs; do
    [ -s "$dir/$name.pid" ] || continue
    pid=$(cat "$dir/$name.pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$dir/$name.pid"
done
