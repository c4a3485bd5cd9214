import type { JobFlow, Step } from "../steps.js";
import { adoptSteps } from "./adopt-flow.js";
import { handoverSteps } from "./handover-flow.js";
import type { EnvironmentJob } from "./job.js";
import { shiftSteps } from "./shift-flow.js";
import { startSteps } from "./start-flow.js";
import type { EnvironmentTools } from "./tools.js";

/** The steps of an environment's job. Preview shows the same ones by their titles. */
export function environmentFlow(tools: EnvironmentTools): JobFlow {
    const { job } = tools;
    return { job: job.id, plan: job, steps: environmentSteps(tools), afterCrash: "back" };
}

export function environmentSteps(tools: EnvironmentTools): Step[] {
    const { transition } = tools.job;
    switch (transition.kind) {
        case "start":
            return startSteps(transition, tools);
        case "handover":
            return handoverSteps(transition, tools);
        case "shift":
            return shiftSteps(transition, tools);
        case "adopt":
            return adoptSteps(transition, tools);
    }
}

/** The titles of a job's steps, for a plan: nothing of it is run. */
export function stepTitles(job: EnvironmentJob): string[] {
    return environmentSteps({ job } as EnvironmentTools).map(({ title }) => title);
}
