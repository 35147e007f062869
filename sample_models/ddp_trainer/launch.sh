#!/bin/bash
#SBATCH --job-name=resnet
#SBATCH --nodes=2
#SBATCH --gres=gpu:8  # expect: NEU920
#SBATCH --ntasks-per-node=1
set -euo pipefail
export NCCL_SOCKET_IFNAME=eth0  # expect: NEU720
export MASTER_PORT=29500
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export MASTER_ADDR
# expect: NEU734
srun torchrun --nnodes=2 --nproc_per_node=gpu --rdzv_backend=c10d \
    --rdzv_endpoint="$MASTER_ADDR:$MASTER_PORT" train.py
