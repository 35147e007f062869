#!/bin/bash
set -euo pipefail
export NEURON_CC_FLAGS="--model-type=transformer --auto-cast=none"
export NEURON_RT_STOCHASTIC_ROUNDING_EN=1
export ALLREDUCE_GRADIENTS_BUCKET_SIZE_MB=512
neuron_parallel_compile torchrun --nproc_per_node=32 train.py --steps 10
torchrun --nproc_per_node=32 train.py --steps 1000
