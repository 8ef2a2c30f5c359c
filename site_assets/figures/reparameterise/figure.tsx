/** F12: fixed noise becomes a cloud of codes, and the gradient of an expectation is estimated in two ways. */

import {
  Columns,
  Controls,
  defineFigure,
  Dots,
  fixed,
  Draws,
  GaussianPad,
  grouped,
  histogram,
  Isolines,
  Line,
  Panel,
  Panels,
  Plot,
  Readout,
  Toggle,
  Unfold,
  Upright,
  useCoordinates,
  type Axis,
  type Histogram,
  type Pair,
} from "../../kit/index.ts";
import type { State } from "../../generated/reparameterise.ts";
import {
  draws,
  estimates,
  exactVariance,
  moments,
  niceCeiling,
  OBJECTIVES,
  type Estimator,
  type Moments,
} from "./maths.ts";

interface Result extends Moments {
  readonly exactVariance: number;
  readonly histogram: Histogram;
}

interface Frame {
  /** The draws that are shown, and their codes. */
  readonly eps: readonly number[];
  readonly z: readonly number[];
  /** The exact gradient. */
  readonly gradient: number;
  readonly results: Readonly<Record<Estimator, Result>>;
}

const LIMITS = { mu: 2.5, sigma: 1.5 }; // as in figure.toml
const REACH = 6; // of ε and z in the plots
const SHOWN = 25; // draws in the cloud
const ESTIMATES = 1000;
const MOST = 32; // draws per estimate, as in figure.toml
const BINS = 61; // odd: one is around zero

const HEIGHTS: Readonly<Record<State["h"], Pair>> = { bowl: [0, 36], ripple: [-1.25, 1.25] };
const FORMULA: Readonly<Record<State["h"], string>> = { bowl: "z²", ripple: "sin 3z" };
const LEVELS: Readonly<Record<State["h"], readonly number[]>> = {
  bowl: [0.25, 1, 2, 3, 4, 5, 6, 7, 8],
  ripple: [-0.8, -0.4, -0.1, 0, 0.1, 0.4, 0.8],
};
const SYMBOL = { mu: "μ", sigma: "σ" } as const;
const NAMES: Readonly<Record<Estimator, string>> = { reparameterised: "reparameterised", score: "score function" };
const Z = Array.from({ length: 145 }, (_, i) => -REACH + (2 * REACH * i) / 144);

