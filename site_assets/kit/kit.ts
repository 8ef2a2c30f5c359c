/**
 * The script that figures share: runtime, engine client, and the modules of the kit that most figures use. Loaded when the
 * first figure comes near. Whatever this file reaches, figures take from here; all else of the kit travels with the figures
 * that use it (node/bundle.mjs). So a module that remembers anything belongs here.
 */

import "../engine/tensor.ts";
import "./controls/controls.tsx";
import "./marks/dot_rows.tsx";
import "./marks/plot.tsx";
import "./marks/raster.tsx";
import "./maths/mean.ts";
import { loadAsset, registerAsset } from "./base/asset.ts";
import type { Book } from "./page/book.ts";
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
  start: (element: HTMLElement) => new FigureRuntime(element, (...run) => new TrainingSession(...run)),
} satisfies Book);
