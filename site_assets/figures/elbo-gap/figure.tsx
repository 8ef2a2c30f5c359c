/** F13: a Gaussian q beside the true posterior of a one-number code, and the bar log p(x) = ELBO + KL. */

import {
  Area,
  Band,
  Button,
  Controls,
  defineFigure,
  density,
  fixed,
  GaussianPad,
  Isolines,
  klToPrior,
  Level,
  Line,
  Panel,
  Panels,
  Plot,
  Readout,
  Slider,
  Stack,
  Toggle,
  Unfold,
  useCoordinates,
  type Axis,
  type Pair,
} from "../../kit/index.ts";
import type { State } from "../../generated/elbo-gap.ts";
import { bestGaussian, DECODERS, elbo, gap, LIMITS, NOISE, posterior, reconstruction, type Gaussian } from "./maths.ts";

interface Frame {
  /** log p(x), ELBO and KL(q ‖ p(z|x)) in nats: by quadrature, in closed form, by quadrature. */
  readonly logEvidence: number;
  readonly elbo: number;
  readonly gap: number;
  /** p(z|x) over the plotted codes. */
  readonly posterior: readonly Pair[];
  /** The best q, on the reader's side, and the gap that it leaves. */
  readonly best: Gaussian;
  readonly leastGap: number;
}

const REACH = 3.5; // of z in the plots
// The lines of the gap are those of exp(−gap / 2), which stays finite as σ goes to zero and is nearly straight
// between the points of a grid where the gap is steep.
const CALM = 2;
const LEVELS = [0.25, 0.5, 1, 2, 4].map((nats) => Math.exp(-nats / CALM));
const Z = Array.from({ length: 141 }, (_, i) => -REACH + (2 * REACH * i) / 140);
const FORMULA: Readonly<Record<State["decoder"], string>> = { straight: "z", bent: "exp z", folded: "z²" };
const CODES: Axis = { label: "code z (prior standard deviations)", min: -REACH, max: REACH, ticks: 7 };

