#include <cuda.h>
#include <cuda_runtime.h>
#include <torch/extension.h>

namespace {

__device__ __forceinline__ float gelu(float x) {
  const float inner = 0.7978845608f * (x + 0.044715f * x * x * x);
  return 0.5f * x * (1.0f + tanhf(inner));
}

__global__ void bias_gelu_kernel(const float* __restrict__ x, const float* __restrict__ bias,  // expect: NEU290
                                 float* __restrict__ out, int64_t count, int64_t width) {
  const int64_t index = blockIdx.x * static_cast<int64_t>(blockDim.x) + threadIdx.x;
  if (index < count) {
    out[index] = gelu(x[index] + bias[index % width]);
  }
}

}  // namespace

torch::Tensor bias_gelu_forward(torch::Tensor x, torch::Tensor bias) {
  TORCH_CHECK(x.is_cuda() && bias.is_cuda(), "bias_gelu wants CUDA tensors");
  auto out = torch::empty_like(x);
  const int64_t count = x.numel();
  const int threads = 256;
  const int blocks = (count + threads - 1) / threads;
  bias_gelu_kernel<<<blocks, threads>>>(x.data_ptr<float>(), bias.data_ptr<float>(),
                                        out.data_ptr<float>(), count, bias.numel());
  return out;
}
