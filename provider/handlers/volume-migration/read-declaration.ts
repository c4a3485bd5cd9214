import type { InputProblem } from "../../engine/errors.js";
import { problemsOf, withoutEmpty } from "../input-shape.js";
import type { PreviewedMigration } from "./declaration.js";
import { migrationProblems } from "./rules.js";
import { migrationShape } from "./shape.js";

/** A declaration with every default filled in, or all that is wrong with it at once. */
export interface ReadMigrationDeclaration {
    declaration?: PreviewedMigration;
    problems: InputProblem[];
}

/** Reads the resolved arguments of a `VolumeMigration`. */
export function readMigrationDeclaration(raw: unknown): ReadMigrationDeclaration {
    const given = withoutEmpty(raw) ?? {};
    const read = migrationShape.safeParse(given);
    const problems = [...(read.success ? [] : problemsOf(read.error)), ...migrationProblems(given)];
    return read.success && problems.length === 0
        ? { declaration: read.data, problems }
        : { problems };
}
