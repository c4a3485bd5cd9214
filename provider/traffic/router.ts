/** Integer weights by slot; they add up to 100. */
export type Weights = Readonly<Record<string, number>>;

/** What the load balancer says of one slot. */
export interface SlotTraffic {
    /** Effective weight, as the load balancer has it. */
    weight: number;
    /** Requests and upgraded connections in flight. */
    inFlight: number;
    /** Where it sends this slot's requests now, when it is known. */
    address?: string;
    /** False when it can send nothing there (no address known). */
    usable: boolean;
}

export interface TrafficObserved {
    slots: Readonly<Record<string, SlotTraffic>>;
    holding: boolean;
    /** Requests that wait in the hold. */
    held: number;
    /** Requests in flight on any slot, queued ones included. */
    inFlight: number;
}

/** A request in flight or an upgraded connection. */
export interface OpenConnection {
    slot: string;
    /** Address and port of the client's end, as the router sees it. */
    from: string;
    /** Since it came, in whole seconds. */
    seconds: number;
}

/** The load balancer, as the hand-over sees it. Every change is on disk before it is in force, so a restart keeps it. */
export interface Router {
    observe(): Promise<TrafficObserved>;
    /** Raises before it lowers, and reads back. */
    setWeights(weights: Weights): Promise<void>;
    /**
     * From now until `release`, no new request reaches a slot; those that wait at `deadline` (wall time, ms) are
     * answered 503 with Retry-After.
     */
    hold(deadline: number): Promise<void>;
    /** Requests that wait go on, by the weights as they are now. */
    release(): Promise<void>;
    /** Resolves when it sends this slot's requests to this IP address and to no other; fails after 5 s. */
    setAddress(slot: string, address: string): Promise<void>;
    /** What is in flight, the oldest first: what a drain will wait for. */
    openConnections(): Promise<OpenConnection[]>;
    /** Cuts what is in flight on a slot, upgraded connections included; tells how many. */
    abort(slot: string): Promise<number>;
}
