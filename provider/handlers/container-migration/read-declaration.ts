import type { InputProblem } from "../../engine/errors.js";
import { problemsOf, withoutEmpty } from "../input-shape.js";
import type { PreviewedContainerMigration } from "./declaration.js";
import { containerMigrationProblems } from "./rules.js";
import { containerMigrationShape } from "./shape.js";

/** A declaration with every default filled in, or all that is wrong with it at once. */
export interface ReadContainerMigration {
    declaration?: PreviewedContainerMigration;
    problems: InputProblem[];
}

/** Reads the resolved arguments of a `ContainerMigration`. */
export function readContainerMigration(raw: unknown): ReadContainerMigration {
    const given = withoutEmpty(raw) ?? {};
    const read = containerMigrationShape.safeParse(given);
    const problems = [
        ...(read.success ? [] : problemsOf(read.error)),
        ...containerMigrationProblems(given),
    ];
    if (!read.success || problems.length > 0) return { problems };
    // The property `volumes` is also an output, and says by then what became of each.
    const { volumes, ...rest } = read.data;
    return { declaration: { ...rest, ...(volumes ? { only: volumes } : {}) }, problems };
}
