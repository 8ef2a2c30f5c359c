/** F25: a mean KL carved in two over β, and log p(x) of one digit beside the bounds that stay below it. */

import {
  Backdrop,
  Band,
  Controls,
  defineFigure,
  Dots,
  fixed,
  float32,
  floatOutput,
  Draws,
  Level,
  Line,
  Panel,
  Panels,
  percent,
  placeAmong,
  Plot,
  Raster,
  Readout,
  Slider,
  Upright,
  useCoordinates,
  type Axis,
  type Model,
  type Pair,
} from "../../kit/index.ts";
import type { Role, State } from "../../generated/surgery.ts";
import {
  aggregatePicture,
  bestCloud,
  codesOf,
  drawn,
  draws,
  importanceBound,
  logEvidence,
  logLikelihood,
  logWeights,
  nodeBound,
  nodes,
  planeCodes,
  surgery,
  type Cloud,
  type Clouds,
  type Drawn,
  type Estimate,
  type Surgery,
} from "./maths.ts";

/** One β: where the parts of its mean KL end, from zero upwards. */
interface Parts {
  readonly beta: number;
  readonly information: number;
  readonly sum: number;
}

/** What is known of one digit, nats. */
interface Bounds {
  readonly logEvidence: number;
  readonly own: number;
  readonly best: number;
  readonly ownCloud: Cloud;
  readonly bestCloud: Cloud;
  /** The importance-weighted bounds with 1, 2, 4, … draws. */
  readonly weighted: readonly Estimate[];
}

interface Frame {
  readonly carved: Surgery;
  /** β rising. */
  readonly overBeta: readonly Parts[];
  /** The further seeds. */
  readonly others: readonly Parts[];
  /** The most that a code can tell of which digit it is. */
  readonly most: number;
  readonly aggregate: Float32Array;
  readonly image: Float32Array;
  readonly bounds: Bounds;
}

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const LIMIT = 4; // of the plane shown, in prior standard deviations
const CELLS = 56; // of its picture, along each side
const DOUBLINGS = [0, 1, 2, 3, 4, 5, 6]; // as in figure.toml
const ROOM = 0.01; // nats: the least height of the plot of bounds

const betaText = (beta = 0): string => String(Number(beta.toPrecision(2)));

interface Sweep {
  readonly model: Model;
  readonly images: Float32Array;
  readonly labels: ArrayLike<number>;
}

/** What the decoder of one β draws at each code. */
async function decode(model: Model, params: Float32Array, codes: Float32Array): Promise<Drawn> {
  const z = float32([codes.length / 2, 2], codes);
  const outputs = await model.run("decoder", { params: float32([params.length], params), z });
  return drawn(floatOutput(outputs, "x_hat"), PIXELS);
}

async function cloudsOf({ model, images }: Sweep, params: Float32Array): Promise<Clouds> {
  const x = float32([images.length / PIXELS, PIXELS], images);
  const outputs = await model.run("encoder", { params: float32([params.length], params), x });
  return {
    mu: Float64Array.from(floatOutput(outputs, "mu")),
    sigma: Float64Array.from(floatOutput(outputs, "log_var"), (logVar) => Math.exp(logVar / 2)),
  };
}

async function boundsOf(
  model: Model,
  params: Float32Array,
  plane: Drawn,
  x: Float32Array,
  cloud: Cloud,
  eps: Float32Array,
): Promise<Bounds> {
  const overPlane = logLikelihood(x, plane);
  const grid = nodes();
  const [atNodes, atDraws] = [
    await decode(model, params, codesOf(cloud, grid.eps)),
    await decode(model, params, codesOf(cloud, eps)),
  ];
  const best = bestCloud(overPlane, cloud);
  const weights = logWeights(logLikelihood(x, atDraws), eps, cloud);
  return {
    logEvidence: logEvidence(overPlane),
    own: nodeBound(logLikelihood(x, atNodes), grid.weights, cloud),
    best: best.bound,
    ownCloud: cloud,
    bestCloud: best.cloud,
    weighted: DOUBLINGS.map((doublings) => importanceBound(weights, 2 ** doublings)),
  };
}

function partsOver(betas: ArrayLike<number>, terms: ArrayLike<number>): Parts[] {
  return Array.from({ length: terms.length / 2 }, (_, i) => {
    const [information, marginal] = [terms[2 * i] as number, terms[2 * i + 1] as number];
    return { beta: betas[i % betas.length] as number, information, sum: information + marginal };
  });
}

