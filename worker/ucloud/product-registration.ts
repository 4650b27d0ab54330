/** Our products as UCloud registers them (`POST /api/products/v2`, an upsert by name and category). */
import type { Product } from "../../shared/product.ts";

/** Charged is what a job holds, per minute. */
const FREQUENCY = "PERIODIC_MINUTE";
const CORES = { name: "Core", namePlural: "Cores", floatingPoint: false, displayFrequencySuffix: true };
const GPUS = { name: "GPU", namePlural: "GPUs", floatingPoint: false, displayFrequencySuffix: true };

/**
 * UCloud stores whatever it is sent. Without `productType` at the top it does not start again, and without `type` the
 * product is not offered; a category has one unit, whichever of its products comes first.
 */
export function registrationOf(products: readonly Product[], providerId: string): object[] {
  return products.map((product) => ({
    type: "compute",
    productType: "COMPUTE",
    name: product.name,
    description: product.description,
    category: {
      name: product.category,
      provider: providerId,
      productType: "COMPUTE",
      accountingUnit: isGpuCategory(products, product.category) ? GPUS : CORES,
      accountingFrequency: FREQUENCY,
      freeToUse: false,
      allowSubAllocations: true,
    },
    price: product.price,
    fraction: { numerator: 1, denominator: 1 },
    hiddenInGrantApplications: false,
    usage: null,
    // Shown to users only, and whole numbers there.
    cpu: Math.ceil(product.cpu),
    memoryInGigs: Math.ceil(product.memoryInGigs),
    gpu: product.gpu,
  }));
}

/** Where every product has a GPU, GPUs are charged and not cores. */
export function isGpuCategory(products: readonly Product[], category: string): boolean {
  return products.filter((product) => product.category === category).every(({ gpu }) => gpu > 0);
}
