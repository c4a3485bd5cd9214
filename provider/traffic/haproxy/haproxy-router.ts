import { type Clock, systemClock } from "../../engine/clock.js";
import { CutoverError } from "../../engine/errors.js";
import type { OpenConnection, Router, SlotTraffic, TrafficObserved, Weights } from "../router.js";
import { slotsBackend, unsafeBackend } from "./configuration.js";
import { ControlFolder, controlNames, deadlineIn, holdMap } from "./control-files.js";
import type { ServerRow, StatRow } from "./replies.js";
import { Runtime, type RuntimeState } from "./runtime.js";
import { weightsIn, withWeights } from "./server-lines.js";
import { RouterDown, type Transport } from "./transport.js";

export interface HaproxyRouterOptions {
    /** The control folder as this process sees it. Without it the router can be observed, not changed. */
    folder?: string;
    /** The control folder as HAProxy sees it. @default "/cutover" */
    seenAs?: string;
    transport: Transport;
    clock?: Clock;
    /**
     * What a change does while the router is down. Its file is written in either case, so it is in force as soon as the
     * router is back. `accept` is right only where the router cannot be starting at this moment: one that has read its
     * files and has no socket yet would miss the change.
     * @default "fail"
     */
    whenDown?: "fail" | "accept";
}

/** Milliseconds; Docker's name server tells a new address within one second. */
const addressTakesAtMost = 5_000;

/**
 * The router on HAProxy. Every change goes to the file first, then to the socket, and is then read back:
 *
 * - died before the file: nothing changed
 * - died between file and socket: the router works as before until it restarts; then, or as soon as `reapply` or the
 *   same call runs again, as the file says. A hold is so never lost by a restart, and a release never undone by one
 * - died after the socket: done
 */
export class HaproxyRouter implements Router {
    private readonly runtime: Runtime;
    private readonly clock: Clock;

    constructor(private readonly options: HaproxyRouterOptions) {
        this.runtime = new Runtime(options.transport, options.seenAs ?? "/cutover");
        this.clock = options.clock ?? systemClock;
    }

    async observe(): Promise<TrafficObserved> {
        return observedFrom(await this.runtime.state());
    }

    /**
     * Raises before it lowers, so that there is no moment without a server, and reads back.
     * @param unsafeTo with `safeMethodsOnly`: the slot that takes unsafe methods. By default the one at 100, and the
     * same as before when none is.
     */
    async setWeights(weights: Weights, { unsafeTo }: { unsafeTo?: string } = {}): Promise<void> {
        const folder = this.folder();
        const whole = Object.keys(weights).find((slot) => weights[slot] === 100);
        const text = withWeights(
            folder.read(controlNames.configuration),
            weights,
            unsafeTo ?? whole,
        );
        checkNames(weights, weightsIn(text));
        folder.write(controlNames.configuration, text);
        await this.unlessDown(() => this.applyWeights(weightsIn(text)));
    }

    async hold(deadline: number): Promise<void> {
        if (!Number.isSafeInteger(deadline) || deadline <= 0) {
            throw new CutoverError(
                `a hold's deadline is a wall time in milliseconds: ${deadline} is none`,
            );
        }
        const folder = this.folder();
        folder.keepSpare();
        await this.setDeadline(folder, deadline);
    }

    async release(): Promise<void> {
        await this.setDeadline(this.folder(), 0);
    }

    /**
     * Brings a running router to what its files say: after a restart of it, or when a change was cut off between the
     * file and the socket.
     */
    async reapply(): Promise<void> {
        const folder = this.folder();
        const deadline = deadlineIn(folder.read(controlNames.hold));
        if (deadline !== 0) await this.applyDeadline(deadline);
        await this.applyWeights(weightsIn(folder.read(controlNames.configuration)));
        if (deadline === 0) await this.applyDeadline(0);
    }

    /**
     * A slot with a name is not told but waited for: HAProxy takes no address for a name that has none yet, and one that
     * was told wrongly would stay until the name goes (tried with 2.6 and 3.0).
     */
    async setAddress(slot: string, address: string): Promise<void> {
        const end = this.clock.now() + addressTakesAtMost;
        for (const { backend, port, name } of await this.rowsOf(slot)) {
            if (name === undefined) await this.runtime.setAddress(backend, slot, address, port);
        }
        for (;;) {
            const rows = await this.rowsOf(slot);
            if (rows.every((row) => row.address === address && !row.unresolved)) return;
            if (this.clock.now() >= end) throw foundElsewhere(slot, address, rows);
            await this.clock.sleep(20);
        }
    }

    async abort(slot: string): Promise<number> {
        const rows = await this.rowsOf(slot);
        const open = (await this.openConnections()).filter((one) => one.slot === slot).length;
        for (const { backend } of rows) await this.runtime.shutdownSessions(backend, slot);
        return open;
    }

    /** What is in flight, the oldest first: what a drain will wait for. */
    async openConnections(): Promise<OpenConnection[]> {
        const sessions = await this.runtime.sessions();
        return sessions
            .filter(({ backend }) => isOurs(backend))
            .map(({ server, from, seconds }) => ({ slot: server, from, seconds }))
            .sort((a, b) => b.seconds - a.seconds);
    }

