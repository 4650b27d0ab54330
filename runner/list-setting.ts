/** A setting that is a list: of texts in the config file, separated by commas elsewhere. */
import * as z from "zod/mini";
import { mapped } from "../shared/schema.ts";

const written = mapped(z.string(), (text) => text.split(","));

export const list = mapped(z.union([z.array(z.string()), written]), (given) =>
  given.map((one) => one.trim()).filter((one) => one !== ""),
);
