/** The checkout that is built, and the Node that comes with its packages. */
import { fileURLToPath } from "node:url";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
export const NODE = `${PROJECT}node_modules/node/bin/node`;
