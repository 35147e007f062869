#!/bin/bash
set -euo pipefail
export CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6,7  # expect: NEU150
export NCCL_DEBUG=WARN
nvidia-smi --query-gpu=name,memory.total --format=csv  # expect: NEU930
torchrun --nproc_per_node=8 train.py
