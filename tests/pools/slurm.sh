#!/bin/sh
# A Slurm of three nodes on this machine, in a folder: `slurm.sh start|stop|lose-node FOLDER`. Needs Debian's `slurm-wlm`, and root.
set -eu
folder=$2
export SLURM_CONF="$folder/slurm.conf"
export PATH="$PATH:/usr/sbin:/usr/local/sbin"

node() {
    setsid slurmd -f "$SLURM_CONF" -N "$1" -D >"$folder/log/$1.out" 2>&1 &
    echo $! >"$folder/run/$1"
}

case $1 in
start)
    base=$((20000 + $$ % 20000))
    mkdir -p "$folder/state" "$folder/spool/n1" "$folder/spool/n2" "$folder/spool/n3" "$folder/run" "$folder/log"
    cat >"$SLURM_CONF" <<EOF
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$base
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd-%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=10
InactiveLimit=0
KillWait=2
SchedulerType=sched/backfill
SchedulerParameters=defer_batch=no,bf_interval=1,sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
NodeName=n[1-3] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[$((base + 1))-$((base + 3))] CPUs=4 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP
EOF
    setsid slurmctld -f "$SLURM_CONF" -D >"$folder/log/slurmctld.out" 2>&1 &
    echo $! >"$folder/run/controller"
    sleep 2
    for name in n1 n2 n3; do node "$name"; done
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 1
        if timeout 20 srun --quiet -n1 -t 1 true; then exit 0; fi
    done
    exit 1
    ;;
lose-node)
    # A node fails with all that runs on it, and comes back.
    name=n$((1 + $(date +%s) % 3))
    kill -KILL "$(cat "$folder/run/$name")"
    scontrol update "NodeName=$name" State=DOWN Reason=test
    sleep 1
    node "$name"
    sleep 1
    # It may have come back by itself.
    scontrol update "NodeName=$name" State=RESUME 2>/dev/null || true
    ;;
stop)
    for name in n1 n2 n3 controller; do
        kill -KILL "$(cat "$folder/run/$name")" 2>/dev/null || true
    done
    ;;
esac