export default defineFigure<State, Frame, Role>({
  async compute({ beta, digit, draw_seed }, { model: { sweep: model }, memo }) {
    const sweep = await memo("digits", (): Sweep => {
      const scale = model.card.options["scale"] as number;
      const images = Float32Array.from(model.array("x_test").data, (level) => level * scale);
      return { model, images, labels: model.array("labels_test").data };
    });
    const size = model.array("params").shape[1] as number;
    const place = placeAmong(model.array("betas").data, Number(beta));
    const params = Float32Array.from(model.array("params").data.slice(place * size, (place + 1) * size));
    const { clouds, plane, carved, aggregate } = await memo(`β ${beta}`, async () => {
      const clouds = await cloudsOf(sweep, params);
      return {
        clouds,
        plane: await decode(model, params, planeCodes()),
        carved: surgery(clouds),
        aggregate: aggregatePicture(clouds, LIMIT, CELLS),
      };
    });
    const row = Array.from(sweep.labels).indexOf(digit);
    const image = sweep.images.subarray(row * PIXELS, (row + 1) * PIXELS);
    const at = (values: Float64Array, k: 0 | 1): number => values[2 * row + k] as number;
    const cloud: Cloud = [
      at(clouds.mu, 0),
      at(clouds.mu, 1),
      Math.log(at(clouds.sigma, 0)),
      Math.log(at(clouds.sigma, 1)),
    ];
    const eps = await memo(`draws ${draw_seed}`, () => draws(draw_seed));
    return {
      carved,
      overBeta: partsOver(model.array("betas").data, model.array("terms").data),
      others: partsOver(model.array("repeated_betas").data, model.array("repeated_terms").data),
      most: Math.log(sweep.labels.length),
      aggregate,
      image,
      bounds: await memo(`bounds ${beta} ${digit} ${draw_seed}`, () =>
        boundsOf(model, params, plane, image, cloud, eps),
      ),
    };
  },

  view({ beta, digit, doublings, draw_seed }, frame, set) {
    const { carved, overBeta, most, bounds } = frame;
    const betas = overBeta.map((parts) => parts.beta);
    const estimate = bounds.weighted[doublings] as Estimate;
    return (
      <>
        <Panels columns={2}>
          <Panel
            title={
              <>
                Mean KL over β: below, <var>I</var>(<var class="c-x">x</var>; <var class="c-z">z</var>), and on it KL(
                <var>q</var>(<var class="c-z">z</var>) ‖ <var>p</var>)
              </>
            }
          >
            <Carved frame={frame} beta={betas[placeAmong(betas, Number(beta))] as number} />
          </Panel>
          <Panel
            title={
              <>
                All clouds together, <var>q</var>(<var class="c-z">z</var>), on the prior’s circles of one and two
                deviations
              </>
            }
          >
            <Plane frame={frame} />
          </Panel>
        </Panels>
        <Readout
          items={[
            { label: "I(x; z)", value: `${fixed(carved.information, 3)} nats`, hue: "c-z" },
            { label: "+ KL(q(z) ‖ p)", value: fixed(carved.marginal, 3) },
            { label: "= mean KL", value: fixed(carved.meanKl, 3) },
            { label: "most that a code could tell", value: fixed(most, 3) },
          ]}
        />
        <Controls label="One digit">
          <Slider
            of="digit"
            label="digit"
            name="digit, the first of its kind in the test split"
            value={digit}
            onChange={(value) => set({ digit: value })}
          />
          <Draws
            of="doublings"
            label={
              <>
                draws <var>k</var>
              </>
            }
            name="draws k of the weighted bound"
            doublings={doublings}
            onDoublings={(value) => set({ doublings: value })}
            seed={draw_seed}
            onSeed={(value) => set({ draw_seed: value })}
          />
        </Controls>
        <Panels columns={2}>
          <Panel
            title={
              <>
                log <var>p</var>(<var class="c-x">x</var>) of this {digit}, and what stays below it
              </>
            }
          >
            <BoundPlot bounds={bounds} doublings={doublings} />
          </Panel>
          <Panel
            title={
              <>
                The digit <var class="c-x">x</var>, and its gap in two
              </>
            }
          >
            <Panels columns={2}>
              <Raster
                pixels={frame.image}
                width={SIDE}
                height={SIDE}
                pixelated
                hue="c-x"
                label={`The ${digit} whose log-likelihood is asked`}
              />
              <Readout
                items={[
                  { label: "ELBO", value: `${fixed(bounds.own, 3)} nats`, hue: "c-z" },
                  { label: "+ amortisation gap", value: fixed(bounds.best - bounds.own, 3) },
                  { label: "+ approximation gap", value: fixed(bounds.logEvidence - bounds.best, 3) },
                  { label: "= log p(x)", value: fixed(bounds.logEvidence, 3), hue: "c-x" },
                  {
                    label: `with ${2 ** doublings} draws`,
                    value: `${fixed(estimate.mean, 3)} ± ${fixed(estimate.error, 3)}`,
                    hue: "c-eps",
                  },
                  { label: "seed of the draws", value: String(draw_seed) },
                ]}
              />
            </Panels>
          </Panel>
        </Panels>
        <Controls label="Model" docked>
          <Slider
            label="β"
            name="β, the weight of the KL term"
            min={0}
            max={betas.length - 1}
            step={1}
            value={placeAmong(betas, Number(beta))}
            format={(place) => betaText(betas[place])}
            onChange={(place) => set({ beta: betaText(betas[place]) as State["beta"] })}
          />
        </Controls>
      </>
    );
  },

  describe({ beta, digit, doublings }, { carved, most, bounds }) {
    const estimate = bounds.weighted[doublings] as Estimate;
    return (
      `At β ${beta} the mean KL of ${fixed(carved.meanKl, 3)} nats is ` +
      `${fixed(carved.information, 3)} of information, of ${fixed(most, 3)} at most, and ` +
      `${fixed(carved.marginal, 3)} (${percent(carved.marginal / Math.max(carved.meanKl, 1e-12))}) by which the ` +
      `average of all clouds differs from the prior. For a test ${digit}, log p(x) is ` +
      `${fixed(bounds.logEvidence, 3)} nats: an ELBO of ${fixed(bounds.own, 3)}, ` +
      `${fixed(bounds.best - bounds.own, 3)} that the best Gaussian would gain, and ` +
      `${fixed(bounds.logEvidence - bounds.best, 3)} that none can. With ${2 ** doublings} weighted draws the bound is ` +
      `${fixed(estimate.mean, 3)}, give or take ${fixed(estimate.error, 3)}.`
    );
  },

  table(_, { carved, overBeta, others, bounds }) {
    const spread = (beta: number, value: (parts: Parts) => number): string => {
      const values = others.filter((parts) => parts.beta === beta).map(value);
      return values.length ? `${fixed(Math.min(...values), 3)} to ${fixed(Math.max(...values), 3)}` : "one seed";
    };
    return {
      columns: ["quantity (nats)", "value", "over three seeds"],
      rows: [
        ...overBeta.flatMap((parts) => [
          [
            `I(x; z) at β ${betaText(parts.beta)}`,
            fixed(parts.information, 4),
            spread(parts.beta, (p) => p.information),
          ],
          [
            `KL(q(z) ‖ p) at β ${betaText(parts.beta)}`,
            fixed(parts.sum - parts.information, 4),
            spread(parts.beta, (p) => p.sum - p.information),
          ],
        ]),
        ["mean KL, closed form, less both parts", fixed(carved.meanKl - carved.information - carved.marginal, 9), ""],
        ...bounds.weighted.map(({ mean, error }, doublings) => [
          `log p(x) less the bound with ${2 ** doublings} draws`,
          fixed(bounds.logEvidence - mean, 3),
          `standard error ${fixed(error, 3)}`,
        ]),
      ],
    };
  },
});

