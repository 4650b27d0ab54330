/** The job of UCloud's developer guide, as the demo plays it: what goes in, and what must come out. */
import { readFileSync } from "node:fs";

const data = (name: string): string => readFileSync(new URL(`../../test/data/${name}`, import.meta.url), "utf8");

/** The page's machine type. */
export const PRODUCTS = [
  {
    name: "example-compute-1",
    category: "example-compute",
    description: "An example machine",
    ...{ cpu: 1, memoryInGigs: 2, price: 1_000_000 },
  },
];
/** Posted byte for byte. */
export const CREATE_REQUEST = data("create-request.json");
export const CREATE_ANSWER = { responses: [null] };
export const ARGV = ["acme-batch", "--debug", "true", "Hello, World!"];

type Update = { id: string; update: { state: string; status: string } };

/** In the order in which UCloud must hear them. */
export const UPDATES: Update[] = ["update-running.json", "update-success.json"].flatMap((name) => {
  const { items }: { items: Update[] } = JSON.parse(data(name));
  return items;
});
