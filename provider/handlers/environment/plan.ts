import { stepTitles } from "../../engine/handover/flow.js";
import { movedVolumes } from "../../engine/handover/handover-flow.js";
import type { EnvironmentJob } from "../../engine/handover/job.js";
import { unknownText } from "../unknown.js";
import type { Decision } from "./decide.js";
import { isKnown, type PreviewedEnvironment } from "./declaration.js";
import type { HandoverInputs } from "./handover.js";
import { environmentJob } from "./job.js";
import type { Observed } from "./observe.js";

/**
 * What a preview says will happen. It holds no live figures: the same change has the same plan. The steps are messages
 * and no input: as an input they would be printed as changes of the last plan's, line against line.
 */
export interface HandoverPlan {
    summary: string;
    /** What is lost or replaced, by name. */
    overwrites?: string[];
    cannotBeUndone?: string[];
}

/** The plan, and the titles of its steps in order. */
export function planOf(
    decision: Exclude<Decision, { kind: "refused" }>,
    inputs: Omit<HandoverInputs, "plan">,
    declaration: PreviewedEnvironment,
    observed: Observed,
): { plan: HandoverPlan; steps: string[] } {
    if (decision.kind === "nothing") return { plan: { summary: "nothing moves" }, steps: [] };
    if (!isKnown(declaration))
        return { plan: { summary: summaryOf(decision) }, steps: [unknownText] };
    const parts = {
        ...inputs,
        declaration,
        instance: "",
        observed,
        images: { runner: "", router: "" },
    };
    const job = environmentJob(decision.transition, parts);
    const overwrites = overwritesOf(job, observed);
    const undone = cannotBeUndone(job);
    const plan = {
        summary: summaryOf(decision),
        ...(overwrites.length > 0 ? { overwrites } : {}),
        ...(undone.length > 0 ? { cannotBeUndone: undone } : {}),
    };
    return { plan, steps: stepTitles(job) };
}

/** The steps as one message, so that nothing comes in between. */
export function describeSteps({ summary }: HandoverPlan, steps: readonly string[]): string {
    return [
        summary,
        ...steps.map((step, index) => `${String(index + 1).padStart(4)}. ${step}`),
    ].join("\n");
}

function summaryOf({ transition, rollback }: Extract<Decision, { kind: "transition" }>): string {
    switch (transition.kind) {
        case "start":
            return transition.seed
                ? `${transition.slot} begins to serve`
                : `${transition.slot} is started again`;
        case "adopt":
            return `${transition.slot} takes over from the adopted container`;
        case "shift":
            return "the weights move";
        case "handover":
            return `${rollback ? "rollback" : "release"}: ${transition.from} hands over to ${transition.to}`;
    }
}

function overwritesOf({ transition, volumes }: EnvironmentJob, { record }: Observed): string[] {
    const to = overwrittenSlot(transition);
    if (to === undefined) return [];
    const served = record.served[to];
    const age =
        served && record.left[to]
            ? `as ${served.release} left it, which began to serve ${served.at}`
            : "empty, or an earlier attempt's copy";
    return movedVolumes(volumes).map(({ physical }) => `volume ${physical[to]} (${age})`);
}

function overwrittenSlot(transition: EnvironmentJob["transition"]): string | undefined {
    if (transition.kind === "handover" && transition.data === "copy") return transition.to;
    return transition.kind === "shift" ? transition.clone?.to : undefined;
}

function cannotBeUndone({ transition }: EnvironmentJob): string[] {
    if (transition.kind !== "handover") return [];
    const { from, to } = transition;
    if (transition.data === "discard")
        return [`what ${from} wrote since ${to} last served is dropped`];
    return [
        `after the commit, what ${to} writes is not in ${from}'s volumes: going back is a hand-over of its own`,
    ];
}
