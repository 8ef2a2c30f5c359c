/** Halves are rounded as chapters do, builder/resolve/number.py, so that one number reads alike in both. */

/** Share of a number that single precision leaves in doubt, a few roundings long. */
const DOUBT = 2 ** -22;
/** No number moves by more than this share of its last digit. */
const LEAST = 1e-3;

/**
 * Moved away from zero by its own doubt, for so many decimals: what is a half but for that is rounded up, and to the
 * same side as the mean of the same numbers in another order.
 */
export function halvesAway(value: number, decimals: number): number {
  return value + Math.sign(value) * Math.min(Math.abs(value) * DOUBT, LEAST * 10 ** -decimals);
}
