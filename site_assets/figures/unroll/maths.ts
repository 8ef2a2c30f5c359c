/** Principal components of a few dimensions, and points in space seen from a side. Points are flat, row by row. */

/** Eigenvalues, falling, and eigenvectors of a small symmetric matrix, by Jacobi's rotations. */
export function eigen(matrix: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = matrix.map((_, i) => matrix.map((__, j) => (i === j ? 1 : 0)));
  const at = (m: number[][], i: number, j: number): number => (m[i] as number[])[j] as number;
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(at(a, p, q)) < 1e-15) continue;
        const theta = (at(a, q, q) - at(a, p, p)) / (2 * at(a, p, q));
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [kp, kq] = [at(a, k, p), at(a, k, q)];
          (a[k] as number[])[p] = c * kp - s * kq;
          (a[k] as number[])[q] = s * kp + c * kq;
        }
        for (let k = 0; k < n; k++) {
          const [pk, qk] = [at(a, p, k), at(a, q, k)];
          (a[p] as number[])[k] = c * pk - s * qk;
          (a[q] as number[])[k] = s * pk + c * qk;
          const [vp, vq] = [at(v, k, p), at(v, k, q)];
          (v[k] as number[])[p] = c * vp - s * vq;
          (v[k] as number[])[q] = s * vp + c * vq;
        }
      }
    }
  }
  const order = a.map((_, i) => i).sort((i, j) => at(a, j, j) - at(a, i, i));
  return { values: order.map((i) => at(a, i, i)), vectors: order.map((i) => v.map((row) => row[i] as number)) };
}

function meanOf(points: Float32Array, size: number): number[] {
  const mean = new Array<number>(size).fill(0);
  points.forEach((value, i) => {
    mean[i % size] = (mean[i % size] as number) + (value * size) / points.length;
  });
  return mean;
}

/** The codes of `points` by the first `count` principal components of `train`; both `[n, size]`. */
export function principalCodes(train: Float32Array, points: Float32Array, size: number, count: number): Float32Array {
  const mean = meanOf(train, size);
  const samples = train.length / size;
  const covariance = mean.map((_, i) =>
    mean.map((__, j) => {
      let sum = 0;
      for (let k = 0; k < samples; k++) {
        sum +=
          ((train[k * size + i] as number) - (mean[i] as number)) *
          ((train[k * size + j] as number) - (mean[j] as number));
      }
      return sum / samples;
    }),
  );
  const { vectors } = eigen(covariance);
  const codes = new Float32Array((points.length / size) * count);
  for (let k = 0; k < points.length / size; k++) {
    for (let c = 0; c < count; c++) {
      codes[k * count + c] = mean.reduce(
        (sum, middle, i) => sum + ((points[k * size + i] as number) - middle) * ((vectors[c] as number[])[i] as number),
        0,
      );
    }
  }
  return codes;
}

const PITCH = (20 * Math.PI) / 180; // the eye looks down a little, so that depth shows

/** Points in space `[n, 3]` seen from the side `turn` (degrees) as pairs; points of a plane stay as they are. */
export function project(points: ArrayLike<number>, size: number, turn: number): [number, number][] {
  const yaw = (turn * Math.PI) / 180;
  return Array.from({ length: points.length / size }, (_, k): [number, number] => {
    const [x, y, z] = [points[k * size] as number, points[k * size + 1] as number, points[k * size + 2] ?? 0];
    if (size === 2) return [x, y];
    const across = x * Math.cos(yaw) + y * Math.sin(yaw);
    const depth = -x * Math.sin(yaw) + y * Math.cos(yaw);
    return [across, (z as number) * Math.cos(PITCH) + depth * Math.sin(PITCH)];
  });
}
