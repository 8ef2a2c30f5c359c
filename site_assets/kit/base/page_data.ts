/** What pages are told as JSON. Generated from builder/render/page_data.py by a test; do not edit. */

import type { PageCard } from "./card_fields.ts";
import type { StateSpec } from "./state_spec.ts";

/** Id of a figure → the scripts that it loads before it is live. */
export type FigureFiles = Readonly<Record<string, ReadonlyArray<string | readonly [string, string]>>>;

/** What every page is told: where the parts are that are loaded later. `take` makes the files that a reader takes along. */
export interface BookData {
  readonly kit: string;
  readonly offline: string;
  readonly take: string;
  readonly search: SearchData;
  readonly engine: EngineData;
}

/** What a page loads when its search field is first used. */
export interface SearchData {
  readonly script: string;
  readonly index: string;
}

/** Both lanes; there are no kernels in a book whose graphs they cannot run. */
export interface EngineData {
  readonly ort: LaneData;
  readonly kernels: KernelsData | null;
}

/** What runs graphs: its worker's script, and its wasm. */
export interface LaneData {
  readonly script: string;
  readonly wasm: AssetReference;
}

/** Where an asset is: what its script registers it as, the script's address, and how many bytes it has once unpacked. */
export interface AssetReference {
  readonly key: string;
  readonly src: string;
  readonly bytes: number;
}

/** The kernels' worker, and their wasm twice: plain, and for browsers with relaxed SIMD. */
export interface KernelsData {
  readonly script: string;
  readonly plain: AssetReference;
  readonly fused: AssetReference;
}

/** What stands beside a figure's static frame: what figure.toml declares, the state and the options of that frame, the figure's script, and its models by role. */
export interface FigureData {
  readonly name: string;
  readonly spec: ShippedSpec;
  readonly state: Readonly<
    Record<string, number | boolean | string | ReadonlyArray<ReadonlyArray<readonly [number, number]>>>
  >;
  readonly options: Readonly<
    Record<string, number | boolean | string | ReadonlyArray<ReadonlyArray<readonly [number, number]>>>
  >;
  readonly script: string;
  readonly models: Readonly<Record<string, ModelData>>;
}

/** What figure.toml says of a figure, as the figure's own code is given it. */
export interface ShippedSpec {
  readonly title: string;
  readonly honesty: string;
  readonly description: string;
  readonly models?: Readonly<Record<string, ShippedModel>>;
  readonly state?: Readonly<Record<string, StateSpec>>;
  readonly options?: Readonly<Record<string, StateSpec>>;
}

/** The model that has a role in a figure, and the graphs and arrays that the figure needs. */
export interface ShippedModel {
  readonly model: string;
  readonly uses: ReadonlyArray<string>;
}

/** A model and its parts. `program` is PyTorch for the weights of a network that trains in the page. */
export interface ModelData {
  readonly name: string;
  readonly card: PageCard;
  readonly assets: Readonly<Record<string, ModelAsset>>;
  readonly program?: AssetReference;
}

/** A graph or an array; a graph may have a plan for the kernels. */
export interface ModelAsset {
  readonly key: string;
  readonly src: string;
  readonly bytes: number;
  readonly plan?: AssetReference;
}

/** What cells load when one is first run, `size` bytes in all: the worker's script, Python's files in parts, and its memory after its start, which is for pages from file://. `editor` is the script that loads when a cell is first edited, `lock` Pyodide's lock file, and `models` are those that cells name. */
export interface CellsData {
  readonly script: string;
  readonly size: number;
  readonly editor: string;
  readonly lock: string;
  readonly files: Readonly<Record<string, ReadonlyArray<SizedAsset>>>;
  readonly snapshot: ReadonlyArray<SizedAsset>;
  readonly models: Readonly<Record<string, ModelData>>;
}

/** A part of a file; `size` counts the bytes of its script. */
export interface SizedAsset {
  readonly key: string;
  readonly src: string;
  readonly bytes: number;
  readonly size: number;
}

/** A cell's Python. An exercise has a check; `raises` names the exception that is meant, if one is. */
export interface CellData {
  readonly code: string;
  readonly check: string | null;
  readonly raises: string;
}
