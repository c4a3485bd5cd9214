import type { Clock } from "../engine/clock.js";
import type { InputProblem } from "../engine/errors.js";
import type { Reporter } from "../engine/progress.js";
import type { CommandRunner } from "../platforms/commands.js";

/** What a handler works with; adapters differ only in what they can fill in. */
export interface HandlerContext {
    commands: CommandRunner;
    clock: Clock;
    /** Shows messages on the resource's own row, or as plain lines. */
    reporter: Reporter;
    /** True while nothing may be changed. */
    preview: boolean;
    /** The stack's configuration and the environment have the last word on where things are. */
    dockerHost?: string;
}

export interface Difference {
    /** Whether there is something to do; what a look at the target shows counts too. */
    changes: boolean;
    replaces: string[];
}

/** One resource's life, without Pulumi. */
export interface Handler<Inputs extends object, State extends object> {
    /** Every bad input at once; what it returns becomes the inputs that the CLI shows and compares. */
    check(
        olds: Inputs | undefined,
        news: unknown,
        context: HandlerContext,
    ): Promise<{ inputs?: Inputs; problems: InputProblem[] }>;
    diff(state: State, news: Inputs, context: HandlerContext): Difference | Promise<Difference>;
    /** Observe, ensure, sync, return: the same for create, update and resume. */
    reconcile(
        state: State | undefined,
        inputs: Inputs,
        context: HandlerContext,
    ): Promise<{ id: string; state: State }>;
    /** What is there now; undefined when it is gone. */
    read(
        id: string,
        state: State,
        context: HandlerContext,
    ): Promise<{ inputs: Inputs; state: State } | undefined>;
    remove(id: string, state: State, context: HandlerContext): Promise<void>;
}

/** A reconcile that failed, with what is true now: it is saved, and the next `pulumi up` goes on from there. */
export class ReconcileFailed<State extends object> extends Error {
    override readonly name = "ReconcileFailed";
    constructor(
        readonly id: string,
        readonly state: State,
        override readonly cause: Error,
    ) {
        super(cause.message);
    }
}
