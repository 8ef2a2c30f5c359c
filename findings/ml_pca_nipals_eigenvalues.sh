#!/usr/bin/env bash
# ml-pca 4.1.1: the eigenvalues of one table are n - 1 times as large by NIPALS as by SVD.
#
# Expected: getEigenvalues() gives the variances along the components whichever method found them;
# the method is a matter of speed and of missing values.
# Happens: by "SVD" and "covarianceMatrix" they are variances, by "NIPALS" sums of squares.
# getExplainedVariance() divides that away, so shares look right.
# Hurts: whoever compares eigenvalues with a noise level, whitens codes, or draws an ellipse of one
# standard deviation: it becomes sqrt(n - 1) times as wide on switching the method.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . ml-pca@4.1.1 > /dev/null
cat > look.mjs <<'JS'
import { PCA } from "ml-pca";

const table = [[1, 2, 3], [2, 1, 5], [7, 3, 2], [4, 4, 1], [3, 0, 4]];
const svd = new PCA(table, { method: "SVD" }).getEigenvalues().slice(0, 2);
const covariance = new PCA(table, { method: "covarianceMatrix" }).getEigenvalues().slice(0, 2);
const nipals = new PCA(table, { method: "NIPALS", nCompNIPALS: 2 }).getEigenvalues().slice(0, 2);
console.log("n =", table.length);
console.log("SVD             ", svd);
console.log("covarianceMatrix", covariance);
console.log("NIPALS          ", nipals);
const near = (a, b) => Math.abs(a - b) < 1e-6 * b;
const asDescribed = svd.every((value, i) => near(covariance[i], value) && near(nipals[i], value * (table.length - 1)));
process.exit(asDescribed ? 0 : 1);
JS
node look.mjs
