import { CutoverError } from "../errors.js";
import type { Step } from "../steps.js";
import { Copies } from "./copies.js";
import { Freeze } from "./freeze.js";
import { closeStep, physical, releaseStep } from "./handover-flow.js";
import type { Transition, VolumeJobPart } from "./job.js";
import { orAbort } from "./or-abort.js";
import { commitStep, prepareStep, settleStep, startStep, weightsStep } from "./slot-steps.js";
import type { EnvironmentTools } from "./tools.js";

/** Nothing serves yet: seed or fill the volumes, start what has weight. */
export function startSteps(
    transition: Extract<Transition, { kind: "start" }>,
    tools: EnvironmentTools,
): Step[] {
    const { weights } = tools.job;
    const copies = new Copies(tools);
    const serving = Object.keys(weights).filter((slot) => (weights[slot] ?? 0) > 0);
    return [
        prepareStep(tools),
        ...(transition.seed ? seedSteps(transition.slot, copies, tools) : []),
        startStep(serving, { fresh: transition.seed ? serving : [] }, tools),
        commitStep(
            `commit: from here on ${serving.join(" and ")} ${serving.length > 1 ? "serve" : "serves"}`,
        ),
        weightsStep(weights, tools),
        settleStep(weights, tools),
        ...(transition.seed ? [closeStep(copies)] : []),
        // A hold that a crash left behind would keep everybody waiting.
        releaseStep(new Freeze(tools, 0, 0), tools),
    ];
}

function seedSteps(slot: string, copies: Copies, tools: EnvironmentTools): Step[] {
    const seeded = tools.job.volumes.filter(({ seed }) => seed !== undefined);
    const filled = tools.job.volumes.filter((part) => part.seed === undefined && part.fill);
    return [
        ...(filled.length > 0 ? [fillStep(filled, slot, tools)] : []),
        ...(seeded.length > 0 ? [seedStep(seeded, slot, copies, tools)] : []),
    ];
}

function seedStep(
    seeded: readonly VolumeJobPart[],
    slot: string,
    copies: Copies,
    tools: EnvironmentTools,
): Step {
    const pairs = seeded.map((part) => ({
        part,
        source: part.seed ?? "",
        destination: physical(part, slot),
    }));
    return {
        name: "seed",
        title: `copy ${pairs.map(({ source }) => source).join(", ")} into ${slot}'s own volumes and prove the copies`,
        async run(signal) {
            for (const { source } of pairs) await refuseWriters(source, tools);
            await copies.begin(pairs);
            await orAbort(copies.livePasses(), signal);
            return orAbort(copies.lastPassAndProof(), signal);
        },
        back: () => copies.abandon(),
    };
}

async function refuseWriters(source: string, tools: EnvironmentTools): Promise<void> {
    const writers = await tools.platform.writers(source);
    if (writers.length === 0) return;
    throw new CutoverError(
        `volume ${source} is written by ${writers.join(", ")} while it is to be the seed`,
        {
            next: "stop them first, or take over the one that serves with adopt",
        },
    );
}

/** The first volume without a seed gets what its image brings, once and on purpose, as Docker does with a new volume. */
function fillStep(filled: readonly VolumeJobPart[], slot: string, tools: EnvironmentTools): Step {
    return {
        name: "fill",
        title: `fill ${filled.map(({ name }) => name).join(", ")} from the image, once`,
        async run() {
            for (const part of filled) {
                if (part.fill) await tools.platform.fill(physical(part, slot), part.fill);
            }
        },
    };
}
