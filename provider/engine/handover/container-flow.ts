import type { Clock } from "../clock.js";
import type { Journal } from "../journal.js";
import type { Reporter } from "../progress.js";
import type { JobFlow, Step } from "../steps.js";
import { ContainerMove } from "./container-move.js";
import {
    type ContainerOutline,
    type ContainerStepName,
    containerStepNames,
    containerTitles,
} from "./container-plan.js";
import type { ContainerPlatform } from "./container-platform.js";
import type { ContainerJob } from "./job.js";
import { orAbort } from "./or-abort.js";
import type { Reserve } from "./tools.js";

export interface ContainerTools {
    job: ContainerJob;
    platform: ContainerPlatform;
    journal: Journal;
    reserve: Reserve;
    reporter: Reporter;
    clock: Clock;
    signal: AbortSignal;
}

/**
 * A container, with its volumes, into a new one. A runner that died before the commit starts over, with the old
 * container as it finds it: one that was stopped stays so, and its volumes are looked at again.
 */
export function containerFlow(tools: ContainerTools): JobFlow {
    const { job } = tools;
    const outline = outlineOf(job);
    const titles = containerTitles(outline);
    const steps = stepsOf(new ContainerMove(tools));
    return {
        job: job.id,
        plan: job,
        steps: containerStepNames(outline).map((name) => ({
            name,
            title: titles[name],
            ...steps[name],
        })),
        afterCrash: "again",
    };
}

function outlineOf(job: ContainerJob): ContainerOutline {
    const { name, layer, memory, verify, onExisting } = job;
    const volumes = job.volumes.map(({ source }) => source);
    return { container: job.source.name, name, volumes, layer, memory, verify, onExisting };
}

function stepsOf(move: ContainerMove): Record<ContainerStepName, Omit<Step, "name" | "title">> {
    const startAgain = () => move.startAgain();
    return {
        look: { run: (signal) => orAbort(move.look(), signal), back: () => move.end() },
        create: { run: () => move.create(), back: () => move.removeNew() },
        copy: { run: (signal) => orAbort(move.livePasses(), signal) },
        stop: { run: () => move.stop(), back: startAgain },
        checkpoint: { run: () => move.checkpoint(), back: startAgain },
        "last-pass": { run: (signal) => orAbort(move.lastPass(), signal) },
        "keep-layer": { run: () => move.keepLayer(), back: () => move.removeNew() },
        start: {
            run: (signal) => orAbort(move.start(), signal),
            back: () => move.removeNew(),
        },
        commit: { run: () => move.report(), commits: true },
        settle: { run: () => move.settle() },
        close: { run: () => move.close() },
    };
}