export default defineFigure<State, Frame>({
  async compute({ mu, sigma, h, parameter, doublings, seed }, { memo }) {
    const noise = await memo(`draws ${seed}`, () => draws(seed, ESTIMATES * MOST));
    const objective = OBJECTIVES[h];
    const each = 2 ** doublings;
    const gradient = objective.gradient(mu, sigma)[parameter];
    const run = (estimator: Estimator) => {
      const values = estimates(objective, estimator, parameter, mu, sigma, noise, ESTIMATES, each);
      return {
        values,
        ...moments(values),
        exactVariance: exactVariance(objective, estimator, parameter, mu, sigma, each),
      };
    };
    const [reparameterised, score] = [run("reparameterised"), run("score")];
    const widest = Math.sqrt(Math.max(reparameterised.exactVariance, score.exactVariance));
    const reach = niceCeiling(Math.abs(gradient) + 3 * widest);
    const counted = ({ values, ...rest }: ReturnType<typeof run>): Result => ({
      ...rest,
      histogram: histogram(values, -reach, reach, BINS),
    });
    const eps = Array.from(noise.subarray(0, SHOWN));
    return {
      eps,
      z: eps.map((e) => mu + sigma * e),
      gradient,
      results: { reparameterised: counted(reparameterised), score: counted(score) },
    };
  },

  view({ mu, sigma, h, parameter, doublings, seed, more }, frame, set) {
    const { reparameterised, score } = frame.results;
    const symbol = SYMBOL[parameter];
    const tallest = niceCeiling(Math.max(...[reparameterised, score].flatMap(({ histogram: { counts } }) => counts)));
    const derivative = `∂E[h]/∂${symbol}`;
    return (
      <>
        <Controls>
          <Toggle
            label="function h"
            value={h}
            of="h"
            format={(value) => ({ bowl: "bowl, z²", ripple: "ripple, sin 3z" })[value]}
            onChange={(value) => set({ h: value })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                Choose <var class="c-mu">μ</var> and <var class="c-sigma">σ</var>; lines of equal E[<var>h</var> (
                <var class="c-z">z</var>)]
              </>
            }
          >
            <GaussianPad mu={mu} sigma={sigma} muLimit={LIMITS.mu} sigmaLimit={LIMITS.sigma} onMove={set}>
              <Isolines f={OBJECTIVES[h].mean} of={h} levels={LEVELS[h]} />
            </GaussianPad>
          </Panel>
          <Panel
            title={
              <>
                {SHOWN} draws of <var class="c-eps">ε</var>, kept, become <var class="c-z">z</var> ={" "}
                <var class="c-mu">μ</var> + <var class="c-sigma">σ</var>
                <var class="c-eps">ε</var>
              </>
            }
          >
            <Cloud eps={frame.eps} z={frame.z} />
            <Landscape h={h} z={frame.z} />
          </Panel>
        </Panels>
        <Unfold what="two ways to estimate the slope" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            <Panel title={<>Reparameterised: {parameter === "mu" ? "h′(z)" : "h′(z) ε"}</>}>
              <Spread result={reparameterised} exact={frame.gradient} label={derivative} tallest={tallest} />
              <Numbers result={reparameterised} />
            </Panel>
            <Panel title={<>Score function: {parameter === "mu" ? "h(z) ε / σ" : "h(z) (ε² − 1) / σ"}</>}>
              <Spread result={score} exact={frame.gradient} label={derivative} tallest={tallest} />
              <Numbers result={score} />
            </Panel>
          </Panels>
          <Controls label="Estimates">
            <Toggle
              label="differentiate by"
              value={parameter}
              of="parameter"
              format={(value) => ({ mu: "μ", sigma: "σ" })[value]}
              onChange={(value) => set({ parameter: value })}
            />
            <Draws
              of="doublings"
              label="draws per estimate"
              doublings={doublings}
              onDoublings={(value) => set({ doublings: value })}
              seed={seed}
              onSeed={(value) => set({ seed: value })}
            />
          </Controls>
        </Unfold>
        <Readout
          items={[
            { label: "μ", value: fixed(mu), hue: "c-mu" },
            { label: "σ", value: fixed(sigma), hue: "c-sigma" },
            { label: `exact ${derivative}`, value: fixed(frame.gradient, 3) },
            { label: "seed", value: String(seed) },
          ]}
        />
      </>
    );
  },

  describe({ mu, sigma, h, parameter }, { gradient, results: { reparameterised, score } }) {
    const ratio = score.variance / reparameterised.variance;
    const verdict =
      ratio >= 1
        ? `The score function’s estimates vary ${significant(ratio)} times as much as the reparameterised ones.`
        : `Here the reparameterised estimates vary ${significant(1 / ratio)} times as much as the score function’s.`;
    return (
      `The gradient of E[${FORMULA[h]}] by ${SYMBOL[parameter]} at μ ${fixed(mu)}, σ ${fixed(sigma)} is ${fixed(gradient, 3)}. ` +
      `${grouped(ESTIMATES)} reparameterised estimates have mean ${fixed(reparameterised.mean, 3)} and variance ` +
      `${significant(reparameterised.variance)}, as many of the score function mean ${fixed(score.mean, 3)} and variance ` +
      `${significant(score.variance)}. ${verdict}`
    );
  },

  table(_, { gradient, results }) {
    return {
      columns: [
        "estimator",
        "exact gradient",
        "mean of estimates",
        "standard error",
        "measured variance",
        "exact variance",
      ],
      rows: (["reparameterised", "score"] as const).map((estimator) => {
        const { mean, standardError, variance, exactVariance: exact } = results[estimator];
        const numbers = [gradient, mean, standardError].map((value) => fixed(value, 4));
        return [NAMES[estimator], ...numbers, significant(variance), significant(exact)];
      }),
    };
  },
});

