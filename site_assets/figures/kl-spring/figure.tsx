/** F11: one Gaussian on the plane of mean and spread, and the divergence that pulls it towards the prior. */

import { useRef, useState } from "preact/hooks";
import {
  Arrow,
  Band,
  Button,
  Controls,
  defineFigure,
  density,
  fixed,
  Draws,
  GaussianPad,
  grouped,
  Isolines,
  klGradient,
  klShares,
  klToPrior,
  Level,
  Line,
  Panel,
  Panels,
  Plot,
  Readout,
  Unfold,
  useCoordinates,
  useTicker,
  type Axis,
  type Pair,
  type Setter,
} from "../../kit/index.ts";
import type { State } from "../../generated/kl-spring.ts";
import { draws, logSpaced, monteCarlo, slide, termDeviation, type Estimate } from "./maths.ts";

interface Frame {
  /** In nats. */
  readonly kl: number;
  /** ∂KL/∂μ and ∂KL/∂σ, in nats per unit. */
  readonly gradient: readonly [number, number];
  /**
   * From more and more of the same draws; the last one is from all of them. Made when they are first asked for: until
   * the reader unfolds them, only words and the table need them, which come after the drawing.
   */
  readonly estimates: () => readonly Estimate[];
}

const LIMIT = 3; // of |μ| and σ, as in figure.toml
const REACH = 6; // of z in the plot of the densities
const FIRST = 16; // draws of the first estimate shown
const NARROW = 128; // draws after which the band leaves room for its name
const MOST = 2 ** 14; // draws, as in figure.toml
// The lines of KL are those of exp −KL, which stays finite, and nearly straight, as σ goes to zero.
const LEVELS = [0.125, 0.5, 1, 2, 4].map((kl) => Math.exp(-kl));
const DOWNHILL = 0.5; // share of the slope that the arrows go down

const Z = Array.from({ length: 97 }, (_, i) => -REACH + (2 * REACH * i) / 96);
const PRIOR: readonly Pair[] = Z.map((z) => [z, density(z)]);
const PRIOR_PLACE = { mu: 0, sigma: 1 };

const last = ({ estimates }: Frame): Estimate => estimates().at(-1) as Estimate;

let kept: { readonly seed: number; readonly eps: Float32Array } | null = null;

/** The draws of one seed, of which a drag asks for the same ones again and again. */
function drawn(seed: number, count: number): Float32Array {
  if (kept?.seed !== seed || kept.eps.length !== count) kept = { seed, eps: draws(seed, count) };
  return kept.eps;
}

/** q over four deviations to both sides, as far as the axis goes. */
function curve(mu: number, sigma: number): Pair[] {
  return Array.from({ length: 97 }, (_, i) => mu + sigma * (i / 12 - 4))
    .filter((z) => Math.abs(z) <= REACH)
    .map((z) => [z, density(z, mu, sigma)]);
}

