import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { CutoverError } from "../../engine/errors.js";
import type { QuiescedContainer } from "../../engine/handover/volume-platform.js";

/** Whom a runner at the source keeps from writing, as it is on disk. */
interface State {
    frozen: QuiescedContainer[];
    /** Ids of those that stay so: the copy is whole. */
    kept: string[];
    /** Somebody was let run because the destination was silent: no proof of that time holds. */
    lapsed: boolean;
}

const nobody: State = { frozen: [], kept: [], lapsed: false };

/** Reads what a runner wrote; nothing yet is nobody. */
export function parseKept(text: string | undefined): State {
    return text ? (JSON.parse(text) as State) : nobody;
}

/**
 * The list of those that are kept from writing: beside the key, so that a runner that is started again knows it. One thing
 * at a time is done to it: a writer must not be let go by one call while another one stops it.
 */
export class KeptFromWriting {
    private turn: Promise<unknown> = Promise.resolve();

    constructor(
        private readonly path: string,
        private readonly resumeOne: (container: QuiescedContainer) => Promise<boolean>,
    ) {}

    get frozen(): readonly QuiescedContainer[] {
        return this.read().frozen;
    }

    /** Noted before it is stopped. The first note of a container counts: later its policy may be changed by us. */
    add<T>(
        container: QuiescedContainer,
        stop: (noted: QuiescedContainer) => Promise<T>,
    ): Promise<T> {
        return this.inTurn(async () => {
            const state = this.read();
            const noted = state.frozen.find(({ id }) => id === container.id);
            if (!noted)
                this.write({ ...state, lapsed: false, frozen: [...state.frozen, container] });
            return stop(noted ?? container);
        });
    }

    resume(container: QuiescedContainer): Promise<boolean> {
        return this.inTurn(() => this.letRun(container));
    }

    /** May be asked for again by one that did not hear the answer. */
    keep(ids: readonly string[]): Promise<void> {
        return this.inTurn(async () => {
            const state = this.read();
            if (ids.every((id) => state.kept.includes(id))) return;
            const there = ids.every((id) => state.frozen.some((one) => one.id === id));
            if (state.lapsed || !there)
                throw new CutoverError("the source's writers were let run again meanwhile", {
                    next: "mend the link between the two hosts and run pulumi up again",
                });
            this.write({ ...state, frozen: [], kept: [...ids] });
        });
    }

    /**
     * Lets all of them run, each for itself: one that cannot be started must not keep the others.
     * @param stillDue looked at when it is this one's turn
     * @returns names of those that run, and what was wrong with the others
     */
    resumeAll(stillDue: () => boolean): Promise<{ ran: string[]; problems: string[] }> {
        return this.inTurn(async () => {
            const ran: string[] = [];
            const problems: string[] = [];
            if (!stillDue()) return { ran, problems };
            for (const container of this.read().frozen) {
                try {
                    this.write({ ...this.read(), lapsed: true });
                    await this.letRun(container);
                    ran.push(container.name);
                } catch (error) {
                    problems.push(`${container.name}: ${String(error)}`);
                }
            }
            return { ran, problems };
        });
    }

    private async letRun(container: QuiescedContainer): Promise<boolean> {
        const state = this.read();
        const noted = state.frozen.find(({ id }) => id === container.id) ?? container;
        const there = await this.resumeOne(noted);
        this.write({ ...state, frozen: state.frozen.filter(({ id }) => id !== container.id) });
        return there;
    }

    private inTurn<T>(work: () => Promise<T>): Promise<T> {
        const mine = this.turn.catch(() => {}).then(work);
        this.turn = mine.catch(() => {});
        return mine;
    }

    private read(): State {
        try {
            return parseKept(readFileSync(this.path, "utf8"));
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code === "ENOENT") return nobody;
            throw error;
        }
    }

    /** Whole or not at all. */
    private write(state: State): void {
        const draft = `${this.path}.new`;
        const file = openSync(draft, "w", 0o600);
        try {
            writeSync(file, JSON.stringify(state));
            fsyncSync(file);
        } finally {
            closeSync(file);
        }
        renameSync(draft, this.path);
    }
}