/** Three significant digits, without an exponent. */
function significant(value: number): string {
  if (value === 0) return "0";
  return fixed(value, Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(value)))));
}

const CODES: Axis = { label: "z", min: -REACH, max: REACH, ticks: 7 };
const ROWS: Axis = { label: "", min: 0, max: 1, ticks: 0 };

/** Each draw as a line from its ε to the code that mean and spread make of it, both on the same axis. */
function Cloud({ eps, z }: { eps: readonly number[]; z: readonly number[] }) {
  return (
    <Plot
      x={{ ...CODES, label: "" }}
      y={ROWS}
      height={150}
      label="The draws of noise above, the codes that they become beneath"
    >
      <Threads eps={eps} z={z} />
      <Dots points={eps.map((e): Pair => [e, 0.92])} hue="c-eps" />
      <Dots points={z.map((code): Pair => [code, 0.04])} hue="c-z" />
      <RowName at={0.92} name="ε" hue="c-eps" />
      <RowName at={0.04} name="z" hue="c-z" />
    </Plot>
  );
}

function Threads({ eps, z }: { eps: readonly number[]; z: readonly number[] }) {
  const { x, y } = useCoordinates();
  const [from, to] = [y(0.92).toFixed(1), y(0.04).toFixed(1)];
  const path = eps.map((e, i) => `M${x(e).toFixed(1)} ${from}L${x(z[i] as number).toFixed(1)} ${to}`).join("");
  return <path class="thread" d={path} />;
}

function RowName({ at, name, hue }: { at: number; name: string; hue: string }) {
  const { y, left } = useCoordinates();
  return (
    <text class={`direct-label ${hue}`} x={left - 14} y={y(at) + 4} text-anchor="middle">
      {name}
    </text>
  );
}

/** The function with the codes on it: one estimator reads its slope there, the other its height. */
function Landscape({ h, z }: { h: State["h"]; z: readonly number[] }) {
  const [min, max] = HEIGHTS[h];
  const { value } = OBJECTIVES[h];
  return (
    <Plot
      x={CODES}
      y={{ label: `h(z) = ${FORMULA[h]}`, min, max }}
      height={210}
      label={`The function ${FORMULA[h]} with the codes on it`}
    >
      <Line points={Z.map((at): Pair => [at, value(at)])} />
      <Dots points={z.filter((code) => Math.abs(code) <= REACH).map((code): Pair => [code, value(code)])} hue="c-z" />
    </Plot>
  );
}

interface SpreadProps {
  readonly result: Result;
  readonly exact: number;
  /** What is estimated. */
  readonly label: string;
  readonly tallest: number;
}

function Spread({ result, exact, label, tallest }: SpreadProps) {
  const { min, max } = result.histogram;
  return (
    <Plot
      x={{ label: `estimate of ${label}`, min, max }}
      y={{ label: `of ${grouped(ESTIMATES)} estimates`, min: 0, max: tallest, ticks: 4 }}
      height={210}
      label={`Histogram of ${ESTIMATES} estimates`}
    >
      <Columns histogram={result.histogram} hue="quiet" />
      <Upright value={exact} name="exact" />
    </Plot>
  );
}

function Numbers({ result: { mean, standardError, variance, exactVariance: exact } }: { result: Result }) {
  return (
    <Readout
      items={[
        { label: "mean", value: `${fixed(mean)} ± ${fixed(standardError)}` },
        { label: "variance", value: `${significant(variance)} measured, ${significant(exact)} exact` },
      ]}
    />
  );
}
