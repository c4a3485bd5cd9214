import { RouterDown } from "../traffic/haproxy/transport.js";
import type { OpenConnection, Router, TrafficObserved, Weights } from "../traffic/router.js";

/** A router that is started when it is found down: its files already say what it is to do, so it begins with that. */
export class RevivingRouter implements Router {
    constructor(
        private readonly router: Router,
        private readonly revive: () => Promise<void>,
    ) {}

    observe = (): Promise<TrafficObserved> => this.alive(() => this.router.observe());
    setWeights = (weights: Weights): Promise<void> =>
        this.alive(() => this.router.setWeights(weights));
    hold = (deadline: number): Promise<void> => this.alive(() => this.router.hold(deadline));
    release = (): Promise<void> => this.alive(() => this.router.release());
    openConnections = (): Promise<OpenConnection[]> =>
        this.alive(() => this.router.openConnections());
    abort = (slot: string): Promise<number> => this.alive(() => this.router.abort(slot));
    setAddress = (slot: string, address: string): Promise<void> =>
        this.alive(() => this.router.setAddress(slot, address));

    private async alive<T>(action: () => Promise<T>): Promise<T> {
        try {
            return await action();
        } catch (error) {
            if (!(error instanceof RouterDown)) throw error;
            await this.revive();
            return action();
        }
    }
}
