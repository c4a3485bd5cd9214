import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../engine/clock.js";
import { environmentFlow } from "../engine/handover/flow.js";
import type { EnvironmentJob } from "../engine/handover/job.js";
import type { EnvironmentTools } from "../engine/handover/tools.js";
import type { Journal } from "../engine/journal.js";
import type { Reporter } from "../engine/progress.js";
import type { JobFlow } from "../engine/steps.js";
import type { DockerEngine } from "../platforms/docker/engine.js";
import {
    ensureRouterContainer,
    routerSettings,
    startRouterContainer,
} from "../platforms/docker/router-container.js";
import { DockerSlots } from "../platforms/docker/slots.js";
import { ControlFolder, controlFiles, controlNames } from "../traffic/haproxy/control-files.js";
import { HaproxyRouter } from "../traffic/haproxy/haproxy-router.js";
import { socketTransport } from "../traffic/haproxy/transport.js";
import { adoptedContainer } from "./adopted.js";
import { fileReserve, reservePath } from "./reserve.js";
import { RevivingRouter } from "./reviving-router.js";

export interface RunnerTools {
    engine: DockerEngine;
    journal: Journal;
    reporter: Reporter;
    clock: Clock;
    signal: AbortSignal;
    /** Where the runner sees the router's control folder. */
    control: string;
}

/** Milliseconds that a router may take to answer after its start. */
const routerStart = 10_000;

/** An environment's job with the real parts. */
export function dockerEnvironmentFlow(job: EnvironmentJob, tools: RunnerTools): JobFlow {
    return environmentFlow(environmentTools(job, tools));
}

function environmentTools(job: EnvironmentJob, tools: RunnerTools): EnvironmentTools {
    const { engine, control, clock } = tools;
    const haproxy = new HaproxyRouter({
        folder: control,
        transport: socketTransport(join(control, controlNames.socket)),
        clock,
    });
    const start = async () => {
        await startRouterContainer(engine, job);
        await engine.setRestartPolicy(job.router.container, "always");
        await haproxy.ready(routerStart);
        // One that was starting while its files changed has read the old ones.
        await haproxy.reapply();
    };
    return {
        job,
        platform: new DockerSlots(engine, job),
        router: new RevivingRouter(haproxy, start),
        async ensureRouter(state) {
            writeConfiguration(
                job,
                control,
                (await engine.container(job.router.container)) === undefined,
            );
            await ensureRouterContainer(engine, job);
            if (state === "running") await start();
        },
        stopRouter: async () => {
            await engine.setRestartPolicy(job.router.container, "no");
            await engine.stop(job.router.container, 1);
        },
        adopted: adoptedContainer(job.adopt?.container ?? "", job.id, engine, tools.journal),
        reserve: fileReserve(reservePath),
        startedAt: (step) => startOf(step, job.id, tools.journal),
        reporter: tools.reporter,
        clock,
        signal: tools.signal,
    };
}

function startOf(step: string, job: string, journal: Journal): number | undefined {
    const start = journal
        .entries()
        .find((entry) => entry.job === job && entry.kind === "start" && entry.step === step);
    return start && Date.parse(start.at);
}

/** Written for each router that is made anew; while there is one, only the weights in it change. */
function writeConfiguration(job: EnvironmentJob, control: string, anew: boolean): void {
    mkdirSync(control, { recursive: true });
    const folder = new ControlFolder(control);
    const files = Object.entries(controlFiles(routerSettings(job)));
    for (const [name, text] of files)
        if (anew || !existsSync(join(control, name))) folder.write(name, text);
}
