#!/bin/bash
set -euo pipefail
export NEURON_CC_FLAGS="--model-type=transformer --auto-cast=none"
python compile.py
