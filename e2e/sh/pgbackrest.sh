#!/bin/bash
# A small PostgreSQL cluster backed up by pgBackRest, lost, and restored.
# pgbackrest.sh FOLDER BINARIES; run by a user who is not root, to whom FOLDER belongs.
set -euo pipefail

folder=$1
binaries=$2
cd "$folder"
export HOME=$folder LC_ALL=C.UTF-8
backup="pgbackrest --config=$folder/pgbackrest.conf --stanza=main"
sql() { "$binaries/psql" -X -h "$folder" -U postgres -At -c "$1" postgres; }
server() { "$binaries/pg_ctl" -D data -w -l postgres.log "$@" > ctl.log; }
stop_at_exit() { if [ -f data/postmaster.pid ]; then server -m immediate stop || true; fi; }
trap stop_at_exit EXIT

"$binaries/initdb" -D data -U postgres -A trust > init.log
cat >> data/postgresql.conf <<END
archive_mode = on
archive_command = '$backup archive-push %p'
listen_addresses = ''
unix_socket_directories = '$folder'
END
server start
$backup stanza-create
sql "create table patient as select g id, md5(g::text) note from generate_series(1, 20000) g" > /dev/null
$backup check
$backup --type=full backup
sql "insert into patient select g, md5(g::text) from generate_series(20001, 30000) g" > /dev/null
$backup --type=incr backup
# After the last backup: only the archived log knows these rows.
sql "insert into patient select g, md5(g::text) from generate_series(30001, 31000) g" > /dev/null
sql "select pg_switch_wal()" > /dev/null
sum="select count(*) || ' rows ' || md5(string_agg(note, ',' order by id)) from patient"
before=$(sql "$sum")
server -m fast stop

rm -rf data
$backup restore
server start
# It answers questions before it has read the whole archived log.
for _ in $(seq 300); do
  if [ "$(sql "select pg_is_in_recovery()")" = f ]; then break; fi
  sleep 0.2
done
after=$(sql "$sum")
server -m fast stop
if [ "$before" != "$after" ]; then
  echo "restored $after instead of $before" >&2
  exit 1
fi
$backup verify > verify.log
echo "$after"
