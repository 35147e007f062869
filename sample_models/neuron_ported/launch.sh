#!/bin/bash
set -euo pipefail
cores=${CORES:-64}
export NEURON_RT_LOG_LEVEL=WARNING
neuron-ls
torchrun --nproc_per_node="$cores" train.py
