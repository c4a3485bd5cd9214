import { drain } from "../../traffic/drain.js";
import { asCutoverError, CutoverError } from "../errors.js";
import type { Step } from "../steps.js";
import { formatMilliseconds } from "../units.js";
import { Copies } from "./copies.js";
import { Freeze, type FreezeReport, withinFreeze } from "./freeze.js";
import { waitHealthy } from "./health.js";
import type { Transition, VolumeJobPart } from "./job.js";
import { orAbort } from "./or-abort.js";
import { commitStep, prepareStep, settleStep, startStep, weightsStep } from "./slot-steps.js";
import type { EnvironmentTools } from "./tools.js";

type Handover = Extract<Transition, { kind: "handover" }>;

/** Milliseconds that starting the old slot again is taken to need where it was never measured. */
const unknownStart = 5_000;

/** The data follow the traffic from one slot to the other: design.md, section 3. */
export function handoverSteps(transition: Handover, tools: EnvironmentTools): Step[] {
    const { from, to } = transition;
    const { job } = tools;
    const copies = new Copies(tools);
    const freeze = new Freeze(tools, job.maxHold, wayBack(tools, from));
    const weights = job.weights;
    const copying = transition.data === "copy" && movedVolumes(job.volumes).length > 0;
    return [
        prepareStep(tools),
        ...(transition.canary ? [endCanaryStep(transition, tools)] : []),
        ...(copying ? [copyStep(transition, copies, tools)] : []),
        holdStep(freeze, tools),
        drainStep(freeze, tools),
        stopStep(from, freeze, tools),
        ...(copying ? [lastPassStep(copies)] : []),
        startStep([to], { fresh: [to], dropped: true, signal: () => freeze.signal }, tools),
        commitStep(`commit: from here on ${to} serves`),
        weightsStep(weights, tools),
        releaseStep(freeze, tools),
        settleStep(weights, tools),
        ...(copying ? [closeStep(copies)] : []),
    ].map((step) => withinFreeze(step, freeze));
}

/** Volumes whose data go from slot to slot; `shared` ones stay where they are. */
export function movedVolumes(volumes: readonly VolumeJobPart[]): VolumeJobPart[] {
    return volumes.filter(({ mode }) => mode !== "shared");
}

function endCanaryStep({ from, to }: Handover, tools: EnvironmentTools): Step {
    return {
        name: "end-canary",
        title: `take ${to} out of the traffic and drop what it wrote to its copy`,
        async run(signal) {
            await tools.router.setWeights({ [from]: 100, [to]: 0 });
            const { timeout } = tools.job.drain;
            await drain(tools.router, {
                timeout,
                then: "abort",
                slot: to,
                clock: tools.clock,
                signal,
            });
            await tools.platform.stop(to);
        },
    };
}

function copyStep({ from, to }: Handover, copies: Copies, tools: EnvironmentTools): Step {
    const { job } = tools;
    const pairs = movedVolumes(job.volumes).map((part) => ({
        part,
        source: physical(part, from),
        destination: physical(part, to),
    }));
    return {
        name: "copy",
        title: `copy the volumes of ${from} into ${to}'s own, while ${from} serves`,
        async run(signal) {
            await refuseUnknownWriters(pairs, from, tools);
            await copies.begin(pairs);
            const report = await orAbort(copies.livePasses(), signal);
            if (report.expectedFreeze > job.maxHold / 2) {
                throw new CutoverError(
                    `the freeze is expected to take ${formatMilliseconds(report.expectedFreeze)}, over half of handover.maxHold (${formatMilliseconds(job.maxHold)})`,
                    {
                        lastLines: report.volumes.flatMap(({ volume, unsettled }) =>
                            unsettled ? [`${volume}: ${unsettled}`] : [],
                        ),
                        next: "raise handover.maxHold, or run it in a quieter hour",
                    },
                );
            }
            return report;
        },
        back: () => copies.abandon(),
    };
}