export default defineFigure<State, Frame>({
  async compute({ mu, sigma, x, decoder }, { memo }) {
    const g = DECODERS[decoder];
    const { truth, curve } = await memo(`posterior ${decoder} ${x}`, () => {
      const truth = posterior(g, x);
      return { truth, curve: Z.map((z): Pair => [z, Math.exp(truth.logDensity(z))]) };
    });
    const side = mu < 0 ? -1 : 1;
    const { best, leastGap } = await memo(`best ${decoder} ${x} ${side}`, () => {
      const best = bestGaussian(g, x, side);
      return { best, leastGap: gap(truth, best.mu, best.sigma) };
    });
    return {
      logEvidence: truth.logEvidence,
      elbo: elbo(g, x, mu, sigma),
      gap: gap(truth, mu, sigma),
      posterior: curve,
      best,
      leastGap,
    };
  },

  view({ mu, sigma, x, decoder, more }, frame, set) {
    const { logEvidence, elbo: bound, gap: missing, best, leastGap } = frame;
    const closeness = (m: number, s: number): number =>
      Math.exp((elbo(DECODERS[decoder], x, m, s) - logEvidence) / CALM);
    return (
      <>
        <Panels columns={2}>
          <Panel
            title={
              <>
                Choose <var class="c-z">q</var>; lines where the gap is ¼, ½, 1, 2, 4 nats
              </>
            }
          >
            <GaussianPad mu={mu} sigma={sigma} muLimit={LIMITS.mu} sigmaLimit={LIMITS.sigma[1]} onMove={set}>
              <Isolines f={closeness} of={`${decoder} ${x}`} levels={LEVELS} />
              <BestPlace best={best} />
            </GaussianPad>
            <Controls label="Search">
              <Button onClick={() => set(best)}>Find the best q</Button>
            </Controls>
          </Panel>
          <Panel
            title={
              <>
                log <var>p</var>(<var class="c-x">x</var>) = ELBO + KL(<var class="c-z">q</var> ‖ <var>p</var>(
                <var class="c-z">z</var> | <var class="c-x">x</var>))
              </>
            }
          >
            <Sum logEvidence={logEvidence} bound={bound} missing={missing} />
            <Readout
              items={[
                { label: "ELBO", value: fixed(bound, 3) },
                { label: "+ KL", value: fixed(missing, 3) },
                { label: "= log p(x)", value: `${fixed(logEvidence, 3)} nats` },
              ]}
            />
          </Panel>
        </Panels>
        <Unfold what="the posterior and the decoder" open={more} onChange={(open) => set({ more: open })}>
          <Panels columns={2}>
            <Panel
              title={
                <>
                  <var class="c-z">q</var> and the true posterior <var>p</var>(<var class="c-z">z</var> |{" "}
                  <var class="c-x">x</var>)
                </>
              }
            >
              <Densities mu={mu} sigma={sigma} posterior={frame.posterior} />
              <Readout
                items={[
                  { label: "μ", value: fixed(mu), hue: "c-mu" },
                  { label: "σ", value: fixed(sigma), hue: "c-sigma" },
                  { label: "gap", value: `${fixed(missing, 3)} nats` },
                  { label: "least gap of any Gaussian", value: `${fixed(leastGap, 3)} nats` },
                ]}
              />
            </Panel>
            <Panel
              title={
                <>
                  The decoder <var>g</var> (<var class="c-z">z</var>) = {FORMULA[decoder]}, and the{" "}
                  <var class="c-x">x</var> that it must explain
                </>
              }
            >
              <DecoderPlot decoder={decoder} x={x} />
            </Panel>
          </Panels>
        </Unfold>
        <Controls>
          <Toggle
            label="decoder g(z)"
            value={decoder}
            of="decoder"
            format={(value) => `${value}, ${FORMULA[value]}`}
            onChange={(value) => set({ decoder: value })}
          />
          <Slider
            of="x"
            label={
              <>
                observation <var class="c-x">x</var>
              </>
            }
            name="observation x"
            value={x}
            format={(value) => fixed(value)}
            onChange={(value) => set({ x: value })}
          />
        </Controls>
      </>
    );
  },

  describe({ mu, sigma, x, decoder }, { logEvidence, elbo: bound, gap: missing, leastGap }) {
    return (
      `With the ${decoder} decoder g(z) = ${decoder === "bent" ? "exp z" : FORMULA[decoder]} and x ${fixed(x)}, ` +
      `log p(x) is ${fixed(logEvidence, 3)} nats. ` +
      `For q of mean ${fixed(mu)} and spread ${fixed(sigma)} it is the ELBO of ${fixed(bound, 3)} plus a gap of ${fixed(missing, 3)}. ` +
      `The best Gaussian leaves a gap of ${fixed(leastGap, 3)}.`
    );
  },

  table({ mu, sigma, x, decoder }, { logEvidence, elbo: bound, gap: missing, best, leastGap }) {
    return {
      columns: ["quantity", "nats", "computed"],
      rows: [
        ["reconstruction, E_q[log p(x|z)]", fixed(reconstruction(DECODERS[decoder], x, mu, sigma), 6), "closed form"],
        ["KL(q ‖ p(z)), to the prior", fixed(klToPrior(mu, sigma), 6), "closed form"],
        ["ELBO, the difference", fixed(bound, 6), "closed form"],
        ["KL(q ‖ p(z|x)), the gap", fixed(missing, 6), "quadrature over q"],
        ["log p(x)", fixed(logEvidence, 6), "quadrature over the prior"],
        ["log p(x) − ELBO − gap", fixed(logEvidence - bound - missing, 6), "difference"],
        [`least gap, at μ ${fixed(best.mu, 3)}, σ ${fixed(best.sigma, 3)}`, fixed(leastGap, 6), "numerical search"],
      ],
    };
  },
});

