/** How an arrow key moves along a row of choices. */
export const ARROW_SHIFT: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};