async function refuseUnknownWriters(
    pairs: readonly { source: string; destination: string }[],
    from: string,
    tools: EnvironmentTools,
): Promise<void> {
    for (const { source, destination } of pairs) {
        const strangers = [
            ...(await tools.platform.writers(source, from)),
            ...(await tools.platform.writers(destination)),
        ];
        if (strangers.length > 0) {
            throw new CutoverError(
                `volume ${source} or its copy is written by others too: ${strangers.join(", ")}`,
                {
                    next: "stop these containers, or make them part of the environment",
                },
            );
        }
    }
}

export function holdStep(freeze: Freeze, tools: EnvironmentTools): Step {
    return {
        name: "hold",
        title: `hold new requests, for ${formatMilliseconds(tools.job.maxHold)} at most`,
        run: () => tools.router.hold(freeze.begin()),
        async back() {
            await tools.router.release();
            return { seconds: freeze.end() };
        },
    };
}

export function drainStep(freeze: Freeze, tools: EnvironmentTools): Step {
    return {
        name: "drain",
        title: "wait until no request is in flight",
        async run() {
            // With the freeze's signal: one that went on after the way back would cut requests that are served again.
            return drain(tools.router, {
                ...tools.job.drain,
                clock: tools.clock,
                signal: freeze.signal,
            });
        },
    };
}

function stopStep(from: string, freeze: Freeze, tools: EnvironmentTools): Step {
    let stopped = false;
    return {
        name: "stop",
        title: `stop ${from}`,
        async run() {
            await tools.platform.supervise(from, false);
            const report = await tools.platform.stop(from);
            for (const name of report.killed)
                tools.reporter.warn(`${name} did not end in time and was killed`);
            return report;
        },
        async back() {
            await tools.reserve.giveBack();
            // A stop may still be under way, also one that the runner before this one asked for: after a whole one it is
            // known that nothing will end what is started now.
            if (!stopped) await tools.platform.stop(from);
            stopped = true;
            await tools.platform.start(from, { background: true });
            await tools.platform.supervise(from, true);
            // Healthy or not, it is all there is: requests go to it again, and the report says how it is.
            const healthy = await waitHealthy(from, tools).catch((error) => {
                tools.reporter.warn(
                    `${from} was started again and is not healthy: ${asCutoverError(error).message}`,
                );
                return { healthy: false };
            });
            await tools.router.setAddress(from, await tools.platform.address(from));
            await tools.router.setWeights({ ...zero(tools), [from]: 100 });
            return { ...healthy, frozen: freeze.end() };
        },
    };
}

function lastPassStep(copies: Copies): Step {
    return {
        name: "last-pass",
        title: "copy what is left and prove the copies equal",
        run: () => copies.lastPassAndProof(),
        back: () => copies.abandon(),
    };
}

export function releaseStep(freeze: Freeze, tools: EnvironmentTools): Step {
    return {
        name: "release",
        title: "let the waiting requests go on",
        async run(): Promise<Omit<FreezeReport, "cut">> {
            const { held } = await tools.router.observe();
            await tools.router.release();
            return { seconds: freeze.end(), held };
        },
    };
}

export function closeStep(copies: Copies): Step {
    return { name: "close", title: "end the movers", run: () => copies.close() };
}

export function physical(part: VolumeJobPart, slot: string): string {
    const name = part.physical[slot];
    if (name === undefined)
        throw new CutoverError(`volume ${part.name} has no part for slot ${slot}`);
    return name;
}

function zero(tools: EnvironmentTools): Record<string, number> {
    return Object.fromEntries(Object.keys(tools.job.slots).map((slot) => [slot, 0]));
}

/** Half as much again as the slot needed when it was last started, and a second. */
function wayBack(tools: EnvironmentTools, slot: string): number {
    return (tools.job.lastStart[slot] ?? unknownStart) * 1.5 + 1_000;
}
