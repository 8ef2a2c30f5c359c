/**
 * What a plan is made of. Each line names a kernel, its number and its arguments in order; `builder/plan/vocabulary.py`
 * reads these lines, so a plan and the kernels cannot mean different things by a number.
 *
 * Arguments are 32-bit integers: sizes in elements, addresses and strides between addresses in bytes. An address 0
 * stands for an input that is not there (a bias, a second result).
 */

export enum Operation {
  gemm = 0, // rows, columns, depth, a, transposeA, b, transposeB, bias, out, scratch, activation
  indexedGemv = 1, // count, rows, depth, matrices, members, index, x, biases, out, activation
  conv = 2, // images, channelsIn, channelsOut, heightIn, widthIn, heightOut, widthOut, kernelHeight, kernelWidth, stride, padding, x, weight, bias, out, scratch, activation
  convTranspose = 3, // images, channelsIn, channelsOut, heightIn, widthIn, heightOut, widthOut, kernelHeight, kernelWidth, stride, padding, x, weight, bias, out, scratch, activation
  unary = 4, // function, size, x, out
  binary = 5, // function, size0, size1, size2, a, a0, a1, a2, b, b0, b1, b2, out
  where = 6, // size, condition, conditionStep, x, xStep, y, yStep, out
  silu = 7, // size, x, out, sigmoid
  siluGradient = 8, // size, x, sigmoid, gradient, out
  softplusAndSigmoid = 9, // size, x, softplus, sigmoid
  reduce = 10, // outer, size, inner, x, out, divisor, squared
  softmax = 11, // rows, columns, x, out
  transpose = 12, // rows, columns, x, out
  gather = 13, // count, members, bytes, x, index, out
  copy = 14, // count, bytes, x, xStride, out, outStride
  slice = 15, // x, out, bytes, fromStep, toStep
  float64 = 16, // function, a, b, out
  adam = 17, // size, gradient, momentum, variance, parameters, momentumRate, varianceDecay, varianceRate, varianceRoot, epsilon, stepSize
  sigmoidGradient = 18, // size, sigmoid, gradient, factor, out
  crossEntropy = 19, // rows, columns, x, z, loss, gradient, factor
  squaredError = 20, // rows, columns, x, y, divisor, loss, difference, factor
}

/** Of `unary`, and as `activation` of gemm, indexedGemv, conv and convTranspose. */
export enum Unary {
  identity = 0,
  sigmoid = 1,
  silu = 2,
  exp = 3,
  sqrt = 4,
  neg = 5,
  softplus = 6,
  tanh = 7,
  relu = 8,
  asin = 9,
}

/** Of `binary`. */
export enum Binary {
  add = 0,
  sub = 1,
  mul = 2,
  div = 3,
  greater = 4,
  max = 5,
  min = 6,
}

/** Of `float64`: arithmetic of single numbers in double precision, and the way there and back. */
export enum Float64 {
  add = 0,
  sub = 1,
  mul = 2,
  div = 3,
  exp = 4,
  sqrt = 5,
  widen = 6,
  narrow = 7,
}
