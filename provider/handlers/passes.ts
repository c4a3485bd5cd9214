import { integerLeaf, sizeLeaf } from "./input-leaves.js";
import { shape } from "./input-shape.js";

/** Live passes over a volume, and when they end. */
export const passesShape = shape('write the passes, such as { max: 5, settle: "16 MiB" }', {
    max: integerLeaf(1, 100, "5").default(5),
    settle: sizeLeaf("16 MiB").default("16 MiB"),
}).prefault({});
