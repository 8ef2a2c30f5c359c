/** The worker of the lane of ONNX Runtime. */

import * as ort from "onnxruntime-web/wasm";
import { isFatal, Sessions, type Runtime } from "./ort_sessions.ts";
import { serve } from "./serve.ts";

serve((wasm) => new Sessions(ort as unknown as Runtime, wasm), isFatal);
