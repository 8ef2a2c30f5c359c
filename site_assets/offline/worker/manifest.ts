/** What stands at the head of sw.js. Generated from builder/render/offline.py by a test; do not edit. */

/** The files of this version of the book, and what each page needs: each path in the site with the beginning of its SHA-256, in hex, and its size in bytes; each page with what it can't do without, itself among it. `contents` is what an address without a file name shows, `fallback` stands in place of a page that is neither kept nor to be had. */
export interface Manifest {
  readonly version: string;
  readonly files: Readonly<Record<string, readonly [string, number]>>;
  readonly pages: Readonly<Record<string, ReadonlyArray<string>>>;
  readonly contents: string;
  readonly fallback: string;
}
