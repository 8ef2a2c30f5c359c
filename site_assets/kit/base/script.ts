/** Classic scripts, loaded once they are wanted: the one way that works from file:// as over http. */

/** A file that the book needs is missing or damaged; the message is fit for a reader. */
export class AssetError extends Error {
  override name = "AssetError";
}

const LEAVING = 100; // ms within which a page is gone whose loads WebKit has broken off

/**
 * Rejects when the file is missing. A script with an error inside loads all the same: see what it registered.
 *
 * Who leaves the page breaks off what it loads: Firefox says nothing of that, WebKit that the file is not there. If they
 * come back to the page as it was left, it is asked for once more.
 */
export function loadScript(src: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = new AbortController();
    let script: HTMLScriptElement | null = null;
    let missing: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => {
      ended.abort();
      script?.remove();
    };
    const ask = (): void => {
      clearTimeout(missing);
      script?.remove();
      const asked = (script = document.createElement("script"));
      asked.src = src;
      asked.onload = () => {
        end();
        resolve();
      };
      asked.onerror = () => {
        if (asked !== script) return;
        missing = setTimeout(() => {
          end();
          reject(new AssetError(`the file ${src} could not be loaded`));
        }, LEAVING);
      };
      document.head.append(asked);
    };
    const returned = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) ask();
    };
    addEventListener("pageshow", returned, { signal: ended.signal });
    ask();
  });
}
