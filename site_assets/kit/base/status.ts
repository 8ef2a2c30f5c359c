/** What a figure says of itself beneath the stage: that it loads, or what went wrong and how to try again. */

export type FigureState = "static" | "loading" | "live" | "training" | "error";

export function part(figure: HTMLElement, role: string): HTMLElement | null {
  return figure.querySelector<HTMLElement>(`[data-role="${role}"]`);
}

export function setFigureState(figure: HTMLElement, state: FigureState, words = ""): void {
  figure.dataset["state"] = state;
  part(figure, "status")?.replaceChildren(words);
}

/** Says what happened in words and offers Retry; what is drawn stays. */
export function showFailure(figure: HTMLElement, error: unknown, retry: () => void): void {
  const reason = error instanceof Error ? error.message : String(error);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.dataset["role"] = "retry";
  button.textContent = "Retry";
  button.addEventListener("click", retry);
  setFigureState(figure, "error", `This figure stays as it was drawn: ${reason}. `);
  part(figure, "status")?.append(button);
}
