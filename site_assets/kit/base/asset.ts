/**
 * Assets as classic scripts: `book.asset("models/…", "base64 of gzip")`.
 *
 * A page opened from file:// may not fetch, so every binary travels in a script that registers itself.
 */

import type { AssetReference } from "./page_data.ts";
import { AssetError, loadScript } from "./script.ts";

const registered = new Map<string, string>();
const decoded = new Map<string, Promise<Uint8Array>>();

/** Called by the asset scripts. */
export function registerAsset(key: string, base64: string): void {
  registered.set(key, base64);
}

export function fromBase64(text: string): Uint8Array {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array }).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  // Through Response, not Blob.stream(), which hangs in a WebKit worker.
  const body = new Response(bytes as BodyInit).body as ReadableStream<Uint8Array>;
  const stream = body.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Who leaves the page breaks this off, too, and Firefox says nothing: if they come back, it is begun anew. */
function unpacked(packed: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const ended = new AbortController();
    const begin = (): void => {
      void gunzip(packed)
        .then(resolve, reject)
        .finally(() => ended.abort());
    };
    const returned = ({ persisted }: PageTransitionEvent): void => {
      if (persisted) begin();
    };
    addEventListener("pageshow", returned, { signal: ended.signal });
    begin();
  });
}

async function load({ key, src, bytes }: AssetReference): Promise<Uint8Array> {
  if (!registered.has(key)) await loadScript(src);
  const text = registered.get(key);
  const damaged = new AssetError(`the file ${src} is damaged`);
  if (text === undefined) throw damaged;
  registered.delete(key);
  let content: Uint8Array;
  try {
    content = await unpacked(fromBase64(text));
  } catch {
    throw damaged;
  }
  if (content.length !== bytes) throw damaged;
  return content;
}

/** Forgets all decoded files, so that the next call reads each one anew: a file can decode well and still be wrong. */
export function forgetAssets(): void {
  decoded.clear();
}

/** The asset's bytes, loaded and decoded once; a failure is forgotten, so that the next call tries again. */
export function loadAsset(reference: AssetReference): Promise<Uint8Array> {
  let content = decoded.get(reference.key);
  if (!content) {
    content = load(reference);
    decoded.set(reference.key, content);
    content.catch(() => decoded.delete(reference.key));
  }
  return content;
}
