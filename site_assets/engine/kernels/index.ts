/**
 * The kernels and what runs a plan with them, as one WebAssembly module without imports (AssemblyScript; compiled by
 * `site_assets/node/kernels.mjs`). A plan is a list of calls in memory: number of the operation (see operations.ts),
 * number of integers, arguments. What lies where in memory the planner has decided; nothing here allocates.
 */

import { conv, convTranspose } from "./conv";
import { adam, binary, crossEntropy, sigmoidGradient, siluGradient, softplusAndSigmoid, squaredError, unary, where } from "./elementwise";
import { sigmoids } from "./exponential";
import { float64 } from "./float64";
import { gemm, indexedGemv, transpose } from "./gemm";
import { copy, gather } from "./move";
import { Operation } from "./operations";
import { reduce, softmax } from "./reduce";

/** The first address that the module does not use itself. */
export const heap: usize = __heap_base;

/** Which turn of a plan's loop is under way: `slice` moves one step of what comes in and goes out per turn. */
let turn: i32 = 0;

@inline
function argument(call: usize, place: i32): i32 {
  return load<i32>(call + ((place + 2) << 2));
}

/** All calls from `start` to `end`, once. */
export function run(start: usize, end: usize): void {
  for (let p = start; p < end; p += load<i32>(p, 4) << 2) {
    switch (load<i32>(p)) {
      case Operation.gemm:
        gemm(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7), argument(p, 8), argument(p, 9), argument(p, 10));
        break;
      case Operation.indexedGemv:
        indexedGemv(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7), argument(p, 8), argument(p, 9));
        break;
      case Operation.conv:
        conv(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7), argument(p, 8), argument(p, 9), argument(p, 10), argument(p, 11), argument(p, 12), argument(p, 13), argument(p, 14), argument(p, 15), argument(p, 16));
        break;
      case Operation.convTranspose:
        convTranspose(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7), argument(p, 8), argument(p, 9), argument(p, 10), argument(p, 11), argument(p, 12), argument(p, 13), argument(p, 14), argument(p, 15), argument(p, 16));
        break;
      case Operation.unary:
        unary(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3));
        break;
      case Operation.binary:
        binary(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7), argument(p, 8), argument(p, 9), argument(p, 10), argument(p, 11), argument(p, 12));
        break;
      case Operation.where:
        where(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7));
        break;
      case Operation.silu:
        sigmoids(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3));
        break;
      case Operation.siluGradient:
        siluGradient(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4));
        break;
      case Operation.softplusAndSigmoid:
        softplusAndSigmoid(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3));
        break;
      case Operation.reduce:
        reduce(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), <f32>argument(p, 5), argument(p, 6));
        break;
      case Operation.softmax:
        softmax(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3));
        break;
      case Operation.transpose:
        transpose(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3));
        break;
      case Operation.gather:
        gather(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5));
        break;
      case Operation.copy:
        copy(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5));
        break;
      case Operation.slice:
        copy(1, argument(p, 2), argument(p, 0) + turn * argument(p, 3), 0, argument(p, 1) + turn * argument(p, 4), 0);
        break;
      case Operation.float64:
        float64(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3));
        break;
      case Operation.adam:
        adam(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7), argument(p, 8), argument(p, 9), argument(p, 10));
        break;
      case Operation.sigmoidGradient:
        sigmoidGradient(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4));
        break;
      case Operation.crossEntropy:
        crossEntropy(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), argument(p, 4), argument(p, 5), argument(p, 6));
        break;
      case Operation.squaredError:
        squaredError(argument(p, 0), argument(p, 1), argument(p, 2), argument(p, 3), <f32>argument(p, 4), argument(p, 5), argument(p, 6), argument(p, 7));
        break;
      default:
        unreachable();
    }
  }
}

/** The calls from `start` to `end`, `turns` times: the steps of a training run. */
export function loop(start: usize, end: usize, turns: i32): void {
  for (turn = 0; turn < turns; turn++) run(start, end);
}
