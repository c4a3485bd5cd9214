import { formatBytes, formatMilliseconds } from "../engine/units.js";
import { describeKinds } from "../volumes/describe-measure.js";
import type { AssessedVolume, Assessment } from "./assessment.js";

/** For a person, in a few lines. */
export function describeAssessment(seen: Assessment): string {
    const { volumes, risks, freeze } = seen;
    const lines = [`${seen.container} (${seen.image}, ${seen.status})`];
    lines.push(volumes.length > 0 ? "  would move" : "  has no volume: nothing would move");
    for (const volume of volumes)
        lines.push(...describeVolume(volume).map((line) => `    ${line}`));
    if (freeze) {
        const seconds = formatMilliseconds(freeze.seconds * 1_000);
        lines.push(
            "  would take",
            `    disk    ${formatBytes(sum(volumes, ({ measured }) => measured.allocated))}`,
            `    freeze  ${seconds} for the last pass and its proof, and the time to stop and start`,
        );
    }
    lines.push(risks.length > 0 ? "  risks" : "  no risks were seen");
    for (const { grade, what, advice } of risks) {
        lines.push(`    ${grade.padEnd(6)}  ${what}`, `            ${advice}`);
    }
    return lines.join("\n");
}

function describeVolume({ volume, path, measured, watched }: AssessedVolume): string[] {
    const written =
        watched.files === 0
            ? "nothing was written"
            : `${plural(watched.files, "file")} of ${formatBytes(watched.bytes)} in all ${watched.files === 1 ? "was" : "were"} written to`;
    return [
        `${volume} at ${path}: ${formatBytes(measured.bytes)} (${formatBytes(measured.allocated)} on the disk) in ${describeKinds(measured)}`,
        `  in ${formatMilliseconds(watched.seconds * 1_000)} ${written}`,
    ];
}

function plural(number: number, what: string): string {
    return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
    return items.reduce((total, item) => total + of(item), 0);
}
