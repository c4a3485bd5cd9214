import { formatBytes } from "../engine/units.js";
import type { AssessedVolume, Assessment, Grade, Risk } from "./assessment.js";

const order: readonly Grade[] = ["high", "medium", "low"];

/** By what was seen alone; the gravest first. */
export function risksOf(seen: Omit<Assessment, "risks">): Risk[] {
    const risks = [...seen.volumes.flatMap(risksOfVolume), ...roomFor(seen), ...leftBehind(seen)];
    return risks.sort((a, b) => order.indexOf(a.grade) - order.indexOf(b.grade));
}

function risksOfVolume({ volume, measured, watched, writers }: AssessedVolume): Risk[] {
    const risks: Risk[] = [];
    if (writers.length > 0) {
        risks.push({
            grade: "high",
            what: `${volume} could be written by ${writers.join(", ")} too`,
            advice: "name it in quiesce.containers, or stop it: the proof fails while it writes",
        });
    }
    if (measured.sockets > 0) {
        risks.push({
            grade: "low",
            what: `${volume} holds ${count(measured.sockets, "socket")}, which no copy carries`,
            advice: "nothing where the service makes them anew at its start",
        });
    }
    if (measured.empty) {
        risks.push({
            grade: "low",
            what: `${volume} is empty: Docker fills its copy from the image of whoever mounts it first`,
            advice: "put one file into it where it has to stay empty",
        });
    }
    if (watched.bytes > measured.allocated / 2 && watched.bytes > 64 * 1024 ** 2) {
        risks.push({
            grade: "medium",
            what: `most of ${volume} is in files that are written to all the time (${formatBytes(watched.bytes)}), and what changed is copied again in the freeze`,
            advice: "choose a quiet hour, and look at the freeze in the preview",
        });
    }
    return risks;
}

/** The copies lie beside what is copied, on the same engine. */
function roomFor({ volumes }: Omit<Assessment, "risks">): Risk[] {
    const needed = volumes.reduce((sum, { measured }) => sum + measured.allocated, 0);
    const free = Math.min(...volumes.map(({ measured }) => measured.free));
    if (needed <= free) return [];
    return [
        {
            grade: "high",
            what: `the copies need ${formatBytes(needed)}, and ${formatBytes(free)} are free`,
            advice: "make room, or leave out what need not move with exclude",
        },
    ];
}

function leftBehind({ binds, layer, removedAtEnd }: Omit<Assessment, "risks">): Risk[] {
    const risks: Risk[] = [];
    if (removedAtEnd) {
        risks.push({
            grade: "high",
            what: "the engine removes this container as soon as it stops (--rm): there is no way back to it",
            advice: "start it without --rm before it is moved",
        });
    }
    for (const { source, path, writable } of binds) {
        risks.push({
            grade: writable ? "medium" : "low",
            what: `${path} is ${source} of the host, and no volume: it does not move`,
            advice: writable
                ? "copy it into a volume first, or mount it in both slots"
                : "mount it in both slots",
        });
    }
    if (layer.changed > 0) {
        risks.push({
            grade: "medium",
            what: `it wrote ${count(layer.changed, "file")} outside of its mounts (docker diff): what is there does not move`,
            advice: "see that nothing of it is needed, or give it a volume",
        });
    }
    return risks;
}

function count(number: number, what: string): string {
    return `${number} ${what}${number === 1 ? "" : "s"}`;
}
