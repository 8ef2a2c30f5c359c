/** A file made in the page, handed to the reader. */

export interface File {
  readonly name: string;
  readonly type: string;
  readonly content: string | Uint8Array | Blob;
}

/** Long enough for a browser to have read the file, and between two, which some take for one. */
const PAUSE = 150; // ms

export async function download({ name, type, content }: File): Promise<void> {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content as BlobPart], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  await new Promise((done) => setTimeout(done, PAUSE));
  setTimeout(() => URL.revokeObjectURL(address), 100 * PAUSE);
}
