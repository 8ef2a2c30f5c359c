/** The script that figures share: components, runtime and engine client. Loaded when the first figure comes near. */

import * as jsxRuntime from "preact/jsx-runtime";
import * as preact from "preact";
import * as hooks from "preact/hooks";
import { loadAsset, registerAsset } from "./base/asset.ts";
import type { Book } from "./page/book.ts";
import * as kit from "./index.ts";
import { assetSource } from "./figure/model_assets.ts";
import { loadModels } from "./figure/models.ts";
import { registerWorker, theEngine } from "./figure/page_engine.ts";
import { FigureRuntime, isAtRest, registerFigure, trainingRecord } from "./figure/runtime.ts";
import { registerTaking } from "./figure/taking.ts";
import { TrainingSession } from "./run/training_session.ts";

const book = (globalThis as unknown as { book: Book }).book;
Object.assign(book, {
  asset: registerAsset,
  loadAsset,
  loadModels,
  assetSource,
  figure: registerFigure,
  taking: registerTaking,
  worker: registerWorker,
  theEngine,
  trainingRecord,
  isAtRest,
  /** Modules that figure scripts share instead of bundling their own copies. */
  modules: { kit, preact, "preact/hooks": hooks, "preact/jsx-runtime": jsxRuntime },
  start: (element: HTMLElement) => new FigureRuntime(element, (...run) => new TrainingSession(...run)),
} satisfies Book);
