/** The live models written in TensorFlow.js, as its users write them: layers of variables, `minimize`, Adam. */

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js"; // esbuild drops them otherwise: "sideEffects"
import "@tensorflow/tfjs-backend-cpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

function dense(inputs, outputs, bias) {
  const bound = 1 / Math.sqrt(inputs);
  const uniform = (shape) => tf.variable(tf.randomUniform(shape, -bound, bound));
  const weight = uniform([inputs, outputs]);
  const offset = bias ? uniform([outputs]) : null;
  return (x) => (offset ? tf.add(tf.matMul(x, weight), offset) : tf.matMul(x, weight));
}

const silu = (x) => tf.mul(x, tf.sigmoid(x));

/** Layers of the given sizes, SiLU between them. */
function stack(sizes, bias) {
  const layers = sizes.slice(1).map((size, i) => dense(sizes[i], size, bias));
  return (x) => layers.reduce((h, layer, i) => layer(i === 0 ? h : silu(h)), x);
}

function autoencoder({ encoder, decoder, bias, sigmoid }) {
  const [encode, decode] = [stack(encoder, bias), stack(decoder, bias)];
  return (x) => {
    const raw = decode(encode(x));
    return tf.mean(tf.square(tf.sub(sigmoid ? tf.sigmoid(raw) : raw, x)));
  };
}

function variational({ encoder, decoder, beta }) {
  const code = decoder[0];
  const body = stack(encoder.slice(0, -1), true);
  const [toMean, toLogVariance] = [0, 1].map(() => dense(encoder.at(-2), code, true));
  const decode = stack(decoder, true);
  return (x) => {
    const h = silu(body(x));
    const [mu, logVar] = [toMean(h), toLogVariance(h)];
    const z = tf.add(mu, tf.mul(tf.exp(tf.mul(0.5, logVar)), tf.randomNormal(mu.shape)));
    const logits = decode(z);
    const nats = tf.sum(tf.sub(tf.softplus(logits), tf.mul(x, logits)), 1);
    const spread = tf.sub(tf.add(tf.square(mu), tf.exp(logVar)), tf.add(1, logVar));
    return tf.add(tf.mean(nats), tf.mul(0.5 * beta, tf.mean(tf.sum(spread, 1))));
  };
}

let steps = null;

globalThis.rival = {
  async start(backend, wasm) {
    setWasmPaths(wasm);
    await tf.setBackend(backend);
    await tf.ready();
    return `${tf.version_core} ${tf.getBackend()}`;
  },

  /** A model as `training_speed.py` describes it, and samples for it. */
  prepare(spec) {
    tf.disposeVariables();
    const loss = spec.vae ? variational(spec) : autoencoder(spec);
    const samples = tf.variable(tf.randomUniform([spec.samples, spec.encoder[0]]), false);
    const optimiser = tf.train.adam(spec.lr);
    steps = (count) => {
      for (let i = 0; i < count; i++) {
        tf.tidy(() => {
          const rows = Int32Array.from({ length: spec.batch }, () => Math.floor(Math.random() * spec.samples));
          const batch = tf.gather(samples, tf.tensor1d(rows, "int32"));
          optimiser.minimize(() => loss(batch));
        });
      }
    };
    steps(5); // what is done once, such as the optimiser's moments
  },

  /** Optimiser steps a second, over `milliseconds`. */
  measure(milliseconds) {
    const start = performance.now();
    let done = 0;
    while (performance.now() - start < milliseconds) {
      steps(10);
      done += 10;
    }
    return (1000 * done) / (performance.now() - start);
  },
};
