/** Single numbers in double precision: Adam's bias corrections lose too much in float32. */

import { Float64 } from "./operations";

/** out = f(a, b) of float64 numbers; `widen` reads a float32 number, `narrow` writes one. */
export function float64(f: i32, a: usize, b: usize, out: usize): void {
  switch (f) {
    case Float64.add: store<f64>(out, load<f64>(a) + load<f64>(b)); break;
    case Float64.sub: store<f64>(out, load<f64>(a) - load<f64>(b)); break;
    case Float64.mul: store<f64>(out, load<f64>(a) * load<f64>(b)); break;
    case Float64.div: store<f64>(out, load<f64>(a) / load<f64>(b)); break;
    case Float64.exp: store<f64>(out, Math.exp(load<f64>(a))); break;
    case Float64.sqrt: store<f64>(out, Math.sqrt(load<f64>(a))); break;
    case Float64.widen: store<f64>(out, <f64>load<f32>(a)); break;
    case Float64.narrow: store<f32>(out, <f32>load<f64>(a)); break;
    default: unreachable();
  }
}
