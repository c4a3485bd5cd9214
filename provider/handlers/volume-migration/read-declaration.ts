import type { InputProblem } from "../../engine/errors.js";
import { hostOf } from "../../volumes/refs.js";
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
        ? { declaration: withArchiveHost(read.data), problems }
        : { problems };
}

/** An archive is looked for on the machine that it is restored on. */
function withArchiveHost(declaration: PreviewedMigration): PreviewedMigration {
    const { source, destination } = declaration;
    const host = hostOf(destination);
    if (!("archive" in source) || source.archive.host !== undefined || host === undefined)
        return declaration;
    return { ...declaration, source: { archive: { ...source.archive, host } } };
}
