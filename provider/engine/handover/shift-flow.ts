import { drain } from "../../traffic/drain.js";
import type { Step } from "../steps.js";
import { Copies } from "./copies.js";
import { Freeze, withinFreeze } from "./freeze.js";
import {
    closeStep,
    drainStep,
    holdStep,
    movedVolumes,
    physical,
    releaseStep,
} from "./handover-flow.js";
import type { Transition } from "./job.js";
import { orAbort } from "./or-abort.js";
import {
    commitStep,
    describeWeights,
    prepareStep,
    settleStep,
    startStep,
    weightsStep,
} from "./slot-steps.js";
import type { EnvironmentTools } from "./tools.js";

type Shift = Extract<Transition, { kind: "shift" }>;

/** Weights alone move: slots that get some are started and healthy first, those that lose all are drained and stopped. */
export function shiftSteps(transition: Shift, tools: EnvironmentTools): Step[] {
    const { weights } = tools.job;
    const before = transition.from;
    const has = (of: Readonly<Record<string, number>>) => (slot: string) => (of[slot] ?? 0) > 0;
    const serving = Object.keys(weights).filter(has(weights));
    const leaving = Object.keys(before).filter((slot) => has(before)(slot) && !has(weights)(slot));
    const arriving = serving.filter((slot) => !has(before)(slot));
    return [
        prepareStep(tools),
        ...(transition.clone ? cloneSteps(transition.clone, tools) : []),
        startStep(serving, { fresh: arriving }, tools),
        commitStep(`commit: from here on ${describeWeights(weights)}`),
        weightsStep(weights, tools),
        // A hold that a removed runner left behind would keep everybody waiting.
        ...(transition.clone ? [] : [releaseStep(new Freeze(tools, 0, 0), tools)]),
        ...leaving.map((slot) => leaveStep(slot, tools)),
        settleStep(weights, tools),
    ];
}

function leaveStep(slot: string, tools: EnvironmentTools): Step {
    return {
        name: `leave-${slot}`,
        title: `drain ${slot} and stop it`,
        async run(signal) {
            const { timeout } = tools.job.drain;
            const drained = await drain(tools.router, {
                timeout,
                then: "abort",
                slot,
                clock: tools.clock,
                signal,
            });
            await tools.platform.supervise(slot, false);
            return { ...drained, ...(await tools.platform.stop(slot)) };
        },
    };
}

/**
 * The canary's throw-away copy: live passes while the other slot serves, then a short freeze in which that slot is
 * paused, so that the copy is of one moment, as after a power cut.
 */
function cloneSteps({ from, to }: { from: string; to: string }, tools: EnvironmentTools): Step[] {
    const copies = new Copies(tools);
    const freeze = new Freeze(tools, tools.job.maxHold, 1_000);
    const pairs = movedVolumes(tools.job.volumes).map((part) => ({
        part,
        source: physical(part, from),
        destination: physical(part, to),
    }));
    const steps: Step[] = [
        {
            name: "copy",
            title: `copy the volumes of ${from} into throw-away ones of ${to}, while ${from} serves`,
            async run(signal) {
                await copies.begin(pairs, { paused: true });
                return orAbort(copies.livePasses(), signal);
            },
            back: () => copies.abandon(),
        },
        holdStep(freeze, tools),
        drainStep(freeze, tools),
        {
            name: "pause",
            title: `pause ${from}, copy what is left and prove the copies equal`,
            async run() {
                await tools.platform.pause(from);
                const report = await orAbort(
                    copies.lastPassAndProof({ paused: from }),
                    freeze.signal,
                );
                await tools.platform.resume(from);
                return report;
            },
            back: () => tools.platform.resume(from),
        },
        releaseStep(freeze, tools),
        closeStep(copies),
    ];
    return steps.map((step) => withinFreeze(step, freeze));
}
