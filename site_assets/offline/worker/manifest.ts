/** What the builder writes at the head of sw.js: the files of this version of the book, and what each page needs. */

export interface Manifest {
  /** Of this version of the book: each has its own. */
  readonly version: string;
  /** Path in the site → [the beginning of the SHA-256 of the file, in hex, and its size in bytes]. */
  readonly files: Readonly<Record<string, readonly [hash: string, bytes: number]>>;
  /** Page → what it can't do without, itself among it. */
  readonly pages: Readonly<Record<string, readonly string[]>>;
  /** The page that an address without a file name shows. */
  readonly contents: string;
  /** Shown in place of a page that is neither kept nor to be had. */
  readonly fallback: string;
}
