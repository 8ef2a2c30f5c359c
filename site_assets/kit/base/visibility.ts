/** Whether somebody can see a figure: on screen, and in a tab that is in front. */

export type VisibilityListener = (visible: boolean) => void;

export class Visibility {
  private visible = false;
  private readonly listeners = new Set<VisibilityListener>();

  set(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    for (const listener of this.listeners) listener(visible);
  }

  /** Calls `listener` at each change from now on; what comes back ends that. */
  readonly subscribe = (listener: VisibilityListener): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}
