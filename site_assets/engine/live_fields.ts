/** Of live models. Generated from training/live/fields.py by a test; do not edit. */

export type StepState = "params" | "adam_m" | "adam_v";

export type StepInput = "params" | "adam_m" | "adam_v" | "step" | "index" | "eps" | "x_all" | "lr" | "adam_eps";

export type StepOutput = "params_out" | "adam_m_out" | "adam_v_out" | "step_out" | "losses";

/** `card.options.live`: sizes, a full run's steps, and what the reader may turn and see. */
export interface LiveSection {
  readonly state_size: number;
  readonly parameters: ReadonlyArray<ParameterFields>;
  readonly input_size: number;
  readonly noise_size: number;
  readonly batch_size: number;
  readonly steps: number;
  readonly adam_eps: number;
  readonly knobs: ReadonlyArray<KnobFields>;
  readonly terms: ReadonlyArray<TermFields>;
  readonly data: DataFields;
}

/** One tensor of the flat parameters. */
export interface ParameterFields {
  readonly name: string;
  readonly shape: ReadonlyArray<number>;
  readonly fan_in: number;
}

/** A hyper-parameter that may be turned while the model trains. */
export interface KnobFields {
  readonly name: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly scale: "linear" | "log";
  readonly description: string;
}

/** One number of the loss curve. */
export interface TermFields {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

/** The names of published arrays. A sample is scale · array − offset, where there is one. */
export interface DataFields {
  readonly train: string;
  readonly validation: string;
  readonly scale: number;
  readonly offset: string | null;
}