const BETAS: Axis = { label: "β", min: 0.045, max: 4.4, scale: "log", format: (value) => String(value) };

function Carved({ frame: { overBeta, others, most }, beta }: { frame: Frame; beta: number }) {
  const top = 1.05 * Math.max(...overBeta.map(({ sum }) => sum));
  const [first, middle] = [overBeta[0], overBeta[3]] as [Parts, Parts];
  return (
    <Plot
      x={BETAS}
      y={{ label: "nats an example", min: 0, max: top, ticks: 7 }}
      height={240}
      label="Information and distance from the prior, one on the other, over β"
    >
      <Band points={overBeta.map((p) => [p.beta, 0, p.information] as const)} hue="c-z" />
      <Band points={overBeta.map((p) => [p.beta, p.information, p.sum] as const)} hue="c-muted" />
      <Line points={overBeta.map((p): Pair => [p.beta, p.information])} hue="c-z" />
      <Line points={overBeta.map((p): Pair => [p.beta, p.sum])} hue="c-muted" />
      <Dots points={others.map((p): Pair => [p.beta, p.information])} hue="c-z" />
      <Dots points={others.map((p): Pair => [p.beta, p.sum])} hue="c-muted" />
      <Upright value={beta} />
      <Level value={most} name="log N, the most" />
      <Name at={[1.2 * first.beta, 0.4 * first.information]} text="information" hue="c-z" />
      <Name at={[middle.beta, middle.sum + 0.35]} text="mean KL" hue="c-muted" />
    </Plot>
  );
}

