import type { Reporter } from "../engine/progress.js";
import type { Mover, MoverOptions } from "../volumes/mover.js";

/** What a hand-over needs of the place where slots run. Docker's is in `docker/`. */
export interface SlotPlatform {
    /** Whether all of the slot's containers run that take requests. */
    running(slot: string): Promise<boolean>;
    /** Starts the slot; its background containers too only when it is to have most weight. */
    start(slot: string, options: { background: boolean }): Promise<void>;
    startBackground(slot: string): Promise<void>;
    stopBackground(slot: string): Promise<void>;
    /**
     * Stops every container of the slot; names those that the engine had to kill.
     * @param options.grace seconds until it does; by default the container's own `stopTimeout`, else 10
     */
    stop(slot: string, options?: { grace?: number }): Promise<{ killed: string[] }>;
    /** Whether the engine starts the slot's running containers again by itself. */
    supervise(slot: string, on: boolean): Promise<void>;
    pause(slot: string): Promise<void>;
    resume(slot: string): Promise<void>;
    /** Where the slot's traffic goes, as the router reaches it. */
    address(slot: string): Promise<string>;
    /** Asks the slot for a path from the router's place; the HTTP status, or why there was none. */
    probe(
        slot: string,
        path: string,
        timeout: number,
    ): Promise<{ status: number } | { problem: string }>;
    /** Why a slot's container is not running, with its last lines, as far as can be told; undefined while all run. */
    crashed(slot: string): Promise<{ problem: string; lastLines: string[] } | undefined>;
    /** Containers that may write to a volume now, by name; `except` are the slot's own. Our movers are none. */
    writers(volume: string, except?: string): Promise<string[]>;
    openMover(
        volumes: VolumePair,
        options: Pick<MoverOptions, "include" | "exclude" | "strategy" | "archive" | "limit">,
    ): Promise<Mover>;
    /** Ends movers that a runner before this one left. */
    removeMovers(): Promise<void>;
    /** Docker only: fills an empty volume from an image's folder. */
    fill(volume: string, from: { image: string; path: string }): Promise<void>;
}

export interface VolumePair {
    source: string;
    destination: string;
    reporter: Reporter;
    signal: AbortSignal;
}
