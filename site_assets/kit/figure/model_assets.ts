/** Models whose parts come as asset scripts, as the builder wrote them into the page. */

import { loadAsset } from "../base/asset.ts";
import type { PageCard } from "../base/card_fields.ts";
import type { ModelAsset } from "../base/page_data.ts";
import type { ModelSource } from "./models.ts";

/** Where a model's bytes come from in the page. */
export function assetSource(card: PageCard, assets: Readonly<Record<string, ModelAsset>>): ModelSource {
  const reference = (name: string): ModelAsset => {
    const found = assets[name];
    if (!found) throw new Error(`the model “${card.name}” came without “${name}”`);
    return found;
  };
  return {
    card,
    bytes: async (name) => loadAsset(reference(name)),
    plan: (name) => {
      const { plan } = reference(name);
      return plan ? () => loadAsset(plan) : null;
    },
  };
}
