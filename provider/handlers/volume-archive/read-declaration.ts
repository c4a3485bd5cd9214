import type { InputProblem } from "../../engine/errors.js";
import { isPlainObject, problemsOf, withoutEmpty } from "../input-shape.js";
import { isUnknown } from "../unknown.js";
import { emptyListProblems } from "../volume-migration/rules.js";
import { archiveHost, hostProperty, type PreviewedArchive, timePattern } from "./declaration.js";
import { archiveShape } from "./shape.js";

/** Reads the resolved arguments of a `VolumeArchive`, or tells all that is wrong with them at once. */
export function readArchiveDeclaration(raw: unknown): {
    declaration?: PreviewedArchive;
    problems: InputProblem[];
} {
    const given = withoutEmpty(raw) ?? {};
    const read = archiveShape.safeParse(given);
    const problems = [
        ...(read.success ? [] : problemsOf(read.error)),
        ...togetherProblems(isPlainObject(given) ? given : {}),
        ...(read.success ? [...hostProblems(read.data), ...pathProblems(read.data)] : []),
    ];
    return read.success && problems.length === 0
        ? { declaration: read.data, problems }
        : { problems };
}

function togetherProblems(given: Record<string, unknown>): InputProblem[] {
    const { source, container, recipients } = given;
    const problems = emptyListProblems(given);
    if (source === undefined && container === undefined) {
        const instead = 'write source: { docker: { volume: "orders" } }, or container';
        problems.push({ path: "source", problem: "is missing", instead });
    }
    if (source !== undefined && container !== undefined) {
        const problem = "is named beside source";
        problems.push({ path: "container", problem, instead: "leave one of them out" });
    }
    if (Array.isArray(recipients) && recipients.length === 0) {
        const instead = "leave it out to save without encryption";
        problems.push({ path: "recipients", problem: "holds no recipient", instead });
    }
    return problems;
}

function pathProblems({ archive: { path } }: PreviewedArchive): InputProblem[] {
    if (!path.slice(0, path.lastIndexOf("/")).includes(timePattern)) return [];
    const problem = `has ${timePattern} in its folder, which must exist`;
    return [{ path: "archive.path", problem, instead: "write it into the file's name" }];
}

function hostProblems(declaration: PreviewedArchive): InputProblem[] {
    const [here, there] = [archiveHost(declaration), declaration.archive.host];
    if (there === undefined || isUnknown(here) || isUnknown(there) || here === there) return [];
    const problem = `is another engine than ${hostProperty(declaration)}, and an archive lies on the machine of its volumes in this version`;
    return [{ path: "archive.host", problem, instead: "leave it out" }];
}
