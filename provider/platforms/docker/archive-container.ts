import { CutoverError } from "../../engine/errors.js";
import type { Reporter } from "../../engine/progress.js";
import type { SaveOptions } from "../../volumes/archive/save.js";
import {
    type ArchiveResults,
    type ArchiveTask,
    archiveTaskResult,
} from "../../volumes/archive/task.js";
import type { Place } from "../../volumes/refs.js";
import type { CreateContainer } from "./argv.js";
import type { DockerEngine } from "./engine.js";
import { labelKeys, ownLabels } from "./names.js";
import { folderAndFile, joinMounts, mountsOfPlace } from "./places.js";

/**
 * What saving needs: to read files that root may not read by mode, `trusted.*` attributes (SYS_ADMIN), and to write into a
 * folder that belongs to somebody else. None of those that change what is in a volume.
 */
export const archiveCapabilities = ["DAC_OVERRIDE", "DAC_READ_SEARCH", "SYS_ADMIN"] as const;

interface ArchiveRun<Work> {
    work: Work;
    volumes: readonly { name: string; place: Place }[];
    options: Omit<SaveOptions, "file" | "roots">;
}

/** A container for one task: no network, no socket, the volumes read-only, and the folder of the archive. */
export async function runArchiveContainer<Work extends { task: ArchiveTask["task"] }>(
    engine: DockerEngine,
    job: {
        prefix: string;
        image: string;
        labels: Record<string, string>;
        id: string;
        path: string;
    },
    { work, volumes, options }: ArchiveRun<Work>,
    tools: { reporter: Reporter; signal: AbortSignal },
): Promise<ArchiveResults[Work["task"]]> {
    const roots = volumes.map(({ name }) => `/source/${name}`);
    const { folder, file } = folderAndFile(job.path);
    const task = {
        ...work,
        path: `/archive/${file}`,
        ...(work.task === "save" ? { options: { ...options, roots } } : {}),
    };
    const child = engine.runAttached({
        image: job.image,
        command: ["archive", JSON.stringify(task)],
        interactive: true,
        removeAtEnd: true,
        network: "none",
        readOnlyRoot: true,
        capabilities: archiveCapabilities,
        labels: { ...ownLabels(job.prefix, "mover"), ...job.labels, [labelKeys.job]: job.id },
        ...joinMounts(
            ...volumes.map(({ name, place }) =>
                mountsOfPlace(place, `/source/${name}`, { readOnly: true }),
            ),
            { binds: [{ source: folder, path: "/archive" }] },
        ),
    });
    return archiveTaskResult(work.task as Work["task"], child, tools).catch((error) => {
        throw withFolder(error, folder);
    });
}

/** Only looks: nothing in the folder can be written to. */
export function describeContainer(image: string, path: string): CreateContainer {
    const { folder, file } = folderAndFile(path);
    return {
        image,
        command: ["archive", JSON.stringify({ task: "describe", path: `/archive/${file}` })],
        network: "none",
        readOnlyRoot: true,
        capabilities: ["DAC_READ_SEARCH"],
        binds: [{ source: folder, path: "/archive", readOnly: true }],
    };
}

/** Docker's word for a folder that is not there, in ours. */
export function withFolder(error: unknown, folder: string): unknown {
    const lines = error instanceof CutoverError ? (error.details.lastLines ?? []) : [];
    if (!lines.some((line) => line.includes("bind source path does not exist"))) return error;
    return new CutoverError(`archive.path: there is no folder ${folder}`, {
        next: "make it on the engine's machine, or choose another path",
    });
}
