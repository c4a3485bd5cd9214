import { CutoverError } from "../errors.js";
import type { Step } from "../steps.js";
import { Copies } from "./copies.js";
import { Freeze, withinFreeze } from "./freeze.js";
import { closeStep, physical, releaseStep } from "./handover-flow.js";
import type { Transition } from "./job.js";
import { orAbort } from "./or-abort.js";
import { commitStep, settleStep, startStep, weightsStep } from "./slot-steps.js";
import type { EnvironmentTools } from "./tools.js";

/**
 * Takes over a container that others started, with its volumes and its port. Until the router has the port, clients are
 * refused; from then on their requests wait. That gap is what `maxGap` limits.
 */
export function adoptSteps(
    { slot }: Extract<Transition, { kind: "adopt" }>,
    tools: EnvironmentTools,
): Step[] {
    const { job } = tools;
    const copies = new Copies(tools);
    const freeze = new Freeze(tools, job.adopt?.maxGap ?? job.maxHold, 3_000, "stop-adopted");
    return [
        prepareAdoptionStep(tools),
        copyStep(slot, copies, tools),
        stopAdoptedStep(freeze, tools),
        takePortStep(freeze, tools),
        {
            name: "last-pass",
            title: "copy what is left and prove the copies equal",
            run: () => copies.lastPassAndProof(),
            back: () => copies.abandon(),
        },
        startStep([slot], { fresh: [slot], dropped: true, signal: () => freeze.signal }, tools),
        commitStep(`commit: from here on ${slot} serves`),
        weightsStep(job.weights, tools),
        releaseStep(freeze, tools),
        settleStep(job.weights, tools),
        closeStep(copies),
    ].map((step) => withinFreeze(step, freeze));
}

function prepareAdoptionStep(tools: EnvironmentTools): Step {
    return {
        name: "prepare",
        title: "make the router ready, without its port, and keep room back on the disk",
        async run() {
            await tools.platform.removeMovers();
            await tools.adopted.look();
            await tools.ensureRouter("stopped");
            await tools.reserve.take();
        },
        back: () => tools.reserve.giveBack(),
    };
}

function copyStep(slot: string, copies: Copies, tools: EnvironmentTools): Step {
    const pairs = tools.job.volumes
        .filter(({ seed }) => seed !== undefined)
        .map((part) => ({ part, source: part.seed ?? "", destination: physical(part, slot) }));
    return {
        name: "copy",
        title: `copy ${pairs.map(({ source }) => source).join(", ")} into ${slot}'s own, while the adopted container serves`,
        async run(signal) {
            await copies.begin(pairs);
            const report = await orAbort(copies.livePasses(), signal);
            const limit = tools.job.adopt?.maxGap ?? tools.job.maxHold;
            if (report.expectedFreeze > limit / 2) {
                throw new CutoverError("the gap is expected to take over half of adopt.maxGap", {
                    next: "raise adopt.maxGap, or run it in a quieter hour",
                });
            }
            return report;
        },
        back: () => copies.abandon(),
    };
}

function stopAdoptedStep(freeze: Freeze, tools: EnvironmentTools): Step {
    return {
        name: "stop-adopted",
        title: "stop the adopted container: the gap begins",
        async run() {
            freeze.begin();
            return tools.adopted.stop();
        },
        async back() {
            await tools.reserve.giveBack();
            await tools.adopted.startAgain();
            return { gap: freeze.end() };
        },
    };
}

function takePortStep(freeze: Freeze, tools: EnvironmentTools): Step {
    return {
        name: "take-port",
        title: "the router takes the port and holds requests",
        async run() {
            await tools.router.hold(freeze.deadline);
            await tools.ensureRouter("running");
        },
        async back() {
            await tools.stopRouter();
        },
    };
}