function Name({ at, text, hue = "", below }: { at: Pair; text: string; hue?: string; below?: boolean }) {
  const { x, y } = useCoordinates();
  return (
    <text class={`direct-label ${hue}`} x={x(at[0]).toFixed(1)} y={(y(at[1]) + (below ? 14 : -4)).toFixed(1)}>
      {text}
    </text>
  );
}

const AXIS: Axis = { label: "z₁ (prior standard deviations)", min: -LIMIT, max: LIMIT, ticks: 8 };

function Plane({ frame: { aggregate, bounds } }: { frame: Frame }) {
  return (
    <Backdrop
      picture={
        <Raster pixels={aggregate} width={CELLS} height={CELLS} wide label="Density of the aggregate posterior" />
      }
    >
      <Plot
        x={AXIS}
        y={{ ...AXIS, label: "z₂" }}
        width={360}
        height={360}
        label="The aggregate posterior, two circles of the prior, and two Gaussians for one digit"
      >
        <Circles bounds={bounds} />
      </Plot>
    </Backdrop>
  );
}

/** The prior's circles, and the Gaussians of the chosen digit: each named on the side away from the other. */
function Circles({ bounds: { ownCloud, bestCloud: best } }: { bounds: Bounds }) {
  const { x, y } = useCoordinates();
  const unit = x(1) - x(0);
  const ellipse = ([m1, m2, l1, l2]: Cloud, name: string, above: boolean) => {
    const high = unit * Math.exp(l2);
    return (
      <>
        <ellipse
          class="cloud-shown"
          cx={x(m1).toFixed(1)}
          cy={y(m2).toFixed(1)}
          rx={(unit * Math.exp(l1)).toFixed(1)}
          ry={high.toFixed(1)}
        />
        <text
          class="direct-label"
          x={x(m1).toFixed(1)}
          y={(above ? y(m2) - high - 6 : y(m2) + high + 16).toFixed(1)}
          text-anchor="middle"
        >
          {name}
        </text>
      </>
    );
  };
  return (
    <>
      {[1, 2].map((radius) => (
        <ellipse key={radius} class="guide" cx={x(0)} cy={y(0)} rx={radius * unit} ry={radius * unit} />
      ))}
      <g>{ellipse(best, "best", best[1] > ownCloud[1])}</g>
      <g class="c-z">{ellipse(ownCloud, "encoder’s", best[1] <= ownCloud[1])}</g>
    </>
  );
}

const KS: Axis = { label: "draws k", min: 0.9, max: 72, scale: "log", format: (value) => String(value) };

function BoundPlot({ bounds, doublings }: { bounds: Bounds; doublings: number }) {
  const { own, best, logEvidence: evidence, weighted } = bounds;
  const lowest = Math.min(own, ...weighted.map(({ mean, error }) => mean - error));
  const room = Math.max(ROOM, evidence - lowest);
  const points = weighted.map(({ mean, error }, i) => [2 ** i, mean - error, mean + error] as const);
  return (
    <Plot
      x={KS}
      y={{ label: "nats", min: lowest - 0.2 * room, max: evidence + 0.2 * room }}
      height={230}
      label="Bounds on the log-likelihood by number of draws"
    >
      <Band points={points} hue="c-eps" />
      <Line points={weighted.map(({ mean }, i): Pair => [2 ** i, mean])} hue="c-eps" />
      <Level value={evidence} name="log p(x)" hue="c-x" />
      <Level value={best} name="" />
      <Name at={[1, best]} text="best Gaussian’s ELBO" below />
      <Level value={own} name="encoder’s ELBO" below hue="c-z" />
      <Upright value={2 ** doublings} />
    </Plot>
  );
}
