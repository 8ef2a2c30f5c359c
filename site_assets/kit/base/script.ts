/** Classic scripts, loaded once they are wanted: the one way that works from file:// as over http. */

/** A file that the book needs is missing or damaged; the message is fit for a reader. */
export class AssetError extends Error {
  override name = "AssetError";
}

/** Rejects when the file is missing. A script with an error inside loads all the same: see what it registered. */
export function loadScript(src: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = () => {
      script.remove();
      resolve();
    };
    script.onerror = () => {
      script.remove();
      reject(new AssetError(`the file ${src} could not be loaded`));
    };
    document.head.append(script);
  });
}
