import type { z } from "zod";
import { patternProblem } from "../../volumes/matcher.js";
import { type MaxDelete, maxDeleteProblem } from "../../volumes/max-delete.js";
import {
    choiceLeaf,
    dockerNameLeaf,
    durationLeaf,
    imageLeaf,
    integerLeaf,
    sizeLeaf,
    textLeaf,
} from "../input-leaves.js";
import { input, listOf, Refusal, shape } from "../input-shape.js";
import { passesShape } from "../passes.js";
import { sourceRefShape, volumeRefShape } from "../volume-ref.js";
import { copyStrategies } from "./declaration.js";

const patternLeaf = input<string>('write a pattern, such as "/cache"', (value) => {
    if (typeof value !== "string") return new Refusal("must be a text");
    const [problem, instead] = patternProblem(value)?.split("; ", 2) ?? [];
    return problem === undefined ? value : new Refusal(problem, instead);
});

export const patterns = () => listOf('write patterns, such as ["/cache"]', patternLeaf).optional();

const maxDeleteLeaf = input<MaxDelete>(
    'write a part such as "50%", or a number of names such as 1000',
    (value) => {
        const problem = maxDeleteProblem(value);
        return problem === undefined ? (value as MaxDelete) : new Refusal(problem);
    },
);

/** @param then what becomes of the containers where the program does not say */
export const quiesceShape = (then: "stay" | "restart") =>
    shape('write { containers: ["orders"], how: "stop" }', {
        containers: listOf(
            'write names of containers, such as ["orders"]',
            dockerNameLeaf("container", "orders"),
        ),
        how: choiceLeaf("stop", "pause"),
        then: choiceLeaf("stay", "restart").default(then),
    });

/** Everything that a program says of a migration. */
export const migrationShape = shape("write the migration's arguments", {
    source: sourceRefShape("orders-v1"),
    destination: volumeRefShape("orders-v2"),
    quiesce: quiesceShape("stay").optional(),
    include: patterns(),
    exclude: patterns(),
    verify: choiceLeaf("content", "metadata", "none").default("content"),
    strategy: choiceLeaf(...copyStrategies).default("auto"),
    passes: passesShape,
    bandwidthLimit: sizeLeaf("20 MiB", { least: "64 KiB" }).optional(),
    onExisting: choiceLeaf("refuse", "update").default("refuse"),
    maxDelete: maxDeleteLeaf.default("50%"),
    parallel: integerLeaf(1, 64, "4").optional(),
    priority: choiceLeaf("low", "normal").default("normal"),
    rerun: textLeaf('a text, such as "2"').optional(),
    timeout: durationLeaf("24 hours").default("24 hours"),
    runnerImage: imageLeaf("registry.example.com/cutover-runner:1").optional(),
});

export type ReadMigration = z.output<typeof migrationShape>;
