/**
 * The files of one version of the book that this device keeps, in a cache named after the version.
 *
 * A file gets in only if its bytes are those of the manifest, so what stands here is never of two versions.
 */

import type { Failure } from "../messages.ts";
import type { Manifest } from "./manifest.ts";

/** Something could not be kept, for a reason that a reader can be told. */
export class KeepError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure);
    this.failure = failure;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webp: "image/webp",
  woff2: "font/woff2",
};
const AT_ONCE = 4;

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Shelf {
  private readonly manifest: Manifest;
  private readonly scope: string;
  /** Origins are shared (one host serves many projects), so caches bear the address of the book. */
  private readonly prefix: string;
  private readonly name: string;
  private readonly coming = new Map<string, Promise<Response>>();

  constructor(manifest: Manifest, scope: string) {
    this.manifest = manifest;
    this.scope = scope;
    this.prefix = `book ${scope} `;
    this.name = this.prefix + manifest.version;
  }

  /** The path inside the book of an address; null for one outside. */
  pathOf(address: string): string | null {
    const { origin, pathname } = new URL(address);
    const whole = origin + pathname;
    if (!whole.startsWith(this.scope)) return null;
    try {
      const path = decodeURIComponent(whole.slice(this.scope.length)) || this.manifest.contents;
      const page = `${path}.html`; // some hosts take the ending away
      return Object.hasOwn(this.manifest.pages, page) ? page : path;
    } catch {
      return null; // a stray % in the address
    }
  }

  private addressOf(path: string): string {
    return new URL(path.split("/").map(encodeURIComponent).join("/"), this.scope).href;
  }

  /** From now on files are kept. After `clear` none are, until this is called again. */
  async open(): Promise<void> {
    await caches.open(this.name);
  }

  /** Throws away what is kept, of this version too. */
  async clear(): Promise<void> {
    await Promise.all((await this.names()).map((name) => caches.delete(name)));
  }

  async clearBefore(): Promise<void> {
    await Promise.all((await this.namesBefore()).map((name) => caches.delete(name)));
  }

  private async names(): Promise<string[]> {
    return (await caches.keys()).filter((name) => name.startsWith(this.prefix));
  }

  /** Caches of versions before this one. */
  private async namesBefore(): Promise<string[]> {
    return (await this.names()).filter((name) => name !== this.name);
  }

  private async pathsIn(name: string): Promise<string[]> {
    if (!(await caches.has(name))) return [];
    const requests = await (await caches.open(name)).keys();
    return requests.map(({ url }) => this.pathOf(url)).filter((path) => path !== null);
  }

  /** All kept files of this version. */
  async paths(): Promise<Set<string>> {
    return new Set((await this.pathsIn(this.name)).filter((path) => Object.hasOwn(this.manifest.files, path)));
  }

  /** All files that versions before this one keep. */
  async pathsBefore(): Promise<Set<string>> {
    return new Set((await Promise.all((await this.namesBefore()).map((name) => this.pathsIn(name)))).flat());
  }

  kept(path: string): Promise<Response | undefined> {
    return caches.match(this.addressOf(path), { cacheName: this.name });
  }

  /** A file as a version before this one keeps it, for pages of that version that are still open. */
  async keptBefore(path: string): Promise<Response | undefined> {
    for (const cacheName of await this.namesBefore()) {
      const found = await caches.match(this.addressOf(path), { cacheName });
      if (found) return found;
    }
    return undefined;
  }

  /** Something to remember beside the files, under a path that no file has. */
  async note(path: string, value: unknown): Promise<void> {
    if (await caches.has(this.name))
      await (await caches.open(this.name)).put(this.addressOf(path), new Response(JSON.stringify(value)));
  }

  /** Rejects with a KeepError at the first file that can't be had. */
  async keepAll(paths: Iterable<string>): Promise<void> {
    const waiting = [...new Set(paths)];
    const work = async (): Promise<void> => {
      for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
        try {
          await this.keep(path);
        } catch (error) {
          waiting.length = 0;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** A file of the manifest, kept from now on. Rejects with a KeepError. */
  async keep(path: string, priority: RequestPriority = "low"): Promise<Response> {
    const found = await this.kept(path);
    if (found) return found;
    let coming = this.coming.get(path);
    if (!coming) {
      coming = this.bring(path, priority).finally(() => this.coming.delete(path));
      this.coming.set(path, coming);
    }
    return (await coming).clone();
  }

  private async bring(path: string, priority: RequestPriority): Promise<Response> {
    const bytes = (await this.fromBefore(path)) ?? (await this.fromHost(path, priority));
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    const response = new Response(bytes, {
      headers: { "Content-Type": type, "Content-Length": String(bytes.byteLength) },
    });
    if (await caches.has(this.name)) {
      try {
        await (await caches.open(this.name)).put(this.addressOf(path), response.clone());
      } catch {
        throw new KeepError("room");
      }
    }
    return response;
  }

  /** What did not change from one version to the next need not travel again. */
  private async fromBefore(path: string): Promise<ArrayBuffer | null> {
    const bytes = await (await this.keptBefore(path))?.arrayBuffer();
    return bytes && (await this.isRight(path, bytes)) ? bytes : null;
  }

  /** From the browser's own cache if that is right, for the page may just have loaded the file; else from the host. */
  private async fromHost(path: string, priority: RequestPriority): Promise<ArrayBuffer> {
    for (const cache of ["default", "reload"] as const) {
      let bytes: ArrayBuffer;
      try {
        const response = await fetch(this.addressOf(path), { cache, priority });
        if (response.status >= 500) throw new KeepError("network");
        bytes = await response.arrayBuffer();
      } catch {
        throw new KeepError("network");
      }
      if (await this.isRight(path, bytes)) return bytes;
    }
    throw new KeepError("other-version");
  }

  private async isRight(path: string, bytes: ArrayBuffer): Promise<boolean> {
    const expected = this.manifest.files[path];
    return expected?.[1] === bytes.byteLength && (await hashOf(bytes)).startsWith(expected[0]);
  }
}