    private async rowsOf(slot: string): Promise<ServerRow[]> {
        const { servers } = await this.runtime.state();
        const rows = servers.filter(({ server, backend }) => server === slot && isOurs(backend));
        if (rows.length === 0) throw new CutoverError(`the router has no slot ${slot}`);
        return rows;
    }

    private async setDeadline(folder: ControlFolder, deadline: number): Promise<void> {
        folder.write(controlNames.hold, holdMap(deadline));
        await this.unlessDown(() => this.applyDeadline(deadline));
    }

    private async applyDeadline(deadline: number): Promise<void> {
        await this.runtime.setDeadline(deadline);
        const seen = (await this.runtime.state()).deadline;
        if (seen === deadline) return;
        throw new CutoverError(`the router has hold ${seen} after it was set to ${deadline}`);
    }

    private async applyWeights(wanted: Record<string, Record<string, number>>): Promise<void> {
        const { servers } = await this.runtime.state();
        const changes = servers
            .filter(({ backend, server }) => wanted[backend]?.[server] !== undefined)
            .map((row) => ({
                backend: row.backend,
                server: row.server,
                // Weight 0 by hand is not enough: whoever holds its cookie would still get there.
                from: row.disabled ? 0 : Math.max(row.weight, 0.5),
                to: wanted[row.backend]?.[row.server] ?? 0,
            }))
            .sort((a, b) => b.to - b.from - (a.to - a.from))
            .filter(({ from, to }) => from !== to);
        for (const { backend, server, to } of changes) {
            if (to > 0) await this.runtime.enable(backend, server, to);
            else await this.runtime.disable(backend, server);
        }
        const after = await this.runtime.state();
        for (const { backend, server, weight, disabled } of after.servers) {
            const to = wanted[backend]?.[server];
            if (to === undefined || to === (disabled ? 0 : weight)) continue;
            throw new CutoverError(
                `the router has ${server} at ${weight} after it was set to ${to}`,
            );
        }
    }

    private async unlessDown(apply: () => Promise<void>): Promise<void> {
        try {
            await apply();
        } catch (error) {
            if (!(error instanceof RouterDown)) throw error;
            if (this.options.whenDown === "accept") return;
            throw error.with({
                next: "start the router: it begins with what was just written to its files",
            });
        }
    }

    private folder(): ControlFolder {
        if (this.options.folder !== undefined) return new ControlFolder(this.options.folder);
        throw new CutoverError(
            "the router can only be observed from here: its control folder is not mounted",
        );
    }

    /** Waits until the router answers: after a start of it. */
    async ready(timeout: number, signal?: AbortSignal): Promise<void> {
        const end = this.clock.now() + timeout;
        for (;;) {
            try {
                await this.runtime.state();
                return;
            } catch (error) {
                if (this.clock.now() >= end) throw error;
            }
            await this.clock.sleep(50, signal);
        }
    }
}

function checkNames(weights: Weights, known: Record<string, Record<string, number>>): void {
    const slots = known[slotsBackend] ?? {};
    for (const slot of Object.keys(weights)) {
        if (slots[slot] === undefined) throw new CutoverError(`the router has no slot ${slot}`);
    }
}

function foundElsewhere(slot: string, address: string, rows: ServerRow[]): CutoverError {
    const seen = rows.find((row) => row.address !== address || row.unresolved);
    const where = seen?.address === undefined ? "nowhere" : `at ${seen.address}`;
    return new CutoverError(`the router finds ${slot} ${where}, not at ${address}`, {
        next: `see that the router and ${slot} are in one network, where it is named ${seen?.name ?? slot}`,
    });
}

const isOurs = (backend: string) => backend === slotsBackend || backend === unsafeBackend;

/**
 * A request that waits for the next try to connect is counted by its backend and by no server: it counts for the whole,
 * and, since it may be anyone's, for each slot.
 */
function observedFrom({ servers, stat, deadline, held }: RuntimeState): TrafficObserved {
    const rows = servers.filter(({ backend }) => backend === slotsBackend);
    const counts = rows.map(({ server }) => inFlightOf(stat, server));
    const inFlight = inFlightOf(stat, "BACKEND");
    const between = Math.max(0, inFlight - counts.reduce((sum, count) => sum + count, 0));
    const slots: Record<string, SlotTraffic> = {};
    for (const [index, row] of rows.entries()) {
        slots[row.server] = {
            weight: row.disabled ? 0 : row.weight,
            inFlight: (counts[index] ?? 0) + between,
            ...(row.address === undefined ? {} : { address: `${row.address}:${row.port}` }),
            usable: row.address !== undefined && !row.unresolved,
        };
    }
    return { slots, holding: deadline !== 0, held, inFlight };
}

/** Queued ones included. */
function inFlightOf(stat: StatRow[], server: string): number {
    return stat
        .filter((row) => row.server === server && isOurs(row.proxy))
        .reduce((sum, { current, queued }) => sum + current + queued, 0);
}
