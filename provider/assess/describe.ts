import { formatBytes, formatMilliseconds } from "../engine/units.js";
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
    const kinds = [
        [measured.files, "file"],
        [measured.directories, "folder"],
        [measured.symlinks, "symbolic link"],
        [measured.specials, "FIFO or device"],
        [measured.sockets, "socket"],
    ] as const;
    const counts = kinds
        .filter(([number]) => number > 0)
        .map(([number, what]) => plural(number, what));
    const written =
        watched.files === 0
            ? "nothing was written"
            : `${plural(watched.files, "file")} of ${formatBytes(watched.bytes)} in all ${watched.files === 1 ? "was" : "were"} written to`;
    return [
        `${volume} at ${path}: ${formatBytes(measured.bytes)} (${formatBytes(measured.allocated)} on the disk) in ${counts.join(", ") || "no files"}`,
        `  in ${formatMilliseconds(watched.seconds * 1_000)} ${written}`,
    ];
}

function plural(number: number, what: string): string {
    if (number === 1) return `1 ${what}`;
    return `${number} ${what.replace("FIFO or device", "FIFOs or device")}s`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
    return items.reduce((total, item) => total + of(item), 0);
}