export default defineFigure<State, Frame>({
  compute({ mu, sigma, doublings, seed }) {
    let made: readonly Estimate[] | null = null;
    const count = 2 ** doublings;
    return {
      kl: klToPrior(mu, sigma),
      gradient: klGradient(mu, sigma),
      estimates: () => (made ??= monteCarlo(mu, sigma, drawn(seed, count), logSpaced(FIRST, count, 8))),
    };
  },

  view({ mu, sigma, doublings, seed, more }, frame, set) {
    const {
      kl,
      gradient: [alongMu, alongSigma],
    } = frame;
    return (
      <>
        <Panels columns={2}>
          <Panel
            title={
              <>
                Choose <var class="c-mu">μ</var> and <var class="c-sigma">σ</var>; lines where KL is ⅛, ½, 1, 2, 4 nats
              </>
            }
          >
            <GaussianPad mu={mu} sigma={sigma} muLimit={LIMIT} sigmaLimit={LIMIT} onMove={set}>
              <Isolines f={(m, s) => Math.exp(-klToPrior(m, s))} of="divergence" levels={LEVELS} />
              <PriorPlace />
              <Arrow from={[mu, sigma]} to={[mu - DOWNHILL * alongMu, sigma]} name="−∂KL/∂μ" hue="c-mu" />
              <Arrow from={[mu, sigma]} to={[mu, sigma - DOWNHILL * alongSigma]} name="−∂KL/∂σ" hue="c-sigma" />
            </GaussianPad>
            <Controls label="Spring">
              <LetGo mu={mu} sigma={sigma} set={set} />
            </Controls>
          </Panel>
          <Panel
            title={
              <>
                The cloud <var class="c-z">q</var> and the prior <var>p</var>
              </>
            }
          >
            <Densities mu={mu} sigma={sigma} />
            <Readout
              items={[
                { label: "μ", value: fixed(mu), hue: "c-mu" },
                { label: "σ", value: fixed(sigma), hue: "c-sigma" },
                { label: "KL(q ‖ p)", value: `${fixed(kl, 3)} nats` },
                { label: "∂KL/∂μ", value: fixed(alongMu, 3), hue: "c-mu" },
                { label: "∂KL/∂σ", value: fixed(alongSigma, 3), hue: "c-sigma" },
              ]}
            />
          </Panel>
        </Panels>
        <Unfold what="the estimate from draws" open={more} onChange={(open) => set({ more: open })}>
          <FromDraws state={{ mu, sigma, doublings, seed }} frame={frame} set={set} />
        </Unfold>
      </>
    );
  },

  describe({ mu, sigma, doublings }, frame) {
    const { mean, standardError } = last(frame);
    const [alongMu, alongSigma] = frame.gradient;
    return (
      `A Gaussian of mean ${fixed(mu)} and spread ${fixed(sigma)} is ${fixed(frame.kl, 3)} nats from the prior. ` +
      `${pull("mean", -alongMu)} ${pull("spread", -alongSigma)} ` +
      `${grouped(2 ** doublings)} draws estimate ${fixed(mean, 3)} nats with a standard error of ${fixed(standardError, 3)}.`
    );
  },

  table({ mu, sigma }, { kl, gradient, estimates: estimate }) {
    const shares = klShares(mu, sigma);
    const estimates = estimate();
    const chosen = estimates.filter(({ draws: n }, i) => Number.isInteger(Math.log2(n)) || i === estimates.length - 1);
    return {
      columns: ["quantity", "value", "standard error"],
      rows: [
        ["KL, closed form (nats)", fixed(kl, 4), "exact"],
        ["of it for the mean, μ²/2 (nats)", fixed(shares.mean, 4), "exact"],
        ["of it for the spread, (σ² − 1)/2 − ln σ (nats)", fixed(shares.spread, 4), "exact"],
        ["∂KL/∂μ = μ (nats per unit)", fixed(gradient[0], 4), "exact"],
        ["∂KL/∂σ = σ − 1/σ (nats per unit)", fixed(gradient[1], 4), "exact"],
        ...chosen.map(({ draws: n, mean, standardError }) => [
          `estimate from ${grouped(n)} draws (nats)`,
          fixed(mean, 4),
          fixed(standardError, 4),
        ]),
      ],
    };
  },
});

function pull(what: string, force: number): string {
  if (Math.abs(force) < 0.005) return `Nothing pulls on the ${what}.`;
  return `The ${what} is pulled ${force > 0 ? "up" : "down"} at ${fixed(Math.abs(force))} nats per unit.`;
}

function PriorPlace() {
  const { x, y } = useCoordinates();
  return (
    <g transform={`translate(${x(PRIOR_PLACE.mu)} ${y(PRIOR_PLACE.sigma).toFixed(1)})`}>
      <circle class="dot-goal" r="4.5" />
      <text class="direct-label" x="-9" y="17" text-anchor="end">
        prior, KL = 0
      </text>
    </g>
  );
}

const PACE = 0.9; // of the exact slide's time, a second
const REST = 6; // of that time: all but a hundredth of the way
const SNAP = 0.006; // the state's step moves what was sent by less than this
const IN_FLIGHT = 30; // sent places that may still be on their way to the screen

type Place = { readonly mu: number; readonly sigma: number };

/** Lets the cloud slide down the slope of the divergence until it is the prior, or until the reader takes the handle. */
function LetGo({ mu, sigma, set }: Place & { set: Setter<State> }) {
  const [start, setStart] = useState<Place | null>(null);
  const time = useRef(0);
  const sent = useRef<readonly Place[]>([]);
  useTicker(start !== null, (seconds) => {
    if (!start) return;
    const known = sent.current.some((place) => Math.abs(mu - place.mu) < SNAP && Math.abs(sigma - place.sigma) < SNAP);
    if (!known || time.current >= REST) return setStart(null);
    time.current += seconds * PACE;
    const next = slide(start.mu, start.sigma, time.current);
    sent.current = [...sent.current.slice(-IN_FLIGHT), next];
    set(next);
  });
  const toggle = (): void => {
    if (start) return setStart(null);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return set(PRIOR_PLACE);
    time.current = 0;
    sent.current = [{ mu, sigma }];
    setStart({ mu, sigma });
  };
  return (
    <Button onClick={toggle} pressed={start !== null}>
      {start ? "Hold" : "Let go"}
    </Button>
  );
}

const HEIGHTS = [0.6, 1, 1.5, 2.2]; // of the axis: one for every peak that the plane allows

