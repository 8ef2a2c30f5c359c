/**
 * The kit's public surface: all that a figure may import, room by room. A room imports only from those after it:
 * page, experiment → run → figure → controls → marks → base, maths (tests/unit/test_rooms.py).
 */

export * from "./experiment/index.ts";
export * from "./run/index.ts";
export * from "./figure/index.ts";
export * from "./controls/index.ts";
export * from "./marks/index.ts";
export * from "./base/index.ts";
export * from "./maths/index.ts";
export { inSequence } from "../engine/lane.ts";
export { Trainer } from "../engine/trainer.ts";
export { float32, floatOutput, type Tensor } from "../engine/tensor.ts";
