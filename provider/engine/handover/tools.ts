import type { SlotPlatform } from "../../platforms/platform.js";
import type { Router } from "../../traffic/router.js";
import type { Clock } from "../clock.js";
import type { Reporter } from "../progress.js";
import type { EnvironmentJob } from "./job.js";

/** Room kept back on the disk, so that a full one cannot stop the way back. */
export interface Reserve {
    take(): Promise<void>;
    giveBack(): Promise<void>;
}

/** A container that others started, and that is to be taken over. It is stopped, never removed. */
export interface Adopted {
    /** Is it there, and running? Remembers its restart policy, for the way back. */
    look(): Promise<void>;
    stop(): Promise<{ killed: string[] }>;
    startAgain(): Promise<void>;
}

/** What the steps of an environment's job work with. */
export interface EnvironmentTools {
    job: EnvironmentJob;
    platform: SlotPlatform;
    router: Router;
    /** Makes the router, or finds it; a new one has nothing to send to. */
    ensureRouter(state: "running" | "stopped"): Promise<void>;
    stopRouter(): Promise<void>;
    /** The container that `adopt` names. */
    adopted: Adopted;
    reserve: Reserve;
    /** When a step of this job began, in whichever runner's time that was. */
    startedAt(step: string): number | undefined;
    reporter: Reporter;
    clock: Clock;
    /** Aborts when somebody asked to go back, or the hold runs out. */
    signal: AbortSignal;
}
