/** Packages that bring no types: the parts of them that are used here. */

declare module "citeproc" {
  const CSL: {
    readonly Engine: new (system: object, style: string, locale: string, force: boolean) => any;
    readonly Output: { readonly Formats: Record<string, object> };
  };
  export default CSL;
}

declare module "wawoff2" {
  export function decompress(font: Uint8Array): Promise<Uint8Array>;
}