function BestPlace({ best: { mu, sigma } }: { best: Gaussian }) {
  const { x, y, left, right } = useCoordinates();
  const at = x(mu);
  const late = at > (left + right) / 2 + 60;
  return (
    <g transform={`translate(${at.toFixed(1)} ${y(sigma).toFixed(1)})`}>
      <circle class="dot-goal" r="4.5" />
      <text class="direct-label" x={late ? -10 : 10} y="20" text-anchor={late ? "end" : "start"}>
        best q
      </text>
    </g>
  );
}

const HEIGHTS = [0.6, 1, 1.5, 2.2, 3, 4.4]; // of the axis: one for every peak that the limits allow

function Densities({ mu, sigma, posterior: truth }: { mu: number; sigma: number; posterior: readonly Pair[] }) {
  const q = Array.from({ length: 97 }, (_, i) => mu + sigma * (i / 12 - 4))
    .filter((z) => Math.abs(z) <= REACH)
    .map((z): Pair => [z, density(z, mu, sigma)]);
  const top = truth.reduce((best, point) => (point[1] > best[1] ? point : best));
  const peak = Math.max(top[1], density(mu, mu, sigma));
  return (
    <Plot
      x={CODES}
      y={{ label: "density", min: 0, max: HEIGHTS.find((height) => height > 1.1 * peak) ?? peak }}
      height={270}
      label="Densities of q and of the true posterior"
    >
      <Area points={truth} hue="quiet" />
      <Line points={truth} hue="quiet" />
      <Line points={q} hue="c-z" />
      <Names truth={top} q={[mu, density(mu, mu, sigma)]} />
    </Plot>
  );
}

/** Each density's name over its peak; the posterior's gives way to the side where both would meet. */
function Names({ truth, q }: { truth: Pair; q: Pair }) {
  const { x, y } = useCoordinates();
  const [at, top] = [x(truth[0]), y(truth[1])];
  const crowded = Math.abs(at - x(q[0])) < 40;
  return (
    <>
      <text
        class="direct-label quiet"
        x={crowded ? at + 26 : at}
        y={crowded ? top + 10 : top - 7}
        text-anchor={crowded ? "start" : "middle"}
      >
        p(z|x)
      </text>
      <text class="direct-label c-z" x={x(q[0])} y={y(q[1]) - 7} text-anchor="middle">
        q
      </text>
    </>
  );
}

const FLOORS = [6, 12, 24, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000];

function Sum({ logEvidence, bound, missing }: { logEvidence: number; bound: number; missing: number }) {
  const floor = -(FLOORS.find((depth) => 0.9 * depth >= -bound) ?? -2 * bound);
  return (
    <Stack
      label="The ELBO and the gap add up to the log evidence"
      axis={{ label: "nats", min: floor, max: 0, ticks: 4 }}
      rows={[
        [
          { name: "ELBO", from: floor, to: bound, hue: "", anchor: "start" },
          { name: "KL, the gap", from: bound, to: bound + missing, hue: "c-z" },
        ],
        [{ name: "log p(x)", from: floor, to: logEvidence, hue: "quiet", anchor: "start" }],
      ]}
      guides={[bound, logEvidence]}
    />
  );
}

function DecoderPlot({ decoder, x }: { decoder: State["decoder"]; x: number }) {
  const points = Z.map((z): Pair => [z, DECODERS[decoder].mean(z)]).filter(([, mean]) => mean >= -2 && mean <= 4);
  return (
    <Plot
      x={CODES}
      y={{ label: "observation x", min: -2, max: 4, ticks: 7 }}
      height={230}
      label={`The decoder ${FORMULA[decoder]} and the observation`}
    >
      <Band points={[-REACH, REACH].map((z) => [z, x - NOISE, x + NOISE] as const)} hue="c-x" />
      <Level value={x} name={`x ± s, s = ${fixed(NOISE, 1)}`} hue="c-x" />
      <Line points={points} hue="c-xhat" />
    </Plot>
  );
}
