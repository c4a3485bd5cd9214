import type * as dynamic from "@pulumi/pulumi/dynamic";
import { systemClock } from "../engine/clock.js";
import { asCutoverError, formatProblem } from "../engine/errors.js";
import { containerMigration as containerMigrationHandler } from "../handlers/container-migration/handler.js";
import { environmentGate } from "../handlers/environment/gate.js";
import { environmentHandover } from "../handlers/environment/handover.js";
import { type Handler, type HandlerContext, ReconcileFailed } from "../handlers/handler.js";
import { volumeArchive as volumeArchiveHandler } from "../handlers/volume-archive/handler.js";
import { volumeMigration as volumeMigrationHandler } from "../handlers/volume-migration/handler.js";
import { execaRunner } from "../platforms/execa.js";
import { rowReporter } from "./engine-log.js";

/**
 * Pulumi's dynamic provider calls, translated for the handlers. A resource's `__provider` is a constant text that only
 * requires this module (facts of Pulumi, B3): no closure is captured, a new version of the package causes no diff, and
 * the installed code is what runs. `__provider` itself is in every bag, and has to be in what a failure saves.
 */
function translate<Inputs extends object, State extends object>(
    handler: Handler<Inputs, State>,
): dynamic.ResourceProvider {
    return {
        async check(olds, news) {
            const { __preview, ...rest } = news;
            const { inputs, problems } = await handler.check(
                emptyAsNone(olds),
                withoutProvider(rest),
                context(rest, __preview === true),
            );
            if (problems.length === 0 && inputs)
                return { inputs: withoutUndefined({ ...inputs, __provider: news.__provider }) };
            // With a property's name the CLI prints the whole value, secrets in it included; with "" it prints none.
            return {
                inputs: news,
                failures: problems.map((problem) => ({
                    property: "",
                    reason: formatProblem(problem),
                })),
            };
        },
        async diff(_id, olds, news) {
            return {
                ...(await handler.diff(
                    withoutProvider(olds),
                    withoutProvider(news),
                    context(news),
                )),
                deleteBeforeReplace: false,
            };
        },
        async create(inputs) {
            const { id, state } = await saved(inputs, () =>
                handler.reconcile(undefined, withoutProvider(inputs), context(inputs)),
            );
            return { id, outs: withoutUndefined({ ...state, __provider: inputs.__provider }) };
        },
        async update(_id, olds, news) {
            const { state } = await saved(news, () =>
                handler.reconcile(withoutProvider(olds), withoutProvider(news), context(news)),
            );
            return { outs: withoutUndefined({ ...state, __provider: news.__provider }) };
        },
        async read(id, props) {
            const provider = { __provider: props?.__provider };
            const found = await handler.read(
                id,
                withoutProvider(props ?? {}) as State,
                context(props ?? {}),
            );
            if (!found) return {};
            return {
                id,
                props: withoutUndefined({ ...found.state, ...provider }),
                inputs: withoutUndefined({ ...found.inputs, ...provider }),
            };
        },
        async delete(id, props) {
            await handler.remove(id, withoutProvider(props), context(props));
        },
    };
}

function context(bag: { row?: unknown }, preview = false): HandlerContext {
    const urn = typeof bag.row === "string" ? bag.row : undefined;
    return { commands: execaRunner, clock: systemClock, reporter: rowReporter(urn), preview };
}

/** A failure that carries what is true now: Pulumi saves it, and calls update on the next `pulumi up`. */
async function saved<T>(bag: { __provider?: unknown }, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        if (!(error instanceof ReconcileFailed)) throw new Error(asCutoverError(error).message);
        const properties = withoutUndefined({ ...error.state, __provider: bag.__provider });
        throw Object.assign(new Error(error.message), {
            id: error.id,
            properties,
            reasons: [error.message],
        });
    }
}

function emptyAsNone<T extends object>(bag: T): T | undefined {
    const rest = withoutProvider(bag);
    return Object.keys(rest).length > 0 ? rest : undefined;
}

function withoutProvider<T extends object>(bag: T): T {
    const { __provider: _provider, ...rest } = bag as T & { __provider?: unknown };
    return rest as T;
}

/** `undefined` anywhere fails the call with "Unexpected struct type". */
function withoutUndefined<T>(value: T): T {
    return JSON.parse(JSON.stringify(value)) as T;
}

export const volumeArchive = () => translate(volumeArchiveHandler);
export const volumeMigration = () => translate(volumeMigrationHandler);
export const containerMigration = () => translate(containerMigrationHandler);
export const gate = () => translate(environmentGate);
export const handover = () => translate(environmentHandover);
