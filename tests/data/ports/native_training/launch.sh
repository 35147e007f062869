#!/bin/bash
set -euo pipefail
export FI_PROVIDER=efa
export FI_EFA_USE_DEVICE_RDMA=1
export TORCH_NEURONX_NEFF_CACHE_DIR=/fsx/neff
torchrun --nnodes=2 --nproc_per_node=64 --rdzv_backend=c10d --rdzv_endpoint="$HEAD:29500" train.py