function Densities({ mu, sigma }: { mu: number; sigma: number }) {
  const peak = density(mu, mu, sigma);
  const x: Axis = { label: "code z (prior standard deviations)", min: -REACH, max: REACH, ticks: 7 };
  const highest = 1.08 * Math.max(peak, density(0));
  const y: Axis = { label: "density", min: 0, max: HEIGHTS.find((height) => height > highest) ?? highest };
  return (
    <Plot x={x} y={y} height={270} label="Densities of q and of the prior">
      <Band points={PRIOR.map(([z, p]) => [z, 0, p] as const)} hue="quiet" />
      <Line points={PRIOR} hue="quiet" dashed />
      <Line points={curve(mu, sigma)} hue="c-z" />
      <Measures mu={mu} sigma={sigma} />
    </Plot>
  );
}

/** The mean as an upright, the spread as a length at the height where it is one. */
function Measures({ mu, sigma }: { mu: number; sigma: number }) {
  const { x, y, bottom } = useCoordinates();
  const [centre, flank] = [x(mu), x(mu + sigma)];
  const [peak, shoulder] = [y(density(mu, mu, sigma)), y(density(mu + sigma, mu, sigma))];
  const priors = Math.abs(mu) > 1.2 ? 0 : -1.5; // where its name does not meet that of q
  return (
    <>
      <g class="c-mu">
        <line class="line" x1={centre} x2={centre} y1={bottom} y2={peak} />
        <text class="direct-label" x={centre - 6} y={bottom - 7} text-anchor="end">
          μ
        </text>
      </g>
      <g class="c-sigma">
        <line class="line" x1={centre} x2={flank} y1={shoulder} y2={shoulder} />
        <text class="direct-label" x={flank + 7} y={shoulder + 4}>
          σ
        </text>
      </g>
      <text class="direct-label c-z" x={centre} y={peak - 7} text-anchor="middle">
        q
      </text>
      <text class="direct-label quiet" x={x(priors)} y={y(density(priors)) - 7} text-anchor="middle">
        p
      </text>
    </>
  );
}

function FromDraws({ state, frame, set }: { state: Omit<State, "more">; frame: Frame; set: Setter<State> }) {
  const { mu, sigma, doublings, seed } = state;
  const { mean, standardError } = last(frame);
  return (
    <Panels columns={2}>
      <Panel title="The same number from draws alone">
        <Convergence kl={frame.kl} estimates={frame.estimates()} deviation={termDeviation(mu, sigma)} />
      </Panel>
      <Panel
        title={
          <>
            Mean of log <var>q</var>(<var class="c-z">z</var>) − log <var>p</var>(<var class="c-z">z</var>) over draws
            of <var class="c-z">z</var> from <var class="c-z">q</var>
          </>
        }
      >
        <Controls label="Draws">
          <Draws
            of="doublings"
            label="draws"
            doublings={doublings}
            onDoublings={(value) => set({ doublings: value })}
            seed={seed}
            onSeed={(value) => set({ seed: value })}
          />
        </Controls>
        <Readout
          items={[
            { label: "estimate", value: `${fixed(mean, 3)} ± ${fixed(standardError, 3)} nats` },
            { label: "closed form", value: `${fixed(frame.kl, 3)} nats` },
            { label: "seed", value: String(seed) },
          ]}
        />
      </Panel>
    </Panels>
  );
}

interface ConvergenceProps {
  readonly kl: number;
  readonly estimates: readonly Estimate[];
  readonly deviation: number;
}

function Convergence({ kl, estimates, deviation }: ConvergenceProps) {
  const room = Math.max(0.05, (2.2 * deviation) / Math.sqrt(FIRST));
  const x: Axis = { label: "draws", min: FIRST, max: MOST, scale: "log", format: grouped };
  const y: Axis = { label: "KL (nats)", min: kl - room, max: kl + room };
  const inside = (value: number): number => Math.min(kl + room, Math.max(kl - room, value));
  return (
    <Plot x={x} y={y} height={220} label="Monte-Carlo estimate of the divergence against the number of draws">
      <Band
        points={estimates.map(({ draws: n, mean, standardError: se }) => [n, mean - se, mean + se] as const)}
        hue="c-eps"
      />
      <Line points={estimates.map(({ draws: n, mean }) => [n, inside(mean)])} hue="c-eps" />
      <Level value={kl} name="closed form" below={(estimates.at(-1)?.mean ?? kl) >= kl} />
      <BandName estimates={estimates} />
    </Plot>
  );
}

/** Above the band, from where it has become narrow. */
function BandName({ estimates }: { estimates: readonly Estimate[] }) {
  const { x, y, top } = useCoordinates();
  const narrow = estimates.filter(({ draws: n }) => n >= NARROW);
  const highest = Math.max(
    ...(narrow.length > 0 ? narrow : estimates).map(({ mean, standardError }) => mean + standardError),
  );
  return (
    <text class="direct-label c-eps" x={x(narrow[0]?.draws ?? FIRST) + 4} y={Math.max(top + 11, y(highest) - 8)}>
      estimate ± 1 s.e.
    </text>
  );
}
